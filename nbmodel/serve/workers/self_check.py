"""A server proves itself: it answers its own acceptance rows over its own HTTP code.

The rows go through the same reading, batching and writing as a client's: each alone, all in one
request, and mixed with others while they wait. Nothing of it is counted or logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np
import orjson

from nbmodel.errors import AnswersDiffer
from nbmodel.predict.acceptance import Acceptance, records
from nbmodel.predict.agreement import Difference
from nbmodel.predict.outputs import listed
from nbmodel.predict.proving import compared
from nbmodel.predict.rows import Array
from nbmodel.serve.http.codecs import Records
from nbmodel.serve.http.endpoint import Scoring
from nbmodel.serve.http.middleware import Intake
from nbmodel.serve.http.responses import dumped
from nbmodel.serve.http.state import Serving
from nbmodel.serve.inference.loaded import ProofState, Served
from nbmodel.serve.inference.slots import Plan, Slot

_NUMBERS = frozenset({float, int, type(None)})
_INEXACT = "numbers agree within rounding, which depends on how many rows are asked together"
MIXED = (1, 2, 3, 5)  # rows of the requests that are sent at once

Message = MutableMapping[str, Any]


class _Uncounted:
    """Counters of requests that are no client's."""

    def count(self, *_: Any) -> None:
        """Count nothing."""


def prove(served: Served, *, accept: bool = False) -> Served:
    """The version with the state of its proof.

    Parameters
    ----------
    served : Served
        Not yet in use: its batchers run in an event loop of their own.
    accept : bool
        Go on where answers differ; the state says so.

    Raises
    ------
    AnswersDiffer
        If an answer differs from that at commit, and that is not accepted.
    """
    acceptance = served.acceptance
    if acceptance is None or not acceptance.count:
        why = acceptance.why if acceptance is not None else ""
        return served.proved(ProofState(detail=why or "the version has no acceptance rows"))
    gaps, exact = asyncio.run(_Check(served, acceptance).run())
    if not gaps:
        detail = "" if exact else _INEXACT
        state = ProofState(state="proved", rows=acceptance.count, exact=exact, detail=detail)
        return served.proved(state)
    if not accept:
        first = {gap.output: str(gap) for gap in reversed(gaps)}  # one of each output
        raise AnswersDiffer(served.name, [first[name] for name in sorted(first)])
    state = ProofState(state="differs", rows=acceptance.count, detail=str(gaps[0]))
    return served.proved(state)


class _Check:
    """One proof."""

    def __init__(self, served: Served, acceptance: Acceptance) -> None:
        self._served = served
        self._acceptance = acceptance
        name = served.version.model
        slots: Any = {name: Slot(Plan(served.name), served)}
        serving = Serving(slots)
        metrics: Any = _Uncounted()
        self._endpoint = Scoring(serving, metrics, Intake(serving.limits), Records())

    async def run(self) -> tuple[list[Difference], bool]:
        """Where answers differ, and whether all agree bit for bit."""
        found: list[Difference] = []
        exact = not self._acceptance.random
        for method, expected in self._acceptance.answers.items():
            rows = self._acceptance.accepted(method)
            groups = [rows]
            if method not in self._acceptance.batch_dependent:
                groups += [[row] for row in rows]
            answers = [await self._ask(method, group) for group in groups]
            if method not in self._acceptance.batch_dependent:
                mixed = _mixed(rows)
                groups += mixed
                answers += await asyncio.gather(*(self._ask(method, group) for group in mixed))
            for group, answer in zip(groups, answers, strict=True):
                places = [rows.index(row) for row in group]
                wanted = {name: values[places] for name, values in expected.items()}
                measured = len(group) == len(rows) or places[-1] < self._acceptance.alone
                gaps, bits = self._compare(method, wanted, answer, measured=measured)
                found += gaps
                exact = exact and bits
        return found, exact

    def _compare(
        self, method: str, wanted: Mapping[str, Array], answer: Message, *, measured: bool
    ) -> tuple[list[Difference], bool]:
        if "error" in answer:
            gap = Difference(output=method, row=-1, expected="answers", got=answer["error"])
            return [gap], False
        got = {name: _as(answer[name], values) for name, values in wanted.items() if name in answer}
        sent = {name: _as(_in_json(values), values) for name, values in wanted.items()}
        return compared(self._acceptance, method, sent, got, measured=measured)

    async def _ask(self, method: str, rows: Sequence[int]) -> Message:
        """Send a request in ASGI's terms; the document that comes back."""
        body = orjson.dumps(
            {"records": records(self._acceptance, rows), "method": method, "id": "acceptance"}
        )
        scope = {"path_params": {"model": self._served.version.model}, "headers": []}
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._endpoint(scope, receive, send)
        document: Message = orjson.loads(b"".join(m.get("body", b"") for m in sent))
        return document


def _mixed(rows: list[int]) -> list[list[int]]:
    """The rows in requests of different sizes, as clients would send them at once."""
    groups: list[list[int]] = []
    at = 0
    while at < len(rows):
        size = MIXED[len(groups) % len(MIXED)]
        groups.append(rows[at : at + size])
        at += size
    return groups


def _in_json(values: Array) -> Any:
    """What an answer becomes in JSON, which has no infinity and no dates."""
    return orjson.loads(dumped(listed(values)))


def _as(values: Any, like: Array) -> Array:
    """An answer of JSON: floats as the expected dtype, all else as JSON has it."""
    found = np.array(values, dtype=object)
    if like.dtype.kind == "f" and _NUMBERS.issuperset(map(type, found.reshape(-1).tolist())):
        return found.astype(float).astype(like.dtype)
    if like.ndim == found.ndim:
        return found
    held = np.empty(len(found), dtype=object)  # lists or objects are the values themselves
    held[:] = [str(value) for value in values]
    return held
