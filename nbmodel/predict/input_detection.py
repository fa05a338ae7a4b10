"""Finds the inputs of a model from its training data, limited to the columns of the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nbmodel.predict import category_codes, fitted_state
from nbmodel.predict.column_values import is_missing
from nbmodel.predict.inputs import InputColumn, Inputs, Label, unique_names
from nbmodel.records import Scalar, Signature

_MAX_VALUES = 10_000  # of an object column that are inspected
MIN_CATEGORY_ROWS = 5  # a rarer category is not stored, as in a data profile
MAX_CATEGORIES = 10_000
_MISSING_MARKS = {
    "float": "nan",
    "NAType": "NA",
    "NaTType": "NaT",
}  # by the type of a missing value
_FROM_STATE = ("category", "object")


def inputs_of(model: Any, data: Any) -> Inputs:
    """Find the inputs of `model` from its training data, or without data from its fitted state.

    Columns that the model does not name, such as the target, are left out.
    """
    if data is None:
        return fitted_state.inputs_of(model)
    return _closed(_narrowed(_of_data(data), fitted_state.names_of(model)), model, data)


def unused_columns(inputs: Inputs, data: Any) -> tuple[str, ...]:
    """List the columns of the training data that are not inputs."""
    labels = getattr(data, "columns", None)
    if inputs.kind not in ("frame", "polars", "matrix") or labels is None:
        return ()
    input_names = set(inputs.names)
    return tuple(name for name in unique_names([str(v) for v in labels]) if name not in input_names)


def resolve_inputs(inputs: Inputs | None, model: Any, signature: Signature) -> Inputs:
    """Return the recorded inputs of a version; else those of its fitted state or signature."""
    if inputs is not None:
        return inputs
    from_state = fitted_state.inputs_of(model)
    recorded = Inputs.of(signature)
    if not recorded.columns:
        return from_state
    same = from_state.names == recorded.names
    if not same and from_state.kind not in ("series", "list", "records"):
        return recorded
    if recorded.kind in ("matrix", "tensors"):
        return recorded if from_state.kind in ("frame", "matrix") else from_state
    # The state has more than the dtypes of the signature: encoders contain their categories.
    pairs = zip(from_state.columns, recorded.columns, strict=False)
    columns = tuple(
        state if state.dtype in _FROM_STATE else replace(state, dtype=column.dtype or state.dtype)
        for state, column in pairs
    )
    return Inputs(kind=from_state.kind, columns=columns or from_state.columns)


def _narrowed(inputs: Inputs, names: Sequence[str]) -> Inputs:
    """Keep only the columns that the model names, in its order."""
    if not names:
        return inputs
    by_name = {column.name: column for column in inputs.columns}
    if set(names) <= set(by_name):
        columns = tuple(by_name[name] for name in names)
        return replace(inputs, columns=columns)
    only = inputs.columns[0] if len(inputs.columns) == 1 else None
    if inputs.kind == "matrix" and only is not None and only.shape[1:] == (len(names),):
        # It was fitted on a frame and committed with an array: it takes a frame.
        columns = tuple(InputColumn(name=name, dtype=only.dtype) for name in names)
        return Inputs(kind="frame", columns=columns)
    return inputs


def _closed(inputs: Inputs, model: Any, data: Any) -> Inputs:
    """Close the category columns of a model that takes categories by their codes."""
    if inputs.kind != "frame" or not category_codes.uses_codes(model) or not hasattr(data, "iloc"):
        return inputs
    order = unique_names([str(label) for label in data.columns])
    min_rows = 0 if category_codes.holds_names(model) else MIN_CATEGORY_ROWS

    def closed(column: InputColumn) -> InputColumn:
        if column.dtype != "category":
            return column
        series = data.iloc[:, order.index(column.name)]
        return replace(_categories(series, column, min_rows), closed=True)

    return replace(inputs, columns=tuple(closed(column) for column in inputs.columns))


# -- data --------------------------------------------------------------------


def _of_data(data: Any) -> Inputs:
    for matches, read in _READERS:
        if matches(data):
            return read(data)
    return _of_array(np.asarray(data))


def _is(module: str, name: str) -> Any:
    """Make a test for a class of a library that may not be imported."""

    def matches(data: Any) -> bool:
        return any(
            kind.__name__ == name and kind.__module__.partition(".")[0] == module
            for kind in type(data).__mro__
        )

    return matches


def _of_frame(frame: Any) -> Inputs:
    labels = list(frame.columns)
    names = unique_names([str(label) for label in labels])
    columns = tuple(
        _pandas_column(partial(_column_at, frame, place), str(dtype), name, label)
        for place, (name, label, dtype) in enumerate(zip(names, labels, frame.dtypes, strict=True))
    )
    return Inputs(kind="frame", columns=columns)


def _column_at(frame: Any, place: int) -> Any:
    return frame.iloc[:, place]


def _of_series(series: Any) -> Inputs:
    label = series.name
    name = "X" if label is None else str(label)
    column = _pandas_column(lambda: series, str(series.dtype), name, label)
    return Inputs(kind="series", columns=(column,))


def _of_polars(frame: Any) -> Inputs:
    columns = tuple(
        InputColumn(
            name=name,
            dtype=_polars_dtype(dtype),
            categories=tuple(dtype.categories) if hasattr(dtype, "categories") else (),
        )
        for name, dtype in frame.schema.items()
    )
    return Inputs(kind="polars", columns=columns)


def _polars_dtype(dtype: Any) -> str:
    text = str(dtype)
    return "Enum" if text.startswith("Enum") else "Categorical" if "Categorical" in text else text


def _of_arrow(table: Any) -> Inputs:
    return _of_frame(table.to_pandas())


def _of_sparse(matrix: Any) -> Inputs:
    return Inputs(kind="sparse", columns=(_tensor_column("X", matrix),))


def _of_tensor(tensor: Any) -> Inputs:
    return Inputs(kind="matrix", columns=(_tensor_column("X", tensor),))


def _of_array(array: np.ndarray[Any, Any]) -> Inputs:
    if array.dtype.names:
        parts = {str(name): array[name] for name in array.dtype.names}
        return Inputs(kind="frame", columns=tuple(_array_column(n, v) for n, v in parts.items()))
    if array.ndim == 1:
        return Inputs(kind="list", columns=(_array_column("X", array),))
    return Inputs(kind="matrix", columns=(_tensor_column("X", array),))


def _of_mapping(parts: Mapping[str, Any]) -> Inputs:
    columns = tuple(_tensor_column(str(name), _as_array(part)) for name, part in parts.items())
    return Inputs(kind="tensors", columns=columns)


def _of_list(values: Sequence[Any]) -> Inputs:
    if values and all(isinstance(value, Mapping) for value in values[:_MAX_VALUES]):
        return Inputs(kind="records", columns=(InputColumn(name="record", dtype="object"),))
    if values and all(isinstance(value, np.ndarray) for value in values):
        return _of_array(np.stack(list(values)))
    if not any(isinstance(value, list | tuple) for value in values[:_MAX_VALUES]):
        column = np.empty(len(values), dtype=object)
        column[:] = values
        holds = _value_type(values[:_MAX_VALUES])
        if holds in ("int", "float"):
            return _of_array(np.asarray(values))
        return Inputs(kind="list", columns=(_array_column("X", column),))
    try:
        return _of_array(np.asarray(values))
    except ValueError:  # rows of different lengths, which a request cannot express
        return Inputs(kind="list", columns=(InputColumn(name="X", dtype="object"),))


_READERS = (
    (_is("pandas", "DataFrame"), _of_frame),
    (_is("pandas", "Series"), _of_series),
    (_is("polars", "DataFrame"), _of_polars),
    (_is("pyarrow", "Table"), _of_arrow),
    (lambda data: hasattr(data, "tocsc") and hasattr(data, "nnz"), _of_sparse),
    (lambda data: hasattr(data, "detach") and hasattr(data, "cpu"), _of_tensor),
    (lambda data: isinstance(data, np.ndarray), _of_array),
    (lambda data: isinstance(data, Mapping), _of_mapping),
    (lambda data: isinstance(data, list | tuple), _of_list),
)


# -- columns -----------------------------------------------------------------


def _pandas_column(series: Callable[[], Any], dtype: str, name: str, label: Any) -> InputColumn:
    column = InputColumn(
        name=name, dtype=dtype, label=None if label == name else _label(label, name)
    )
    if dtype == "category":
        return _categories(series(), column)
    if dtype == "object":
        values = series().iloc[:_MAX_VALUES].tolist()
        return replace(column, holds=_value_type(values), missing=_missing_mark(values))
    return column


def _categories(series: Any, column: InputColumn, min_rows: int = MIN_CATEGORY_ROWS) -> InputColumn:
    """Note the categories in their order; None replaces those with fewer than `min_rows` rows."""
    accessor = series.cat
    values = accessor.categories
    counts = np.bincount(accessor.codes + 1, minlength=len(values) + 1)[1:]
    written = [
        str(v) if not isinstance(v, str | int | float | bool) else v for v in values.tolist()
    ]
    stored = [
        value if count >= min_rows else None
        for value, count in zip(written, counts.tolist(), strict=True)
    ]
    return replace(
        column,
        categories=tuple(stored[:MAX_CATEGORIES]),
        category_dtype=str(values.dtype),
        ordered=bool(accessor.ordered),
    )


def _array_column(name: str, array: np.ndarray[Any, Any]) -> InputColumn:
    values = array[:_MAX_VALUES].tolist() if array.dtype.hasobject else ()
    return InputColumn(
        name=name, dtype=str(array.dtype), holds=_value_type(values), missing=_missing_mark(values)
    )


def _tensor_column(name: str, array: Any) -> InputColumn:
    shape = tuple(int(n) for n in array.shape[1:])
    values = (
        np.asarray(array).reshape(-1)[:_MAX_VALUES].tolist() if str(array.dtype) == "object" else ()
    )
    return InputColumn(
        name=name,
        dtype=str(array.dtype).removeprefix("torch."),
        shape=(-1, *shape),
        holds=_value_type(values),
        missing=_missing_mark(values),
    )


def _as_array(part: Any) -> Any:
    return part if hasattr(part, "dtype") and hasattr(part, "shape") else np.asarray(part)


def _value_type(values: Sequence[Any]) -> str:
    """Return the name of the type of values that are not missing; empty for several types."""
    kinds = Counter(type(value).__name__ for value in values if not is_missing(value))
    return next(iter(kinds)) if len(kinds) == 1 else ""


def _missing_mark(values: Sequence[Any]) -> str:
    """Return the most frequent missing value, as in `InputColumn.missing`."""
    kinds = Counter(type(value).__name__ for value in values if is_missing(value))
    return _MISSING_MARKS.get(kinds.most_common(1)[0][0], "") if kinds else ""


def _label(label: Any, name: str) -> Label:
    if isinstance(label, tuple):
        return tuple(_scalar(part) for part in label)
    return _scalar(label) if str(label) == name or isinstance(label, str) else name


def _scalar(value: Any) -> Scalar:
    if isinstance(value, np.generic):
        value = value.item()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
