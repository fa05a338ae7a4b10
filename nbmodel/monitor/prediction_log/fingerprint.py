"""The parts of a log, and a text that changes with them. No part is opened."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from nbmodel.display import visible
from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import windows
from nbmodel.monitor.prediction_log.parts import PREDICTIONS, date_of, folder_of
from nbmodel.monitor.prediction_log.storage import LogPart, open_storage


def list_parts(root: str | Path, model: str, kind: str = "") -> list[LogPart]:
    """Return the parts of a model's log, or of one kind.

    Raises
    ------
    InvalidName
        If `model` is not a valid name.
    InvalidValue
        If the log cannot be reached.
    """
    try:
        return open_storage(root).parts(folder_of(model, kind))
    except OSError as error:
        raise _unreadable(root, model, error) from error


def _unreadable(root: str | Path, model: str, error: OSError) -> InvalidValue:
    """Say which folder cannot be read, and what to do; the path of the log itself is not shown."""
    reason = f"{error.strerror or type(error).__name__}."
    hint = "Check its location: --log, NBMODEL_LOG or c.NbModel.prediction_log."
    place = os.path.relpath(error.filename, root) if isinstance(error.filename, str) else ""
    if place and not place.startswith(".."):
        reason = f"{visible(place)}: {reason}"
        if isinstance(error, NotADirectoryError):
            reason = f"{visible(place)} is not a folder."
            hint = f"Move the file away. {hint}"
        elif isinstance(error, PermissionError):
            hint = f"Give yourself the right to read this folder. {hint}"
    return InvalidValue(f"The log of {model} cannot be read: {reason}", hint)


def parts_before(root: str | Path, model: str, until: int) -> list[LogPart]:
    """Return the parts with predictions of the days before a time, microseconds since the epoch.

    The day that contains the last microsecond before this time is the last one.
    """
    last = windows.utc_date(until - 1)
    return [part for part in list_parts(root, model, PREDICTIONS) if date_of(part.path) <= last]


def fingerprint(parts: list[LogPart]) -> str:
    """Return a text that changes when parts are added, removed or replaced."""
    listed = "\n".join(f"{part.path} {part.size} {part.stamp}" for part in parts)
    return hashlib.blake2b(listed.encode(errors="replace"), digest_size=12).hexdigest()
