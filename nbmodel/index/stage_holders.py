"""Which stages are held by a version now, and which models have none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nbmodel.index import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from nbmodel.records import VersionInfo

_HOLDERS = """
SELECT DISTINCT m.name, k.label FROM marks k
  JOIN versions v ON v.id = k.version JOIN models m ON m.id = v.model
WHERE k.kind = 'stage'
"""
_HOLDERS_QUERY = """
SELECT m.name, k.label, v.id FROM json_each(?) j CROSS JOIN models m ON m.name = j.value
  CROSS JOIN versions v ON v.model = m.id CROSS JOIN marks k ON k.version = v.id
WHERE k.kind = 'stage' ORDER BY k.label
"""
_WITHOUT = """
FROM models m WHERE m.latest NOT NULL AND m.id NOT IN (
  SELECT v.model FROM marks k JOIN versions v ON v.id = k.version WHERE k.kind = 'stage'
)
"""


def stage_holders(db: Connection) -> list[tuple[str, str]]:
    """Model and stage of each stage that a version holds."""
    return list(db.execute(_HOLDERS))


def held_versions(db: Connection, models: Sequence[str]) -> dict[str, dict[str, VersionInfo]]:
    """The version that holds each stage, by model and then by stage."""
    holders = db.execute(_HOLDERS_QUERY, (json.dumps([*models]),)).fetchall()
    infos = rows.read(db, [number for _, _, number in holders])
    result: dict[str, dict[str, VersionInfo]] = {model: {} for model in models}
    for model, stage, number in holders:
        result[model][stage] = infos[number]
    return result


def models_without_stage(db: Connection, limit: int) -> tuple[list[VersionInfo], int]:
    """The newest models without a stage, as their latest versions, and the number of all."""
    (total,) = db.execute(f"SELECT count(*) {_WITHOUT}").fetchone()
    ids = db.execute(f"SELECT m.latest {_WITHOUT} ORDER BY m.latest DESC LIMIT ?", (limit,))
    return list(rows.read(db, [number for (number,) in ids]).values()), total
