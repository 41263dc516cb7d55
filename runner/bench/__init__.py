"""Benchmarks: ``make bench`` compares the cost of executions in one run."""
