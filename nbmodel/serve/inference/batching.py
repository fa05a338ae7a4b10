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
from typing import Protocol

from nbmodel.errors import Overloaded
from nbmodel.predict.compiled import NotCompiled
from nbmodel.predict.outputs import Outputs
from nbmodel.predict.rows import Rows, joined, rows_in

Score = Callable[[Rows], Outputs]


class Answer(Protocol):
    """Where an outcome goes: a future, or what needs none."""

    def done(self) -> bool:
        """Whether nobody waits any more."""

    def set_result(self, outputs: Outputs, /) -> None:
        """Take the outputs."""

    def set_exception(self, error: Exception, /) -> None:
        """Take why there are none."""


@dataclass(slots=True)
class _Waiting:
    rows: Rows
    count: int
    answer: Answer


class Batcher:
    """Calls `score` with the rows of all who wait, at most `most` rows at once.

    Parameters
    ----------
    score : callable
        Rows to arrays by output, one row each for each row.
    executor : Executor
        Where longer calls are made, one at a time.
    slow : callable, optional
        Called for requests that `score` leaves to it, by `NotCompiled`; never in the event loop.
    quick_rows : int
        Rows that are scored in the event loop itself: so few that handing them to a thread costs
        more, and that nobody waits for long meanwhile. 0 for a model of which one row takes long.
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
        executor: Executor,
        quick_rows: int = 0,
        slow: Score | None = None,
        *,
        names: Sequence[str] = (),
        together: bool = True,
        most: int = 256,
        patience: int = 10_000,
    ) -> None:
        self._score = score
        self._executor = executor
        self._quick_rows = quick_rows
        self._slow = slow
        self._names = names
        self._most = most if together else 0
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._long = 0  # requests that wait for the thread, or are there
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, rows: Rows) -> Outputs:
        """The outputs of these rows, by name.

        Raises
        ------
        Overloaded
            If too many wait already.
        """
        future: asyncio.Future[Outputs] = asyncio.get_running_loop().create_future()
        self.add(rows, rows_in(rows), future)
        return await future

    def add(self, rows: Rows, count: int, answer: Answer) -> None:
        """Let rows wait for their outputs, which go to `answer` in a later turn of the loop.

        Raises
        ------
        Overloaded
            If too many wait already.
        """
        if self._rows and self._rows + count > self._patience:
            raise Overloaded(self._rows)
        self._waiting.append(_Waiting(rows, count, answer))
        self._rows += count
        self._long += count > self._quick_rows
        if not self._busy:
            self._busy = True
            # After what this turn of the loop still reads: those are in the same batch.
            asyncio.get_running_loop().call_soon(self._start)

    def is_quick(self, count: int) -> bool:
        """Whether the outputs of so many rows come in the next turn of the loop."""
        return count <= self._quick_rows and not self._long

    def _start(self) -> None:
        """Score what is quick; a task goes on from the first that is not."""
        while self._waiting:
            quick = self._waiting[0].count <= self._quick_rows
            batch = self._take()
            if quick:
                batch = _settle(batch, self._outcomes(batch, self._score))
            if batch:
                self._long += len(batch)
                task = asyncio.ensure_future(self._in_thread(batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                return
        self._busy = False

    async def _in_thread(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        outcomes = await loop.run_in_executor(self._executor, self._both, batch)
        self._long -= len(batch)
        _settle(batch, outcomes)
        self._start()

    def _both(self, batch: list[_Waiting]) -> list[Outputs | Exception]:
        """Outcomes of `score`, and of `slow` for what is left to it."""
        outcomes = self._outcomes(batch, self._score)
        left = [place for place, each in enumerate(outcomes) if isinstance(each, NotCompiled)]
        if left and self._slow is not None:
            again = self._outcomes([batch[place] for place in left], self._slow)
            for place, outcome in zip(left, again, strict=True):
                outcomes[place] = outcome
        return outcomes

    def _take(self) -> list[_Waiting]:
        """The next batch, of quick requests or of long ones; without those who are gone."""
        batch: list[_Waiting] = []
        rows = 0
        quick = self._waiting[0].count <= self._quick_rows
        most = min(self._most, self._quick_rows) if quick else self._most
        while self._waiting:
            count = self._waiting[0].count
            if (count <= self._quick_rows) != quick or (batch and rows + count > most):
                break
            entry = self._waiting.popleft()
            self._rows -= count
            self._long -= not quick
            if not entry.answer.done():
                batch.append(entry)
                rows += count
        return batch

    def _outcomes(self, batch: list[_Waiting], score: Score) -> list[Outputs | Exception]:
        """Outputs of each request; one that the model refuses does not spoil the others'."""
        if not batch:
            return []
        try:
            outputs = score(joined([entry.rows for entry in batch], self._names))
        except Exception as error:  # noqa: BLE001  a model may raise anything; its request hears it
            if len(batch) == 1:
                return [error]
            return [outcome for entry in batch for outcome in self._outcomes([entry], score)]
        if len(batch) == 1:
            return [outputs]
        ends = accumulate(entry.count for entry in batch)
        return [
            {name: values[end - entry.count : end] for name, values in outputs.items()}
            for entry, end in zip(batch, ends, strict=True)
        ]


def _settle(batch: list[_Waiting], outcomes: list[Outputs | Exception]) -> list[_Waiting]:
    """Answer each request; those that are left to the slow way come back."""
    left = []
    for entry, outcome in zip(batch, outcomes, strict=True):
        if entry.answer.done():  # its client is gone
            continue
        if isinstance(outcome, NotCompiled):
            left.append(entry)
        elif isinstance(outcome, Exception):
            entry.answer.set_exception(outcome)
        else:
            entry.answer.set_result(outcome)
    return left
