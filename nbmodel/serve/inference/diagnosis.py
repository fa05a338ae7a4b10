"""Why a model refused rows: what its own error and the rows let one say."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from nbmodel.predict.decoder import Decoder
from nbmodel.predict.rows import Array, Rows, by_name

_MISSING_RE = re.compile(r"\b(nan|nat|none|null|missing|<na>)\b", re.IGNORECASE)


def cause_of(error: Exception, rows: Rows, decoder: Decoder) -> str:
    """A sentence on the cause; empty if nothing is known.

    Parameters
    ----------
    error : Exception
        Of the model.
    rows : Rows
        That it refused.
    decoder : Decoder
        Which read them.
    """
    return next((said for look in _LOOKS if (said := look(str(error), rows, decoder))), "")


def _missing(text: str, rows: Rows, decoder: Decoder) -> str:
    """The first missing value, where the model says that it takes none."""
    if not _MISSING_RE.search(text):
        return ""
    if not isinstance(rows, dict) and not decoder.names:
        row = _first(_holes(rows))
        return "" if row is None else f"Row {row} has a missing value."
    for name, values in by_name(rows, decoder.names).items():
        row = _first(_holes(values))
        if row is not None:
            return f"Row {row}, column {name!r} is missing."
    return ""


def _column(text: str, rows: Rows, decoder: Decoder) -> str:
    """The column that the model names."""
    del rows
    names = [column.name for column in decoder.inputs.columns if column.flat]
    named = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    return f"See column {named[0]!r}." if named and len(named) < len(decoder.names) else ""


def _types(text: str, rows: Rows, decoder: Decoder) -> str:
    """Columns whose types are not known, so that anything may have come."""
    del text, rows
    if all(column.dtype for column in decoder.inputs.columns):
        return ""
    return (
        "The version does not know the types of its columns: commit it with --data, and they are "
        "checked before the model sees them."
    )


_LOOKS: tuple[Callable[[str, Rows, Decoder], str], ...] = (_missing, _column, _types)


def _holes(values: Array) -> Array:
    """Where values are missing."""
    found: Array = np.asarray(values != values)  # NaN and NaT are not equal to themselves
    return found | (values == None) if values.dtype.hasobject else found  # noqa: E711


def _first(holes: Array) -> int | None:
    """The first row that has one."""
    rows = np.flatnonzero(holes.reshape(len(holes), -1).any(axis=1))
    return int(rows[0]) if len(rows) else None
