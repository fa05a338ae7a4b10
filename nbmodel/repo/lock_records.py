"""Records of which git process may lock which reference, to trace a lock to its process.

A lock file of git does not contain a process id. So before nbmodel lets git lock a reference, a
record says which one, and what git will write into the lock. The record is a file that this
process and that git process hold locked (flock). The kernel releases it when both have ended, for
any reason. Process ids are not used, because the system reuses them. Records are in the user's
cache folder, never in the repository.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

ANY_LOCK = "*"  # every lock below the git directory
PACKED_LOCK = "packed-refs.lock"
MAX_RECORD_BYTES = 1 << 16


@dataclass(slots=True)
class LockRecord:
    """A record that this process holds. It has no file if none could be made.

    Attributes
    ----------
    pass_fds : tuple of int
        File descriptors that git must keep open.
    locks : tuple of str
        The announced locks.
    found_lock : bool
        Whether git found the lock taken: it belongs to another process.
    """

    pass_fds: tuple[int, ...] = ()
    locks: tuple[str, ...] = ()
    found_lock: bool = False

    def announce(self, locks: Sequence[str], content: str = "") -> None:
        """Record which locks git may make from now on, relative to the git directory.

        Parameters
        ----------
        locks : sequence of str
            ``refs/heads/models/churn/main.lock``, or `ANY_LOCK`.
        content : str
            The object ids that git writes into them, divided by spaces; empty if it writes nothing.
        """
        self.locks = tuple(locks)
        data = json.dumps({"locks": list(locks), "content": content}).encode()
        for descriptor in self.pass_fds:
            # Without a record, a left lock is not removed early. That is safe.
            with suppress(OSError):
                os.pwrite(descriptor, data, 0)
                os.truncate(descriptor, len(data))

    def note(self, error: Exception) -> None:
        """Note from git's error whether it found the lock taken."""
        self.found_lock = "file exists" in f"{error}\n{error.__cause__}".lower()


@dataclass(frozen=True, slots=True)
class EndedRecord:
    """The record of a git process that has ended: what it was about to lock."""

    path: Path
    locks: tuple[str, ...] = ()
    content: str = ""


@dataclass(frozen=True, slots=True)
class LockRecords:
    """The records of one registry. `folder` is None if there is no folder for them."""

    git_dir: Path
    folder: Path | None = None

    @contextmanager
    def writing(self) -> Iterator[LockRecord]:
        """Hold a new record while the body, and the git process that it starts, run.

        If git leaves a lock behind, because it was killed or could not remove it, the record
        stays too. So a process that finds the lock also finds the record.
        """
        opened = self._open()
        if opened is None:
            yield LockRecord()
            return
        path, descriptor = opened
        writing = LockRecord((descriptor,))
        try:
            yield writing
        finally:
            if writing.found_lock or not self.exist(writing.locks):
                with suppress(OSError):
                    path.unlink()
            os.close(descriptor)

    def exist(self, locks: Sequence[str]) -> bool:
        """Whether one of these locks exists; for `ANY_LOCK`, whether any lock exists."""
        if ANY_LOCK in locks:
            return bool(lock_files(self.git_dir))
        return any(os.path.lexists(self.git_dir / name) for name in locks)

    def _open(self) -> tuple[Path, int] | None:
        if self.folder is None:
            return None
        path = self.folder / token_hex(8)
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            return (path, descriptor) if _is_locked(descriptor) else None
        return None

    @contextmanager
    def ended(self) -> Iterator[list[EndedRecord]]:
        """Yield the records that no process holds. No other process gets them meanwhile."""
        records = [record for path in self._paths() if (record := _take(path)) is not None]
        try:
            yield [_read(path, descriptor) for path, descriptor in records]
        finally:
            for _, descriptor in records:
                os.close(descriptor)

    def forget(self, records: Sequence[EndedRecord]) -> None:
        """Remove the records whose locks no longer exist."""
        for record in records:
            if not self.exist(record.locks):
                with suppress(OSError):
                    record.path.unlink()

    def live(self, ended: Sequence[EndedRecord]) -> dict[Path, tuple[str, ...]]:
        """The locks of each record that is not in `ended`, by the record's path."""
        locks: dict[Path, tuple[str, ...]] = {}
        dead = {record.path for record in ended}
        for path in set(self._paths()) - dead:
            with suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    locks[path] = _read(path, descriptor).locks
                finally:
                    os.close(descriptor)
        return locks

    def _paths(self) -> list[Path]:
        if self.folder is None:
            return []
        try:
            return sorted(self.folder.iterdir())
        except OSError:
            return []


def lock_files(git_dir: Path) -> list[Path]:
    """Every lock of a reference, and that of ``packed-refs``, of any process."""
    packed = git_dir / PACKED_LOCK
    # `rglob` would fail if git removes a folder meanwhile, as it does when it packs references.
    walked = os.walk(git_dir / "refs")
    locks = sorted(
        Path(folder, name) for folder, _, names in walked for name in names if name[-5:] == ".lock"
    )
    return [packed, *locks] if os.path.lexists(packed) else locks


def _take(path: Path) -> tuple[Path, int] | None:
    """Lock a record that no process holds; None if one does, or if it cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    return (path, descriptor) if _is_locked(descriptor) else None


def _is_locked(descriptor: int) -> bool:
    """Lock an open record. If that fails, close it and return False."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    return True


def _read(path: Path, descriptor: int) -> EndedRecord:
    try:
        record = json.loads(os.pread(descriptor, MAX_RECORD_BYTES, 0))
        return EndedRecord(path, tuple(map(str, record["locks"])), str(record["content"]))
    except (OSError, ValueError, KeyError, TypeError):  # it ended before it announced a lock
        return EndedRecord(path)
