"""Servers that run on this machine, remembered by the user who started them.

A kernel that was restarted knows nothing of the server that it detached: a small file says which
process it is. It holds no token, and is believed only as far as the process itself bears it out.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex

import psutil

from nbmodel.errors import ServerFailed
from nbmodel.repo.location import data_folder
from nbmodel.store.durable import explained

SAME = 2.0  # seconds by which a process's start may seem to move when the clock is set
DRAIN = 35.0  # seconds for a server to end the requests that run


@dataclass(frozen=True, slots=True)
class Record:
    """One server.

    Attributes
    ----------
    pid, started : int, float
        The process, and when it began, in seconds since the epoch: a pid is used again.
    host : str
        The machine; a home folder may be shared by several.
    registry : str
        Key of the registry that it serves from, see `nbmodel.repo.location.Location`.
    address : str
    versions : mapping of str to str
        The reference that answered for each model at the start.
    detached : bool
        Whether it outlives the kernel that started it.
    """

    pid: int
    started: float
    host: str
    registry: str
    address: str
    versions: Mapping[str, str]
    detached: bool

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return folder() / f"{self.pid}-{self.started:.0f}.json"


def folder() -> Path:
    """Where records lie, readable by their user alone."""
    return data_folder() / "servers"


def note(
    pid: int, registry: str, address: str, versions: Mapping[str, str], *, detached: bool
) -> Record:
    """Remember a server that has just been started.

    Raises
    ------
    WriteFailed
        If the record cannot be written.
    ServerFailed
        If it has ended already.
    """
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        raise ServerFailed(address, "it ended as soon as it was ready") from None
    record = Record(pid, started, socket.gethostname(), registry, address, dict(versions), detached)
    known(registry)  # so that what has ended does not pile up
    with explained(f"the record of a server, {record.path}"):
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = record.path.with_suffix(f".{token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(record), file)
        fresh.replace(record.path)
    return record


def forget(record: Record) -> None:
    """Remove a record."""
    record.path.unlink(missing_ok=True)


def known(registry: str) -> list[Record]:
    """Servers of a registry that run on this machine; records of ended ones are removed."""
    found = []
    for path in sorted(folder().glob("*.json")):
        record = _read(path)
        if record is None:
            path.unlink(missing_ok=True)
        elif record.host != socket.gethostname():
            continue
        elif process_of(record) is None:
            path.unlink(missing_ok=True)
        elif record.registry == registry:
            found.append(record)
    return found


def process_of(record: Record) -> psutil.Process | None:
    """The record's process; None unless it is proven to be the one that was started."""
    try:
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.started) < SAME
        words = process.cmdline()
    except psutil.Error:  # it has ended, or belongs to somebody else
        return None
    return process if same and "nbmodel.cli" in words and "serve" in words else None


def end(record: Record) -> None:
    """Let a server finish the requests that run, then end it; no other process is touched."""
    process = process_of(record)
    if process is not None:
        with suppress(psutil.NoSuchProcess):  # it may end by itself in the meantime
            process.terminate()
            if not _ends(record):
                process.kill()
    forget(record)


def _ends(record: Record) -> bool:
    # Not `Process.wait`: the kernel that started it may run and collect it hours later.
    end = time.monotonic() + DRAIN
    while process_of(record) is not None:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
