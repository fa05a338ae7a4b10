"""What a server tells the prediction log: what was scored, and the labels that clients send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from nbmodel import refs
from nbmodel.errors import InvalidInput
from nbmodel.monitor.prediction_log.settings import LogSettings, row_ids
from nbmodel.monitor.prediction_log.streams import Stream
from nbmodel.monitor.prediction_log.writer import LogState, PredictionLog
from nbmodel.predict.rows import Array as Matrix
from nbmodel.predict.rows import Rows
from nbmodel.serve.inference.loaded import Served
from nbmodel.serve.inference.slots import Slot

MOST_LABELS = 10_000  # of one request


class Recorder:
    """The prediction logs of one server, a log for each model.

    Parameters
    ----------
    root : str
        Folder or fsspec URL.
    settings : mapping of str to LogSettings
        By model.

    Raises
    ------
    ExtraMissing
        If pyarrow is not installed.
    """

    def __init__(self, root: str, settings: Mapping[str, LogSettings]) -> None:
        self._logs = {name: PredictionLog(root, name, chosen) for name, chosen in settings.items()}
        self._notes: dict[tuple[str, str], Callable[..., None]] = {}

    def note(
        self, slot: Slot, served: Served, request: str, rows: Rows, outputs: Matrix,
        output: str, latency: float, when: int,
    ) -> None:  # fmt: skip
        """Hand over what was scored at a time; never waits and never raises."""
        note = self._notes.get((served.name, output))
        if note is None:
            log, stream = self._logs[slot.plan.name], _stream(slot, served, output)
            note = self._notes[served.name, output] = partial(log.note, stream)
        note(request, rows, outputs, when, latency)

    def label(self, model: str, document: Any, when: int) -> int:
        """Hand over labels; how many.

        Raises
        ------
        InvalidInput
            If they are not ``{"id": ..., "label": ...}``, or a list of such.
        """
        given = document.get("labels", document) if isinstance(document, Mapping) else document
        pairs = [given] if isinstance(given, Mapping) else given
        if not isinstance(pairs, list) or not 0 < len(pairs) <= MOST_LABELS:
            raise _no_labels(f"It holds no list of 1 to {MOST_LABELS} labels.")
        ids: list[str] = []
        labels: list[Any] = []
        for number, pair in enumerate(pairs):
            for one, label in _labels_of(pair, number):
                ids.append(one)
                labels.append(label)
        self._logs[model].label(ids, labels, when)
        return len(ids)

    def states(self) -> Mapping[str, LogState]:
        """What became of the rows, by model."""
        return {name: log.state for name, log in self._logs.items()}

    def close(self) -> None:
        """Write what waits."""
        for log in self._logs.values():
            log.close()


def _stream(slot: Slot, served: Served, output: str) -> Stream:
    return Stream(
        version=served.name,
        commit=served.version.commit,
        stage=_stage_of(slot.plan.reference),
        method=output,
        names=served.decoder.names,
        classes=served.classes.get(output, ()),
    )


def _labels_of(pair: Any, number: int) -> Iterable[tuple[str, Any]]:
    """Ids and labels of one entry; a request of several rows has a list of labels."""
    if not isinstance(pair, Mapping) or not isinstance(pair.get("id"), str) or "label" not in pair:
        raise _no_labels(f"Entry {number} has no id, or no label.")
    label = pair["label"]
    values: Sequence[Any] = label if isinstance(label, list) else [label]
    if not all(value is None or isinstance(value, str | int | float) for value in values):
        raise _no_labels(f"The label of entry {number} is neither a text nor a number.")
    return zip(row_ids(pair["id"], len(values)), values, strict=True)


def _no_labels(why: str) -> InvalidInput:
    return InvalidInput(
        f"The feedback cannot be kept: {why}",
        'Send {"id": "the id of the answer", "label": 1}, or a list of such.',
    )


@lru_cache
def _stage_of(reference: str) -> str:
    parsed = refs.parse(reference)
    return parsed.value if parsed.kind == "stage" else ""
