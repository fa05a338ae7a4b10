"""Whether a request brings the right columns, of the right shapes; what does not fit is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.json_numbers import NULL_HINT, NotANumber, as_kind, numbers
from nbmodel.predict.rows import Array

_MAX_LISTED = 5  # names that an error lists


def check_names(given: Mapping[str, Any], names: Sequence[str], where: str = "") -> None:
    """Refuse a request that lacks a column, or brings one that the version does not take.

    Raises
    ------
    InvalidInput
    """
    missing = [name for name in names if name not in given]
    extra = [name for name in given if name not in names]
    if missing or extra:
        parts = [f"missing {_listed(missing)}"] if missing else []
        parts += [f"unknown {_listed(extra)}"] if extra else []
        raise InvalidInput(
            f"{where}The columns do not fit: {'; '.join(parts)}.",
            f"Send exactly {_listed(names)}.",
        )


def check_widths(rows: Sequence[Any], names: Sequence[str]) -> None:
    """Refuse rows that are not lists, or not as long as there are columns.

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


def check_lengths(given: Mapping[str, Array], flat: Sequence[str]) -> None:
    """Refuse columns of different lengths, and `flat` ones with several values a row.

    Raises
    ------
    InvalidInput
    """
    for name in flat:
        values = given[name]
        if values.ndim == 0 or values.size != len(values):
            raise InvalidInput(
                f"Column {name!r} has the shape {list(values.shape)}.",
                "Send one value for each row: [rows] or [rows, 1].",
            )
    lengths = {len(values) for values in given.values()}
    if len(lengths) != 1:
        raise InvalidInput(
            f"The columns have different lengths: {sorted(lengths)[:_MAX_LISTED]}.",
            "Send one value of each column for each row.",
        )
    if lengths == {0}:
        raise InvalidInput("There are no rows.", "Send at least one value of each column.")


def check_shape(found: tuple[int, ...], wanted: tuple[int, ...], where: str = "") -> None:
    """Refuse a tensor of another shape; -1 stands for any length, the batch comes first.

    Raises
    ------
    InvalidInput
    """
    fits = not wanted or (
        len(found) == len(wanted)
        and all(w in (-1, f) for f, w in zip(found[1:], wanted[1:], strict=True))
    )
    if not fits or not found or not found[0]:
        raise InvalidInput(
            f"{where}The shape {list(found)} does not fit {list(wanted)}.",
            "Send at least one row, with every feature.",
        )


def named_tensor(name: str, shape: tuple[int, ...], kind: ColumnType, values: Any) -> Array:
    """The values of a named tensor, the batch first.

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
            f"Input {name!r}, value {odd.place}: {odd.value!r:.60} is not a number of type "
            f"{kind.dtype.name}.",
            NULL_HINT,
        ) from None
    except ValueError:
        raise InvalidInput(
            f"The rows of input {name!r} do not have one shape.", "Send them alike."
        ) from None


def as_records(given: Mapping[str, Array]) -> list[dict[str, Any]]:
    """One array a column to one mapping a row; a null is a key that the row does not have."""
    named = {name: values.reshape(-1).tolist() for name, values in given.items()}
    rows = zip(*named.values(), strict=True)
    return [{k: v for k, v in zip(named, row, strict=True) if v is not None} for row in rows]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_MAX_LISTED]))
    return f"{shown} and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else shown
