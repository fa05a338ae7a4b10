"""home: a tile for each stage that a version holds, and the models without a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.metric_directions import direction_of, judge
from nbmodel.versioning.live_spans import LiveSpan, live_spans, previous_span
from nbmodel.views.rows import rows_of
from nbmodel.views.texts import Answer, real

if TYPE_CHECKING:
    from collections.abc import Collection

    from nbmodel.records import VersionInfo
    from nbmodel.versioning.registry import Registry

MAX_REASON_CHARACTERS = 2000
MAX_HISTORY = 20  # versions in the line beside a metric
MAX_UNSTAGED = 24  # models without a stage that are listed
# Stages in which most people look first; others follow in alphabetical order.
FIRST_STAGES = ("prod", "production", "live", "staging", "stage", "test", "dev", "development")


def home(registry: Registry, *, offset: int = 0, limit: int = 50) -> Answer:
    """A page of tiles: what is live in each stage, since when, why, and whether it is better.

    The health of a stage is another question, because it reads the prediction log.
    """
    context = registry.context
    context.index.refresh()
    holders = sorted(context.index.stage_holders(), key=_order)
    page = holders[offset : offset + limit]
    tiles = _Tiles(registry, {model for model, _ in page})
    return {
        "tiles": [tile for model, stage in page if (tile := tiles.tile(model, stage))],
        "offset": offset,
        "total": len(holders),
        "unstaged": _unstaged(registry) if offset == 0 else {"models": [], "total": 0},
    }


def _unstaged(registry: Registry) -> Answer:
    """The newest models without a stage, each with its latest version."""
    context = registry.context
    versions, total = context.index.models_without_stage(MAX_UNSTAGED)
    metrics = context.index.main_metrics([version.model for version in versions])
    lower = context.index.declared_lower()
    return {
        "models": [
            {"row": row, "metric": metric_of(version, metrics.get(version.model, ""), lower)}
            for version, row in zip(versions, rows_of(registry, versions), strict=True)
        ],
        "total": total,
    }


def metric_of(
    version: VersionInfo, name: str, lower: Collection[str], before: VersionInfo | None = None
) -> Answer | None:
    """A metric of a version, and of the version before; None if the version lacks it."""
    if name not in version.metrics:
        return None
    old = before.metrics.get(name) if before else None
    return {
        "name": display.visible(name),
        "value": real(version.metrics[name]),
        "before": None if old is None else real(old),
        "verdict": judge(version.metrics[name], old, direction_of(name, lower)),
    }


class _Tiles:
    """Makes the tiles of some models; each model's moves are read once."""

    def __init__(self, registry: Registry, models: Collection[str]) -> None:
        self._registry = registry
        index = registry.context.index
        self._index = index
        self._spans = {model: live_spans(reversed(index.moves(model))) for model in models}
        self._metrics = index.main_metrics(models)
        self._lower = index.declared_lower()

    def tile(self, model: str, stage: str) -> Answer | None:
        """The tile of a stage; None if its version is gone."""
        spans = [span for span in self._spans[model] if span.move.stage == stage]
        if not spans or spans[-1].end is not None:
            return None
        version = self._version(model, spans[-1])
        if version is None:
            return None
        earlier = previous_span(spans, spans[-1])
        before = self._version(model, earlier) if earlier else None
        move = spans[-1].move
        metric = self._metrics.get(model, "")
        history = self._index.metric_history(version, metric, MAX_HISTORY)
        return {
            "stage": stage,
            "row": rows_of(self._registry, [version])[0],
            "since": move.time,
            "author": display.visible(move.author.name),
            "message": display.visible(display.cut(move.message.strip(), MAX_REASON_CHARACTERS)),
            "rolledBack": bool(move.rolled_back),
            "before": before.ref if before else "",
            "metric": metric_of(version, metric, self._lower, before),
            "history": [real(value) for value in history],
        }

    def _version(self, model: str, span: LiveSpan) -> VersionInfo | None:
        versions = self._index.by_commit(span.move.commit, model)
        return versions[0] if versions else None


def _order(holder: tuple[str, str]) -> tuple[int, str, str]:
    model, stage = holder
    name = stage.casefold()
    place = FIRST_STAGES.index(name) if name in FIRST_STAGES else len(FIRST_STAGES)
    return place, model.casefold(), stage
