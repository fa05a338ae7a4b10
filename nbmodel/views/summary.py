"""registry, state: the registry as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel._version import __version__
from nbmodel.metric_directions import direction_of
from nbmodel.versioning.sharing.distances import fingerprint
from nbmodel.versioning.verbs.list_models import remote_hint
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.index import RegistrySummary, Unreadable
    from nbmodel.versioning.context import Context
    from nbmodel.versioning.registry import Registry

MAX_UNREADABLE = 100
_EMPTY = "There is no model here yet. Commit one: %model_commit VARIABLE --name NAME -m MESSAGE"
_UNREADABLE = "No version here can be read. The first: {ref}: {why}"


def registry(registry: Registry) -> Answer:
    """What the registry is and holds."""
    context = registry.context
    state = _state(context)
    summary = context.index.summary()
    unreadable = context.index.unreadable(limit=MAX_UNREADABLE)
    return {
        "name": display.visible(Path(context.location.name).name),
        "id": context.location.key,
        "nbmodel": __version__,
        "readOnly": context.read_only,
        "models": summary.models,
        "versions": summary.versions,
        "unreadable": [
            {"ref": u.info.ref, "commit": u.info.commit, "reason": display.visible(u.why)}
            for u in unreadable
        ]
        + [
            {"ref": p.ref, "commit": p.oid, "reason": display.visible(p.why)}
            for p in context.index.problems()[:MAX_UNREADABLE]
        ],
        "metrics": [display.visible(name) for name in summary.metrics],
        "params": [display.visible(name) for name in summary.params],
        "metricDirections": _directions(context, summary),
        "stages": list(summary.stages),
        "hint": display.visible(_hint(context, summary, unreadable)),
        "state": state,
    }


def _directions(context: Context, summary: RegistrySummary) -> Answer:
    """Which values of each metric are better; metrics of which that is unknown are left out."""
    lower = context.index.declared_lower()
    directions = {name: direction_of(name, lower) for name in summary.metrics}
    return {display.visible(name): direction for name, direction in directions.items() if direction}


def state(registry: Registry) -> Answer:
    """A text that changes whenever anything in the registry does."""
    return {"state": _state(registry.context)}


def _state(context: Context) -> str:
    return f"{context.index.state()}-{fingerprint(context.git)}"


def _hint(context: Context, summary: RegistrySummary, unreadable: list[Unreadable]) -> str:
    if not summary.versions:
        return remote_hint(context) or _EMPTY
    if summary.unreadable == summary.versions:
        return _UNREADABLE.format(ref=unreadable[0].info.ref, why=unreadable[0].why)
    return ""
