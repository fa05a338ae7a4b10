"""Versions over HTTP: ``nbmodel serve``, and the server that a notebook starts.

A server is one process, or several workers behind one socket. The parts, in the order in which
they may import each other:

==============  ==============================================================
protocol/       Open Inference Protocol v2: tensors as JSON and as bytes
inference/      models in memory: slots, batches, methods
watch/          the child process that watches the prediction log
http/           the application: routes, limits, formats, metrics
options         how to serve
workers/        the processes that answer, and their supervisor
server          ``nbmodel serve``: listens, starts workers, stops them
server_records  which servers run on this machine
process         starts a server from a notebook, and talks to it
==============  ==============================================================

The way of a request:

1. It enters through `http.connection`; `http.middleware` checks host, token and limits.
2. `http.dispatch` finds its endpoint, one of `http.endpoint`.
3. `http.codecs` decodes it with `protocol`, and the slot (`inference.slots`) chooses a version.
4. `inference.batching` scores its rows together with those of other requests that wait.
5. `http.codecs` encodes the outputs; `http.recording` logs them and `http.metrics` counts them.
6. `http.responses` writes the answer.
"""
