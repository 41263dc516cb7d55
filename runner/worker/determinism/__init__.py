"""What makes two executions of one request see the same: seeds, clocks, machine identity."""
