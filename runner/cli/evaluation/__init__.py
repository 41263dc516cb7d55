"""Around ``runner eval``: its inputs as executions, those that did not pass, and its reports."""
