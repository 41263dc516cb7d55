"""What one side learns of an object of the other: functions and special names."""
