"""What ``runner eval`` reads, as executions, and what it keeps of those that did not pass."""
