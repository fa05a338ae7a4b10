"""Opening a stranger's skeleton: what it names, and the loader that builds only what was validated."""
