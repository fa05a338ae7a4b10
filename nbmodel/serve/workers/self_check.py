"""A server scores the acceptance rows of a version through its own HTTP code before it serves.

The rows are read, batched and written like those of a client: each row alone, all rows in one
request, and several requests at the same time. These requests are not counted and not logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np
import orjson

from nbmodel.errors import AnswersDiffer
from nbmodel.predict.acceptance import Acceptance, records
from nbmodel.predict.acceptance_replay import compare
from nbmodel.predict.agreement import Difference
from nbmodel.predict.outputs import to_lists
from nbmodel.predict.rows import Array
from nbmodel.serve.http.codecs import RecordCodec
from nbmodel.serve.http.endpoint import ScoringEndpoint
from nbmodel.serve.http.middleware import BodyReader
from nbmodel.serve.http.responses import to_json
from nbmodel.serve.http.state import AppState
from nbmodel.serve.inference.loaded import LoadedVersion, ProofState
from nbmodel.serve.inference.slots import ServingPlan, Slot

_NUMBER_TYPES = frozenset({float, int, type(None)})
_INEXACT = "numbers agree within rounding, which depends on how many rows are scored together"
MIXED_ROWS = (1, 2, 3, 5)  # of the requests that are sent at the same time

Message = MutableMapping[str, Any]


class _NoMetrics:
    """Takes the place of the metrics, for requests that no client sent."""

    def count(self, *_: Any) -> None:
        """Do nothing."""


def prove(version: LoadedVersion, *, accept: bool = False) -> LoadedVersion:
    """Compare the outputs of a version with those at commit.

    Parameters
    ----------
    version : LoadedVersion
        Not in use yet: its batchers run in a separate event loop.
    accept : bool
        Continue if outputs differ; the state of the proof says so.

    Returns
    -------
    LoadedVersion
        The version with the state of its proof.

    Raises
    ------
    AnswersDiffer
        If an output differs, and that is not accepted.
    """
    acceptance = version.acceptance
    if acceptance is None or not acceptance.count:
        why = acceptance.why if acceptance is not None else ""
        return version.with_proof(ProofState(detail=why or "the version has no acceptance rows"))
    differences, exact = asyncio.run(_Check(version, acceptance).run())
    if not differences:
        detail = "" if exact else _INEXACT
        state = ProofState(state="proved", rows=acceptance.count, exact=exact, detail=detail)
        return version.with_proof(state)
    if not accept:
        first = {item.output: str(item) for item in reversed(differences)}  # one per output
        raise AnswersDiffer(version.reference, [first[name] for name in sorted(first)])
    state = ProofState(state="differs", rows=acceptance.count, detail=str(differences[0]))
    return version.with_proof(state)


class _Check:
    """One proof."""

    def __init__(self, version: LoadedVersion, acceptance: Acceptance) -> None:
        self._version = version
        self._acceptance = acceptance
        slot = Slot(plan=ServingPlan(version.reference), primary=version)
        slots: Any = {version.info.model: slot}
        state = AppState(slots=slots)
        metrics: Any = _NoMetrics()
        self._endpoint = ScoringEndpoint(state, metrics, BodyReader(state.limits), RecordCodec())

    async def run(self) -> tuple[list[Difference], bool]:
        """The differences, and whether all outputs are equal bit for bit."""
        differences: list[Difference] = []
        exact = not self._acceptance.random
        for method, expected in self._acceptance.answers.items():
            rows = self._acceptance.accepted(method)
            groups = [rows]
            if method not in self._acceptance.batch_dependent:
                groups += [[row] for row in rows]
            answers = [await self._send(method, group) for group in groups]
            if method not in self._acceptance.batch_dependent:
                mixed = _mixed(rows)
                groups += mixed
                answers += await asyncio.gather(*(self._send(method, group) for group in mixed))
            for group, answer in zip(groups, answers, strict=True):
                indices = [rows.index(row) for row in group]
                group_outputs = {name: values[indices] for name, values in expected.items()}
                measured = len(group) == len(rows) or indices[-1] < self._acceptance.alone
                different, equal = self._compare(method, group_outputs, answer, measured=measured)
                differences += different
                exact = exact and equal
        return differences, exact

    def _compare(
        self, method: str, outputs: Mapping[str, Array], answer: Message, *, measured: bool
    ) -> tuple[list[Difference], bool]:
        if "error" in answer:
            error = Difference(output=method, row=-1, expected="answers", actual=answer["error"])
            return [error], False
        actual = {
            name: _to_array(answer[name], values)
            for name, values in outputs.items()
            if name in answer
        }
        expected = {
            name: _to_array(_through_json(values), values) for name, values in outputs.items()
        }
        return compare(self._acceptance, method, expected, actual, measured=measured)

    async def _send(self, method: str, rows: Sequence[int]) -> Message:
        """Send a request as ASGI messages; returns the document of the response."""
        body = orjson.dumps(
            {"records": records(self._acceptance, rows), "method": method, "id": "acceptance"}
        )
        scope = {"path_params": {"model": self._version.info.model}, "headers": []}
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._endpoint(scope, receive, send)
        document: Message = orjson.loads(b"".join(m.get("body", b"") for m in messages))
        return document


def _mixed(rows: list[int]) -> list[list[int]]:
    """The rows as requests of different sizes, as several clients would send them."""
    groups: list[list[int]] = []
    start = 0
    while start < len(rows):
        size = MIXED_ROWS[len(groups) % len(MIXED_ROWS)]
        groups.append(rows[start : start + size])
        start += size
    return groups


def _through_json(values: Array) -> Any:
    """Outputs as a client reads them: JSON has no infinity and no dates."""
    return orjson.loads(to_json(to_lists(values)))


def _to_array(values: Any, like: Array) -> Array:
    """Outputs of JSON as an array: floats get the expected dtype, other values are unchanged."""
    result = np.array(values, dtype=object)
    if like.dtype.kind == "f" and _NUMBER_TYPES.issuperset(map(type, result.reshape(-1).tolist())):
        return result.astype(float).astype(like.dtype)
    if like.ndim == result.ndim:
        return result
    texts = np.empty(len(result), dtype=object)  # each value is a list or an object
    texts[:] = [str(value) for value in values]
    return texts
