"""The columns of a model in a frame: in the order of the training, and none missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.predict.inputs import InputColumn, Inputs, unique_names

MAX_NAMES = 5  # that an error lists


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRows:
    """The rows that a model gets, and what was changed to fit it."""

    data: Any
    remarks: tuple[str, ...] = ()


def model_rows(model: Any, data: Any, inputs: Inputs, where: str) -> ModelRows:
    """Take the columns of the model from a frame, by name.

    A model that does not check names, such as one that was fitted on an array, would silently take
    one column for another. An array has no names, so only its width is compared.

    Raises
    ------
    InvalidValue
        If columns are missing. The message names them, and the columns with similar names.
    """
    columns = inputs.columns
    labels = getattr(data, "columns", None)
    if labels is None or not columns or inputs.kind not in ("frame", "polars", "matrix"):
        return ModelRows(data=data)
    if inputs.one_tensor:
        return _by_width(data, columns[0], where)
    own_names = unique_names([str(label) for label in labels])
    names = [column.name for column in columns]
    if getattr(model, "n_features_in_", len(names)) != len(names):
        return ModelRows(data=data)  # the recorded names are not those of its fit
    absent = [name for name in names if name not in set(own_names)]
    if absent:
        raise InvalidValue(_missing_columns(where, absent), _advice(absent, names, own_names))
    if own_names == names:
        return ModelRows(data=data)
    places = [own_names.index(name) for name in names]
    # Among other columns, the order says nothing. Without others, it is worth a word.
    is_permuted = sorted(own_names) == sorted(names)
    remarks = ("The columns were put into the order of the training data.",) if is_permuted else ()
    return ModelRows(data=_take(data, places), remarks=remarks)


def _by_width(data: Any, column: InputColumn, where: str) -> ModelRows:
    width = column.shape[1] if len(column.shape) == 2 else -1
    count = int(data.shape[1])
    if width in (-1, count):
        return ModelRows(data=data)
    raise InvalidValue(
        f"{where} takes {width} columns, and the data has {count}.",
        "It was fitted on an array, so nbmodel cannot choose columns by name. Give an array or "
        f"a frame with its {width} columns.",
    )


def _missing_columns(where: str, absent: Sequence[str]) -> str:
    listing = ", ".join(repr(name) for name in absent[:MAX_NAMES])
    more = f" and {len(absent) - MAX_NAMES} more" if len(absent) > MAX_NAMES else ""
    noun = "column" if len(absent) == 1 else "columns"
    return f"The data lacks the {noun} {listing}{more} of {where}."


def _advice(absent: Sequence[str], names: Sequence[str], own_names: Sequence[str]) -> str:
    others = [name for name in own_names if name not in set(names)]
    pairs = [f"{name!r}: {hint}" for name in absent[:MAX_NAMES] if (hint := _similar(name, others))]
    if pairs:
        return f"Rename columns. {' '.join(pairs)}"
    return f"The data has {', '.join(map(repr, others[:MAX_NAMES])) or 'no other columns'}."


def _similar(name: str, others: Sequence[str]) -> str:
    folded = {other.casefold().strip(): other for other in others}
    exact = folded.get(name.casefold().strip())
    return f"Did you mean {exact}?" if exact else did_you_mean(name, others)


def _take(data: Any, places: Sequence[int]) -> Any:
    if hasattr(data, "iloc"):
        return data.iloc[:, list(places)]
    return data.select([data.columns[place] for place in places])
