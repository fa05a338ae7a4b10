"""Micro-batches: requests that arrive while the model is busy are scored together.

No request waits for others that may come: a batch is what is there when the
model is free. So one client at a time pays nothing, and sixty-four share calls.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import accumulate

from nbmodel.errors import Overloaded
from nbmodel.serve.schema import Matrix, Rows, joined, rows_in

Score = Callable[[Rows], Matrix]


@dataclass(slots=True)
class _Waiting:
    rows: Rows
    count: int
    answer: asyncio.Future[Matrix]


class Batcher:
    """Calls `score` with the rows of all who wait, at most `most` rows at once.

    Parameters
    ----------
    score : callable
        Rows to an array whose first axis is theirs.
    executor : Executor or None
        Where to call it; None for the event loop itself, right for calls so short that
        handing them to a thread costs more.
    most : int
        Rows of a batch.
    patience : int
        Rows that may wait; more are refused.
    """

    def __init__(
        self, score: Score, executor: Executor | None, *, most: int = 256, patience: int = 10_000
    ) -> None:
        self._score = score
        self._executor = executor
        self._most = most
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, rows: Rows) -> Matrix:
        """The outputs of these rows.

        Raises
        ------
        Overloaded
            If too many wait already.
        """
        count = rows_in(rows)
        if self._rows and self._rows + count > self._patience:
            raise Overloaded(self._rows)
        loop = asyncio.get_running_loop()
        entry = _Waiting(rows, count, loop.create_future())
        self._waiting.append(entry)
        self._rows += count
        if not self._busy:
            self._busy = True
            # After what this turn of the loop still reads: those are in the same batch.
            loop.call_soon(self._start)
        return await entry.answer

    def _start(self) -> None:
        if self._executor is None:
            while self._waiting:
                if batch := self._take():
                    _settle(batch, _outcomes(self._score, batch))
            self._busy = False
        else:
            task = asyncio.ensure_future(self._in_threads(self._executor))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _in_threads(self, executor: Executor) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            if not (batch := self._take()):
                continue
            _settle(batch, await loop.run_in_executor(executor, _outcomes, self._score, batch))
        self._busy = False

    def _take(self) -> list[_Waiting]:
        """The next batch; not for those who waited too long, or are gone."""
        batch: list[_Waiting] = []
        rows = 0
        while self._waiting and (not batch or rows + self._waiting[0].count <= self._most):
            entry = self._waiting.popleft()
            self._rows -= entry.count
            if not entry.answer.done():
                batch.append(entry)
                rows += entry.count
        return batch


def _outcomes(score: Score, batch: list[_Waiting]) -> list[Matrix | Exception]:
    """Outputs of each request; one that the model refuses does not spoil the others'."""
    try:
        outputs = score(joined([entry.rows for entry in batch]))
    except Exception as error:  # noqa: BLE001  a model may raise anything; its request is told
        if len(batch) == 1:
            return [error]
        return [outcome for entry in batch for outcome in _outcomes(score, [entry])]
    ends = list(accumulate(entry.count for entry in batch))
    return [outputs[end - entry.count : end] for entry, end in zip(batch, ends, strict=True)]


def _settle(batch: list[_Waiting], outcomes: list[Matrix | Exception]) -> None:
    for entry, outcome in zip(batch, outcomes, strict=True):
        if entry.answer.done():  # its client is gone
            continue
        if isinstance(outcome, Exception):
            entry.answer.set_exception(outcome)
        else:
            entry.answer.set_result(outcome)
