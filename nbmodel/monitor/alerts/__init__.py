"""TODO alerts."""
