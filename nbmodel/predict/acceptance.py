"""``acceptance.json``: synthetic rows, and the answers of the model to them at commit.

A server, a checkout with other releases of frameworks or a deployment can be tested with these
rows: it must give the same answers. Numbers are stored exactly, since the shortest text of a float
in JSON is read as the same float.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbmodel import documents
from nbmodel.errors import InvalidValue
from nbmodel.predict import agreement
from nbmodel.predict import inputs as inputs_json
from nbmodel.predict.column_values import encode, number_of
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.rows import Array, Rows
from nbmodel.predict.synthetic_rows import Drawn

FORMAT = 1
MAX_FILE_BYTES = 256 << 10
MAX_READ_BYTES = 4 * MAX_FILE_BYTES  # of the file of a stranger
MAX_ROWS = 1024  # in the file of a stranger
MAX_METHODS = 16  # in the file of a stranger
_DTYPE_RE = re.compile(
    r"object|bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)"
    r"|(datetime|timedelta)64(\[\d{0,4}[a-zA-Z]{1,2}\])?"
)
_NAT = np.iinfo(np.int64).min  # the value of NaT

Answers = Mapping[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that the model refused."""

    row: int
    method: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The inputs of a version, its acceptance rows and the answers to them.

    Attributes
    ----------
    inputs : Inputs
    rows : mapping of str to list, or list
        As in a request; empty if there are none.
    answers : mapping of str to mapping of str to ndarray
        By method, then by output: the answers to the rows that the method did not refuse.
    noise : mapping of str to float
        By output: the largest difference between rows that were answered alone and together.
        Infinite if an answer depends on the other rows of the call.
    random : tuple of str
        Methods that answer at random, of which only shapes are compared.
    refusals : tuple of Refusal
    classes : mapping of str to tuple of str
        By output with several columns: the class of each column.
    alone : int
        Number of rows that were also answered one by one.
    seconds : float
        Time to answer one row.
    why : str
        Why there are no rows; empty if there are.
    detail : str
        More details for the user who commits. It may contain values of the data, so it is never
        stored.
    width : int
        Number of values in the answers to one row, while rows are drawn.
    """

    inputs: Inputs
    rows: Drawn = field(default_factory=dict)
    answers: Mapping[str, Answers] = field(default_factory=dict)
    noise: Mapping[str, float] = field(default_factory=dict)
    random: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alone: int = 0
    seconds: float = 0.0
    why: str = ""
    detail: str = field(default="", compare=False)
    width: int = field(default=0, compare=False)

    @property
    def count(self) -> int:
        """Number of rows."""
        columns = self.rows
        return len(next(iter(columns.values()), ())) if isinstance(columns, dict) else len(columns)

    @property
    def batch_dependent(self) -> tuple[str, ...]:
        """Methods whose answer to a row depends on the other rows of the call."""
        return tuple(
            method
            for method, answers in self.answers.items()
            if method not in self.random and any(math.isinf(self.noise[name]) for name in answers)
        )

    def tolerance(self, method: str, output: str, *, measured: bool = True) -> float:
        """Return how far a number of an output may be from the one at commit.

        `measured` says whether the commit answered the rows in the same grouping. If not, the noise
        that it measured is too small.
        """
        values = self.answers[method][output]
        limit = agreement.tolerance(values, self.noise[output])
        return limit if measured else max(limit, agreement.cancellation(values))

    def accepted(self, method: str) -> list[int]:
        """List the rows that a method answered."""
        refused = {refusal.row for refusal in self.refusals if refusal.method == method}
        return [row for row in range(self.count) if row not in refused]


def decode_rows(decoder: Decoder, rows: Drawn, indices: Sequence[int]) -> Rows:
    """Decode some of the rows, as those of a request.

    Raises
    ------
    InvalidInput
        If they do not fit the inputs.
    """
    if isinstance(rows, dict):
        names = list(rows)
        if decoder.loose:
            return decoder.from_records([rows[names[0]][row] for row in indices])
        return decoder.from_records([{name: rows[name][row] for name in names} for row in indices])
    return decoder.from_records([rows[row] for row in indices])


def records(acceptance: Acceptance, indices: Sequence[int]) -> list[Any]:
    """Return some of the rows as the records of a request."""
    rows = acceptance.rows
    if isinstance(rows, list):
        return [rows[row] for row in indices]
    if acceptance.inputs.kind == "records":
        only = next(iter(rows.values()))
        return [only[row] for row in indices]
    return [{name: values[row] for name, values in rows.items()} for row in indices]


# -- JSON --------------------------------------------------------------------


def dumps(acceptance: Acceptance) -> bytes:
    """Write the file, with one line for each key."""
    lines = ",\n".join(
        f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in to_json(acceptance).items()
    )
    return f"{{\n{lines}\n}}\n".encode(errors="backslashreplace")


def to_json(acceptance: Acceptance) -> dict[str, Any]:
    """Return the content of the file as a JSON document."""
    return {
        "format": FORMAT,
        "inputs": inputs_json.to_json(acceptance.inputs),
        "rows": acceptance.rows,
        "answers": {
            method: {name: _array_json(array) for name, array in answers.items()}
            for method, answers in acceptance.answers.items()
        },
        "noise": {n: "Infinity" if math.isinf(v) else v for n, v in acceptance.noise.items()},
        "random": list(acceptance.random),
        "refusals": [[r.row, r.method, r.reason] for r in acceptance.refusals],
        "classes": {name: list(values) for name, values in acceptance.classes.items()},
        "alone": acceptance.alone,
        "seconds": float(f"{acceptance.seconds:.3g}"),
        "why": acceptance.why,
    }


def loads(data: bytes | memoryview, where: str) -> Acceptance:
    """Read a file, which may come from a stranger.

    Raises
    ------
    InvalidValue
        If it is not a file of `dumps`.
    """
    try:
        document = documents.loads(bytes(data), MAX_READ_BYTES)
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r:.20}")
        return _acceptance(document)
    except (
        KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError, InvalidValue
    ) as error:  # fmt: skip
        raise InvalidValue(
            f"acceptance.json of {where} cannot be read: {error!s:.200}.",
            "Draw its rows again: %model_verify REF --acceptance.",
        ) from None


def _acceptance(document: Mapping[str, Any]) -> Acceptance:
    rows = document["rows"]
    if isinstance(rows, dict):
        if not all(isinstance(values, list) for values in rows.values()):
            raise TypeError("a column that is not a list")
        if len({len(values) for values in rows.values()}) > 1:
            raise ValueError("columns of different lengths")
    elif not isinstance(rows, list):
        raise TypeError("rows that are neither columns nor a list")
    if len(document["answers"]) > MAX_METHODS:
        raise ValueError(f"{len(document['answers'])} methods")
    if len(document["refusals"]) > MAX_METHODS * MAX_ROWS:
        raise ValueError(f"{len(document['refusals'])} refusals")
    answers = {
        str(method): {str(name): _array(part) for name, part in parts.items()}
        for method, parts in document["answers"].items()
    }
    acceptance = Acceptance(
        inputs=inputs_json.from_json(document["inputs"]),
        rows=rows,
        answers=answers,
        noise={str(k): abs(float(number_of(v))) for k, v in document["noise"].items()},
        random=tuple(map(str, document["random"])),
        refusals=tuple(
            Refusal(row=int(row), method=str(method), reason=str(reason)[:300])
            for row, method, reason in document["refusals"]
        ),
        classes={str(k): tuple(map(str, v)) for k, v in document["classes"].items()},
        alone=int(document["alone"]),
        seconds=float(document["seconds"]),
        why=str(document["why"])[:300],
    )
    if acceptance.count > MAX_ROWS or bool(acceptance.count) != bool(answers):
        raise ValueError(f"{acceptance.count} rows, {len(answers)} methods")
    for method, parts in answers.items():
        count = len(acceptance.accepted(method))
        if not parts or not count:
            raise ValueError(f"{method:.40} has no answers")
        if any(len(array) != count for array in parts.values()) or set(parts) - set(
            acceptance.noise
        ):
            raise ValueError(f"the answers of {method:.40} do not fit the rows")
    return acceptance


def _array_json(array: Array) -> dict[str, Any]:
    flat = array.reshape(-1)
    values = encode(flat)
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:  # a shorter text of the same float32
        pairs = zip(values, flat, strict=True)
        values = [
            float(_digits(own)) if isinstance(value, float) else value for value, own in pairs
        ]
    if array.dtype.kind == "m":  # as counts of its unit, since a text cannot express years
        values = [None if count == _NAT else count for count in flat.view(np.int64).tolist()]
    if array.dtype.kind in "fc":
        values = ["NaN" if value is None else value for value in values]
    return {"dtype": _dtype_name(array), "shape": list(array.shape), "values": values}


def _digits(value: Any) -> str:
    """Return the shortest text of a float, independent of the print options."""
    return str(np.format_float_scientific(value, unique=True))


def _dtype_name(array: Array) -> str:
    return "object" if array.dtype.kind in "OSUTV" else str(array.dtype.newbyteorder("="))


def _array(document: Mapping[str, Any]) -> Array:
    name = document["dtype"]
    if not isinstance(name, str) or not _DTYPE_RE.fullmatch(name):
        raise ValueError(f"dtype {name!r:.40}")
    dtype = np.dtype(name)
    if not isinstance(document["values"], list):
        raise TypeError("values that are not a list")
    shape = tuple(int(n) for n in document["shape"])
    if dtype.kind in "fc":
        values = np.array([number_of(value) for value in document["values"]], dtype)
    elif dtype.kind == "m":
        counts = [_NAT if value is None else value for value in document["values"]]
        values = np.array(counts, np.int64).view(dtype)
    elif dtype.kind == "M":
        from_text = np.array([value or "NaT" for value in document["values"]], object)
        values = from_text.astype(dtype)
    else:
        values = np.empty(len(document["values"]), dtype)
        values[:] = document["values"]
    return values.reshape(shape)
