"""Functions of libraries that a test gets in place of the real ones while it runs."""
