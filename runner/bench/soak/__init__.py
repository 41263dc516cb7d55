"""The soak: all kinds of programs for a long time, while sandboxes are killed at random."""
