"""Process 1: speaks with the host, enforces limits from outside, kills and cleans up."""
