"""Measurements of nbmodel and its peers, made in one run: ``python -m benchmarks``.

==================  ==================================================================
groups/             one module for each group of measurements
measurements        one measurement, and the table of all
runner              starts both sides of a comparison, and runs them in turn
worker              the process of one side
report              stores results and draws the table of `README.md`
reasons             why a measurement does not reach its target
machine             the machine, and keeping it quiet
memory              memory of a process
models              the models of the measurements
customer_rows       a table of customers, from a seed
registries          small registries to measure in
synthetic_registry  a registry of a thousand models
baselines           the same bytes with nothing else done: no registry can be faster
load                clients of a server
servers             servers of nbmodel and its peers
peers               environments of the peers
page_scripts        scripts inside of the measured pages
==================  ==================================================================

Modules named ``..._side`` run inside of a peer's environment.
"""
