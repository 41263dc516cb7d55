"""What the judge makes of texts and pickles that a test evaluates."""
