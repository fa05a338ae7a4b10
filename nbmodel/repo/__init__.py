"""Git, through GitPython: the only folder that starts git."""
