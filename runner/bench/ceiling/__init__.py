"""What the host costs when its workers answer at once."""
