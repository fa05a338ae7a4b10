"""Micro-batches: requests that arrive while the model is busy are scored together.

No request waits for others that may come: a batch holds the requests that wait when the model is
free. A single client has no extra latency, and many clients share the calls of the model.
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
from nbmodel.predict.rows import Rows, concatenate, count_rows

Score = Callable[[Rows], Outputs]


class OutcomeReceiver(Protocol):
    """Receives the outcome of a request: a future, or an object with the same methods."""

    def done(self) -> bool:
        """Whether the outcome is no longer wanted."""

    def set_result(self, outputs: Outputs, /) -> None:
        """Receive the outputs."""

    def set_exception(self, error: Exception, /) -> None:
        """Receive the error that the model raised."""


@dataclass(slots=True)
class _Entry:
    rows: Rows
    count: int
    receiver: OutcomeReceiver


class Batcher:
    """Calls `score` with the rows of the requests that wait, joined into one batch.

    Parameters
    ----------
    score : callable
        Takes rows; returns arrays by the name of the output, one row for each row.
    executor : Executor
        Makes the longer calls, one at a time.
    quick_rows : int
        A request of at most so many rows is scored in the event loop: handing it to a thread
        would cost more than the call. 0 for a model that takes long for one row.
    fallback : callable, optional
        Called in the executor for requests for which `score` raises `NotCompiled`.
    names : sequence of str
        Column names, where the rows of a request may be an array or typed columns.
    together : bool
        Whether requests share a call; False if an output depends on the other rows of a call.
    max_batch_rows : int
    max_waiting_rows : int
        A request that would exceed this is refused.
    """

    def __init__(
        self,
        score: Score,
        executor: Executor,
        quick_rows: int = 0,
        fallback: Score | None = None,
        *,
        names: Sequence[str] = (),
        together: bool = True,
        max_batch_rows: int = 256,
        max_waiting_rows: int = 10_000,
    ) -> None:
        self._score = score
        self._executor = executor
        self._quick_rows = quick_rows
        self._fallback = fallback
        self._names = names
        self._max_batch_rows = max_batch_rows if together else 0
        self._max_waiting_rows = max_waiting_rows
        self._entries: deque[_Entry] = deque()
        self._waiting_rows = 0
        self._slow_requests = 0  # that wait for the thread, or run in it
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, rows: Rows) -> Outputs:
        """Score rows; the outputs by name.

        Raises
        ------
        Overloaded
            If too many rows wait already.
        """
        future: asyncio.Future[Outputs] = asyncio.get_running_loop().create_future()
        self.add(rows, count_rows(rows), future)
        return await future

    def add(self, rows: Rows, count: int, receiver: OutcomeReceiver) -> None:
        """Queue rows; `receiver` gets the outcome in a later iteration of the event loop.

        Raises
        ------
        Overloaded
            If too many rows wait already.
        """
        if self._waiting_rows and self._waiting_rows + count > self._max_waiting_rows:
            raise Overloaded(self._waiting_rows)
        self._entries.append(_Entry(rows, count, receiver))
        self._waiting_rows += count
        self._slow_requests += count > self._quick_rows
        if not self._busy:
            self._busy = True
            # Requests that this iteration of the loop still reads join the same batch.
            asyncio.get_running_loop().call_soon(self._start)

    def is_quick(self, count: int) -> bool:
        """Whether the outputs of so many rows come in the next iteration of the event loop."""
        return count <= self._quick_rows and not self._slow_requests

    def _start(self) -> None:
        """Score the quick batches; the first batch that is not quick continues in a task."""
        while self._entries:
            quick = self._entries[0].count <= self._quick_rows
            batch = self._take()
            if quick:
                batch = _deliver(batch, self._outcomes(batch, self._score))
            if batch:
                self._slow_requests += len(batch)
                task = asyncio.ensure_future(self._run_in_thread(batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                return
        self._busy = False

    async def _run_in_thread(self, batch: list[_Entry]) -> None:
        loop = asyncio.get_running_loop()
        outcomes = await loop.run_in_executor(self._executor, self._score_or_fall_back, batch)
        self._slow_requests -= len(batch)
        _deliver(batch, outcomes)
        self._start()

    def _score_or_fall_back(self, batch: list[_Entry]) -> list[Outputs | Exception]:
        """Outcomes of `score`; of `fallback` for the requests that `score` cannot take."""
        outcomes = self._outcomes(batch, self._score)
        indices = [index for index, item in enumerate(outcomes) if isinstance(item, NotCompiled)]
        if indices and self._fallback is not None:
            others = self._outcomes([batch[index] for index in indices], self._fallback)
            for index, outcome in zip(indices, others, strict=True):
                outcomes[index] = outcome
        return outcomes

    def _take(self) -> list[_Entry]:
        """The next batch: only quick requests or only slow ones, whose clients still wait."""
        batch: list[_Entry] = []
        rows = 0
        quick = self._entries[0].count <= self._quick_rows
        limit = min(self._max_batch_rows, self._quick_rows) if quick else self._max_batch_rows
        while self._entries:
            count = self._entries[0].count
            if (count <= self._quick_rows) != quick or (batch and rows + count > limit):
                break
            entry = self._entries.popleft()
            self._waiting_rows -= count
            self._slow_requests -= not quick
            if not entry.receiver.done():
                batch.append(entry)
                rows += count
        return batch

    def _outcomes(self, batch: list[_Entry], score: Score) -> list[Outputs | Exception]:
        """Outputs of each request; if the model refuses the batch, each is scored alone."""
        if not batch:
            return []
        try:
            outputs = score(concatenate([entry.rows for entry in batch], self._names))
        except Exception as error:  # noqa: BLE001  a model may raise anything; its request gets it
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


def _deliver(batch: list[_Entry], outcomes: list[Outputs | Exception]) -> list[_Entry]:
    """Hand each outcome to its receiver; the requests that need the fallback are returned."""
    entries = []
    for entry, outcome in zip(batch, outcomes, strict=True):
        if entry.receiver.done():
            continue
        if isinstance(outcome, NotCompiled):
            entries.append(entry)
        elif isinstance(outcome, Exception):
            entry.receiver.set_exception(outcome)
        else:
            entry.receiver.set_result(outcome)
    return entries
