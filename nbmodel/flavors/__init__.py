"""Frameworks: object graph to skeleton and buffers, and what can be said of it."""
