"""Predictions and labels as Arrow tables: one table for all entries of the same shape.

Predictions have the columns ``id``, ``time``, ``version``, ``commit``, ``stage``, ``method`` and
``latency`` (seconds). They also have ``in.NAME`` for each input, ``out.METHOD`` for an output of
one column, and ``out.METHOD.CLASS`` for an output of several. Labels have the columns ``id``,
``time``, ``label`` (the label as text) and ``value`` (the label as a number, if it is one).
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from nbmodel.monitor.common.arrays import (
    PURPOSE,
    as_text,
    column_array,
    join_columns,
    number_of,
    text_array,
)
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log.column_names import logged_names
from nbmodel.monitor.prediction_log.settings import LogSettings, redaction_key, row_ids
from nbmodel.provenance.data.column_selection import MAX_COLUMNS, Place, Shape, places

INPUT_PREFIX, OUTPUT_PREFIX, HASH_SUFFIX = "in.", "out.", ".sha256"
_TEXTS = ("version", "commit", "stage", "method")
_DAY = 86_400_000_000  # microseconds

Matrix = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True, kw_only=True)  # not frozen: faster to create
class Entry:
    """Rows that were scored together.

    Attributes
    ----------
    id : str or sequence of str
        Id of the request (see `row_ids`), or ids of the rows.
    inputs : ndarray or mapping of str to ndarray
        Rows x features, or one array for each column.
    outputs : ndarray
        One or more values for each row.
    version, commit, stage, method : str
        Exact reference ``churn@7``, full commit id, requested stage, method that was
        called.
    latency : float or ndarray
        Seconds: of the request, or of each row.
    time : int or ndarray
        Microseconds since the epoch: of the request, or of each row. All rows are of one day.
    names : sequence of str
        Names of the features of a matrix; if empty, features are numbered.
    classes : sequence of str
        Names of the columns of an output with several columns; if empty, columns are numbered.
    """

    id: str | Sequence[str]
    inputs: Matrix | Mapping[str, Matrix]
    outputs: Matrix
    version: str
    commit: str
    time: int | Matrix
    stage: str = ""
    method: str = "predict"
    latency: float | Matrix = math.nan
    names: Sequence[str] = ()
    classes: Sequence[str] = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.outputs)

    def ids(self) -> list[str]:
        """Return the id of each row."""
        return row_ids(self.id, self.rows) if isinstance(self.id, str) else list(self.id)

    def shape(self) -> tuple[Any, ...]:
        """Return what entries must have in common to be stored in one table."""
        inputs = self.inputs
        columns: Any = tuple(inputs) if isinstance(inputs, Mapping) else inputs.shape[1:]
        return (
            columns,
            tuple(self.names),
            self.method,
            self.outputs.shape[1:],
            tuple(self.classes),
        )


@dataclass(frozen=True, slots=True)
class Labels:
    """The true values of predictions, by the ids of the predictions."""

    ids: Sequence[str]
    labels: Sequence[Any]
    time: int

    @property
    def rows(self) -> int:
        """Number of labels."""
        return len(self.ids)


def prediction_tables(entries: Iterable[Entry], settings: LogSettings) -> Iterator[tuple[str, Any]]:
    """Convert entries to tables, one for each day and shape.

    Yields
    ------
    (str, pyarrow.Table)
        The date, and the rows of that day.
    """
    groups: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        time = entry.time if isinstance(entry.time, int) else int(entry.time[0])
        groups.setdefault((day_of(time), *entry.shape()), []).append(entry)
    for key, group in groups.items():
        table = _predictions(group, settings)
        if table.num_rows:
            yield str(key[0]), table


def label_tables(entries: Iterable[Labels], settings: LogSettings) -> Iterator[tuple[str, Any]]:
    """Convert labels to tables, one for each day.

    Yields
    ------
    (str, pyarrow.Table)
        The date, and the labels of that day.
    """
    groups: dict[str, list[Labels]] = {}
    for labels in entries:
        groups.setdefault(day_of(labels.time), []).append(labels)
    for date, group in groups.items():
        ids = [id_ for labels in group for id_ in labels.ids]
        times = np.repeat([labels.time for labels in group], [labels.rows for labels in group])
        values = [value for labels in group for value in labels.labels]
        table = label_table(text_array(ids), times, values)
        in_sample = _sample_mask(ids, settings)
        yield date, table if in_sample is None else table.filter(in_sample)


def label_table(ids: Any, times: Matrix, values: Sequence[Any] | Matrix) -> Any:
    """Convert labels to a table.

    A missing label becomes a row with neither text nor number.
    """
    pyarrow = import_optional("pyarrow", PURPOSE)
    array = column_array(np.asarray(values) if isinstance(values, np.ndarray) else list(values))
    type_ = array.type
    if pyarrow.types.is_boolean(type_):
        array = array.cast(pyarrow.int8())
        type_ = array.type
    texts = array.cast(pyarrow.string())
    if pyarrow.types.is_integer(type_) or pyarrow.types.is_floating(type_):
        numbers = array.cast(pyarrow.float64())
    else:
        numbers = pyarrow.array(list(map(number_of, texts.to_pylist())), pyarrow.float64())
    stamps = pyarrow.array(times, pyarrow.timestamp("us", "UTC"))
    return pyarrow.table({"id": ids, "time": stamps, "label": texts, "value": numbers})


def day_of(time: int) -> str:
    """Return the date, in UTC, of microseconds since the epoch."""
    return _date(day_number(time))


def day_number(time: int) -> int:
    """Return the days since the epoch, in UTC, of microseconds since the epoch."""
    return time // _DAY


@lru_cache
def _date(days: int) -> str:
    return str(np.datetime64(days, "D"))  # costs as much as the rest of a logged row


# -- parts of a table --------------------------------------------------------


def _predictions(group: Sequence[Entry], settings: LogSettings) -> Any:
    pyarrow = import_optional("pyarrow", PURPOSE)
    counts = [entry.rows for entry in group]
    ids = [id_ for entry in group for id_ in entry.ids()]
    columns: dict[str, Any] = {
        "id": text_array(ids),
        "time": pyarrow.array(
            _per_row([entry.time for entry in group], counts), pyarrow.timestamp("us", "UTC")
        ),
    }
    for name in _TEXTS:
        values = [getattr(entry, name) for entry in group]
        distinct = list(dict.fromkeys(values))
        position = {value: number for number, value in enumerate(distinct)}
        codes = np.repeat(np.array([position[value] for value in values], np.int32), counts)
        columns[name] = pyarrow.DictionaryArray.from_arrays(codes, text_array(distinct))
    columns["latency"] = column_array(_per_row([entry.latency for entry in group], counts))
    columns |= input_columns(_join_inputs(group), group[0].names, settings)
    outputs = np.concatenate([entry.outputs for entry in group])
    columns |= output_columns(outputs, group[0].method, group[0].classes)
    table = pyarrow.table(columns)
    in_sample = _sample_mask(ids, settings)
    return table if in_sample is None else table.filter(in_sample)


def input_columns(
    inputs: Matrix | Mapping[str, Any], names: Sequence[str], settings: LogSettings
) -> dict[str, Any]:
    """Convert inputs to redacted Arrow arrays by the log's column names; at most `MAX_COLUMNS`."""
    if isinstance(inputs, Mapping):
        places_ = places([(name, _row_shape(values)) for name, values in inputs.items()])
        pieces = list(inputs.values())
        columns = [_flat_column(pieces[place.part], place) for place in places_]
    else:
        places_ = matrix_places(inputs.shape[1:], names)
        columns = list(_flat_columns(inputs, [place.part + place.index for place in places_]))
    return redact_columns([place.name for place in places_], columns, settings)


