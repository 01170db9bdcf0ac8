"""`python -m budgetwatch`."""

from budgetwatch.main import main

main()
