"""What may be chosen of a model's prediction log: how much is kept, of what, for how long."""

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
ALL_INPUTS = "*"  # stands for every input in `LogSettings.redact`
KEY_FILE = "redaction.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How one model's predictions are logged.

    Attributes
    ----------
    sample : float
        Share of the rows that are kept, 0 to 1, chosen by their ids: the labels of kept
        rows are kept, those of the others are not.
    redact : mapping of str to {"drop", "hash"}
        Inputs that are left out, or replaced by a keyed sha256 of their text; ``*`` for all
        that are not named.
    queue : int
        Rows that may wait for the writer; more are dropped, and counted.
    part_rows, seconds : int, float
        A part is written when so many rows wait, or so long after the last one.
    keep_days, keep_bytes : float or None, int or None
        What `prune` leaves; None for no limit.

    Raises
    ------
    InvalidValue
        If one of them makes no sense.
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
            raise InvalidValue(f"sample is {self.sample}.", "Give a share from 0 to 1.")
        for name in (
            "max_queued_rows",
            "max_part_rows",
            "write_interval_s",
            "keep_days",
            "keep_bytes",
        ):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise InvalidValue(f"{name} is {value}.", "Give a number above 0.")
        for name, how in self.redact.items():
            if how not in ("drop", "hash"):
                raise InvalidValue(f"{name!r} is to be redacted by {how!r}.", "Use drop or hash.")

    def redaction(self, name: str) -> Redaction | None:
        """What becomes of an input."""
        return self.redact.get(name) or self.redact.get(ALL_INPUTS)

    def keeps(self, identifier: str) -> bool:
        """Whether the row of this id, and its label, are in the sample."""
        if self.sample >= 1:
            return True
        digest = hashlib.blake2b(identifier.encode(errors="replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big") < self.sample * 2**64


def default_root(place: location.Location, chosen: str = "") -> str | Path:
    """Where a registry's predictions are logged unless the user says otherwise.

    Parameters
    ----------
    place : Location
    chosen : str
        Folder or URL that holds the logs of all registries; if empty ``c.NbModel.prediction_log``,
        ``NBMODEL_LOG``, the user's data folder.
    """
    top = chosen or NbModel.instance().chosen_log()
    if "://" in top:
        return f"{top.rstrip('/')}/{place.key}"
    folder = Path(top).expanduser().absolute() if top else location.data_folder() / "predictions"
    return folder / place.key


def log_root(context: Context) -> str | Path:
    """Where the predictions of an opened registry are logged."""
    return context.log or default_root(context.location)


def row_ids(request: str, count: int) -> list[str]:
    """Ids of the rows of one request: its own id, or ``ID/0``, ``ID/1`` for several rows."""
    return [request] if count == 1 else [f"{request}/{number}" for number in range(count)]


def redaction_key() -> bytes:
    """The user's own key for hashed columns, made at first use.

    A plain sha256 of an age or a postcode is found by trying them all; with a key that
    stays on the machine it is not, and equal values still have equal hashes.

    Raises
    ------
    WriteFailed
        If it cannot be made.
    """
    path = location.data_folder() / KEY_FILE
    with explained(f"the key of redacted columns, {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{KEY_FILE}.{token_hex(4)}")
        try:
            if not path.exists():
                descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(os.urandom(32))
                    file.flush()
                    os.fsync(file.fileno())
                os.link(fresh, path)
        except FileExistsError:  # another process was faster; its key counts
            pass
        finally:
            fresh.unlink(missing_ok=True)
        return path.read_bytes()
