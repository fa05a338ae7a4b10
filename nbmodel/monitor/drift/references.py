"""What drift is measured against: each column of a version's profile, as counts in bins.

The profile comes from the registry and may be anybody's: what makes no sense is left out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from nbmodel.monitor.prediction_log.entries import INPUT_PREFIX, logged_names
from nbmodel.provenance.layout import Place, places, width_of
from nbmodel.provenance.profile import RARE
from nbmodel.records import Signature

Kind = Literal["number", "category", "other"]
Scalar = str | int | float | bool

MAX_BIN_SHARE = 0.5  # of the rows in one equal bin: then the profile's quantiles tell more
MAX_BINS = 200
MAX_CATEGORIES = 200
MIN_LISTED_ROWS = 20.0  # rows of a value that is not in a profile's list by chance


@dataclass(frozen=True, slots=True)
class ColumnReference:
    """A column as it was when the version was trained.

    Attributes
    ----------
    name, logged : str
        Its name, and that of its column in the log.
    kind : {"number", "category", "other"}
        Of "other" only what is missing is known.
    rows : int
        Present and missing ones.
    missing : int
    edges : tuple of float
        Of a number: bins hold their left edge, the last one both.
    values : tuple
        Of a category: those that are counted.
    counts : tuple of float
        Of a number: below the edges, in each bin, above. Of a category: of each value, and
        of all others.
    std : float
        Of a number, population; 0 if unknown.
    dtype : str
        As the profile has it.
    uncertain_rows : float or None
        Of a category: rows that say of no value that it is new, see `uncertain_rows`; None
        where the list of values was cut off, so that any other may have been there.
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
    """The inputs that a profile describes, in the order of the signature.

    Columns that the signature does not name (the target, an index) are left out; those of a
    version without names go by their numbers.
    """
    rows = profile.get("rows")
    if not isinstance(rows, int) or rows <= 0:
        return []
    waiting: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for column in _described(profile):
        waiting[str(column.get("name"))].append(column)
    named = [place.name for place in _places(signature)] or [
        str(column.get("name")) for column in _described(profile)
    ]
    # Of names that are there twice, the first is the first.
    found = (
        column_reference(waiting[name].pop(0), f"{INPUT_PREFIX}{logged}", rows)
        for name, logged in zip(named, logged_names(named), strict=True)
        if waiting[name]
    )
    return [reference for reference in found if reference is not None]


def described_columns(profile: Mapping[str, Any], signature: Signature) -> tuple[int, int]:
    """How many columns a profile describes of a version's inputs, and how many there are."""
    chosen = _places(signature)
    width = sum(width_of(column.shape[1:]) for column in signature.inputs)
    if chosen:
        return len(chosen), width
    flattened = profile.get("flattened")
    found = len(_described(profile))
    every = flattened.get("width") if isinstance(flattened, dict) else found
    return found, every if isinstance(every, int) else found


def _described(profile: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    columns = profile.get("columns")
    return [c for c in (columns if isinstance(columns, list) else []) if isinstance(c, dict)]


def _places(signature: Signature) -> tuple[Place, ...]:
    """The columns that are described of a version's inputs; empty if only the profile says."""
    inputs = signature.inputs
    if (len(inputs) == 1 and len(inputs[0].shape) > 1) or any(
        size < 0 for column in inputs for size in column.shape[1:]
    ):
        return ()
    return places([(column.name, column.shape[1:]) for column in inputs])


def column_reference(column: Mapping[str, Any], logged: str, rows: int) -> ColumnReference | None:
    """One column of a profile; None if it makes no sense."""
    name, missing = str(column.get("name")), column.get("missing")
    if not isinstance(missing, int) or not 0 <= missing <= rows:
        return None
    read = _READERS.get(str(column.get("kind")))
    try:
        found = read(column, rows - missing) if read else {}
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError):
        return None
    facts = {"kind": "other", **found}
    dtype = str(column.get("dtype") or "")
    return ColumnReference(name, logged, **facts, rows=rows, missing=missing, dtype=dtype)


def _number(column: Mapping[str, Any], present: int) -> dict[str, Any]:
    histogram = column.get("bins") or column["histogram"]
    if histogram is None:  # nothing finite, or too wide a range
        return {}
    edges = tuple(map(float, histogram["edges"]))
    counts = tuple(map(float, histogram["counts"]))
    _check(edges, counts)
    std = float(column["std"] or 0.0)
    quantiles = None if column.get("bins") else column.get("quantiles")  # of an older profile
    if max(counts) > MAX_BIN_SHARE * sum(counts) and isinstance(quantiles, dict):
        finer = _by_quantiles(quantiles, edges[0], edges[-1], sum(counts))
        edges, counts = finer or (edges, counts)
    beyond = max(0.0, present - sum(counts))  # infinite ones
    return {"kind": "number", "edges": edges, "counts": (0.0, *counts, beyond), "std": std}


def _by_quantiles(
    quantiles: Mapping[str, Any], low: float, high: float, present: float
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Bins between quantiles; None where values repeat, whose share on an edge is not known."""
    points = sorted((float(q), float(value)) for q, value in quantiles.items())
    edges = (low, *(value for _, value in points), high)
    repeats = any(value == round(value) for _, value in points)
    if repeats or any(a >= b for a, b in pairwise(edges)):
        return None
    shares = np.diff([0.0, *(q for q, _ in points), 1.0])
    return edges, tuple(float(share) * present for share in shares)


def _check(edges: Sequence[float], counts: Sequence[float]) -> None:
    if not 1 <= len(counts) == len(edges) - 1 <= MAX_BINS:
        raise ValueError("the histogram's edges and counts do not fit")
    if not all(map(math.isfinite, (*edges, *counts))) or min(counts) < 0 or not sum(counts):
        raise ValueError("the histogram holds no numbers")
    rising = all(a < b for a, b in pairwise(edges))
    if not rising and not (len(counts) == 1 and edges[0] == edges[1]):
        raise ValueError("the histogram's edges do not rise")


def _category(column: Mapping[str, Any], present: int) -> dict[str, Any]:
    top = column["top"][:MAX_CATEGORIES]
    values = tuple(_scalar(value) for value, _ in top)
    counts = tuple(float(count) for _, count in top)
    if len(set(values)) != len(values) or min(counts, default=0) < 0:
        raise ValueError("categories repeat")
    if not all(map(math.isfinite, counts)):
        raise ValueError("counts are no numbers")
    others = max(0.0, present - sum(counts))
    if not present:
        return {}
    # A value that is not listed had fewer than RARE rows, unless the list is full.
    unlisted = int(column["unique"]) - len(column["top"])
    known = others <= unlisted * (RARE - 1)
    return {
        "kind": "category",
        "values": values,
        "counts": (*counts, others),
        "uncertain_rows": uncertain_rows(counts, others) if known else None,
    }


def uncertain_rows(counts: Sequence[float], others: float) -> float:
    """Rows of the reference that say of no value that it is new.

    Those of values that are not listed. If there are any, a list has values that are in it by
    chance, and as many as frequent that are not; so their rows count too. Where all are listed,
    those of rare ones tell how many may not have been seen (Good 1953, Biometrika 40(3/4)).
    """
    least = MIN_LISTED_ROWS if others else RARE
    return others + sum(count for count in counts if count < least)


def _scalar(value: Any) -> Scalar:
    if not isinstance(value, str | int | float | bool):
        raise TypeError("a category is neither text nor number")
    return value


_READERS = {"number": _number, "category": _category, "boolean": _category}
