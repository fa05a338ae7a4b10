"""The whole registry: counts, metrics, stages in use, and sparklines of metrics."""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from sqlite3 import Connection

MAX_METRICS = 100
MAX_PARAMS = 100
_MODELS_PER_QUERY = 500
# At most 1000 metrics, the oldest ones: a registry may have any number of them.
_METRICS = """
SELECT k.name, (SELECT count(*) FROM facts f WHERE f.key = k.id AND f.number NOT NULL) AS used
FROM (SELECT id, name FROM keys WHERE kind = 'metrics' ORDER BY id LIMIT 1000) k
WHERE used ORDER BY used DESC, k.name LIMIT ?
"""
# Counting them would read a row for each parameter of each version.
_PARAMS = "SELECT name FROM keys WHERE kind = 'params' ORDER BY id LIMIT ?"
# As in `query._CHAIN`, numbers fall along a chain, so the query ends even in a damaged file.
_SPARKLINES = """
WITH RECURSIVE chain (start, id, first, number, step) AS (
  SELECT v.id, v.id, v.first, v.number, 1 FROM versions v WHERE v.id = :start
  UNION ALL
  SELECT c.start, v.id, v.first, v.number, c.step + 1
  FROM chain c JOIN versions v ON v.id = c.first
  WHERE c.step < :last AND v.number < c.number
)
SELECT s.number FROM chain c JOIN facts s ON s.version = c.id AND s.key = :key
ORDER BY c.step DESC
"""
_PLACE = """
SELECT v.id, k.id FROM versions v JOIN models m ON m.id = v.model
JOIN keys k ON k.kind = 'metrics' AND k.name = :metric
WHERE v.oid = :commit AND m.name = :model
"""


@dataclass(frozen=True, slots=True)
class RegistrySummary:
    """What a registry contains.

    Attributes
    ----------
    models, versions : int
    unreadable : int
        Versions whose manifest cannot be read.
    metrics : tuple of str
        The most used first, at most 100.
    params : tuple of str
        Parameters, the oldest first, at most 100.
    stages : tuple of str
        Stages that name a version now, in alphabetical order.
    """

    models: int
    versions: int
    unreadable: int
    metrics: tuple[str, ...]
    params: tuple[str, ...]
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The latest values of one metric, oldest first."""

    metric: str
    values: tuple[float, ...]


def summary(db: Connection) -> RegistrySummary:
    """Counts, metrics and stages of the registry."""
    (models,) = db.execute("SELECT count(*) FROM models WHERE latest NOT NULL").fetchone()
    (versions,) = db.execute("SELECT count(*) FROM versions").fetchone()
    (unreadable,) = db.execute("SELECT count(*) FROM unreadable").fetchone()
    metrics = db.execute(_METRICS, (MAX_METRICS,)).fetchall()
    params = db.execute(_PARAMS, (MAX_PARAMS,))
    stages = db.execute("SELECT DISTINCT label FROM marks WHERE kind = 'stage' ORDER BY label")
    return RegistrySummary(
        *(models, versions, unreadable),
        tuple(name for name, _ in metrics),
        tuple(name for (name,) in params),
        tuple(label for (label,) in stages),
    )


def sparklines(db: Connection, metrics: Mapping[str, str], last: int) -> dict[str, Sparkline]:
    """The `last` values of one metric of each model.

    Parameters
    ----------
    db : sqlite3.Connection
    metrics : mapping of str to str
        The metric of each model.
    last : int

    Returns
    -------
    dict of str to Sparkline
        By model: the values along the first parents of its latest version. Unknown
        models and metrics are left out.
    """
    keys = dict(db.execute("SELECT name, id FROM keys WHERE kind = 'metrics'"))
    lines: dict[str, Sparkline] = {}
    for model, latest in _latest(db, tuple(metrics)):
        key = keys.get(metrics[model])
        if key is None:
            continue
        bound = {"start": latest, "last": last, "key": key}
        values = [math.nan if n is None else n for (n,) in db.execute(_SPARKLINES, bound)]
        lines[model] = Sparkline(metrics[model], tuple(values))
    return lines


def metric_history(
    db: Connection, commit: str, model: str, metric: str, last: int
) -> tuple[float, ...]:
    """The `last` values of a metric along the first parents of a version, its own at the end."""
    bound = {"commit": commit, "model": model, "metric": metric}
    place = db.execute(_PLACE, bound).fetchone()
    if place is None:
        return ()
    values = db.execute(_SPARKLINES, {"start": place[0], "key": place[1], "last": last})
    return tuple(math.nan if number is None else number for (number,) in values)


def _latest(db: Connection, models: Sequence[str]) -> list[tuple[str, int]]:
    """Name and id of the latest version of each model."""
    result: list[tuple[str, int]] = []
    for start in range(0, len(models), _MODELS_PER_QUERY):
        part = models[start : start + _MODELS_PER_QUERY]
        marks = ", ".join("?" * len(part))
        result += db.execute(
            f"SELECT name, latest FROM models WHERE latest NOT NULL AND name IN ({marks})", part
        )
    return result
