"""What was scored or labeled, as the rows of a part: one Arrow table for each shape of entry.

Columns: ``id``, ``time``, ``version``, ``commit``, ``stage``, ``method``, ``latency`` (seconds),
``in.NAME`` for each input, ``out.METHOD`` for outputs of one column and ``out.METHOD.CLASS`` for
those of several. Labels have ``id``, ``time``, ``label`` (text) and ``value`` (its number, if
it is one).
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
from nbmodel.monitor.prediction_log.settings import LogSettings, redaction_key, row_ids
from nbmodel.provenance.layout import MAX_COLUMNS, Place, Shape, places

INPUT_PREFIX, OUTPUT_PREFIX, HASH_SUFFIX = "in.", "out.", ".sha256"
_TEXTS = ("version", "commit", "stage", "method")
_DAY = 86_400_000_000  # microseconds

Matrix = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True)  # not frozen: one is made for each request, in a fourth of the time
class Entry:
    """Rows that were scored together.

    Attributes
    ----------
    id : str or sequence of str
        Of the request (see `row_ids`), or of each row.
    inputs : ndarray or mapping of str to ndarray
        Rows x features, or one array a column.
    outputs : ndarray
        One or more values a row.
    version, commit, stage, method : str
        Exact reference ``churn@7``, full commit id, stage it answered for, method called.
    latency : float, or one a row
        Seconds.
    time : int, or one a row of the same day
        Microseconds since the epoch, UTC.
    names : sequence of str
        Of the features of a matrix; their numbers if empty.
    classes : sequence of str
        Of the columns of outputs that have several; their numbers if empty.
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
        """How many."""
        return len(self.outputs)

    def ids(self) -> list[str]:
        """One a row."""
        return row_ids(self.id, self.rows) if isinstance(self.id, str) else list(self.id)

    def shape(self) -> tuple[Any, ...]:
        """Entries of the same shape can lie in one table."""
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
    """What turned out to be true, by the id of the prediction."""

    ids: Sequence[str]
    labels: Sequence[Any]
    time: int

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.ids)


def prediction_tables(entries: Iterable[Entry], settings: LogSettings) -> Iterator[tuple[str, Any]]:
    """``(date, Arrow table)`` of entries, those of a day and of a shape together."""
    groups: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        time = entry.time if isinstance(entry.time, int) else int(entry.time[0])
        groups.setdefault((day_of(time), *entry.shape()), []).append(entry)
    for key, group in groups.items():
        table = _predictions(group, settings)
        if table.num_rows:
            yield str(key[0]), table


def label_tables(given: Iterable[Labels], settings: LogSettings) -> Iterator[tuple[str, Any]]:
    """``(date, Arrow table)`` of labels, those of a day together."""
    groups: dict[str, list[Labels]] = {}
    for labels in given:
        groups.setdefault(day_of(labels.time), []).append(labels)
    for date, group in groups.items():
        ids = [one for labels in group for one in labels.ids]
        times = np.repeat([labels.time for labels in group], [labels.rows for labels in group])
        values = [value for labels in group for value in labels.labels]
        table = label_table(text_array(ids), times, values)
        kept = _sample_mask(ids, settings)
        yield date, table if kept is None else table.filter(kept)


def label_table(ids: Any, times: Matrix, values: Sequence[Any] | Matrix) -> Any:
    """Labels as a table; a missing one is a row with neither text nor number."""
    pyarrow = import_optional("pyarrow", PURPOSE)
    array = column_array(np.asarray(values) if isinstance(values, np.ndarray) else list(values))
    kind = array.type
    if pyarrow.types.is_boolean(kind):
        array = array.cast(pyarrow.int8())
        kind = array.type
    texts = array.cast(pyarrow.string())
    if pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind):
        numbers = array.cast(pyarrow.float64())
    else:
        numbers = pyarrow.array(list(map(number_of, texts.to_pylist())), pyarrow.float64())
    stamps = pyarrow.array(times, pyarrow.timestamp("us", "UTC"))
    return pyarrow.table({"id": ids, "time": stamps, "label": texts, "value": numbers})


def day_of(time: int) -> str:
    """The date, in UTC, of microseconds since the epoch."""
    return _date(day_number(time))


def day_number(time: int) -> int:
    """Days since the epoch, in UTC, of microseconds since the epoch."""
    return time // _DAY


@lru_cache
def _date(days: int) -> str:
    return str(np.datetime64(days, "D"))  # which costs as much as all else of a logged row


def logged_names(names: Sequence[str]) -> list[str]:
    """Names as columns of a file: those that differ in case only, or not at all, get a number.

    Neither DuckDB nor Spark tells ``Age`` from ``age``.
    """
    used: dict[str, int] = {}
    return [_logged_name(name, used) for name in names]


def original_names(logged: Sequence[str]) -> list[str]:
    """The names that `logged_names` made these of."""
    used: dict[str, int] = {}
    found = []
    for name in logged:
        base = name.rpartition("~")[0]
        again = base.lower() in used and _logged_name(base, dict(used)) == name
        found.append(base if again else name)
        _logged_name(found[-1], used)
    return found


def _logged_name(name: str, used: dict[str, int]) -> str:
    """A name for the next column; `used` has those there are, and how often each was wanted."""
    clean = name.replace("\0", "\ufffd").encode(errors="replace").decode()
    number = used.get(clean.lower(), 0) + 1
    fresh = clean if number == 1 else f"{clean}~{number}"
    while number > 1 and fresh.lower() in used:
        number += 1
        fresh = f"{clean}~{number}"
    used[clean.lower()] = number
    used.setdefault(fresh.lower(), 1)
    return fresh


