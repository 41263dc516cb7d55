"""The two warm interpreters that fork judges and subjects, and never hold a request."""
