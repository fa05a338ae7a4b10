"""Why a model refused rows, as far as its error and the rows show it."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from nbmodel.predict.decoder import Decoder
from nbmodel.predict.rows import Array, Rows, columns_by_name

_MISSING_RE = re.compile(r"\b(nan|nat|none|null|missing|<na>)\b", re.IGNORECASE)


def find_cause(error: Exception, rows: Rows, decoder: Decoder) -> str:
    """A sentence about the cause; empty if it is not known.

    Parameters
    ----------
    error : Exception
        Raised by the model.
    rows : Rows
        That the model refused.
    decoder : Decoder
        Which read the rows.
    """
    causes = (find(str(error), rows, decoder) for find in _FINDERS)
    return next((cause for cause in causes if cause), "")


def _missing_value(text: str, rows: Rows, decoder: Decoder) -> str:
    """The first missing value, if the model says that it does not accept any."""
    if not _MISSING_RE.search(text):
        return ""
    if not isinstance(rows, dict) and not decoder.names:
        row = _first_row(_missing_in(rows))
        return "" if row is None else f"Row {row} has a missing value."
    for name, values in columns_by_name(rows, decoder.names).items():
        row = _first_row(_missing_in(values))
        if row is not None:
            return f"Row {row}, column {name!r} is missing."
    return ""


def _column(text: str, rows: Rows, decoder: Decoder) -> str:
    """The column that the error names."""
    del rows
    names = [column.name for column in decoder.inputs.columns if column.flat]
    matches = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    if not matches or len(matches) == len(decoder.names):
        return ""
    return f"See column {matches[0]!r}."


def _types(text: str, rows: Rows, decoder: Decoder) -> str:
    """A hint if the version does not know the types of its columns."""
    del text, rows
    if all(column.dtype for column in decoder.inputs.columns):
        return ""
    return (
        "The version does not know the types of its columns. Commit it with --data; then each "
        "request is checked before the model scores it."
    )


_FINDERS: tuple[Callable[[str, Rows, Decoder], str], ...] = (_missing_value, _column, _types)


def _missing_in(values: Array) -> Array:
    """A mask of the missing values."""
    mask: Array = np.asarray(values != values)  # NaN and NaT are not equal to themselves
    return mask | (values == None) if values.dtype.hasobject else mask  # noqa: E711  compares each value


def _first_row(mask: Array) -> int | None:
    """The first row in which the mask is true."""
    rows = np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1))
    return int(rows[0]) if len(rows) else None
