"""Draws synthetic rows from a data profile, or else from the fitted model.

No row is a row of the training data. Numbers are quantiles or lie between them. Texts are already
in the version: the most frequent values in the profile, the vocabulary of a vectorizer, the
categories of an encoder.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nbmodel.predict import fitted_state
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.fitted_state import Hint
from nbmodel.predict.inputs import InputColumn
from nbmodel.predict.synthetic_values import (
    DRAWERS,
    NORMAL_QUANTILES,
    Facts,
    NotDrawn,
    between,
    points_of,
    shuffled,
)

SEED = 20_260_101
ROW_COUNT = 32  # wide inputs get fewer
MISSING_ROWS = 2  # rows with a missing value, in a column with missing values
MAX_CHARACTERS = 160_000  # of all values
_NUMBER_CHARACTERS = 14  # of one number, approximately
_UNKNOWN_LENGTH = 4  # of an axis of unknown length

Drawn = dict[str, list[Any]] | list[Any]


def draw(decoder: Decoder, model: Any, profile: Facts, count: int = ROW_COUNT) -> Drawn:
    """Draw synthetic rows, as in a request.

    Parameters
    ----------
    decoder : Decoder
        Decoder of the inputs of the version.
    model : object
        Predictor for vocabularies and categories.
    profile : mapping
        Profile of the training data; empty if there is none.
    count : int
        Maximum number of rows; wide inputs get fewer.

    Returns
    -------
    dict of str to list, or list
        One list of values for each column; without names, one nested list for each row.

    Raises
    ------
    NotDrawn
        If there is no source to draw from.
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
    """Count the values of one row, or the empty lists of a row without values."""
    return math.prod(_UNKNOWN_LENGTH if n < 0 else max(1, n) for n in column.shape[1:])


def _facts(columns: Sequence[InputColumn], profile: Facts) -> list[list[Facts]]:
    """Select the facts of a profile for each column, or for each feature of a tensor."""
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
        return [[part] for part in described]  # of a matrix, whose features have numbers as names
    return [by_name.get(column.name, []) for column in columns]


def _sound(part: Facts) -> Facts:
    """Keep the facts of the right form: a profile may come from a stranger."""
    return {key: part[key] for key, fits in _FORMS.items() if key in part and fits(part[key])}


def _is_number(value: Any) -> bool:
    # The difference of two larger numbers could overflow.
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
        values = shuffled([v for v in hint.categories if v is not None and v == v], count, rng)
    elif fact.get("top"):
        values = shuffled([value for value, _ in fact["top"]], count, rng)
    else:
        words = hint.vocabulary if hint is not None else ()
        values = DRAWERS[_family(kind, fact)](kind, fact, words, count, rng)
    if fact.get("missing") and count > MISSING_ROWS:
        for place in rng.choice(np.arange(1, count), MISSING_ROWS, replace=False):
            values[int(place)] = None
    return values


def _family(kind: ColumnType, fact: Facts) -> Family:
    """Return the family to draw; of an ``object`` column, the profile knows the type."""
    if kind.family not in (Family.ANY, Family.CATEGORY):
        return kind.family
    return {"number": Family.FLOAT, "text": Family.TEXT}.get(str(fact.get("kind")), Family.FLOAT)


# -- tensors and dicts -------------------------------------------------------


def _tensor(
    column: InputColumn, kind: ColumnType, facts: list[Facts], count: int,
    rng: np.random.Generator,
) -> list[Any]:  # fmt: skip
    """Draw rows of a tensor as nested lists, with all features at once."""
    if kind.family not in (Family.NUMBER, Family.FLOAT, Family.ANY):
        return _text_tensor(column, facts, count, rng)
    shape = tuple(_UNKNOWN_LENGTH if n < 0 else n for n in column.shape[1:])
    width = math.prod(shape)
    points = np.stack([points_of(fact) for fact in facts]) if facts else NORMAL_QUANTILES[None]
    places = (
        np.linspace(0, len(points) - 1, width).round().astype(int)
    )  # a profile has only some features
    values = between(points[places], count, rng)
    values = np.take_along_axis(values, np.argsort(rng.random(values.shape), axis=1), axis=1)
    if kind.dtype.kind in "iub":
        floor = 0 if not facts else values.min()
        whole = np.rint(np.maximum(values, floor)).astype(np.int64)
        return list(whole.T.reshape(count, *shape).tolist())
    digits = 10.0 ** (5 - np.floor(np.log10(np.abs(values) + 1e-300)))
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.where(np.abs(values) > 1e-200, np.rint(values * digits) / digits, 0.0)
    return list(rounded.T.reshape(count, *shape).tolist())


def _text_tensor(
    column: InputColumn, facts: list[Facts], count: int, rng: np.random.Generator
) -> list[Any]:
    """Draw rows of a matrix of texts from the most frequent values of each column."""
    if len(column.shape) != 2 or len(facts) != column.shape[1]:
        raise NotDrawn("the values of its tensor are not numbers")
    columns = [shuffled([value for value, _ in fact.get("top", ())], count, rng) for fact in facts]
    return [list(row) for row in zip(*columns, strict=True)]


def _records(first: Any, count: int, rng: np.random.Generator) -> list[Any]:
    """Draw rows of a DictVectorizer, each with some of its keys."""
    names = [str(name) for name in getattr(first, "feature_names_", ())]
    if not names:
        raise NotDrawn("the keys of its dicts are not known")
    mark = str(getattr(first, "separator", "="))
    rows = []
    for size in rng.integers(1, min(len(names), 8) + 1, count):
        row: dict[str, Any] = {}
        for name in rng.choice(names, int(size), replace=False).tolist():
            key, separator, value = name.partition(mark)
            row[key] = value if separator else float(f"{rng.normal():.3g}")
        rows.append(row)
    return rows
