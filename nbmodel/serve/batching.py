"""Micro-batches: requests that arrive while the model is busy are scored together.

No request waits for others that may come: a batch is what is there when the
model is free. So one client at a time pays nothing, and sixty-four share calls.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import accumulate

from nbmodel.errors import Overloaded
from nbmodel.predict.outputs import Outputs
from nbmodel.predict.rows import Rows, joined, rows_in

Score = Callable[[Rows], Outputs]


@dataclass(slots=True)
class _Waiting:
    rows: Rows
    count: int
    answer: asyncio.Future[Outputs]


class Batcher:
    """Calls `score` with the rows of all who wait, at most `most` rows at once.

    Parameters
    ----------
    score : callable
        Rows to arrays by output, one row each for each row.
    executor : Executor or None
        Where to call it; None for the event loop itself, right for calls so short that
        handing them to a thread costs more.
    names : sequence of str
        Of the columns, where a request's rows may be an array or typed columns.
    together : bool
        Whether requests are scored together; not where an answer depends on the other rows.
    most : int
        Rows of a batch.
    patience : int
        Rows that may wait; more are refused.
    """

    def __init__(
        self,
        score: Score,
        executor: Executor | None,
        *,
        names: Sequence[str] = (),
        together: bool = True,
        most: int = 256,
        patience: int = 10_000,
    ) -> None:
        self._score = score
        self._executor = executor
        self._names = names
        self._most = most if together else 0
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, rows: Rows) -> Outputs:
        """The outputs of these rows, by name.

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
                    _settle(batch, self._outcomes(batch))
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
            _settle(batch, await loop.run_in_executor(executor, self._outcomes, batch))
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

    def _outcomes(self, batch: list[_Waiting]) -> list[Outputs | Exception]:
        """Outputs of each request; one that the model refuses does not spoil the others'."""
        try:
            outputs = self._score(joined([entry.rows for entry in batch], self._names))
        except Exception as error:  # noqa: BLE001  a model may raise anything; its request hears it
            if len(batch) == 1:
                return [error]
            return [outcome for entry in batch for outcome in self._outcomes([entry])]
        if len(batch) == 1:
            return [outputs]
        ends = accumulate(entry.count for entry in batch)
        return [
            {name: values[end - entry.count : end] for name, values in outputs.items()}
            for entry, end in zip(batch, ends, strict=True)
        ]


def _settle(batch: list[_Waiting], outcomes: list[Outputs | Exception]) -> None:
    for entry, outcome in zip(batch, outcomes, strict=True):
        if entry.answer.done():  # its client is gone
            continue
        if isinstance(outcome, Exception):
            entry.answer.set_exception(outcome)
        else:
            entry.answer.set_result(outcome)
