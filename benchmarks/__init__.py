"""Numbers of nbmodel against its peers, measured in one run: ``python -m benchmarks``."""
