"""TODO quality."""
