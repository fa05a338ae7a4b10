"""Files that record which servers of this user run on this machine.

A kernel that was restarted does not know the server that it detached: a small file records its
process. The file has no token. It is trusted only if the process itself matches it.
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

MAX_CLOCK_SHIFT_SECONDS = 2.0  # of the start of a process, if the clock is adjusted
STOP_SECONDS = 35.0  # for a server to finish its requests


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRecord:
    """One server.

    Attributes
    ----------
    pid, started : int, float
        The process, and when it started, in seconds since the epoch: pids are reused.
    host : str
        The machine; several machines may share a home folder.
    registry : str
        Key of the registry that it serves, see `nbmodel.repo.location.Location`.
    address : str
    versions : mapping of str to str
        The version that each model started with.
    detached : bool
        Whether it continues when the kernel that started it ends.
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
        """The file of this record."""
        return folder() / f"{self.pid}-{self.started:.0f}.json"


def folder() -> Path:
    """The folder of the records, which only the user can read."""
    return data_folder() / "servers"


def add(
    pid: int, registry: str, address: str, versions: Mapping[str, str], *, detached: bool
) -> ServerRecord:
    """Record a server that has just been started.

    Raises
    ------
    WriteFailed
        If the record cannot be written.
    ServerFailed
        If it has already ended.
    """
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        raise ServerFailed(address, "it ended as soon as it was ready") from None
    record = ServerRecord(
        pid=pid, started=started, host=socket.gethostname(), registry=registry,
        address=address, versions=dict(versions), detached=detached,
    )  # fmt: skip
    running(registry)  # removes the records of servers that have ended
    with explained(f"the record of a server, {record.path}"):
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = record.path.with_suffix(f".{token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(record), file)
        temporary.replace(record.path)
    return record


def remove(record: ServerRecord) -> None:
    """Remove a record."""
    record.path.unlink(missing_ok=True)


def running(registry: str) -> list[ServerRecord]:
    """Servers of a registry that run on this machine; removes the records of ended ones."""
    records = []
    for path in sorted(folder().glob("*.json")):
        record = _read(path)
        if record is None:
            path.unlink(missing_ok=True)
        elif record.host != socket.gethostname():
            continue
        elif process_of(record) is None:
            path.unlink(missing_ok=True)
        elif record.registry == registry:
            records.append(record)
    return records


def process_of(record: ServerRecord) -> psutil.Process | None:
    """The process of a record; None unless it is surely the one that was started."""
    try:
        process = psutil.Process(record.pid)
        same = _is_same(process, record)
        words = process.cmdline()
    except psutil.Error:  # it has ended, or belongs to another user
        return None
    return process if same and "nbmodel.cli" in words and "serve" in words else None


def _is_same(process: psutil.Process, record: ServerRecord) -> bool:
    """Whether a process started when the record says; another one may have its pid."""
    return bool(abs(process.create_time() - record.started) < MAX_CLOCK_SHIFT_SECONDS)


def stop(record: ServerRecord) -> None:
    """Let a server finish its requests, then stop it; never stops another process."""
    process = process_of(record)
    if process is not None:
        with suppress(psutil.NoSuchProcess):  # it may have ended by itself
            process.terminate()
            if not _ends(record):
                process.kill()
    remove(record)


def _ends(record: ServerRecord) -> bool:
    # Not `Process.wait`: the kernel that started the server may leave a zombie for hours.
    deadline = time.monotonic() + STOP_SECONDS
    while not _has_ended(record):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _has_ended(record: ServerRecord) -> bool:
    """Whether the process is gone; its command line is empty before that, while it exits."""
    try:
        process = psutil.Process(record.pid)
        return not _is_same(process, record) or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:  # it has ended, or belongs to another user
        return True


def _read(path: Path) -> ServerRecord | None:
    try:
        return ServerRecord(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
