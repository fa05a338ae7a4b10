"""Figures and files that a user attaches."""
