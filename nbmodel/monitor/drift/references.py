"""References for drift: the columns of a version's data profile, as counts in bins.

A profile comes from the registry, where anyone may have written it. Columns that are not valid
are left out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from nbmodel.monitor.prediction_log.column_names import logged_names
from nbmodel.monitor.prediction_log.entries import INPUT_PREFIX
from nbmodel.provenance.data.column_selection import Place, places, width_of
from nbmodel.provenance.data.profile import RARE
from nbmodel.records import Signature

Kind = Literal["number", "category", "other"]
Scalar = str | int | float | bool

MAX_BIN_SHARE = 0.5  # share of rows in one bin from which quantiles give better bins
MAX_BINS = 200
MAX_CATEGORIES = 200
MIN_LISTED_ROWS = 20.0  # rows from which a value is in a profile's list for certain


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReference:
    """A column of the data that a version was trained on.

    Attributes
    ----------
    name, logged : str
        Name of the column, and its name in the log.
    kind : {"number", "category", "other"}
        For "other" only the missing values are known.
    rows : int
        Number of rows, with missing values.
    missing : int
    edges : tuple of float
        Edges of the bins of a number. A bin includes its left edge; the last bin includes both.
    values : tuple
        Values of a category that are counted.
    counts : tuple of float
        For a number: below the edges, in each bin, above the edges. For a category: of each value,
        and of all other values.
    std : float
        Population standard deviation of a number; 0 if unknown.
    dtype : str
        Dtype in the profile.
    uncertain_rows : float or None
        For a category: rows that do not show whether a value is new, see `uncertain_rows`. None if
        the list of values was cut off, so that any other value may have occurred.
    """

    name: str
    logged: str
    kind: Kind
    rows: int
    missing: int
    edges: tuple[float, ...] = ()
    values: tuple[Scalar, ...] = ()
    counts: tuple[float, ...] = ()
    std: float = 0.0
    dtype: str = ""
    uncertain_rows: float | None = None


def references(profile: Mapping[str, Any], signature: Signature) -> list[ColumnReference]:
    """Return the inputs that a profile describes, in the order of the signature.

    Columns that are not in the signature, such as the target or an index, are left out. If the
    signature has no names, columns are numbered.
    """
    rows = profile.get("rows")
    if not isinstance(rows, int) or rows <= 0:
        return []
    available: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for column in described(profile):
        available[str(column.get("name"))].append(column)
    names = [place.name for place in _places(signature)] or [
        str(column.get("name")) for column in described(profile)
    ]
    # If a name repeats, the columns match in order.
    columns = (
        column_reference(available[name].pop(0), f"{INPUT_PREFIX}{logged}", rows)
        for name, logged in zip(names, logged_names(names), strict=True)
        if available[name]
    )
    return [reference for reference in columns if reference is not None]


def described_columns(profile: Mapping[str, Any], signature: Signature) -> tuple[int, int]:
    """Return how many input columns a version's profile describes, and how many there are."""
    columns = _places(signature)
    width = sum(width_of(column.shape[1:]) for column in signature.inputs)
    if columns:
        return len(columns), width
    flattened = profile.get("flattened")
    number = len(described(profile))
    total = flattened.get("width") if isinstance(flattened, dict) else number
    return number, total if isinstance(total, int) else number


def described(profile: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The columns of a profile that have a description."""
    columns = profile.get("columns")
    return [c for c in (columns if isinstance(columns, list) else []) if isinstance(c, dict)]


def _places(signature: Signature) -> tuple[Place, ...]:
    """Return the columns of a version's inputs; none if only the profile knows them."""
    inputs = signature.inputs
    if (len(inputs) == 1 and len(inputs[0].shape) > 1) or any(
        size < 0 for column in inputs for size in column.shape[1:]
    ):
        return ()
    return places([(column.name, column.shape[1:]) for column in inputs])


def column_reference(column: Mapping[str, Any], logged: str, rows: int) -> ColumnReference | None:
    """Return the reference for one column of a profile; None if it is not valid."""
    name, missing_rows = str(column.get("name")), column.get("missing")
    if not isinstance(missing_rows, int) or not 0 <= missing_rows <= rows:
        return None
    reader = _READERS.get(str(column.get("kind")))
    try:
        fields = reader(column, rows - missing_rows) if reader else {}
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError):
        return None
    attributes = {"kind": "other", **fields}
    dtype = str(column.get("dtype") or "")
    return ColumnReference(
        name=name, logged=logged, **attributes, rows=rows, missing=missing_rows, dtype=dtype
    )


