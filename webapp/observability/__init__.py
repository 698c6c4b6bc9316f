"""What the monitor says of itself: its log."""
