"""IPython: parse, call one command, return its result."""
