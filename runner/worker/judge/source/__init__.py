"""The text of tests: what it does and needs, as the compiler's tree says, and its compiled code."""
