"""Loading the solution before a test: what it binds, and the channel that predicts the same."""
