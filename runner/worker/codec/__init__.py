"""Values as bytes: the only types that cross between processes, written and read."""
