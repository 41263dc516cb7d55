"""Classes of a test that derive from the solution's: their bodies, and ``super`` in them."""
