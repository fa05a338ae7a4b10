"""Aggregates of training data: what drift is measured against, and never a row of it.

A value that few rows have may identify a person. So a category is listed only if it occurs at
least `RARE` times. For a text column whose values are mostly unique (names, addresses, messages),
only lengths are stored. The smallest and largest number of a column are stored.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from nbmodel.provenance.data import numeric
from nbmodel.provenance.data.fingerprint import fingerprint, present
from nbmodel.provenance.data.tables import columns, is_series, table_of

__all__ = ["FORMAT", "columns", "dumps", "profile"]

FORMAT = 1
TOP = 50
RARE = 5
TOGETHER = 1 << 22  # bytes of numeric columns described at once: for small ones calls cost most
_MAX_CATEGORY_CHARACTERS = 200  # the rest of a category is cut off

Progress = Callable[[int, int], None]
Facts = dict[str, Any]


def profile(data: Any, *, progress: Progress | None = None) -> dict[str, Any]:
    """Describe training data by aggregates.

    Parameters
    ----------
    data : DataFrame, Series, array, tensor, sparse matrix, dict of arrays, or list
        pandas, numpy (n-D and structured), torch, scipy, and objects with ``to_pandas``.
    progress : callable, optional
        Called with columns done and columns in all.

    Returns
    -------
    dict
        JSON-ready, without NaN or Infinity: ``format``, ``rows``, ``fingerprint``, ``columns``;
        and ``flattened`` with ``width`` and ``profiled``, where the data have more
        than 1,000 columns and only that many are described: see
        `nbmodel.provenance.data.column_selection`.

        Every column has ``name``, ``dtype``, ``kind`` and ``missing``. Numbers add
        ``infinite``, ``min``, ``max``, ``mean``, ``std`` (population), ``quantiles`` (linear
        interpolation) and a ``histogram`` of equal bins, all of the finite values,
        null where there are none; durations are in seconds. Where a quarter of the values
        fall into one of the equal bins, ``bins`` are a second histogram that quantiles divide
        too, with a bin of its own for each value that a twentieth of the rows have. Categories and
        booleans add ``unique``, ``top`` (value and count) and ``other`` (rows not
        in ``top``). Text adds ``unique`` and ``length``; times ``min``, ``max`` and
        ``quantiles`` in ISO 8601, UTC if they had a zone; other objects ``types``.

    Raises
    ------
    InvalidValue
        If `data` is no kind of table.
    """
    table = table_of(data)
    described: list[Facts] = []
    total = len(table.places())
    for block in _blocks(table.columns()):
        for facts in _describe_block(block):
            described.append(facts)
            if progress is not None:
                progress(len(described), total)
    result: dict[str, Any] = {
        "format": FORMAT,
        "rows": table.rows,
        "fingerprint": fingerprint(table),
        "columns": described,
    }
    if table.width > len(described):
        result["flattened"] = {"width": table.width, "profiled": len(described)}
    return result


def dumps(profile: Mapping[str, Any]) -> bytes:
    """The profile as JSON with a line for each column: what changed shows in a diff."""
    lines = [f" {_json(key)}: {_json(value)}" for key, value in profile.items() if key != "columns"]
    columns = ",\n  ".join(map(_json, profile["columns"]))
    lines.append(f' "columns": [\n  {columns}\n ]' if columns else ' "columns": []')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode(errors="replace")


# Without an indent, which json writes in Python, three times slower.
_json = json.JSONEncoder(ensure_ascii=False).encode


NamedColumn = tuple[str, Any]


def _blocks(columns: Iterable[NamedColumn]) -> Iterator[list[NamedColumn]]:
    """Neighbors that can be described together; each other column by itself."""
    block: list[NamedColumn] = []
    for name, values in columns:
        plain = _plain_numbers(values)
        if block and not (plain is not None and _fits(plain, block)):
            yield block
            block = []
        if plain is None:
            yield [(name, values)]
        else:
            block.append((name, plain))
    if block:
        yield block


def _fits(plain: np.ndarray, block: Sequence[NamedColumn]) -> bool:
    same = plain.dtype == block[0][1].dtype
    return same and (len(block) + 1) * plain.nbytes <= TOGETHER


def _plain_numbers(values: Any) -> np.ndarray | None:
    """A column's numbers without a copy, if numpy holds them and nothing else."""
    dtype = values.dtype
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iuf" or values.ndim != 1:
        return None
    return values.to_numpy() if is_series(values) else np.asarray(values)