# -- parts of a table --------------------------------------------------------


def _predictions(group: Sequence[Entry], settings: LogSettings) -> Any:
    pyarrow = import_optional("pyarrow", PURPOSE)
    counts = [entry.rows for entry in group]
    ids = [one for entry in group for one in entry.ids()]
    columns: dict[str, Any] = {
        "id": text_array(ids),
        "time": pyarrow.array(
            _per_row([entry.time for entry in group], counts), pyarrow.timestamp("us", "UTC")
        ),
    }
    for name in _TEXTS:
        values = [getattr(entry, name) for entry in group]
        known = list(dict.fromkeys(values))
        place = {value: number for number, value in enumerate(known)}
        codes = np.repeat(np.array([place[value] for value in values], np.int32), counts)
        columns[name] = pyarrow.DictionaryArray.from_arrays(codes, text_array(known))
    columns["latency"] = column_array(_per_row([entry.latency for entry in group], counts))
    columns |= input_columns(_join_inputs(group), group[0].names, settings)
    outputs = np.concatenate([entry.outputs for entry in group])
    columns |= output_columns(outputs, group[0].method, group[0].classes)
    table = pyarrow.table(columns)
    kept = _sample_mask(ids, settings)
    return table if kept is None else table.filter(kept)


def input_columns(
    inputs: Matrix | Mapping[str, Any], names: Sequence[str], settings: LogSettings
) -> dict[str, Any]:
    """Arrow arrays of inputs by their columns' names, redacted; at most `MAX_COLUMNS`."""
    if isinstance(inputs, Mapping):
        chosen = places([(name, _row_shape(values)) for name, values in inputs.items()])
        pieces = list(inputs.values())
        columns = [_flat_column(pieces[place.part], place) for place in chosen]
    else:
        chosen = matrix_places(inputs.shape[1:], names)
        columns = list(_flat_columns(inputs, [place.part + place.index for place in chosen]))
    return redact_columns([place.name for place in chosen], columns, settings)


def matrix_places(shape: Shape, names: Sequence[str]) -> tuple[Place, ...]:
    """The columns of a matrix: by the names of its features, else by their numbers."""
    if names and len(names) == int(np.prod(shape, dtype=np.int64)):
        return places([(name, ()) for name in names])
    return places([("X", shape)], bare=True)


def redact_columns(
    names: Sequence[str], columns: Iterable[Any], settings: LogSettings
) -> dict[str, Any]:
    """Columns as the log has them, without those that are left out."""
    found = {}
    for name, logged, column in zip(names, logged_names(names), columns, strict=True):
        how = settings.redaction(name)
        if how == "drop":
            continue
        array = column_array(column)
        if how == "hash":
            found[f"{INPUT_PREFIX}{logged}{HASH_SUFFIX}"] = _hash_values(array)
        else:
            found[f"{INPUT_PREFIX}{logged}"] = array
    return found


def _row_shape(values: Any) -> Shape:
    return tuple(int(n) for n in getattr(values, "shape", ())[1:])


def _flat_column(values: Any, place: Place) -> Any:
    if not _row_shape(values):
        return values
    return np.asarray(values).reshape(len(values), -1)[:, place.index]


def _flat_columns(matrix: Matrix, chosen: Sequence[int]) -> Matrix:
    flat = matrix.reshape(len(matrix), -1)
    every = len(chosen) == flat.shape[1]
    return np.ascontiguousarray((flat if every else flat[:, chosen]).T)


def output_columns(outputs: Matrix, method: str, classes: Sequence[str]) -> dict[str, Any]:
    """Arrow arrays of outputs: ``out.predict``, or ``out.predict_proba.CLASS`` and so on."""
    if outputs.ndim == 1:
        return {f"{OUTPUT_PREFIX}{method}": column_array(outputs)}
    flat = np.ascontiguousarray(outputs.reshape(len(outputs), -1)[:, :MAX_COLUMNS].T)
    named = list(classes) if len(classes) == len(flat) else [str(n) for n in range(len(flat))]
    return {
        f"{OUTPUT_PREFIX}{method}.{name}": column_array(values)
        for name, values in zip(logged_names(named), flat, strict=True)
    }


def _join_inputs(group: Sequence[Entry]) -> Matrix | Mapping[str, Any]:
    first = group[0].inputs
    if isinstance(first, Mapping):
        return {name: join_columns([entry.inputs[name] for entry in group]) for name in first}
    return np.concatenate([entry.inputs for entry in group])


def _per_row(values: Sequence[Any], counts: Sequence[int]) -> Matrix:
    """One value a row, of what entries have once or for each row."""
    if any(isinstance(value, np.ndarray) for value in values):
        pairs = zip(values, counts, strict=True)
        return np.concatenate([np.broadcast_to(value, count) for value, count in pairs])
    return np.repeat(values, counts)


def _sample_mask(ids: Sequence[str], settings: LogSettings) -> list[bool] | None:
    return None if settings.sample >= 1 else [settings.keeps(one) for one in ids]


def _hash_values(array: Any) -> Any:
    """Keyed sha256 of the text of each value; each different value is hashed once."""
    pyarrow = import_optional("pyarrow", PURPOSE)
    key = redaction_key()
    coded = array if pyarrow.types.is_dictionary(array.type) else array.dictionary_encode()
    hashes = [
        None if text is None else hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        for text in map(as_text, coded.dictionary.to_pylist())
    ]
    return pyarrow.DictionaryArray.from_arrays(coded.indices, text_array(hashes))
