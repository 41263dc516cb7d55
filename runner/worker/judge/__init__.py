"""The process that runs the tests and decides each of them; never runs the solution."""
