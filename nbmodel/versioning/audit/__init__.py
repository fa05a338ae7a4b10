"""The audit of a model: its facts, straight from git, and what is wrong with them.

The index is a cache, so nothing here believes it, except for the names of versions. Each module
imports only from those above it:

================  ==================================================================
scan              the references, tags and commits of a model, read once
facts             each commit, label, approval, rule and deletion with its signature
findings          what is wrong: signatures, predecessors, counters, broken objects
lost_versions     what labels and the reflog name, and no branch leads to any more
remote_losses     what a remote had at the last push or pull, and this clone has not
================  ==================================================================
"""
