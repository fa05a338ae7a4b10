"""Opening a stranger's skeleton: what it names, and a loader that builds what was validated."""