def _describe_block(block: Sequence[NamedColumn]) -> list[Facts]:
    if len(block) == 1:
        return [_column(*block[0])]
    dtype = str(block[0][1].dtype)
    described = numeric.describe_all([values for _, values in block])
    return [
        {"name": name, "dtype": dtype, "kind": "number", "missing": missing_count, **facts}
        for (name, _), (missing_count, facts) in zip(block, described, strict=True)
    ]


def _column(name: str, values: Any) -> Facts:
    dtype = str(values.dtype)
    if is_series(values):
        if dtype == "category":
            counts = values.value_counts(dropna=True, sort=False)
            frequencies = Counter(dict(zip(counts.index.tolist(), counts.tolist(), strict=True)))
            facts = {"missing": int(values.isna().sum()), **_categories(+frequencies)}
            return {"name": name, "dtype": dtype, "kind": "category", **facts}
        present_values = present(values)
    else:
        present_values = _without_missing(values)
    kind, facts = _describe(present_values)
    return {
        "name": name,
        "dtype": dtype,
        "kind": kind,
        "missing": len(values) - len(present_values),
        **facts,
    }


def _without_missing(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "fc":
        holes = np.isnan(values)
    elif values.dtype.kind in "mM":
        holes = np.isnat(values)
    elif values.dtype.hasobject:
        holes = np.fromiter(map(is_missing, values), bool, len(values))
    else:
        return values
    return values[~holes] if holes.any() else values


def is_missing(value: object) -> bool:
    """Whether a value stands for none: None, NaN, NaT, NA."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return type(value).__name__ in ("NAType", "NaTType")  # of pandas


def _describe(values: np.ndarray) -> tuple[str, Facts]:
    kind = values.dtype.kind
    if kind in "iuf":
        return "number", numeric.describe(values)
    if kind == "b":
        return "boolean", _booleans(Counter({True: int(values.sum()), False: int((~values).sum())}))
    if kind == "M":
        return "datetime", _times(values)
    if kind == "m":
        return "number", numeric.describe(values / np.timedelta64(1, "s"))
    if kind in "US":
        return _texts(values.astype(str).tolist())
    if kind == "O":
        return _objects(values.tolist())
    return "other", {"types": {str(values.dtype): len(values)}}


def _objects(values: list[Any]) -> tuple[str, Facts]:
    kinds = Counter(map(type, values))
    if not values:
        return "other", {"types": {}}
    if all(issubclass(kind, str) for kind in kinds):
        return _texts([str(value) for value in values])
    if all(issubclass(kind, bool | np.bool_) for kind in kinds):
        return "boolean", _booleans(Counter(map(bool, values)))
    if all(issubclass(kind, Real | Decimal) and not issubclass(kind, bool) for kind in kinds):
        return "number", numeric.describe(np.array([_float(value) for value in values]))
    if all(issubclass(kind, date) for kind in kinds):
        return "datetime", _times(np.array([_utc(value) for value in values], "datetime64[us]"))
    type_counts: Counter[str] = Counter()
    for kind, count in kinds.items():
        type_counts[kind.__name__] += count
    return "other", {"types": dict(type_counts.most_common(TOP))}


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _utc(value: date) -> date:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


# -- one kind each -----------------------------------------------------------


def _booleans(counts: Counter[bool]) -> Facts:
    """Both truth values, however rare: neither tells whose row it was."""
    top = [[value, count] for value, count in counts.most_common() if count]
    return {"unique": len(top), "top": top, "other": 0}


def _categories(counts: Counter[Any]) -> Facts:
    common = [(value, n) for value, n in counts.items() if n >= RARE]
    common.sort(key=lambda pair: (-pair[1], str(pair[0])))
    common = common[:TOP]
    other = counts.total() - sum(n for _, n in common)
    return {
        "unique": len(counts),
        "top": [[_plain(value), n] for value, n in common],
        "other": other,
    }


def _texts(values: list[str]) -> tuple[str, Facts]:
    counts = Counter(values)
    if 2 * len(counts) <= len(values):
        return "category", _categories(counts)
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    if not len(lengths):
        return "text", {"unique": 0, "length": None}
    spread = {"min": int(lengths.min()), "max": int(lengths.max()), "mean": float(lengths.mean())}
    return "text", {"unique": len(counts), "length": spread}


def _times(values: np.ndarray) -> Facts:
    if not len(values):
        return {"min": None, "max": None, "quantiles": None}
    ordered = np.sort(values)
    last = len(ordered) - 1
    return {
        "min": str(ordered[0]),
        "max": str(ordered[-1]),
        "quantiles": {str(q): str(ordered[round(q * last)]) for q in numeric.QUANTILES},
    }


def _plain(value: Any) -> str | int | float | bool | None:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.integer | np.floating):
        return numeric.number(value)
    return str(value)[:_MAX_CATEGORY_CHARACTERS]
