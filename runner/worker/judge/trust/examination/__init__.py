"""What is asked of an object among decoys, and which answers are believed."""
