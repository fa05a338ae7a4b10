"""The metric by which a model is judged, and the metrics of which less is better."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nbmodel.metric_directions import LOWER_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

MAX_FIRST_VERSIONS = 20  # versions of a model in which its first metric is looked for
MAX_DECLARATIONS = 1000  # different lists of metrics of which less is better
_FIRST_VERSIONS = """
SELECT d.data FROM versions v JOIN details d ON d.id = v.id
WHERE v.model = ? ORDER BY v.id LIMIT ?
"""
_HAS_METRIC = """
SELECT 1 FROM keys k JOIN facts f ON f.key = k.id JOIN versions v ON v.id = f.version
WHERE k.kind = 'metrics' AND k.name = ? AND v.model = ? AND f.number NOT NULL LIMIT 1
"""
# The last version of each list: the texts of facts are folded, so its names are read from there.
_DECLARATIONS = """
SELECT d.data FROM details d JOIN (
  SELECT max(f.version) AS id FROM keys k JOIN facts f ON f.key = k.id
  WHERE k.kind = 'tags' AND k.name = ? AND f.text NOT NULL GROUP BY f.text LIMIT ?
) last ON last.id = d.id
"""


def main_metrics(db: Connection, models: Iterable[str], preferred: str = "") -> dict[str, str]:
    """The main metric of each model: `preferred` if it has that, else its oldest one.

    Parameters
    ----------
    db : sqlite3.Connection
    models : iterable of str
    preferred : str
        The metric that the user chose for all models; empty for none.

    Returns
    -------
    dict of str to str
        Models without a metric are left out. The oldest one of several is the one that was stated
        first.
    """
    result: dict[str, str] = {}
    for model in models:
        row = db.execute("SELECT id FROM models WHERE name = ?", (model,)).fetchone()
        if row is None:
            continue
        if preferred and db.execute(_HAS_METRIC, (preferred, row[0])).fetchone():
            result[model] = preferred
        elif first := _first_metric(db, row[0]):
            result[model] = first
    return result


def declared_lower(db: Connection) -> frozenset[str]:
    """Metrics that versions of the registry declare: less of them is better."""
    rows = db.execute(_DECLARATIONS, (LOWER_TAG, MAX_DECLARATIONS))
    lists = [str(json.loads(data)[2].get(LOWER_TAG, "")) for (data,) in rows]
    return frozenset(name.strip() for names in lists for name in names.split(",") if name.strip())


def _first_metric(db: Connection, model: int) -> str:
    for (data,) in db.execute(_FIRST_VERSIONS, (model, MAX_FIRST_VERSIONS)):
        metrics: dict[str, float] = json.loads(data)[1]
        if metrics:
            return next(iter(metrics))
    return ""
