"""A child process of the server watches the prediction log for drift and alerts.

========  ==================================================================
watcher   starts the child process, and restarts it when it ends
process   the child process itself
results   its results, in a small file that every worker can read
========  ==================================================================
"""
