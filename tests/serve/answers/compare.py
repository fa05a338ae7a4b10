"""The outputs of a server for every kind of request, compared with those of the notebook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from tests.fixtures.servers import Answer
from tests.serve.answers.cases import Outputs, Served
from tests.serve.answers.rows import Objects, Rows, plain
from tests.serve.answers.ways import WAYS, Output, Request, outputs, records

DATATYPES = {"b": ("BOOL",), "U": ("BYTES",), "O": ("BYTES",), "T": ("BYTES",), "M": ("BYTES",)}
TOLERANCE = {"float32": 1e-5, "float16": 1e-2}  # relative, to what BLAS adds for other batches


def differences(served: Served, name: str) -> dict[str, str]:
    """By way and method, how the server's answer differs from the notebook's."""
    if name in served.failed:
        return {"not served": served.failed[name]}
    case = served.cases[name]
    differences: dict[str, str] = {}
    for method in case.methods:
        wanted = case.wanted(method)
        for way, difference in _by_way(served, name, method, wanted):
            if difference:
                differences[f"{way}, {method}"] = difference
    return differences


def difference(got: Output, wanted: np.ndarray, scale: float = 0) -> str:
    """How an output differs from the array it should be; empty if it does not.

    `scale` is the size of the numbers among which those of `wanted` were computed.
    """
    values = np.array(got.values, dtype=object)
    if values.shape != wanted.shape:
        return f"shape {values.shape}, not {wanted.shape}"
    if got.datatype and got.datatype not in datatypes_of(wanted):
        return f"datatype {got.datatype} of {wanted.dtype}"
    flat, expected = values.reshape(-1).tolist(), wanted.reshape(-1)
    if wanted.dtype.kind == "f":
        return _numbers_differ(flat, expected, scale)
    if wanted.dtype.kind == "M":
        flat = [None if value is None else pd.Timestamp(value) for value in flat]
        expected = [None if np.isnat(value) else pd.Timestamp(value) for value in expected]
        return "" if flat == expected else f"{flat[:3]}, not {expected[:3]}"
    plain_ones = [plain(value) for value in expected]
    same = [(type(a), a) for a in flat] == [(type(b), b) for b in plain_ones]
    return "" if same else f"{flat[:3]}, not {plain_ones[:3]}"


def datatypes_of(array: np.ndarray) -> tuple[str, ...]:
    """The protocol's datatypes that an array may be answered as."""
    if array.dtype.kind in "iu":
        return (array.dtype.name.upper(),)
    if array.dtype.kind == "f":
        return (f"FP{8 * array.dtype.itemsize}",)
    return DATATYPES[array.dtype.kind]


# -- parts -------------------------------------------------------------------


def _by_way(served: Served, name: str, method: str, wanted: Outputs) -> Iterable[tuple[str, str]]:
    rows = served.cases[name].rows
    for way, write in WAYS.items():
        places = list(range(len(rows)))
        if "binary" in way:
            places = _without_nulls(rows)
        request = write(rows.take(places), method) if places else None
        if request is not None:
            yield way, _differs(served.ask(name, request), wanted, places)
    for place in range(len(rows)):
        alone = _written(rows, [place], method)
        yield f"row {place} alone", _differs(served.ask(name, alone), wanted, [place])
    shares = [[place] for place in range(len(rows))] + [list(range(len(rows)))[-2:]]
    shares += shares[::-1]
    requests = [_written(rows, places, method) for places in shares]
    answers = served.ask_together(name, requests)
    for places, answer in zip(shares, answers, strict=True):
        yield f"rows {places} in a shared batch", _differs(answer, wanted, places)


def _written(rows: Rows, places: list[int], method: str) -> Request:
    taken = rows.take(places)
    request = records(taken, method) or WAYS["lists"](taken, method)
    assert request is not None
    return request


def _without_nulls(rows: Rows) -> list[int]:
    if isinstance(rows, Objects):
        return []
    columns = [c for c in rows.columns() if not c.whole]
    return [n for n in range(len(rows)) if all(c.values[n] is not None for c in columns)]


def _differs(answer: Answer, wanted: Outputs, places: list[int]) -> str:
    if answer.status != 200:
        return f"{answer.status} {answer.body.decode(errors='replace')[:300]}"
    got = outputs(answer)
    if list(got) != list(wanted):
        return f"outputs {list(got)}, not {list(wanted)}"
    parts = {
        name: difference(got[name], values[places], _scale(values))
        for name, values in wanted.items()
    }
    return "; ".join(f"{name}: {what}" for name, what in parts.items() if what)


def _scale(values: np.ndarray) -> float:
    if values.dtype.kind != "f":
        return 0
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0


def _numbers_differ(flat: list[Any], wanted: np.ndarray, scale: float) -> str:
    try:
        values = np.array([np.nan if value is None else value for value in flat], np.float64)
    except (TypeError, ValueError) as error:
        return f"not numbers: {error}"
    relative = TOLERANCE.get(wanted.dtype.name, 1e-12)
    if np.allclose(values, wanted, rtol=relative, atol=relative * scale, equal_nan=True):
        return ""
    return f"{values[:3]}, not {wanted[:3]}"
