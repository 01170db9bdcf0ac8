"""Events in: programs that turn a source (a file, a system, a seeded simulation) into the events of CONTRACT.md §2."""