def _number(column: Mapping[str, Any], present: int) -> dict[str, Any]:
    histogram = column.get("bins") or column["histogram"]
    if histogram is None:  # no finite values, or too wide a range
        return {}
    edges = tuple(map(float, histogram["edges"]))
    counts = tuple(map(float, histogram["counts"]))
    _check(edges, counts)
    std = float(column["std"] or 0.0)
    quantiles = (
        None if column.get("bins") else column.get("quantiles")
    )  # an older profile has no bins
    if max(counts) > MAX_BIN_SHARE * sum(counts) and isinstance(quantiles, dict):
        finer = _by_quantiles(quantiles, edges[0], edges[-1], sum(counts))
        edges, counts = finer or (edges, counts)
    beyond = max(0.0, present - sum(counts))  # infinite values
    return {"kind": "number", "edges": edges, "counts": (0.0, *counts, beyond), "std": std}


def _by_quantiles(
    quantiles: Mapping[str, Any], low: float, high: float, present: float
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return bins between quantiles; None if values repeat, whose share on an edge is unknown."""
    points = sorted((float(q), float(value)) for q, value in quantiles.items())
    edges = (low, *(value for _, value in points), high)
    repeats = any(value == round(value) for _, value in points)
    if repeats or any(a >= b for a, b in pairwise(edges)):
        return None
    shares = np.diff([0.0, *(q for q, _ in points), 1.0])
    return edges, tuple(float(share) * present for share in shares)


def _check(edges: Sequence[float], counts: Sequence[float]) -> None:
    if not 1 <= len(counts) == len(edges) - 1 <= MAX_BINS:
        raise ValueError("the histogram's edges and counts do not match")
    if not all(map(math.isfinite, (*edges, *counts))) or min(counts) < 0 or not sum(counts):
        raise ValueError("the histogram holds no numbers")
    rising = all(a < b for a, b in pairwise(edges))
    if not rising and not (len(counts) == 1 and edges[0] == edges[1]):
        raise ValueError("the histogram's edges do not rise")


def _category(column: Mapping[str, Any], present: int) -> dict[str, Any]:
    listed = column["top"][:MAX_CATEGORIES]
    values = tuple(_scalar(value) for value, _ in listed)
    counts = tuple(float(count) for _, count in listed)
    if len(set(values)) != len(values) or min(counts, default=0) < 0:
        raise ValueError("categories repeat")
    if not all(map(math.isfinite, counts)):
        raise ValueError("counts are not numbers")
    others = max(0.0, present - sum(counts))
    if not present:
        return {}
    # A value that is not listed has fewer than RARE rows, unless the list was cut off.
    unlisted = int(column["unique"]) - len(column["top"])
    complete = others <= unlisted * (RARE - 1)
    return {
        "kind": "category",
        "values": values,
        "counts": (*counts, others),
        "uncertain_rows": uncertain_rows(counts, others) if complete else None,
    }


def uncertain_rows(counts: Sequence[float], others: float) -> float:
    """Return the rows of a reference that do not show whether a value is new.

    These are the rows of values that are not listed. If there are any, some values are listed by
    chance, and as many equally frequent ones are not; so the rows of rare listed values count too.
    If all values are listed, the rows of the rare ones estimate how many values were never seen.

    Source: Good (1953), Biometrika 40(3/4).
    """
    min_rows = MIN_LISTED_ROWS if others else RARE
    return others + sum(count for count in counts if count < min_rows)


def _scalar(value: Any) -> Scalar:
    if not isinstance(value, str | int | float | bool):
        raise TypeError("a category is neither text nor number")
    return value


_READERS = {"number": _number, "category": _category, "boolean": _category}
