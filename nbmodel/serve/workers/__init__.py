"""Processes that answer requests: one alone, or several behind one socket.

==========  ================================================================
worker      loads the models and serves a socket
self_check  a version answers its acceptance rows before it serves
supervisor  starts, counts, restarts and stops several workers
channel     the connection between a worker and its supervisor
aggregate   the metrics of all workers as those of one server
garbage     when the garbage collector runs in a worker
==========  ================================================================
"""
