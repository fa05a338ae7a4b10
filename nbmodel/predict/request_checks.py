"""Checks the columns and shapes of a request; an error names those that do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.json_numbers import NULL_HINT, NotANumber, as_kind, numbers
from nbmodel.predict.rows import Array

_MAX_LISTED = 5  # names in an error


def check_names(columns: Mapping[str, Any], names: Sequence[str], where: str = "") -> None:
    """Refuse a request with a missing or unknown column.

    Raises
    ------
    InvalidInput
    """
    missing_names = [name for name in names if name not in columns]
    extra = [name for name in columns if name not in names]
    if missing_names or extra:
        parts = [f"missing {_listed(missing_names)}"] if missing_names else []
        parts += [f"unknown {_listed(extra)}"] if extra else []
        raise InvalidInput(
            f"{where}The columns do not fit: {'; '.join(parts)}.",
            f"Send exactly {_listed(names)}.",
        )


def check_widths(rows: Sequence[Any], names: Sequence[str]) -> None:
    """Refuse rows that are not lists of one value for each column.

    Raises
    ------
    InvalidInput
    """
    for number, row in enumerate(rows):
        if not isinstance(row, list | tuple) or (names and len(row) != len(names)):
            if not names:
                raise InvalidInput(f"Row {number} is not a list.", "Send [[...], [...]].")
            raise InvalidInput(
                f"Row {number} does not hold {len(names)} values.",
                f"Send {_listed(names)} in this order.",
            )


def check_lengths(columns: Mapping[str, Array], flat: Sequence[str]) -> None:
    """Refuse columns of different lengths, and `flat` columns with several values in a row.

    Raises
    ------
    InvalidInput
    """
    for name in flat:
        values = columns[name]
        if values.ndim == 0 or values.size != len(values):
            raise InvalidInput(
                f"Column {name!r} has the shape {list(values.shape)}.",
                "Send one value for each row: [rows] or [rows, 1].",
            )
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise InvalidInput(
            f"The columns have different lengths: {sorted(lengths)[:_MAX_LISTED]}.",
            "Send one value of each column for each row.",
        )
    if lengths == {0}:
        raise InvalidInput("There are no rows.", "Send at least one value of each column.")


def check_shape(shape: tuple[int, ...], expected: tuple[int, ...], where: str = "") -> None:
    """Refuse a tensor of a wrong shape. -1 is any length, and the first axis is the batch.

    Raises
    ------
    InvalidInput
    """
    fits = not expected or (
        len(shape) == len(expected)
        and all(e in (-1, n) for n, e in zip(shape[1:], expected[1:], strict=True))
    )
    if not fits or not shape or not shape[0]:
        raise InvalidInput(
            f"{where}The shape {list(shape)} does not fit {list(expected)}.",
            "Send at least one row, with every feature.",
        )


def named_tensor(name: str, shape: tuple[int, ...], kind: ColumnType, values: Any) -> Array:
    """Convert the values of a named tensor, with the batch as first axis.

    Raises
    ------
    InvalidInput
    """
    try:
        array = values if isinstance(values, np.ndarray) else numbers(list(values))
        check_shape(array.shape, shape, f"Input {name!r}: ")
        return as_kind(array, kind.dtype.name) if kind.family is Family.NUMBER else array
    except NotANumber as odd:
        raise InvalidInput(
            f"Input {name!r}, value {odd.index}: {odd.value!r:.60} is not a number of type "
            f"{kind.dtype.name}.",
            NULL_HINT,
        ) from None
    except ValueError:
        raise InvalidInput(
            f"The rows of input {name!r} do not have one shape.", "Send rows of one shape."
        ) from None


def as_records(columns: Mapping[str, Array]) -> list[dict[str, Any]]:
    """Convert columns to one mapping for each row, without the keys of null values."""
    lists = {name: values.reshape(-1).tolist() for name, values in columns.items()}
    rows = zip(*lists.values(), strict=True)
    return [{k: v for k, v in zip(lists, row, strict=True) if v is not None} for row in rows]


def dict_column(records: Sequence[Any]) -> Array:
    """Make one column of dicts, whose keys may differ, as for a DictVectorizer.

    Raises
    ------
    InvalidInput
    """
    for number, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InvalidInput(
                f"Row {number} is not an object.", 'Send rows such as {"city": "Rome"}.'
            )
    column = np.empty(len(records), dtype=object)
    column[:] = [dict(record) for record in records]
    return column


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(map(repr, names[:_MAX_LISTED]))
    return f"{text} and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else text
