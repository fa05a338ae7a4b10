"""deletion, trash: what a deletion would do, and what can be restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display, refs
from nbmodel.errors import InvalidReference
from nbmodel.repo.trash import DAY_SECONDS
from nbmodel.versioning.context import now
from nbmodel.versioning.deletion_scope import branch_scope, model_scope
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.refs import Reference
    from nbmodel.versioning.registry import Registry

MAX_NAMES = 20  # of branches or labels
MAX_ENTRIES = 1000


def deletion(registry: Registry, *, ref: str) -> Answer:
    """What the deletion of a branch or a model would do. It changes nothing."""
    context = registry.context
    context.index.refresh()
    name = deletable(ref)
    scope = branch_scope(context, name) if name.branch else model_scope(context, name.model)
    branches = [branch for _, branch in filter(None, map(refs.parse_branch_ref, scope.tips))]
    return {
        "ref": ref,
        "isModel": not name.branch,
        "versions": scope.versions,
        "branches": branches[:MAX_NAMES],
        "branchCount": len(branches),
        "labels": [display.visible(label) for label in scope.labels[:MAX_NAMES]],
        "labelCount": len(scope.labels),
        "others": list(scope.others[:MAX_NAMES]),
        "end": now() + refs.TRASH_DAYS * DAY_SECONDS,
    }


def trash(registry: Registry) -> Answer:
    """What can be restored, the newest first. A deleted model stands for all of its branches."""
    entries = registry.trash().entries
    models = {entry.model for entry in entries if not entry.branch}
    alone = [entry for entry in entries if not entry.branch or entry.model not in models]
    newest = {entry.name: entry for entry in reversed(alone)}
    page = sorted(newest.values(), key=lambda entry: -entry.time)[:MAX_ENTRIES]
    return {
        "entries": [
            {
                "ref": entry.name,
                "isModel": not entry.branch,
                "time": entry.time,
                "author": display.visible(entry.author.name),
                "message": display.visible(display.first_line(entry.message)),
                "end": entry.end,
                "problem": display.visible(entry.why),
            }
            for entry in page
        ]
    }


def deletable(text: str) -> Reference:
    """The reference of a model or a branch.

    Raises
    ------
    InvalidReference
        If it names a version, a stage or a release: a dialog about a branch must not delete them.
    """
    name = refs.parse(text)
    if name.kind != "latest" or name.back or "@" in text:
        raise InvalidReference(text, "name a model or a branch to delete")
    return name
