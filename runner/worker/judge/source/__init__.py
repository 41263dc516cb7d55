"""The text of tests: its compiled code, and what its syntax tree says of it."""
