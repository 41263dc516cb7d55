"""What a load of the solution binds, and the channel that predicts the same for the next test."""
