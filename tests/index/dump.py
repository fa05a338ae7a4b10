"""The whole content of an index, to compare two of them."""

from __future__ import annotations


def dump(index):
    names = index.names()
    everything = index.list(all_versions=True, limit=10_000)
    return {
        "models": index.models(),
        "versions": {(v.model, v.commit): v for v in everything},
        "branches": {name: index.branches(name) for name in names},
        "logs": {
            (name, branch): index.log(name, branch, limit=1000)
            for name in names
            for branch in index.branches(name)
        },
        "releases": {name: index.releases(name) for name in names},
        "moves": {name: index.moves(name) for name in names},
        "stages": {name: index.stages(name) for name in names},
        "marks": index.marks(everything),
        "unreadable": {(u.info.model, u.info.commit): u.why for u in index.unreadable()},
        "words": {(v.model, v.commit) for v in index.list("a message", all_versions=True)},
    }
