"""What Linux is asked for: processes, limits, system-call filters, CPU clocks."""
