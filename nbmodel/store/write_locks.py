"""Locks between processes that write segments and processes that remove young ones.

A commit stores its segments first and moves its ref last. In between, nothing in git names
them. So writers share a lock on the folder of objects until their ref has moved. A process that
removes young segments (`nbmodel.versioning.segment_removal`) holds that lock alone. It is a lock
of the kernel (flock), not a file, so a killed process leaves nothing behind.

Each process first passes a second lock, on the folder above. It keeps new writers out while one
process waits to remove, so that a steady stream of writers cannot block removal forever.

Some network file systems have no such lock. There, young segments are never removed.
"""

from __future__ import annotations

import errno
import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbmodel.errors import WriteFailed
from nbmodel.store import safe_files

POLL_SECONDS = 0.02
MAX_REMOVAL_SECONDS = 600.0  # a writer waits so long for a removal
MAX_COMMIT_SECONDS = 10.0  # a removal waits so long for the writers

_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF)


@contextmanager
def for_writing(root: Path, objects: str) -> Iterator[None]:
    """Hold the lock that writers share, while the body runs.

    Raises
    ------
    WriteFailed
        If another process removes segments for longer than `MAX_REMOVAL_SECONDS`.
    """
    with safe_files.folder(root) as gate, safe_files.folder(root, objects) as folder:
        deadline = time.monotonic() + MAX_REMOVAL_SECONDS
        passed = _lock(gate, fcntl.LOCK_SH, deadline)
        if passed is False or (passed and _lock(folder, fcntl.LOCK_SH, deadline) is False):
            raise WriteFailed(
                f"Another process has been removing segments below {root} for "
                f"{MAX_REMOVAL_SECONDS:.0f} seconds (%model_gc). Nothing was committed.",
                "Wait until it has ended, or end it. Then commit again.",
            )
        if passed:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@contextmanager
def for_removal(root: Path, objects: str) -> Iterator[bool]:
    """Try to keep writers out while the body runs; yield whether that worked.

    Writers that have begun get `MAX_COMMIT_SECONDS` to end.
    """
    with safe_files.folder(root) as gate, safe_files.folder(root, objects) as folder:
        deadline = time.monotonic() + MAX_COMMIT_SECONDS
        yield bool(_lock(gate, fcntl.LOCK_EX, deadline) and _lock(folder, fcntl.LOCK_EX, deadline))


def _lock(descriptor: int, how: int, deadline: float) -> bool | None:
    """Whether the lock was acquired in time; None if the file system has no locks."""
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return None
            if error.errno not in _BUSY:
                raise
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        else:
            return True
