"""A data profile, as far as it is one: a stranger may have written anything into it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nbmodel import display
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_COLUMNS = 1000
MAX_BINS = 200
MAX_VALUES = 100


def profile_of(document: Mapping[str, Any]) -> Answer:
    """The parts of ``profile.json`` that a face draws; what has another shape is left out."""
    answer = _parts(document, {"rows": _count, "fingerprint": _text})
    columns = document.get("columns")
    if isinstance(columns, list):
        described = [_column(column) for column in columns[:MAX_COLUMNS]]
        answer["columns"] = [column for column in described if column]
    return answer


def _column(document: Any) -> Answer:
    if not isinstance(document, dict):
        return {}
    texts = {key: _text(document.get(key)) or "" for key in ("name", "dtype", "kind")}
    return texts | _parts(document, _PARTS)


def _parts(document: Mapping[str, Any], kinds: Mapping[str, Callable[[Any], Any]]) -> Answer:
    """The values that are of their kind; null stays null."""
    read = {key: kind(document[key]) for key, kind in kinds.items() if key in document}
    return {
        key: value
        for key, value in read.items()
        if value is not None or (document[key] is None and key in _MAY_BE_NULL)
    }


def _text(value: Any) -> str | None:
    return display.visible(value) if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    if type(value) not in (int, float) or not _is_double(value):
        return None
    return float(value) if isinstance(value, float) else int(value)


def _is_double(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 53 else None


def _bound(value: Any) -> float | str | None:
    return _number(value) if _text(value) is None else _text(value)


def _numbers(value: Any) -> list[float] | None:
    if not isinstance(value, list) or len(value) > MAX_BINS:
        return None
    numbers = [number for number in map(_number, value) if number is not None]
    return numbers if len(numbers) == len(value) else None


def _histogram(value: Any) -> Answer | None:
    if not isinstance(value, dict):
        return None
    edges, counts = _numbers(value.get("edges")), _numbers(value.get("counts"))
    if edges is None or counts is None or len(edges) != len(counts) + 1:
        return None
    return {"edges": edges, "counts": counts}


def _top(value: Any) -> list[list[Any]] | None:
    if not isinstance(value, list):
        return None
    return [
        [_text(item[0]) if isinstance(item[0], str) else _plain(item[0]), item[1]]
        for item in value[:MAX_VALUES]
        if isinstance(item, list) and len(item) == 2 and _count(item[1]) is not None
    ]


def _plain(value: Any) -> bool | float | None:
    return value if isinstance(value, bool) else _number(value)


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "missing": _count,
    "unique": _count,
    "min": _bound,
    "max": _bound,
    "mean": _number,
    "std": _number,
    "histogram": _histogram,
    "top": _top,
    "other": _count,
}
_MAY_BE_NULL = {"min", "max", "mean", "std", "histogram"}
