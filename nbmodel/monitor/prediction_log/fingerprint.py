"""What is logged of a model, as a text that changes with it: without opening a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbmodel.errors import InvalidValue
from nbmodel.monitor.prediction_log.parts import folder_of
from nbmodel.monitor.prediction_log.storage import LogPart, open_storage


def list_parts(root: str | Path, model: str, kind: str = "") -> list[LogPart]:
    """The parts of a model's log, or of one kind of it.

    Raises
    ------
    InvalidName
        If `model` is no name.
    InvalidValue
        If the place cannot be reached.
    """
    try:
        return open_storage(root).parts(folder_of(model, kind))
    except OSError as error:
        raise InvalidValue(
            f"The log of {model} cannot be read: {error.strerror or type(error).__name__}.",
            "Check where it lies: --log, NBMODEL_LOG or c.NbModel.prediction_log.",
        ) from error


def fingerprint(parts: list[LogPart]) -> str:
    """A text that changes when parts come, go or are replaced."""
    listed = "\n".join(f"{part.path} {part.size} {part.stamp}" for part in parts)
    return hashlib.blake2b(listed.encode(errors="replace"), digest_size=12).hexdigest()
