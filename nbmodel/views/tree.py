"""models, sparklines: what a tree of the registry shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.index.expression import parse
from nbmodel.views.rows import rows_of
from nbmodel.views.texts import Answer, real

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

MAX_MODELS = 100_000  # of a search
SPARKLINE_POINTS = 20


def models(registry: Registry, *, query: str = "") -> Answer:
    """Every model, or those with a version that fits a query, in its order if it has one."""
    index = registry.context.index
    index.refresh()
    everything = index.models()
    ordered = bool(parse(query).order)
    if query.strip():
        fitting = [version.model for version in index.list(query, limit=MAX_MODELS)]
        by_name = {model.name: model for model in everything}
        names = fitting if ordered else sorted(fitting)
        everything = [by_name[name] for name in names if name in by_name]
    latest = rows_of(registry, [model.latest for model in everything])
    return {
        "models": [
            {
                "name": model.name,
                "latest": row,
                "versions": model.versions,
                "branches": list(model.branches),
                "releases": list(model.releases),
                "stages": [[stage, *version] for stage, version in model.stages.items()],
            }
            for model, row in zip(everything, latest, strict=True)
        ],
        "ordered": ordered,
        "hint": "" if everything else display.visible(index.unused_names(query)),
    }


def sparklines(registry: Registry, *, models: list[str]) -> Answer:
    """The latest values of each model's main metric."""
    index = registry.context.index
    index.refresh()
    lines = index.sparklines(index.main_metrics(models), SPARKLINE_POINTS)
    return {
        "sparklines": {
            model: {
                "metric": display.visible(spark.metric),
                "values": [real(value) for value in spark.values],
            }
            for model, spark in lines.items()
        }
    }
