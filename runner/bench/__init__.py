"""Benchmarks: ``make bench`` shows what this costs, side by side in one run."""
