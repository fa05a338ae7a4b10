"""Hands what a server scores, and the labels that clients send, to the prediction log."""

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
from nbmodel.serve.inference.loaded import LoadedVersion
from nbmodel.serve.inference.slots import Slot

MAX_LABELS = 10_000  # in one request


class Recorder:
    """The prediction logs of one server, one for each model.

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
        self._logs = {name: PredictionLog(root, name, own) for name, own in settings.items()}
        self._writers: dict[tuple[str, str], Callable[..., None]] = {}

    def record(
        self, slot: Slot, version: LoadedVersion, request_id: str, rows: Rows, outputs: Matrix,
        output: str, latency_s: float, micros: int,
    ) -> None:  # fmt: skip
        """Log scored rows; never waits and never raises.

        Parameters
        ----------
        slot : Slot
        version : LoadedVersion
            That scored the rows.
        request_id : str
        rows : Rows
        outputs : array
        output : str
            Name of the output.
        latency_s : float
            In seconds.
        micros : int
            The time that is logged, in microseconds since the epoch.
        """
        write = self._writers.get((version.reference, output))
        if write is None:
            log, stream = self._logs[slot.plan.name], _stream(slot, version, output)
            write = self._writers[version.reference, output] = partial(log.record, stream)
        write(request_id, rows, outputs, micros, latency_s)

    def record_labels(self, model: str, document: Any, micros: int) -> int:
        """Log labels; returns how many.

        Raises
        ------
        InvalidInput
            If the document is not ``{"id": ..., "label": ...}``, or a list of such entries.
        """
        value = document.get("labels", document) if isinstance(document, Mapping) else document
        entries = [value] if isinstance(value, Mapping) else value
        if not isinstance(entries, list) or not 0 < len(entries) <= MAX_LABELS:
            raise _invalid_labels(f"It is not a list of 1 to {MAX_LABELS} labels.")
        ids: list[str] = []
        labels: list[Any] = []
        for number, entry in enumerate(entries):
            for row_id, label in _labels_of(entry, number):
                ids.append(row_id)
                labels.append(label)
        self._logs[model].label(ids, labels, micros)
        return len(ids)

    def states(self) -> Mapping[str, LogState]:
        """The state of each log, by model."""
        return {name: log.state for name, log in self._logs.items()}

    def close(self) -> None:
        """Write the rows that wait."""
        for log in self._logs.values():
            log.close()


def _stream(slot: Slot, version: LoadedVersion, output: str) -> Stream:
    return Stream(
        version=version.reference,
        commit=version.info.commit,
        stage=_stage_of(slot.plan.reference),
        method=output,
        names=version.decoder.names,
        classes=version.classes.get(output, ()),
    )


def _labels_of(entry: Any, number: int) -> Iterable[tuple[str, Any]]:
    """Row ids and labels of one entry; for a request of several rows, it has a list of labels."""
    valid = isinstance(entry, Mapping) and isinstance(entry.get("id"), str) and "label" in entry
    if not valid:
        raise _invalid_labels(f"Entry {number} has no id or no label.")
    label = entry["label"]
    values: Sequence[Any] = label if isinstance(label, list) else [label]
    if not all(value is None or isinstance(value, str | int | float) for value in values):
        raise _invalid_labels(f"The label of entry {number} is neither a text nor a number.")
    return zip(row_ids(entry["id"], len(values)), values, strict=True)


def _invalid_labels(why: str) -> InvalidInput:
    return InvalidInput(
        f"The feedback cannot be logged: {why}",
        'Send {"id": "the id of the answer", "label": 1}, or a list of such entries.',
    )


@lru_cache
def _stage_of(reference: str) -> str:
    parsed = refs.parse(reference)
    return parsed.value if parsed.kind == "stage" else ""
