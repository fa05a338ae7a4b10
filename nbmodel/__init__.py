"""Model management that never leaves the notebook and needs nothing but git."""

__version__ = "0.1.0"
