"""TODO anomalies."""
