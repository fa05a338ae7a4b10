"""Where a model came from: its cells and their slice, its environment, its data."""
