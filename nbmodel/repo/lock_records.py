"""Which git of ours is moving which reference: so that a lock can be traced to its process.

A lock file of git holds no process id. So before a git of ours may lock a
reference, a record says which one, and what git will write into the lock. The
record is a file that this process and that git hold locked (flock): the kernel
lets go of it when both are gone, however they end. Process ids, which are used
again, play no part. LockRecords lie in the user's cache, never in the repository.
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

ANY_LOCK = "*"  # stands for every lock below the git directory
PACKED_LOCK = "packed-refs.lock"
MAX_RECORD_BYTES = 1 << 16  # bytes of a record


@dataclass(slots=True)
class LockRecord:
    """A record that is held; without a file where there is no place for one.

    Attributes
    ----------
    pass_fds : tuple of int
        File descriptors that the git must keep open.
    locks : tuple of str
        What was announced.
    beaten : bool
        Whether that git found the lock taken: it is not its own.
    """

    pass_fds: tuple[int, ...] = ()
    locks: tuple[str, ...] = ()
    beaten: bool = False

    def announce(self, locks: Sequence[str], content: str = "") -> None:
        """Say which locks git may make from now on, relative to the git directory.

        Parameters
        ----------
        locks : sequence of str
            ``refs/heads/models/churn/main.lock``, or `ANY_LOCK`.
        content : str
            What git writes into them: the object id; empty if it writes nothing.
        """
        self.locks = tuple(locks)
        data = json.dumps({"locks": list(locks), "content": content}).encode()
        for descriptor in self.pass_fds:
            # A record that cannot be written is as good as none: its lock is waited for.
            with suppress(OSError):
                os.pwrite(descriptor, data, 0)
                os.truncate(descriptor, len(data))

    def note(self, error: Exception) -> None:
        """Take from what git said whether it found the lock taken."""
        self.beaten = "file exists" in f"{error}\n{error.__cause__}".lower()


@dataclass(frozen=True, slots=True)
class EndedRecord:
    """What a git that is gone was about to lock."""

    path: Path
    locks: tuple[str, ...] = ()
    content: str = ""


@dataclass(frozen=True, slots=True)
class LockRecords:
    """The records of one registry; `folder` is None where there is no place for them."""

    git_dir: Path
    folder: Path | None = None

    @contextmanager
    def writing(self) -> Iterator[LockRecord]:
        """Hold a new record while the body, and the git it starts, run.

        Where a lock is left, as that git was killed or could not remove it, the record stays too:
        whoever meets the one finds the other.
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
            if writing.beaten or not self.stands(writing.locks):
                with suppress(OSError):
                    path.unlink()
            os.close(descriptor)

    def stands(self, locks: Sequence[str]) -> bool:
        """Whether one of these locks is there; for `ANY_LOCK`, whether any is."""
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
        """Records that nobody holds any more; while the body runs, nobody else gets them."""
        held = [found for path in self._paths() if (found := _take(path)) is not None]
        try:
            yield [_read(path, descriptor) for path, descriptor in held]
        finally:
            for _, descriptor in held:
                os.close(descriptor)

    def forget(self, records: Sequence[EndedRecord]) -> None:
        """Remove records none of whose locks stands any more."""
        for record in records:
            if not self.stands(record.locks):
                with suppress(OSError):
                    record.path.unlink()

    def live(self, ended: Sequence[EndedRecord]) -> dict[Path, tuple[str, ...]]:
        """Locks that each record speaks of, but for those in `ended`."""
        found: dict[Path, tuple[str, ...]] = {}
        dead = {record.path for record in ended}
        for path in set(self._paths()) - dead:
            with suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    found[path] = _read(path, descriptor).locks
                finally:
                    os.close(descriptor)
        return found

    def _paths(self) -> list[Path]:
        if self.folder is None:
            return []
        try:
            return sorted(self.folder.iterdir())
        except OSError:
            return []


def lock_files(git_dir: Path) -> list[Path]:
    """Every lock of a reference, whosever, and that of ``packed-refs``."""
    packed = git_dir / PACKED_LOCK
    # Not by `rglob`: a folder that git removes meanwhile, as it packs references, is no error.
    walked = os.walk(git_dir / "refs")
    found = sorted(
        Path(folder, name) for folder, _, names in walked for name in names if name[-5:] == ".lock"
    )
    return [packed, *found] if os.path.lexists(packed) else found


def _take(path: Path) -> tuple[Path, int] | None:
    """Lock a record that nobody holds; None if somebody does, or cannot be asked."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    return (path, descriptor) if _is_locked(descriptor) else None


def _is_locked(descriptor: int) -> bool:
    """Lock an open record; where that cannot be had, the record is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    return True


def _read(path: Path, descriptor: int) -> EndedRecord:
    try:
        said = json.loads(os.pread(descriptor, MAX_RECORD_BYTES, 0))
        return EndedRecord(path, tuple(map(str, said["locks"])), str(said["content"]))
    except (OSError, ValueError, KeyError, TypeError):  # it ended before it announced anything
        return EndedRecord(path)
