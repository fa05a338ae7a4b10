"""The parts of a log, and a text that changes with them. No part is opened."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbmodel.errors import InvalidValue
from nbmodel.monitor.prediction_log.parts import folder_of
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
        raise InvalidValue(
            f"The log of {model} cannot be read: {error.strerror or type(error).__name__}.",
            "Check its location: --log, NBMODEL_LOG or c.NbModel.prediction_log.",
        ) from error


def fingerprint(parts: list[LogPart]) -> str:
    """Return a text that changes when parts are added, removed or replaced."""
    listed = "\n".join(f"{part.path} {part.size} {part.stamp}" for part in parts)
    return hashlib.blake2b(listed.encode(errors="replace"), digest_size=12).hexdigest()