def matrix_places(shape: Shape, names: Sequence[str]) -> tuple[Place, ...]:
    """Return the columns of a matrix, named after its features, else numbered."""
    if names and len(names) == int(np.prod(shape, dtype=np.int64)):
        return places([(name, ()) for name in names])
    return places([("X", shape)], bare=True)


def redact_columns(
    names: Sequence[str], columns: Iterable[Any], settings: LogSettings
) -> dict[str, Any]:
    """Return columns under the log's names, hashed or left out as the settings say."""
    arrays = {}
    for name, logged, column in zip(names, logged_names(names), columns, strict=True):
        how = settings.redaction(name)
        if how == "drop":
            continue
        array = column_array(column)
        if how == "hash":
            arrays[f"{INPUT_PREFIX}{logged}{HASH_SUFFIX}"] = _hash_values(array)
        else:
            arrays[f"{INPUT_PREFIX}{logged}"] = array
    return arrays


def _row_shape(values: Any) -> Shape:
    return tuple(int(n) for n in getattr(values, "shape", ())[1:])


def _flat_column(values: Any, place: Place) -> Any:
    if not _row_shape(values):
        return values
    return np.asarray(values).reshape(len(values), -1)[:, place.index]


def _flat_columns(matrix: Matrix, indices: Sequence[int]) -> Matrix:
    flat = matrix.reshape(len(matrix), -1)
    complete = len(indices) == flat.shape[1]
    return np.ascontiguousarray((flat if complete else flat[:, indices]).T)


def output_columns(outputs: Matrix, method: str, classes: Sequence[str]) -> dict[str, Any]:
    """Convert outputs to Arrow arrays: ``out.predict``, or ``out.predict_proba.CLASS`` by class."""
    if outputs.ndim == 1:
        return {f"{OUTPUT_PREFIX}{method}": column_array(outputs)}
    flat = np.ascontiguousarray(outputs.reshape(len(outputs), -1)[:, :MAX_COLUMNS].T)
    names = list(classes) if len(classes) == len(flat) else [str(n) for n in range(len(flat))]
    return {
        f"{OUTPUT_PREFIX}{method}.{name}": column_array(values)
        for name, values in zip(logged_names(names), flat, strict=True)
    }


def _join_inputs(group: Sequence[Entry]) -> Matrix | Mapping[str, Any]:
    first = group[0].inputs
    if isinstance(first, Mapping):
        return {name: join_columns([entry.inputs[name] for entry in group]) for name in first}
    return np.concatenate([entry.inputs for entry in group])


def _per_row(values: Sequence[Any], counts: Sequence[int]) -> Matrix:
    """Repeat values that entries have once, so that there is one for each row."""
    if any(isinstance(value, np.ndarray) for value in values):
        pairs = zip(values, counts, strict=True)
        return np.concatenate([np.broadcast_to(value, count) for value, count in pairs])
    return np.repeat(values, counts)


def _sample_mask(ids: Sequence[str], settings: LogSettings) -> list[bool] | None:
    return None if settings.sample >= 1 else [settings.keeps(id_) for id_ in ids]


def _hash_values(array: Any) -> Any:
    """Replace values by a keyed SHA-256 of their text; each distinct value is hashed once."""
    pyarrow = import_optional("pyarrow", PURPOSE)
    key = redaction_key()
    coded = array if pyarrow.types.is_dictionary(array.type) else array.dictionary_encode()
    hashes = [
        None if text is None else hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        for text in map(as_text, coded.dictionary.to_pylist())
    ]
    return pyarrow.DictionaryArray.from_arrays(coded.indices, text_array(hashes))
