"""The process that runs the solution; nothing that it says is trusted."""
