"""The inputs of a model: the kind of container, its columns, and their exact types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbmodel.errors import InvalidValue
from nbmodel.records import Column, Scalar, Signature

KINDS = (
    "frame",  # pandas DataFrame
    "polars",  # polars DataFrame
    "series",  # pandas Series: one-dimensional
    "list",  # list of values: one-dimensional
    "matrix",  # numpy array, rows first
    "sparse",  # scipy CSR matrix
    "records",  # list of dicts
    "tensors",  # several arrays by name
)
MAX_INPUTS = 100_000

Label = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputColumn:
    """One column or tensor of an input.

    Attributes
    ----------
    name : str
        Its unique name in a request.
    dtype : str
        The dtype as its library writes it; empty if unknown.
    shape : tuple of int
        -1 for the batch, then the shape of the value of one row.
    label : scalar or tuple
        Its name in the frame if that is not `name`: an integer, or a tuple of a MultiIndex.
    categories : tuple
        Values of a category column in their order. None replaces a value of few rows, since rare
        values are not stored.
    category_dtype : str
        Type of these values.
    ordered : bool
        Whether the categories have an order.
    closed : bool
        Whether a value outside of the categories is a missing value.
    holds : str
        Name of the type of all values in an ``object`` column; empty if there are several.
    missing : str
        The missing value of an ``object`` column: ``nan``, ``NA`` or ``NaT``; empty for None.
        Encoders treat these as different values.
    """

    name: str
    dtype: str = ""
    shape: tuple[int, ...] = (-1,)
    label: Label = None
    categories: tuple[Scalar, ...] = ()
    category_dtype: str = ""
    ordered: bool = False
    closed: bool = False
    holds: str = ""
    missing: str = ""

    @property
    def flat(self) -> bool:
        """Whether a row has one value in this column."""
        return len(self.shape) == 1

    @property
    def in_frame(self) -> Label:
        """Its name in the frame."""
        return self.name if self.label is None else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The inputs of a model.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    columns : tuple of InputColumn
        Empty if they are unknown.
    """

    kind: str
    columns: tuple[InputColumn, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def one_tensor(self) -> bool:
        """Whether a row is one array without a name."""
        return len(self.columns) == 1 and not self.columns[0].flat

    @classmethod
    def of(cls, signature: Signature) -> Inputs:
        """Make the inputs of a version that recorded only a signature."""
        columns = signature.inputs
        if len(columns) == 1 and len(columns[0].shape) != 1:
            only = columns[0]
            return cls(kind="matrix", columns=(_plain(only, only.name),))
        names = unique_names([column.name for column in columns])
        if len(columns) > 1 and any(len(column.shape) > 1 for column in columns):
            kind = "tensors"
        else:
            kind = "frame" if columns else "matrix"
        parts = tuple(_plain(c, name) for c, name in zip(columns, names, strict=True))
        return cls(kind=kind, columns=parts)


def signature_inputs(inputs: Inputs) -> tuple[Column, ...]:
    """Convert inputs to the columns of a signature."""
    return tuple(Column(column.name, column.dtype, column.shape) for column in inputs.columns)


def unique_names(names: Sequence[str]) -> list[str]:
    """Make names unique: the second ``a`` becomes ``a~2``."""
    earlier_names: set[str] = set()
    result = []
    for name in names:
        unique, number = name, 1
        while unique in earlier_names:
            number += 1
            unique = f"{name}~{number}"
        earlier_names.add(unique)
        result.append(unique)
    return result


def _plain(column: Column, name: str) -> InputColumn:
    return InputColumn(name=name, dtype=column.dtype, shape=column.shape or (-1,))


# -- JSON --------------------------------------------------------------------


def to_json(inputs: Inputs) -> dict[str, Any]:
    """Convert inputs to a JSON document without default values.

    Returns
    -------
    document : dict
    """
    return {"kind": inputs.kind, "columns": [_column_json(column) for column in inputs.columns]}


def _column_json(column: InputColumn) -> dict[str, Any]:
    document: dict[str, Any] = {"name": column.name, "dtype": column.dtype}
    if column.shape != (-1,):
        document["shape"] = list(column.shape)
    if column.label is not None:
        label = column.label
        document["label"] = list(label) if isinstance(label, tuple) else label
    if column.dtype == "category" or column.categories:
        document["categories"] = list(column.categories)
        document["category_dtype"] = column.category_dtype
        document["ordered"] = column.ordered
    if column.closed:
        document["closed"] = True
    if column.holds:
        document["holds"] = column.holds
    if column.missing:
        document["missing"] = column.missing
    return document


def from_json(document: Any) -> Inputs:
    """Read inputs from a JSON document, which may come from a stranger.

    Raises
    ------
    InvalidValue
        If a part has the wrong type.
    """
    try:
        kind, columns = document["kind"], document["columns"]
        if kind not in KINDS or not isinstance(columns, list) or len(columns) > MAX_INPUTS:
            raise ValueError(f"kind {kind!r:.40}")
        inputs = tuple(_column(part) for part in columns)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidValue(
            f"The inputs of a version cannot be read: {error!r:.200}.", "Commit it again."
        ) from None
    if len({column.name for column in inputs}) < len(inputs):
        raise InvalidValue("Two inputs of a version have the same name.", "Commit it again.")
    return Inputs(kind=kind, columns=inputs)


def _column(document: Mapping[str, Any]) -> InputColumn:
    label = document.get("label")
    shape = tuple(document.get("shape", (-1,)))
    if not shape or not all(type(n) is int and n >= -1 for n in shape):
        raise ValueError(f"shape {shape!r:.60}")
    return InputColumn(
        name=_text(document["name"]),
        dtype=_text(document["dtype"]),
        shape=shape,
        label=tuple(map(_scalar, label)) if isinstance(label, list) else _scalar(label),
        categories=tuple(map(_scalar, document.get("categories", ()))),
        category_dtype=_text(document.get("category_dtype", "")),
        ordered=document.get("ordered") is True,
        closed=document.get("closed") is True,
        holds=_text(document.get("holds", "")),
        missing=_text(document.get("missing", "")),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} is not a text")
    return value


def _scalar(value: Any) -> Scalar:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise TypeError(f"{value!r:.60} is not a scalar")
    return value
