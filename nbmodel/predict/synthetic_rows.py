"""Synthetic rows: drawn from a data profile, else from what the fitted object knows.

No value is a user's row. Numbers lie on quantiles and between them, texts are those that the
version holds already: the profile's most frequent values, a vectorizer's vocabulary, an
encoder's categories.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nbmodel.predict import durations, fitted_state
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.fitted_state import Hint
from nbmodel.predict.inputs import InputColumn
from nbmodel.predict.rows import Array

SEED = 20_260_101
ROW_COUNT = 32
MISSING_ROWS = 2  # rows in which a column that had gaps has one
MAX_CHARACTERS = 160_000  # characters of all values
_NUMBER_CHARACTERS = 14  # of one number, about
_NORMAL_QUANTILES = np.array([-2.6, -2.3, -1.6, -1.3, -0.7, 0.0, 0.7, 1.3, 1.6, 2.3, 2.6])
_QUANTILES = ("0.01", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99")
_UNKNOWN_LENGTH = 4  # of an axis whose length is not known
_DAY = 86_400 * 10**9  # nanoseconds

Facts = Mapping[str, Any]
Drawn = dict[str, list[Any]] | list[Any]


class NotDrawn(ValueError):
    """No rows can be drawn, and why."""


def draw(decoder: Decoder, model: Any, profile: Facts, count: int = ROW_COUNT) -> Drawn:
    """Synthetic rows as a request writes them.

    Parameters
    ----------
    decoder : Decoder
        Of the version's inputs.
    model : object
        Predictor for vocabularies and categories.
    profile : mapping
        Of the training data; empty if there is none.
    count : int
        Rows at most: wide inputs get fewer.

    Returns
    -------
    dict of str to list, or list
        One list of values a column; of an input without names, one nested list a row.

    Raises
    ------
    NotDrawn
        If nothing is known to draw from.
    """
    rng = np.random.default_rng(SEED)
    inputs = decoder.inputs
    if not inputs.columns:
        raise NotDrawn("nothing is known of the inputs")
    if inputs.kind == "records":
        return {inputs.columns[0].name: _records(fitted_state.first_step(model), count, rng)}
    if all(0 in column.shape[1:] for column in inputs.columns):
        raise NotDrawn("a row has no values")
    width = sum(_width(column) for column in inputs.columns)
    count = min(count, MAX_CHARACTERS // (width * _NUMBER_CHARACTERS))
    if count < 1:
        raise NotDrawn(f"a row has {width:,} values")
    hints = fitted_state.hints_of(model, [column.name for column in inputs.columns])
    columns = {
        column.name: _column(column, kind, facts, hints.get(column.name), count, rng)
        for column, kind, facts in zip(
            inputs.columns, decoder.types, _facts(inputs.columns, profile), strict=True
        )
    }
    return columns[inputs.columns[0].name] if inputs.one_tensor else columns


def _width(column: InputColumn) -> int:
    """Values of one row, or the empty lists that it takes to write a row without any."""
    return math.prod(_UNKNOWN_LENGTH if n < 0 else max(1, n) for n in column.shape[1:])


def _facts(columns: Sequence[InputColumn], profile: Facts) -> list[list[Facts]]:
    """What a profile says of each column; of a tensor, of each of its features."""
    parts = profile.get("columns")
    described = [
        _sound(part)
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, dict)
    ]
    if len(columns) == 1:
        return [described]
    by_name: dict[str, list[Facts]] = {}
    for part in described:
        name = str(part.get("name"))
        by_name.setdefault(name, []).append(part)
        by_name.setdefault(name.partition("[")[0], []).append(part)
    if not any(column.name in by_name for column in columns) and len(described) == len(columns):
        return [[part] for part in described]  # of a matrix: features go by their numbers
    return [by_name.get(column.name, []) for column in columns]


def _sound(part: Facts) -> Facts:
    """The facts of a column that have their form: a stranger may have written anything."""
    return {key: part[key] for key, fits in _FORMS.items() if key in part and fits(part[key])}


def _is_number(value: Any) -> bool:
    # Beyond that, the differences of two are no numbers.
    return type(value) in (int, float) and -_MAX_NUMBER < value < _MAX_NUMBER


def _is_top(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and not isinstance(pair[0], list | dict)
        for pair in value
    )


_MAX_NUMBER = 1e300
_FORMS: Mapping[str, Callable[[Any], bool]] = {
    "name": lambda value: not isinstance(value, list | dict),
    "kind": lambda value: isinstance(value, str),
    "missing": lambda value: type(value) is int and value > 0,
    "top": _is_top,
    "min": lambda value: isinstance(value, str) or _is_number(value),
    "max": lambda value: isinstance(value, str) or _is_number(value),
    "quantiles": lambda value: (
        isinstance(value, dict)
        and all(isinstance(point, str) or _is_number(point) for point in value.values())
    ),
    "length": lambda value: isinstance(value, dict) and _is_number(value.get("max")),
}


def _column(
    column: InputColumn, kind: ColumnType, facts: list[Facts], hint: Hint | None, count: int,
    rng: np.random.Generator,
) -> list[Any]:  # fmt: skip
    if not column.flat:
        return _tensor(column, kind, facts, count, rng)
    fact = facts[0] if facts else {}
    if hint is not None and hint.categories and not fact.get("top"):
        values = _chosen([v for v in hint.categories if v is not None and v == v], count, rng)
    elif fact.get("top"):
        values = _chosen([value for value, _ in fact["top"]], count, rng)
    else:
        words = hint.vocabulary if hint is not None else ()
        values = _DRAWERS[_family(kind, fact)](kind, fact, words, count, rng)
    if fact.get("missing") and count > MISSING_ROWS:
        for place in rng.choice(np.arange(1, count), MISSING_ROWS, replace=False):
            values[int(place)] = None
    return values


def _family(kind: ColumnType, fact: Facts) -> Family:
    """The family to draw for: an ``object`` column may hold anything, the profile knows what."""
    if kind.family not in (Family.ANY, Family.CATEGORY):
        return kind.family
    return {"number": Family.FLOAT, "text": Family.TEXT}.get(str(fact.get("kind")), Family.FLOAT)


# -- one family each ---------------------------------------------------------


def _chosen(values: Sequence[Any], count: int, rng: np.random.Generator) -> list[Any]:
    """Each value at least once, as far as they go: the most and the least frequent first."""
    if not values:
        raise NotDrawn("a column has no value that many rows share")
    half = (len(values) + 1) // 2
    turns = [v for pair in zip(values[:half], values[::-1], strict=False) for v in pair]
    pool = [turns[place % len(turns)] for place in range(count)]
    return [pool[place] for place in rng.permutation(count)]


def _between(points: Array, count: int, rng: np.random.Generator) -> Array:
    """Values of each feature: the points themselves, then values between them.

    Parameters
    ----------
    points : ndarray
        Features x points, rising.
    """
    features, length = points.shape
    exact = min(count, length)
    order = np.argsort(rng.random((features, length)), axis=1)[:, :exact]
    found = np.take_along_axis(points, order, axis=1)
    places = rng.random((features, count - exact)) * (length - 1)
    low = places.astype(int)
    start = np.take_along_axis(points, low, axis=1)
    step = np.take_along_axis(points, low + 1, axis=1) - start
    values: Array = np.concatenate([found, start + step * (places - low)], axis=1)
    return values


def _points(fact: Facts) -> Array:
    """Minimum, quantiles and maximum of a number."""
    quantiles = fact.get("quantiles", {})
    ends = (fact.get("min"), *(quantiles.get(q) for q in _QUANTILES), fact.get("max"))
    values = [float(v) for v in ends if isinstance(v, int | float)]
    return np.sort(values) if len(values) == len(_NORMAL_QUANTILES) else _NORMAL_QUANTILES


def _short(values: Array) -> list[Any]:
    """Numbers of six significant digits, which are shorter to store."""
    return [float(f"{value:.6g}") for value in values.tolist()]


def _numbers(
    kind: ColumnType, fact: Facts, _: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    if kind.dtype.kind == "b":
        return _chosen([True, False], count, rng)
    points = _points(fact)
    if kind.dtype.kind in "iu" or kind.family is Family.INTEGER:
        if points is _NORMAL_QUANTILES:
            points = np.arange(len(_NORMAL_QUANTILES), dtype=float)
        rounded = np.rint(points)
        return _chosen([int(v) for v in dict.fromkeys(rounded.tolist())], count, rng)
    values = _between(points[None], count, rng)[0]
    return [_short(values[n : n + 1])[0] for n in rng.permutation(count)]


def _texts(
    _: ColumnType, fact: Facts, words: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    if not words:
        length = fact.get("length")
        longest = int(length["max"]) if length else 8
        return ["x" * int(n) for n in rng.integers(1, max(2, min(longest, 40)), count)]
    return [" ".join(rng.choice(words, int(n))) for n in rng.integers(2, 9, count)]


def _times(
    kind: ColumnType, fact: Facts, _: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    texts = [fact.get("min"), *fact.get("quantiles", {}).values(), fact.get("max")]
    try:
        found = np.array([text for text in texts if isinstance(text, str)], "datetime64[us]")
        found = found[~np.isnat(found)]
    except ValueError:
        found = np.array([], "datetime64[us]")
    if not len(found):
        found = np.array(["2020-01-31", "2024-02-29"], "datetime64[us]")
    counts = np.sort(found.astype(np.int64)).astype(float)
    values = (
        np.rint(_between(counts[None], count, rng)[0])
        if len(counts) > 1
        else np.repeat(counts, count)
    )
    unit = kind.unit
    moments = values.astype(np.int64).astype("datetime64[us]").astype(f"datetime64[{unit}]")
    mark = "Z" if kind.zone else ""
    return [f"{text}{mark}" for text in np.datetime_as_string(moments).tolist()]


def _durations(
    _: ColumnType, fact: Facts, __: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    seconds = _between(_points(fact)[None], count, rng)[0]  # which a profile keeps in seconds
    return [durations.as_text(round(value) * 10**9) for value in seconds.tolist()]


def _booleans(
    _: ColumnType, __: Facts, ___: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    return _chosen([True, False], count, rng)


_DRAWERS: dict[Family, Callable[..., list[Any]]] = {
    Family.NUMBER: _numbers,
    Family.FLOAT: _numbers,
    Family.INTEGER: _numbers,
    Family.BOOLEAN: _booleans,
    Family.TEXT: _texts,
    Family.DATETIME: _times,
    Family.DATE: _times,
    Family.DURATION: _durations,
}


# -- tensors and dicts -------------------------------------------------------


def _tensor(
    column: InputColumn, kind: ColumnType, facts: list[Facts], count: int,
    rng: np.random.Generator,
) -> list[Any]:  # fmt: skip
    """Rows of a tensor, each a nested list; all features at once."""
    if kind.family not in (Family.NUMBER, Family.FLOAT, Family.ANY):
        return _held_tensor(column, facts, count, rng)
    shape = tuple(_UNKNOWN_LENGTH if n < 0 else n for n in column.shape[1:])
    width = math.prod(shape)
    points = np.stack([_points(fact) for fact in facts]) if facts else _NORMAL_QUANTILES[None]
    places = np.linspace(0, len(points) - 1, width).round().astype(int)  # few are profiled
    values = _between(points[places], count, rng)
    values = np.take_along_axis(values, np.argsort(rng.random(values.shape), axis=1), axis=1)
    if kind.dtype.kind in "iub":
        floor = 0 if not facts else values.min()
        whole = np.rint(np.maximum(values, floor)).astype(np.int64)
        return list(whole.T.reshape(count, *shape).tolist())
    digits = 10.0 ** (5 - np.floor(np.log10(np.abs(values) + 1e-300)))
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.where(np.abs(values) > 1e-200, np.rint(values * digits) / digits, 0.0)
    return list(rounded.T.reshape(count, *shape).tolist())


def _held_tensor(
    column: InputColumn, facts: list[Facts], count: int, rng: np.random.Generator
) -> list[Any]:
    """Rows of a matrix of texts: each column's most frequent values."""
    if len(column.shape) != 2 or len(facts) != column.shape[1]:
        raise NotDrawn("the values of its tensor are not numbers")
    columns = [_chosen([value for value, _ in fact.get("top", ())], count, rng) for fact in facts]
    return [list(row) for row in zip(*columns, strict=True)]


def _records(first: Any, count: int, rng: np.random.Generator) -> list[Any]:
    """Rows of a DictVectorizer: a few of the keys that it knows."""
    names = [str(name) for name in getattr(first, "feature_names_", ())]
    if not names:
        raise NotDrawn("the keys of its dicts are not known")
    mark = str(getattr(first, "separator", "="))
    rows = []
    for size in rng.integers(1, min(len(names), 8) + 1, count):
        row: dict[str, Any] = {}
        for name in rng.choice(names, int(size), replace=False).tolist():
            key, found, value = name.partition(mark)
            row[key] = value if found else float(f"{rng.normal():.3g}")
        rows.append(row)
    return rows
