"""Rules for a test's operations on the solution's objects, and the evidence that they leave."""
