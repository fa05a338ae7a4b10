"""Settings of a prediction log: sampling, redaction, retention, and where the log lies."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Literal

from nbmodel.config import NbModel
from nbmodel.errors import InvalidValue
from nbmodel.repo import location
from nbmodel.store.durable import explained

if TYPE_CHECKING:
    from nbmodel.versioning.context import Context

Redaction = Literal["drop", "hash"]
ALL_INPUTS = "*"  # in `LogSettings.redact`: every input that is not named
KEY_FILE = "redaction.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How the predictions of one model are logged.

    Attributes
    ----------
    sample : float
        Share of the rows to log, from 0 to 1. Rows are chosen by their ids, so that a label is
        logged if and only if its prediction is.
    redact : mapping of str to {"drop", "hash"}
        What to do with an input: leave it out, or replace its values by a keyed SHA-256 hash of
        their text. ``*`` stands for all inputs that are not named.
    max_queued_rows : int
        Rows that may wait to be written. Further rows are dropped and counted.
    max_part_rows, write_interval_s : int, float
        A part is written when this many rows wait, or this many seconds after the previous one.
    keep_days, keep_bytes : float or None, int or None
        Age and size at which `prune` removes parts; None for no limit.

    Raises
    ------
    InvalidValue
        If a value is out of range.
    """

    sample: float = 1.0
    redact: Mapping[str, Redaction] = field(default_factory=dict)
    max_queued_rows: int = 200_000
    max_part_rows: int = 50_000
    write_interval_s: float = 1.0
    keep_days: float | None = None
    keep_bytes: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.sample <= 1:
            raise InvalidValue(f"sample is {self.sample}.", "Use a share from 0 to 1.")
        for name in (
            "max_queued_rows",
            "max_part_rows",
            "write_interval_s",
            "keep_days",
            "keep_bytes",
        ):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise InvalidValue(f"{name} is {value}.", "Use a number above 0.")
        for name, how in self.redact.items():
            if how not in ("drop", "hash"):
                raise InvalidValue(
                    f"Input {name!r} cannot be redacted by {how!r}.", "Use drop or hash."
                )

    def redaction(self, name: str) -> Redaction | None:
        """Return how an input is redacted; None if it is logged unchanged."""
        return self.redact.get(name) or self.redact.get(ALL_INPUTS)

    def keeps(self, identifier: str) -> bool:
        """Return whether the row with this id, and its label, belong to the sample."""
        if self.sample >= 1:
            return True
        digest = hashlib.blake2b(identifier.encode(errors="replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big") < self.sample * 2**64


def default_root(registry: location.Location, log_location: str = "") -> str | Path:
    """Return where the predictions of a registry are logged by default.

    Parameters
    ----------
    registry : Location
    log_location : str
        Folder or URL for the logs of all registries. If it is empty, the setting
        ``c.NbModel.prediction_log``, the variable ``NBMODEL_LOG`` or the user's data folder apply.

    Returns
    -------
    str or Path
        A URL or a folder of its own for this registry.
    """
    base = log_location or NbModel.instance().chosen_log()
    if "://" in base:
        return f"{base.rstrip('/')}/{registry.key}"
    folder = Path(base).expanduser().absolute() if base else location.data_folder() / "predictions"
    return folder / registry.key


def log_root(context: Context) -> str | Path:
    """Return where the predictions of an open registry are logged."""
    return context.log or default_root(context.location)


def row_ids(request: str, count: int) -> list[str]:
    """Return the ids of the rows of a request: its id, or ``ID/0``, ``ID/1`` for several rows."""
    return [request] if count == 1 else [f"{request}/{number}" for number in range(count)]


def redaction_key() -> bytes:
    """Return the key for hashes of redacted columns; it is created at first use.

    A plain SHA-256 of an age or a postcode can be reversed by hashing all possible values. A key
    that stays on this machine prevents that, and equal values still have equal hashes.

    Raises
    ------
    WriteFailed
        If the key cannot be created.
    """
    path = location.data_folder() / KEY_FILE
    with explained(f"the key of redacted columns, {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{KEY_FILE}.{token_hex(4)}")
        try:
            if not path.exists():
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(os.urandom(32))
                    file.flush()
                    os.fsync(file.fileno())
                os.link(temporary, path)
        except FileExistsError:  # another process created the key first
            pass
        finally:
            temporary.unlink(missing_ok=True)
        return path.read_bytes()
