"""Rows as a server hands them over, one request at a time, and as the log's writer takes them.

What the requests of one version and method share is told once. The writer makes one entry of
all of them, column by column, which costs a tenth of an entry for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from nbmodel.monitor.arrays import joined
from nbmodel.monitor.entries import Entry, Matrix, day_number, prediction_tables
from nbmodel.monitor.settings import LogSettings, row_ids


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """What the requests of one version and method share; see `nbmodel.monitor.entries.Entry`."""

    version: str
    commit: str
    stage: str = ""
    method: str = "predict"
    names: Sequence[str] = ()
    classes: Sequence[str] = ()


class Scored(NamedTuple):
    """The rows of one request: a tuple, as one is made for each."""

    stream: Stream
    id: str
    inputs: Matrix | Mapping[str, Matrix]
    outputs: Matrix
    time: int
    latency: float

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.outputs)


def tables(items: Iterable[Entry | Scored], settings: LogSettings) -> Iterator[tuple[str, Any]]:
    """``(date, Arrow table)`` of what waits, see `nbmodel.monitor.entries.prediction_tables`."""
    return prediction_tables(_gathered(items), settings)


def _gathered(items: Iterable[Entry | Scored]) -> Iterator[Entry]:
    """Entries as they are, and one entry of all requests of a stream, a day and a shape."""
    items = list(items)
    if _is_uniform(items):
        yield _together(items[0].stream, items)
        return
    groups: dict[tuple[Any, ...], list[Scored]] = {}
    for item in items:
        if isinstance(item, Entry):
            yield item
            continue
        inputs = item.inputs
        columns = inputs.shape[1:] if isinstance(inputs, np.ndarray) else tuple(inputs)
        key = item.stream, day_number(item.time), columns, item.outputs.shape[1:]
        groups.setdefault(key, []).append(item)
    for (stream, *_), group in groups.items():
        yield _together(stream, group)


def _is_uniform(items: Sequence[Entry | Scored]) -> TypeGuard[Sequence[Scored]]:
    """Whether all belong together, as a rule: seen column by column, in a third of the time."""
    if not items or set(map(type, items)) != {Scored}:
        return False
    streams, _, inputs, outputs, times, _ = zip(*items, strict=True)
    return (
        len(set(streams)) == 1
        and set(map(type, inputs)) == {np.ndarray}
        and len({each.shape[1:] for each in inputs}) == 1
        and len({each.shape[1:] for each in outputs}) == 1
        and day_number(min(times)) == day_number(max(times))
    )


def _together(stream: Stream, group: Sequence[Scored]) -> Entry:
    _, ids, inputs, outputs, times, latencies = zip(*group, strict=True)
    counts = [len(each) for each in outputs]
    named = zip(ids, counts, strict=True)
    first: Any = inputs[0]
    return Entry(
        id=ids if max(counts) == 1 else [i for one, n in named for i in row_ids(one, n)],
        inputs=(
            {name: joined([each[name] for each in inputs]) for name in first}
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
