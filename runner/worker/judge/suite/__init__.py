"""Test files as people write them: finds the tests in a suite, and runs one after another."""
