"""lineage: the graph of versions around one, with what was made from what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.versioning.resolve import resolve
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.index import Marks
    from nbmodel.records import VersionInfo
    from nbmodel.versioning.registry import Registry


def lineage(registry: Registry, *, ref: str, limit: int = 60) -> Answer:
    """Nodes newest first, edges from the older to the newer."""
    context = registry.context
    context.index.refresh()
    graph = context.index.lineage(resolve(context, ref), limit)
    marks = context.index.marks(graph.versions)
    # Two models may share a commit; a node is one commit.
    nodes = {v.commit: _node(v, marks[v.model, v.commit]) for v in reversed(graph.versions)}
    parents = [
        {"from": parent, "to": version.commit, "kind": "parent"}
        for version in graph.versions
        for parent in dict.fromkeys(version.parents)
        if parent in nodes
    ]
    uses = [
        {"from": source.commit, "to": user.commit, "kind": "uses"} for source, user in graph.uses
    ]
    return {"nodes": [*reversed(nodes.values())], "edges": [*parents, *uses], "hasMore": graph.more}


def _node(version: VersionInfo, marks: Marks) -> Answer:
    return {
        "commit": version.commit,
        "ref": version.ref,
        "model": version.model,
        "branch": version.branch,
        "number": version.number,
        "time": version.time,
        "message": display.visible(display.first_line(version.message)),
        "stages": list(marks.stages),
        "releases": list(marks.releases),
    }
