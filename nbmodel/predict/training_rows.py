"""A few rows of the training data, in memory only, are asked as a request would bring them.

Rows are drawn by types that were read off the data. Should a type be read wrongly, drawn rows
would not show it: they are built by the same types. So at commit a few real rows are asked as
the notebook holds them, and again by way of a request. No row is kept.
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
    """How the answers to rows of the data change when a request brings them; empty if not at all.

    Parameters
    ----------
    predictor : Predictor
        Within `nbmodel.predict.predictor.without_side_effects`.
    data : DataFrame, array, list or mapping
        The training data.
    """
    method = next(iter(predictor.methods))
    taken = _native(predictor, data)
    if taken is None:
        return ""
    native, rows = taken
    try:
        direct = outputs.named_arrays(method, predictor.methods[method](native), _length(native))
    except Exception:  # noqa: BLE001  the data is not what the model takes: nothing to compare
        return ""
    try:
        sent = predictor.answer(method, rows())
    except InvalidInput as error:
        return error.what
    except Exception as error:  # noqa: BLE001  a model may raise anything
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
    lost = _first(direct, sent)
    if not lost:
        return ""
    again = outputs.named_arrays(method, predictor.methods[method](native), _length(native))
    return "" if _first(direct, again) else lost  # an object that answers at random


def _first(direct: outputs.Outputs, sent: outputs.Outputs) -> str:
    if set(direct) != set(sent):
        return f"outputs {sorted(sent)} instead of {sorted(direct)}"
    gaps: list[Difference | None] = [
        agreement.difference(name, values, sent[name], agreement.tolerance(values, _noise(values)))
        for name, values in direct.items()
    ]
    return next((str(gap) for gap in gaps if gap is not None), "")


def _noise(values: np.ndarray[Any, Any]) -> float:
    """Float32 in another memory order rounds otherwise; a lost type changes far more."""
    if values.dtype.kind not in "fc" or not values.size:
        return 0.0
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) * float(np.finfo(values.dtype).eps) * 10


def _native(predictor: Predictor, data: Any) -> tuple[Any, Any] | None:
    """A few rows as the notebook holds them, and a function that reads them as a request's."""
    inputs, decoder = predictor.inputs, predictor.decoder
    if inputs.kind == "frame" and hasattr(data, "iloc"):
        names = unique_names([str(label) for label in data.columns])
        places = [names.index(name) for name in inputs.names if name in names]
        if len(places) < len(inputs.columns):
            return None
        native = data.iloc[:MAX_ROWS, places].reset_index(
            drop=True
        )  # as a request's rows are numbered

        def columns() -> Rows:
            if decoder.numeric:
                return decoder.from_tensor(native.to_numpy())
            parts = zip(inputs.columns, decoder.types, strict=True)
            return {
                column.name: decode(column.name, kind, _sent(native.iloc[:, place]))
                for place, (column, kind) in enumerate(parts)
            }

        return native, columns
    if inputs.kind == "polars" and hasattr(data, "to_dicts"):
        native = data.head(MAX_ROWS).select(list(inputs.names))
        return native, lambda: decoder.from_records(native.to_dicts())
    if inputs.kind == "series" and hasattr(data, "iloc"):
        native = data.iloc[:MAX_ROWS].reset_index(drop=True)
        return native, lambda: decoder.from_records(_sent(native))
    if inputs.kind in ("list", "records") and isinstance(data, list | tuple):
        native = deepcopy(list(data[:MAX_ROWS]))  # a model may write to what it is given
        return native, lambda: decoder.from_records(native)
    return None


def _sent(series: Any) -> list[Any]:
    """Values of a pandas column as a request writes them."""
    return [
        value if value is None or isinstance(value, _UNCHANGED) else str(value)
        for value in series.astype(object).where(series.notna(), None).tolist()
    ]


def _length(native: Any) -> int:
    return len(next(iter(native.values()))) if isinstance(native, Mapping) else len(native)
