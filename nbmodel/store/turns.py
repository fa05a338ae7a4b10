"""Who may write segments, and who may remove young ones: never both at once.

A commit stores its segments first and moves its ref last; between the two nothing in git names
them. Writers share a lock of the system on the folder of the objects itself until their ref has
moved; whoever removes segments that are younger than `nbmodel.versioning.gc.FLOOR` holds it
alone. It is no file, so a killed process leaves none behind. Before it each passes a turnstile, a
lock on the folder above: so a stream of writers does not keep the other out for ever.

Some file systems of a network have no such lock. There young segments are not removed at all.
"""

from __future__ import annotations

import errno
import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbmodel.errors import WriteFailed
from nbmodel.store import plain

POLL = 0.02  # seconds between two looks at a lock
LONGEST_SWEEP = 600.0  # seconds that a writer waits for whoever removes
LONGEST_COMMIT = 10.0  # seconds that whoever removes waits for the writers

_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF)


@contextmanager
def shared(root: Path, objects: str) -> Iterator[None]:
    """Write beside others, but not beside whoever removes.

    Raises
    ------
    WriteFailed
        If somebody removes for longer than `LONGEST_SWEEP`.
    """
    with plain.folder(root) as turnstile, plain.folder(root, objects) as folder:
        deadline = time.monotonic() + LONGEST_SWEEP
        passed = _lock(turnstile, fcntl.LOCK_SH, deadline)
        if passed is False or (passed and _lock(folder, fcntl.LOCK_SH, deadline) is False):
            raise WriteFailed(
                f"Somebody has been removing segments below {root} for {LONGEST_SWEEP:.0f} seconds "
                "(%model_gc): nothing was committed.",
                "Wait until that has ended, or end it, and repeat.",
            )
        if passed:
            fcntl.flock(turnstile, fcntl.LOCK_UN)
        yield


@contextmanager
def alone(root: Path, objects: str) -> Iterator[bool]:
    """Whether nobody writes while the body runs: those who do have `LONGEST_COMMIT` to end."""
    with plain.folder(root) as turnstile, plain.folder(root, objects) as folder:
        deadline = time.monotonic() + LONGEST_COMMIT
        yield bool(
            _lock(turnstile, fcntl.LOCK_EX, deadline) and _lock(folder, fcntl.LOCK_EX, deadline)
        )


def _lock(descriptor: int, how: int, deadline: float) -> bool | None:
    """Whether the lock was had in time; None where the file system has none."""
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
            time.sleep(POLL)
        else:
            return True
