"""What a test changes in libraries beside its calls, for the other side to follow."""
