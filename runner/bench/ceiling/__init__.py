"""Cost of the host's side, with workers that answer at once."""
