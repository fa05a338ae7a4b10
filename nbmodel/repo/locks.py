"""Lock files that a killed git left behind, and their removal.

A lock is removed only in one of three cases:

1. A record (`nbmodel.repo.lock_records`) says that a git process which has ended was about
   to write exactly the lock's content.
2. The lock is empty, such a record names it, and no running process can have made it.
3. The lock is older than ten minutes, or than the start of the machine, and no running
   process can have made it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from nbmodel.errors import Locked
from nbmodel.repo import processes
from nbmodel.repo.lock_records import ANY_LOCK, PACKED_LOCK, EndedRecord, lock_files

if TYPE_CHECKING:
    from nbmodel.repo.git import Git

STALE_SECONDS = 600.0  # no git process of nbmodel holds a lock for so long
OWN_REFS = ("packed-refs", "refs/heads/models/", "refs/tags/", "refs/notes/", "refs/nbmodel/")
UNFINISHED_PACKED_REFS = "packed-refs.new"  # git writes it while it holds `PACKED_LOCK`
_MAX_CONTENT_BYTES = 64


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file.

    Attributes
    ----------
    path : Path
    ref : str
        The file that it locks, relative to the git directory.
    age_s : float
        Seconds since it was written.
    inode : int
    content : str
    """

    path: Path
    ref: str
    age_s: float
    inode: int
    content: str

    @property
    def is_own(self) -> bool:
        """Whether it can keep nbmodel from writing."""
        return self.ref.startswith(OWN_REFS)

    @property
    def wait_s(self) -> float:
        """Seconds until it counts as left behind, without other evidence."""
        return max(STALE_SECONDS - self.age_s, 0.0)

    def error(self) -> Locked:
        """The error for a writer that it blocks."""
        return Locked(self.ref, str(self.path), self.age_s, self.wait_s)


def find(git_dir: Path) -> list[Lock]:
    """All locks of references, and of ``packed-refs``."""
    return [lock for path in lock_files(git_dir) if (lock := of(git_dir, path)) is not None]


def of_ref(git: Git, ref: str) -> Lock | None:
    """The lock of one reference, or None."""
    return of(git.git_dir, git.git_dir / f"{ref}.lock")


def of(git_dir: Path, path: Path) -> Lock | None:
    """The lock at `path`, or None."""
    try:
        status = path.stat(follow_symlinks=False)
        with path.open("rb") as file:
            content = file.read(_MAX_CONTENT_BYTES).decode(errors="replace").strip()
    except OSError:
        return None
    age_s = processes.age(path)
    ref = str(path.relative_to(git_dir)).removesuffix(".lock")
    return None if age_s is None else Lock(path, ref, age_s, status.st_ino, content)


def clear(git: Git, locks: Sequence[Lock]) -> list[Lock]:
    """Remove the locks whose process has ended; return the removed ones."""
    with git.records.ended() as records:
        cleared = [lock for lock in locks if _is_abandoned(git, lock, records) and _remove(lock)]
        git.records.forget(records)
    return cleared


def clear_ref(git: Git, ref: str) -> bool:
    """Remove the lock of a reference if its process has ended; return whether it was removed."""
    lock = of_ref(git, ref)
    return lock is not None and bool(clear(git, [lock]))


def clear_unfinished(git_dir: Path) -> Iterator[str]:
    """Remove the unfinished file of a killed ``pack-refs``, holding its lock."""
    path, lock = git_dir / UNFINISHED_PACKED_REFS, git_dir / PACKED_LOCK
    if not path.exists():
        return
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError:  # another process holds it, or it was left behind
        return
    try:
        path.unlink(missing_ok=True)
        yield UNFINISHED_PACKED_REFS
    finally:
        os.close(descriptor)
        lock.unlink(missing_ok=True)


def require_packable(git: Git) -> None:
    """Remove locks that would block ``pack-refs``, or raise an error.

    Raises
    ------
    Locked
        If another git process is packing, or may be.
    """
    lock = of(git.git_dir, git.git_dir / PACKED_LOCK)
    if lock is not None and not clear(git, [lock]):
        raise lock.error()
    for _ in clear_unfinished(git.git_dir):
        pass


def _is_abandoned(git: Git, lock: Lock, records: Sequence[EndedRecord]) -> bool:
    matching = [record for record in records if _names(record, lock)]
    if lock.content and any(lock.content in record.content.split() for record in matching):
        return True
    live = git.records.live(records)
    if any(f"{lock.ref}.lock" in names or ANY_LOCK in names for names in live.values()):
        return False
    if not matching and not lock.is_own:
        return False
    old = lock.age_s > STALE_SECONDS or processes.is_from_before_start(
        git.git_dir, _modification_time(lock)
    )
    if not old and (lock.content or not matching):
        return False
    return processes.is_alone(git.git_dir, lock.path, live)


def _names(record: EndedRecord, lock: Lock) -> bool:
    return ANY_LOCK in record.locks or f"{lock.ref}.lock" in record.locks


def _modification_time(lock: Lock) -> float:
    try:
        return lock.path.stat(follow_symlinks=False).st_mtime
    except OSError:
        return float("inf")


def _remove(lock: Lock) -> bool:
    """Move a lock aside and check it again: another lock may have replaced it."""
    aside = lock.path.with_name(f".{token_hex(8)}.lock")  # git ignores this name
    try:
        lock.path.rename(aside)
        same = aside.stat(follow_symlinks=False).st_ino == lock.inode
        if not same:
            with suppress(FileExistsError):
                os.link(aside, lock.path)
        aside.unlink()
    except OSError:
        return False
    return same
