"""Remotes, push and pull, with real repositories on this machine."""
