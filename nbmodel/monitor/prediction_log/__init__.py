"""TODO prediction_log."""
