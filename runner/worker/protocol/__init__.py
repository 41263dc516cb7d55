"""What host and supervisor say to each other: all of the worker that the host imports."""
