"""The front door: the `budgetwatch` command line, nothing else."""
