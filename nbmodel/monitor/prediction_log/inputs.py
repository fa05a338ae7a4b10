"""The inputs of a batch job, in any form a notebook has, matched with a version's signature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput, InvalidValue
from nbmodel.monitor.common.arrays import column_array
from nbmodel.monitor.common.dtypes import round_to_dtype
from nbmodel.monitor.prediction_log.entries import Matrix, redact_columns
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.provenance.data.column_selection import Place, places, width_of
from nbmodel.provenance.data.tables import DataTable, Part, is_sparse, table_of
from nbmodel.records import Signature

MAX_LISTED_NAMES = 8  # column names in an error message


@dataclass(frozen=True, slots=True)
class BatchInputs:
    """A table of inputs, and which of its columns are logged.

    Attributes
    ----------
    rows, width : int
        Rows of the table; columns, with parts of several columns flattened.
    parts : tuple of Part
    logged_places : tuple of Place
        The columns that are logged.
    dtypes : mapping of str to str
        Dtype of each column in the signature.
    left_out : tuple of str
        Columns that are not inputs of the version.
    """

    rows: int
    width: int
    parts: tuple[Part, ...]
    logged_places: tuple[Place, ...]
    dtypes: dict[str, str]
    left_out: tuple[str, ...] = ()

    def columns(self, rows: slice | Matrix, settings: LogSettings) -> dict[str, Any]:
        """Return Arrow arrays of some rows, by the log's column names."""
        names = [place.name for place in self.logged_places]
        return redact_columns(names, self._arrays(rows), settings)

    def _arrays(self, rows: slice | Matrix) -> Iterator[Any]:
        by_part: dict[int, list[Place]] = defaultdict(list)
        for place in self.logged_places:
            by_part[place.part].append(place)
        for number, places_ in by_part.items():
            values = _rows_of(self.parts[number].data, rows)
            columns = _columns_of(values, [place.index for place in places_])
            for place, column in zip(places_, columns, strict=True):
                yield round_to_dtype(column_array(column), self.dtypes.get(place.name, ""))


def match_inputs(data: Any, signature: Signature) -> BatchInputs:
    """Match data with the inputs of a version.

    Raises
    ------
    InvalidInput
        If the data is not a table, or its columns do not match.
    """
    try:
        table = table_of(data)
    except InvalidValue as error:
        raise InvalidInput(f"X cannot be logged: {error.what}", error.hint) from error
    names = [column.name for column in signature.inputs]
    dtypes = {column.name: column.dtype for column in signature.inputs}
    if not names or any(len(column.shape) > 1 for column in signature.inputs):
        return _unmatched(table, signature)
    if table.bare or isinstance(data, list | tuple):
        return _by_position(table, names, dtypes)
    return _by_name(table, names, dtypes)


def _unmatched(table: DataTable, signature: Signature) -> BatchInputs:
    """Log all columns: the signature names none, or has inputs of several dimensions."""
    logged_places = table.places()
    inputs = signature.inputs
    dtype = inputs[0].dtype if len(inputs) == 1 else ""
    by_part = {column.name: column.dtype for column in inputs}
    dtypes = {p.name: dtype or by_part.get(table.parts[p.part].name, "") for p in logged_places}
    return BatchInputs(table.rows, table.width, table.parts, logged_places, dtypes)


def _by_position(table: DataTable, names: Sequence[str], dtypes: dict[str, str]) -> BatchInputs:
    """Match columns by their order."""
    if table.width != len(names):
        raise InvalidInput(
            f"X has {table.width} columns; this version takes {len(names)}.",
            f"Pass {_listed(names)}, in this order.",
        )
    positions = [(n, i) for n, part in enumerate(table.parts) for i in range(width_of(part.shape))]
    logged_places = tuple(
        Place(p.name, *positions[p.part]) for p in places([(name, ()) for name in names])
    )
    return BatchInputs(table.rows, table.width, table.parts, logged_places, dtypes)


def _by_name(table: DataTable, names: Sequence[str], dtypes: dict[str, str]) -> BatchInputs:
    """Match columns by their names; if a name repeats, in the order of the columns."""
    available: dict[str, list[Part]] = defaultdict(list)
    for part in table.parts:
        available[part.name].append(part)
    parts = []
    for name in names:
        if not available[name]:
            raise InvalidInput(
                f"X lacks the column {name!r}.", f"This version takes {_listed(names)}."
            )
        parts.append(available[name].pop(0))
    left_out = tuple(
        part.name for part in table.parts if any(part is o for o in available[part.name])
    )
    logged_places = places([(part.name, part.shape) for part in parts])
    return BatchInputs(table.rows, len(parts), tuple(parts), logged_places, dtypes, left_out)


def _listed(names: Sequence[str]) -> str:
    more = " and so on" if len(names) > MAX_LISTED_NAMES else ""
    return f"{', '.join(names[:MAX_LISTED_NAMES])}{more}"


def _rows_of(data: Any, rows: slice | Matrix) -> Any:
    if hasattr(data, "iloc"):
        return data.iloc[rows]
    return data.tocsr()[rows] if is_sparse(data) else data[rows]


def _columns_of(values: Any, indices: Sequence[int]) -> list[Any]:
    if is_sparse(values):
        return list(np.ascontiguousarray(values[:, list(indices)].toarray().T))
    if len(values.shape) == 1:
        return [values]
    flat = values.reshape(len(values), -1)
    complete = len(indices) == flat.shape[1]
    return list(np.ascontiguousarray((flat if complete else flat[:, list(indices)]).T))
