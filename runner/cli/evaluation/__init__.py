"""The inputs of ``runner eval`` as executions, and details of those that did not pass."""
