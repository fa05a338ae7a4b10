"""history, log: the versions of one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display, refs
from nbmodel.views.rows import rows_of
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.records import StageMove
    from nbmodel.versioning.context import Context
    from nbmodel.versioning.registry import Registry

MAX_MOVES = 1000


def history(registry: Registry, *, model: str, limit: int = 500) -> Answer:
    """The newest versions of all branches and the newest stage moves, oldest first."""
    context = registry.context
    context.index.refresh()
    context.require_model(model)
    newest = context.index.log(model, limit=limit + 1)
    moves = context.index.moves(model)[:MAX_MOVES]
    return {
        "model": model,
        "versions": rows_of(registry, newest[:limit][::-1]),
        "branches": list(context.index.branches(model)),
        "moves": [move_of(context, move) for move in reversed(moves)],
        "hasMore": len(newest) > limit,
    }


def log(
    registry: Registry, *, model: str, branch: str = "", limit: int = 50, before: str = ""
) -> Answer:
    """A page of a branch, newest first; `before` is a reference or a commit id."""
    refs.check_name("model", model)
    line = f"{model}:{refs.check_name('branch', branch)}" if branch else model
    if before and refs.is_commit(before):
        before = f"{model}@{before}"
    result = registry.log(line, limit=limit, before=before)
    return {"rows": rows_of(registry, result.versions), "hasMore": result.more}


def move_of(context: Context, move: StageMove) -> Answer:
    """A move of a stage."""
    target = context.index.by_commit(move.commit, move.model)
    return {
        "stage": move.stage,
        "commit": move.commit,
        "ref": target[0].ref if target else "",
        "removed": move.removed,
        "time": move.time,
        "author": display.visible(move.author.name),
        "message": display.visible(move.message.strip()),
        "rolledBack": bool(move.rolled_back),
    }
