"""``acceptance.json``: synthetic rows, and what the object answered to them at commit.

A version carries its own proof. Whatever claims to be that version, be it a server, a checkout
under other frameworks or a deployment, is asked the same rows and must give the same answers.
Numbers are stored exactly: JSON's shortest text of a float is the float.
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
MAX_FILE_BYTES = 256 << 10  # bytes of the file
MAX_READ_BYTES = 4 * MAX_FILE_BYTES  # bytes of a stranger's
MAX_ROWS = 1024  # of a stranger's file, and of the methods that answer them:
MAX_METHODS = 16
_DTYPE_RE = re.compile(
    r"object|bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)"
    r"|(datetime|timedelta)64(\[\d{0,4}[a-zA-Z]{1,2}\])?"
)
_NAT = np.iinfo(np.int64).min  # which stands for NaT

Answers = Mapping[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that the object itself refused."""

    row: int
    method: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What a version says of how it is asked, and the proof of its answers.

    Attributes
    ----------
    inputs : Inputs
    rows : mapping of str to list, or list
        As a request writes them; empty if none were drawn.
    answers : mapping of str to mapping of str to ndarray
        By method, then by output: to the rows that the method did not refuse, in their order.
    noise : mapping of str to float
        By output: largest difference between rows answered alone and together; infinite where
        an answer depends on the rows that are asked with it.
    random : tuple of str
        Methods that answer at random: only shapes are compared.
    refusals : tuple of Refusal
    classes : mapping of str to tuple of str
        By output of several columns: what the columns stand for.
    alone : int
        Rows that were answered one by one too.
    seconds : float
        What answering one row took.
    why : str
        Why there are no rows; empty if there are.
    detail : str
        More of it, for who commits: it may show values of the data, so that it is never stored.
    width : int
        Values of the answers to one row, while rows are drawn.
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
        """How many rows there are."""
        columns = self.rows
        return len(next(iter(columns.values()), ())) if isinstance(columns, dict) else len(columns)

    @property
    def batch_dependent(self) -> tuple[str, ...]:
        """Methods whose answer to a row depends on the rows that are asked with it."""
        return tuple(
            method
            for method, answers in self.answers.items()
            if method not in self.random and any(math.isinf(self.noise[name]) for name in answers)
        )

    def tolerance(self, method: str, output: str, *, measured: bool = True) -> float:
        """How far a number of an output may be from the one at commit.

        `measured` says that the commit answered the rows in the same grouping; if it did not,
        its noise says too little.
        """
        values = self.answers[method][output]
        known = agreement.tolerance(values, self.noise[output])
        return known if measured else max(known, agreement.cancellation(values))

    def accepted(self, method: str) -> list[int]:
        """Rows that a method answered."""
        refused = {refusal.row for refusal in self.refusals if refusal.method == method}
        return [row for row in range(self.count) if row not in refused]


def decode_rows(decoder: Decoder, rows: Drawn, chosen: Sequence[int]) -> Rows:
    """Some of the rows, read as a request's are.

    Raises
    ------
    InvalidInput
        If they do not fit the inputs.
    """
    if isinstance(rows, dict):
        names = list(rows)
        if decoder.loose:
            return decoder.from_records([rows[names[0]][row] for row in chosen])
        return decoder.from_records([{name: rows[name][row] for name in names} for row in chosen])
    return decoder.from_records([rows[row] for row in chosen])


def records(acceptance: Acceptance, chosen: Sequence[int]) -> list[Any]:
    """Some of the rows as the records of a request."""
    rows = acceptance.rows
    if isinstance(rows, list):
        return [rows[row] for row in chosen]
    if acceptance.inputs.kind == "records":
        only = next(iter(rows.values()))
        return [only[row] for row in chosen]
    return [{name: values[row] for name, values in rows.items()} for row in chosen]


# -- JSON --------------------------------------------------------------------


def dumps(acceptance: Acceptance) -> bytes:
    """The file, one key a line."""
    lines = ",\n".join(
        f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in to_json(acceptance).items()
    )
    return f"{{\n{lines}\n}}\n".encode(errors="backslashreplace")


def to_json(acceptance: Acceptance) -> dict[str, Any]:
    """The file as a JSON document."""
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
    """Read a file that may come from a stranger.

    Raises
    ------
    InvalidValue
        If it is not what `dumps` writes.
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
    found = Acceptance(
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
    if found.count > MAX_ROWS or bool(found.count) != bool(answers):
        raise ValueError(f"{found.count} rows, {len(answers)} methods")
    for method, parts in answers.items():
        wanted = len(found.accepted(method))
        if not parts or not wanted:
            raise ValueError(f"{method:.40} has no answers")
        if any(len(array) != wanted for array in parts.values()) or set(parts) - set(found.noise):
            raise ValueError(f"the answers of {method:.40} do not belong to the rows")
    return found


def _array_json(array: Array) -> dict[str, Any]:
    flat = array.reshape(-1)
    values = encode(flat)
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:  # shorter, and the same float32
        pairs = zip(values, flat, strict=True)
        values = [
            float(_digits(own)) if isinstance(value, float) else value for value, own in pairs
        ]
    if array.dtype.kind == "m":  # counts of its unit: a text has no room for years
        values = [None if count == _NAT else count for count in flat.view(np.int64).tolist()]
    if array.dtype.kind in "fc":
        values = ["NaN" if value is None else value for value in values]
    return {"dtype": _dtype_name(array), "shape": list(array.shape), "values": values}


def _digits(value: Any) -> str:
    """The shortest text of a float, whatever the print options are."""
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
