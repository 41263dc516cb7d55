"""What a test may ask of objects of the solution, and what is known and noted of them."""
