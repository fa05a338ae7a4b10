"""rows: the table of the registry, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.index import Marks
from nbmodel.versioning import purges
from nbmodel.views.texts import Answer, Pairs, Real, real, reals, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbmodel.records import VersionInfo
    from nbmodel.versioning.registry import Registry

_NO_MARKS = Marks()
_NO_NAMES: list[str] = []


def rows(
    registry: Registry,
    *,
    query: str = "",
    sort: str = "",
    offset: int = 0,
    limit: int = 50,
    every: bool = False,
    params: list[str] = _NO_NAMES,
) -> Answer:
    """A page of versions: one row a model, the first that fits in the order of the rows; or every.

    `sort` goes before the ``order by`` of the query. `params` are the names of parameters whose
    values are part of the answer.
    """
    index = registry.context.index
    index.refresh()
    versions = index.list(query, limit=limit, offset=offset, sort=sort, all_versions=every)
    total, exact = index.count(query, all_versions=every)
    return {
        "rows": rows_of(registry, versions),
        "offset": offset,
        "total": max(total, offset + len(versions)) if versions else total,
        "totalIsLowerBound": not exact,
        "sort": display.visible(index.sorted_by(query, sort)),
        "hint": "" if total else display.visible(index.unused_names(query)),
        "models": model_facts(registry, (version.model for version in versions)),
        "params": _params(versions, frozenset(params)),
    }


def _params(versions: Iterable[VersionInfo], names: frozenset[str]) -> dict[str, Pairs]:
    """The values of the named parameters, by commit."""
    if not names:
        return {}
    return {
        version.commit: [pair for pair in texts(version.params) if pair[0] in names]
        for version in versions
    }


def model_facts(registry: Registry, models: Iterable[str]) -> dict[str, Answer]:
    """The main metric of each model, and the versions that hold its stages."""
    context = registry.context
    names = list(dict.fromkeys(models))
    metrics = context.index.main_metrics(names)
    return {
        model: {
            "mainMetric": display.visible(metrics.get(model, "")),
            "stages": [
                {
                    "stage": stage,
                    "ref": version.ref,
                    "commit": version.commit,
                    "value": _value(version, metrics.get(model, "")),
                }
                for stage, version in stages.items()
            ],
        }
        for model, stages in context.index.held_versions(names).items()
    }


def _value(version: VersionInfo, metric: str) -> Real | None:
    return real(version.metrics[metric]) if metric in version.metrics else None


def rows_of(registry: Registry, versions: Sequence[VersionInfo]) -> list[Answer]:
    """Versions as rows, with what points at them."""
    marks = registry.context.index.marks(versions)
    purged = purges.by_commit(registry.context)
    return [
        row(version, marks[version.model, version.commit], purged=version.commit in purged)
        for version in versions
    ]


def row(version: VersionInfo, marks: Marks = _NO_MARKS, *, purged: bool = False) -> Answer:
    """A version as a row; `purged` if its arrays were removed for good."""
    return {
        "ref": version.ref,
        "commit": version.commit,
        "model": version.model,
        "branch": version.branch,
        "number": version.number,
        "parents": list(version.parents),
        "time": version.time,
        "author": display.visible(version.author.name),
        "message": display.visible(display.first_line(version.message, 200)),
        "type": display.visible(version.type.rpartition(".")[2]),
        "flavor": display.visible(version.flavor),
        "summary": display.visible(version.summary),
        "size": version.size,
        "stages": list(marks.stages),
        "releases": list(marks.releases),
        "purged": purged,
        "metrics": reals(version.metrics),
        "evaluation": reals(version.evaluation),
    }
