"""Requests of a server, collected until the log's writer stores them.

Values that the requests of one version and method share are stored once, in a `Stream`. The
writer merges all requests of a stream into one entry, column by column. This costs a tenth of
creating an entry for each request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from nbmodel.monitor.common.arrays import join_columns
from nbmodel.monitor.prediction_log.entries import Entry, Matrix, day_number, prediction_tables
from nbmodel.monitor.prediction_log.settings import LogSettings, row_ids

BLOCK_ROWS = 1024  # rows in a block
MAX_BLOCK_VALUES = 1 << 16  # values in a block; wider rows are stored one by one
_NUMBERS = frozenset("fiub")


@dataclass(slots=True, eq=False, kw_only=True)
class Stream:
    """What the requests of one version and method share; for the attributes see `Entry`."""

    version: str
    commit: str
    stage: str = ""
    method: str = "predict"
    names: Sequence[str] = ()
    classes: Sequence[str] = ()
    block: RowBlock | None = field(default=None, init=False)  # receives the next row


class ScoredRequest(NamedTuple):
    """The rows of one request. A tuple, because one is created for each request."""

    stream: Stream
    id: str
    inputs: Matrix | Mapping[str, Matrix]
    outputs: Matrix
    time: int
    latency: float

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.outputs)


class RowBlock:
    """Numeric rows of requests with one row each, copied side by side.

    A thousand small arrays that wait for the writer fall out of the processor's caches; touching
    them again costs the event loop more than copying them at once.

    Parameters
    ----------
    first : ScoredRequest
        Determines shapes and dtypes. It is not added to the block.
    """

    __slots__ = (
        "_day",
        "ids",
        "inputs",
        "latencies",
        "open",
        "outputs",
        "rows",
        "stream",
        "times",
    )

    def __init__(self, first: ScoredRequest) -> None:
        inputs: Any = first.inputs
        size = min(BLOCK_ROWS, MAX_BLOCK_VALUES // inputs.shape[1])
        self.stream = first.stream
        self.inputs = np.empty((size, inputs.shape[1]), inputs.dtype)
        self.outputs = np.empty((size, *first.outputs.shape[1:]), first.outputs.dtype)
        self.ids: list[str] = []
        self.times: list[int] = []
        self.latencies: list[float] = []
        self.rows = 0
        self.open = True
        self._day = day_number(first.time)

    @staticmethod
    def suits(scored: ScoredRequest) -> bool:
        """Return whether rows like this one should be collected in a block."""
        inputs, outputs = scored.inputs, scored.outputs
        return (
            isinstance(inputs, np.ndarray)
            and inputs.ndim == 2
            and len(inputs) == len(outputs) == 1
            and outputs.ndim <= 2
            and inputs.dtype.kind in _NUMBERS
            and outputs.dtype.kind in _NUMBERS
            and 0 < 16 * inputs.size <= MAX_BLOCK_VALUES
            and outputs.size <= inputs.size + BLOCK_ROWS
        )

    def add(self, group: Sequence[ScoredRequest]) -> bool:
        """Add the rows of requests; return False, and add none, if one of them does not fit.

        numpy compares shapes and dtypes of all of them while it copies.
        """
        begin, end = self.rows, self.rows + len(group)
        if not self.open or end > len(self.inputs):
            return False
        _, ids, inputs, outputs, times, latencies = zip(*group, strict=True)
        if day_number(min(times)) != self._day or day_number(max(times)) != self._day:
            return False
        if set(map(len, outputs)) != {1}:
            return False
        try:
            np.concatenate(inputs, out=self.inputs[begin:end], casting="no")
            np.concatenate(outputs, out=self.outputs[begin:end], casting="no")
        except (TypeError, ValueError):  # another dtype or shape, or not an array
            return False
        self.ids += ids
        self.times += times
        self.latencies += latencies
        self.rows = end
        return True

    def entry(self) -> Entry:
        """Return all rows as one entry."""
        stream, rows = self.stream, self.rows
        return Entry(
            id=self.ids, inputs=self.inputs[:rows], outputs=self.outputs[:rows],
            version=stream.version, commit=stream.commit, time=np.array(self.times),
            stage=stream.stage, method=stream.method, latency=np.array(self.latencies),
            names=stream.names, classes=stream.classes,
        )  # fmt: skip

    def split(self) -> list[ScoredRequest]:
        """Return the rows as single requests."""
        return [
            ScoredRequest(
                self.stream, self.ids[n], self.inputs[n : n + 1], self.outputs[n : n + 1],
                self.times[n], self.latencies[n],
            )
            for n in range(self.rows)
        ]  # fmt: skip


def stream_tables(
    items: Iterable[Entry | ScoredRequest | RowBlock], settings: LogSettings
) -> Iterator[tuple[str, Any]]:
    """Convert waiting items to tables; see `prediction_tables`."""
    return prediction_tables(_gather(items), settings)


def _gather(items: Iterable[Entry | ScoredRequest | RowBlock]) -> Iterator[Entry]:
    """Return entries unchanged, and one entry for all requests of a stream, day and shape."""
    items = list(items)
    if _is_uniform(items):
        yield _merge(items[0].stream, items)
        return
    groups: dict[tuple[Any, ...], list[ScoredRequest]] = {}
    for item in items:
        if isinstance(item, Entry | RowBlock):
            yield item if isinstance(item, Entry) else item.entry()
            continue
        inputs = item.inputs
        columns = inputs.shape[1:] if isinstance(inputs, np.ndarray) else tuple(inputs)
        key = item.stream, day_number(item.time), columns, item.outputs.shape[1:]
        groups.setdefault(key, []).append(item)
    for (stream, *_), group in groups.items():
        yield _merge(stream, group)


def _is_uniform(
    items: Sequence[Entry | ScoredRequest | RowBlock],
) -> TypeGuard[Sequence[ScoredRequest]]:
    """Return whether all items can be merged into one entry, which is the usual case.

    Checking column by column takes a third of the time of grouping.
    """
    if not items or set(map(type, items)) != {ScoredRequest}:
        return False
    streams, _, inputs, outputs, times, _ = zip(*items, strict=True)
    return (
        len(set(streams)) == 1
        and set(map(type, inputs)) == {np.ndarray}
        and len({array.shape[1:] for array in inputs}) == 1
        and len({array.shape[1:] for array in outputs}) == 1
        and day_number(min(times)) == day_number(max(times))
    )


def _merge(stream: Stream, group: Sequence[ScoredRequest]) -> Entry:
    _, ids, inputs, outputs, times, latencies = zip(*group, strict=True)
    counts = [len(array) for array in outputs]
    pairs = zip(ids, counts, strict=True)
    first: Any = inputs[0]
    return Entry(
        id=ids if max(counts) == 1 else [i for id_, n in pairs for i in row_ids(id_, n)],
        inputs=(
            {name: join_columns([array[name] for array in inputs]) for name in first}
            if isinstance(first, Mapping)
            else np.concatenate(inputs)
        ),
        outputs=np.concatenate(outputs),
        version=stream.version,
        commit=stream.commit,
        time=np.repeat(times, counts),
        stage=stream.stage,
        method=stream.method,
        latency=np.repeat(latencies, counts),
        names=stream.names,
        classes=stream.classes,
    )  # fmt: skip
