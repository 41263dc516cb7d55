"""Parts of ``runner eval``: inputs as executions, details of failures, and reports."""
