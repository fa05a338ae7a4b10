"""Compares the answers to a few training rows with those to the same rows in a request.

Synthetic rows are drawn by the types of the inputs, which were found in the training data. If a
type is wrong, synthetic rows cannot show that, because they have the wrong type too. So at commit
the model is called with a few training rows directly, and then through a request. No row is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict import agreement, outputs
from nbmodel.predict.agreement import Difference
from nbmodel.predict.column_values import decode
from nbmodel.predict.inputs import unique_names
from nbmodel.predict.predictor import Predictor
from nbmodel.predict.rows import Rows

MAX_ROWS = 8
_UNCHANGED = (str, int, float, bool, date, list, dict)


def mismatch(predictor: Predictor, data: Any) -> str:
    """Describe how the answers to training rows change in a request; empty if they do not.

    Parameters
    ----------
    predictor : Predictor
        In the context `nbmodel.predict.predictor.without_side_effects`.
    data : DataFrame, array, list or mapping
        The training data.
    """
    method = next(iter(predictor.methods))
    pair = _native(predictor, data)
    if pair is None:
        return ""
    native, rows = pair
    try:
        direct = outputs.named_arrays(method, predictor.methods[method](native), _length(native))
    except Exception:  # noqa: BLE001  the model does not take this data: nothing to compare
        return ""
    try:
        request_outputs = predictor.answer(method, rows())
    except InvalidInput as error:
        return error.what
    except Exception as error:  # noqa: BLE001  a model may raise anything
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
    difference = _first(direct, request_outputs)
    if not difference:
        return ""
    again = outputs.named_arrays(method, predictor.methods[method](native), _length(native))
    return "" if _first(direct, again) else difference  # a model that answers at random


def _first(direct: outputs.Outputs, request_outputs: outputs.Outputs) -> str:
    if set(direct) != set(request_outputs):
        return f"outputs {sorted(request_outputs)} instead of {sorted(direct)}"
    gaps: list[Difference | None] = [
        agreement.difference(
            name, values, request_outputs[name], agreement.tolerance(values, _noise(values))
        )
        for name, values in direct.items()
    ]
    return next((str(gap) for gap in gaps if gap is not None), "")


def _noise(values: np.ndarray[Any, Any]) -> float:
    """Allow for rounding of float32 in another memory order; a wrong type changes far more."""
    if values.dtype.kind not in "fc" or not values.size:
        return 0.0
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) * float(np.finfo(values.dtype).eps) * 10


def _native(predictor: Predictor, data: Any) -> tuple[Any, Any] | None:
    """Return a few rows as in the notebook, and a function that decodes them as a request."""
    inputs, decoder = predictor.inputs, predictor.decoder
    if inputs.kind == "frame" and hasattr(data, "iloc"):
        names = unique_names([str(label) for label in data.columns])
        places = [names.index(name) for name in inputs.names if name in names]
        if len(places) < len(inputs.columns):
            return None
        native = data.iloc[:MAX_ROWS, places].reset_index(drop=True)  # as for the rows of a request

        def columns() -> Rows:
            if decoder.numeric:
                return decoder.from_tensor(native.to_numpy())
            parts = zip(inputs.columns, decoder.types, strict=True)
            return {
                column.name: decode(column.name, kind, _request_values(native.iloc[:, place]))
                for place, (column, kind) in enumerate(parts)
            }

        return native, columns
    if inputs.kind == "polars" and hasattr(data, "to_dicts"):
        native = data.head(MAX_ROWS).select(list(inputs.names))
        return native, lambda: decoder.from_records(native.to_dicts())
    if inputs.kind == "series" and hasattr(data, "iloc"):
        native = data.iloc[:MAX_ROWS].reset_index(drop=True)
        return native, lambda: decoder.from_records(_request_values(native))
    if inputs.kind in ("list", "records") and isinstance(data, list | tuple):
        native = deepcopy(list(data[:MAX_ROWS]))  # a model may change its input
        return native, lambda: decoder.from_records(native)
    return None


def _request_values(series: Any) -> list[Any]:
    """Convert a column of pandas to the values of a request."""
    return [
        value if value is None or isinstance(value, _UNCHANGED) else str(value)
        for value in series.astype(object).where(series.notna(), None).tolist()
    ]


def _length(native: Any) -> int:
    return len(next(iter(native.values()))) if isinstance(native, Mapping) else len(native)
