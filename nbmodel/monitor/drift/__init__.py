"""TODO drift."""
