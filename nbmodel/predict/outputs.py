"""Converts an answer to named arrays, with one row for each row of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbmodel.errors import WrongRows
from nbmodel.predict.column_values import encode
from nbmodel.predict.inputs import unique_names
from nbmodel.predict.rows import Array

Outputs = Mapping[str, Array]
_WIDEST = {"f": np.dtype("float64"), "c": np.dtype("complex128")}  # that JSON can express


def named_arrays(method: str, answer: Any, rows: int) -> dict[str, Array]:
    """Convert an answer to arrays by name; several outputs are ``METHOD.NAME``.

    ======================================  ======================================
    answer                                  names
    ======================================  ======================================
    array, series, list, sparse matrix      ``predict``
    frame of numbers, or of one dtype       ``transform``, a matrix
    frame of other dtypes                   ``transform.COLUMN``
    list of arrays, one a target            ``predict_proba.0``, ``predict_proba.1``
    tuple of arrays                         ``predict.0``, ``predict.1``
    mapping of arrays                       ``predict.KEY``
    ======================================  ======================================

    Returns
    -------
    arrays : dict of str to ndarray

    Raises
    ------
    WrongRows
        If an output does not have one row for each row of the request.
    """
    parts = _parts(_in_order(answer, rows), rows)
    arrays = {f"{method}.{name}" if name else method: _array(part) for name, part in parts.items()}
    for name, array in arrays.items():
        if array.ndim == 0 or len(array) != rows:
            raise WrongRows(name, 1 if array.ndim == 0 else len(array), rows)
    return arrays


def classes_of(model: Any, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """List the classes of a classifier by output, in the order of the columns.

    Returns
    -------
    classes : dict of str to tuple of str
    """
    classes = getattr(model, "classes_", None)
    if classes is None:
        return {}
    by_output = [name for name in names if name.partition(".")[0] != "predict"]
    if isinstance(classes, list) and classes and np.ndim(classes[0]) == 1:  # one array a target
        return {
            name: tuple(map(str, classes[int(index)]))
            for name in by_output
            if (index := name.partition(".")[2]).isdigit() and int(index) < len(classes)
        }
    if np.ndim(classes) != 1:
        return {}
    return dict.fromkeys(by_output, tuple(map(str, classes)))


def to_lists(array: Array) -> Any:
    """Convert an array to nested lists of JSON values, with times as ISO 8601 text."""
    if array.dtype.kind not in "mMO":
        return array.tolist()
    flat = encode(array.reshape(-1))
    if array.ndim == 1:
        return flat
    nested = np.empty(len(flat), dtype=object)
    nested[:] = flat
    return nested.reshape(array.shape).tolist()


def _parts(answer: Any, rows: int) -> Mapping[str, Any]:
    if isinstance(answer, Mapping):
        names = unique_names([str(key) for key in answer])
        return dict(zip(names, answer.values(), strict=True))
    if hasattr(answer, "columns") and hasattr(answer, "dtypes"):  # a frame of pandas or polars
        return _columns(answer)
    if isinstance(answer, tuple) and len(answer) > 1 and all(map(_has_rows, answer)):
        return {str(index): part for index, part in enumerate(answer)}
    if isinstance(answer, list) and answer and all(_is_matrix(part, rows) for part in answer):
        return {str(index): part for index, part in enumerate(answer)}
    return {"": answer[0] if isinstance(answer, tuple) and len(answer) == 1 else answer}


def _columns(frame: Any) -> Mapping[str, Any]:
    """Return one matrix of numbers, or one output for each column.

    Numbers of different dtypes are one matrix too: a missing value in another row of the batch
    turns whole numbers into floats, and that must not change the names of the outputs.
    """
    kinds = list(frame.dtypes)
    if len(set(kinds)) == 1:
        return {"": frame}
    pandas_frame = hasattr(frame, "iloc")
    if all(map(_is_number, kinds)):
        return {"": frame.astype("float64") if pandas_frame else frame}
    names = unique_names([str(name) for name in frame.columns])
    columns = [frame.iloc[:, n] if pandas_frame else frame[:, n] for n in range(len(names))]
    return dict(zip(names, columns, strict=True))


def _is_number(dtype: Any) -> bool:
    numeric = getattr(dtype, "is_numeric", None)  # of polars
    return numeric() if callable(numeric) else getattr(dtype, "kind", "") in tuple("biuf")


def _in_order(answer: Any, rows: int) -> Any:
    """Sort an answer of pandas by its index, because a model may have changed the order."""
    if not hasattr(answer, "iloc"):
        return answer
    labels = answer.index.to_numpy()
    numbers = np.arange(rows)
    if labels.dtype.kind not in "iu" or len(labels) != rows or (labels == numbers).all():
        return answer
    order = np.argsort(labels, kind="stable")
    return answer.iloc[order] if (labels[order] == numbers).all() else answer


def _has_rows(part: Any) -> bool:
    return len(getattr(part, "shape", ())) > 0


def _is_matrix(part: Any, rows: int) -> bool:
    shape: Sequence[int] = getattr(part, "shape", ())
    return len(shape) > 1 and shape[0] == rows


def _unmasked(part: Any) -> Array:
    """Replace masked values by NaN or None."""
    floats = part.dtype.kind in "fc"
    values: Array = np.array(part.data, part.dtype if floats else object)
    values[np.ma.getmaskarray(part)] = np.nan if floats else None
    return values


def _array(part: Any) -> Array:
    """Copy an array, because the model may use its memory again in the next call."""
    if isinstance(part, np.ma.MaskedArray):
        part = _unmasked(part)
    if hasattr(part, "toarray"):
        part = part.toarray()
    if hasattr(part, "detach"):
        part = part.detach().cpu()
        try:
            part = part.numpy()
        except TypeError:  # numpy has no bfloat16
            part = part.float().numpy()
    array = np.array(part)
    if not array.dtype.isnative:  # a byte order that neither JSON nor the protocol has
        array = array.astype(array.dtype.newbyteorder("="))
    widest = _WIDEST.get(array.dtype.kind, array.dtype)
    return array.astype(widest) if array.dtype.itemsize > widest.itemsize else array
