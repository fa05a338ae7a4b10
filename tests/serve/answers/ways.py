"""Every form of a request for rows: its body, or None if that form cannot express the rows."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.serve.protocol import binary
from tests.fixtures.servers import Answer
from tests.serve.answers.rows import Column, Frame, Objects, Rows

HEADER = binary.HEADER.decode()
ABOUT = ("model", "version", "id")  # of an answer to records, beside the outputs


@dataclass(frozen=True)
class Request:
    """Where to send it, what to send, and with which headers."""

    path: str
    body: bytes
    headers: dict[str, str]


def records(rows: Rows, method: str) -> Request | None:
    """JSON objects by column name, their keys in another order than the columns."""
    if isinstance(rows, Objects):
        return _envelope(rows.value, method)
    if not rows.named:
        return None
    columns = rows.columns()[::-1]
    return _envelope(
        [{column.name: column.values[i] for column in columns} for i in range(len(rows))], method
    )


def lists(rows: Rows, method: str) -> Request | None:
    """JSON lists in the order of the columns."""
    if isinstance(rows, Objects):
        return None
    columns = rows.columns()
    if not isinstance(rows, Frame):
        return _envelope(columns[0].values, method) if len(columns) == 1 else None
    return _envelope([[c.values[i] for c in columns] for i in range(len(rows))], method)


def columns(rows: Rows, method: str) -> Request | None:
    """v2 JSON, a tensor for each column."""
    if isinstance(rows, Objects) or not rows.named:
        return None
    return _tensors(rows.columns(), method)


def narrow(rows: Rows, method: str) -> Request | None:
    """v2 JSON, a tensor for each column, of the shape [rows, 1]."""
    if not isinstance(rows, Frame) or not rows.named:
        return None
    return _tensors([_narrow(column) for column in rows.columns()], method)


def tensor(rows: Rows, method: str) -> Request | None:
    """v2 JSON, one tensor of all columns."""
    whole = _whole(rows)
    return None if whole is None else _tensors([whole], method)


def binary_columns(rows: Rows, method: str) -> Request | None:
    """Bytes behind the JSON, a tensor for each column, and bytes as the answer."""
    if isinstance(rows, Objects) or not rows.named:
        return None
    return _blobs(rows.columns(), method)


def binary_tensor(rows: Rows, method: str) -> Request | None:
    """Bytes behind the JSON, one tensor of all columns, and bytes as the answer."""
    whole = _whole(rows)
    return None if whole is None else _blobs([whole], method)


WAYS: dict[str, Callable[[Rows, str], Request | None]] = {
    "records": records,
    "lists": lists,
    "v2 columns": columns,
    "v2 columns [n, 1]": narrow,
    "v2 tensor": tensor,
    "v2 binary columns": binary_columns,
    "v2 binary tensor": binary_tensor,
}


@dataclass(frozen=True)
class Output:
    """One named output: nested lists, and the datatype where the protocol has one."""

    values: Any
    datatype: str = ""


def outputs(answer: Answer) -> dict[str, Output]:
    """What a request was answered, by the name of the output."""
    if HEADER in answer.headers:
        end = int(answer.headers[HEADER])
        document, behind = json.loads(answer.body[:end]), answer.body[end:]
    else:
        document, behind = answer.json, b""
    if "outputs" not in document:
        return {name: Output(document[name]) for name in document if name not in ABOUT}
    tail = binary.TailReader(behind)
    decoded = {each["name"]: _read(each, tail) for each in document["outputs"]}
    tail.finish()
    return decoded


# -- parts -------------------------------------------------------------------


def _envelope(values: list[Any], method: str) -> Request:
    return Request("/predict/{}", json.dumps({"records": values, "method": method}).encode(), {})


def _narrow(column: Column) -> Column:
    return Column(column.name, [[value] for value in column.values], (1,), column.kind)


def _whole(rows: Rows) -> Column | None:
    """All columns as one tensor, where they are of one kind."""
    if isinstance(rows, Objects):
        return None
    columns = rows.columns()
    if not isinstance(rows, Frame):
        return columns[0] if len(columns) == 1 else None
    kinds = {column.kind for column in columns}
    values = [list(row) for row in zip(*(column.values for column in columns), strict=True)]
    if len(kinds) > 1 and not kinds <= {"INT64", "FP64", "BOOL"}:
        return None
    kind = kinds.pop() if len(kinds) == 1 else "FP64"
    if kind == "FP64":
        values = [[None if v is None else float(v) for v in row] for row in values]
    return Column("rows", values, (len(columns),), kind)


def _tensors(columns: Sequence[Column], method: str) -> Request | None:
    if not all(column.kind for column in columns):
        return None
    inputs = [
        {
            "name": column.name,
            "shape": [len(column.values), *column.shape],
            "datatype": column.kind,
            "data": column.flat,
        }
        for column in columns
    ]
    body = {"inputs": inputs, "parameters": {"method": method}}
    return Request("/v2/models/{}/infer", json.dumps(body).encode(), {})


def _blobs(columns: Sequence[Column], method: str) -> Request | None:
    if not all(column.kind and column.whole for column in columns):
        return None
    blobs = [_blob(column) for column in columns]
    inputs = [
        {
            "name": column.name,
            "shape": [len(column.values), *column.shape],
            "datatype": column.kind,
            "parameters": {"binary_data_size": len(blob)},
        }
        for column, blob in zip(columns, blobs, strict=True)
    ]
    parameters = {"method": method, "binary_data_output": True}
    head = json.dumps({"inputs": inputs, "parameters": parameters}).encode()
    return Request("/v2/models/{}/infer", head + b"".join(blobs), {HEADER: str(len(head))})


def _blob(column: Column) -> bytes:
    flat = column.flat
    if column.kind == "BYTES":
        return binary.encode_texts(flat)
    values = [math.nan if value is None else value for value in flat]
    return np.array(values, binary.DATATYPES[column.kind]).tobytes()


def _read(output: dict[str, Any], tail: binary.TailReader) -> Output:
    kind, size = output["datatype"], output.get("parameters", {}).get("binary_data_size")
    data = output["data"] if size is None else binary.decode(kind, tail.take(size)).tolist()
    flat = np.empty(len(data), dtype=object)
    flat[:] = data
    return Output(flat.reshape(output["shape"]).tolist(), kind)
