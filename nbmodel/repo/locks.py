"""Lock files that a killed git left: found, traced to their process, and cleared if that is gone.

A lock is removed in one of three cases, and else never: a record of ours says
that a git which is gone was to write just what the lock holds; it is empty, such
a record names it, and no process that lives can have made it; or it has stood for
ten minutes, or since before the machine began to run, and no process that lives
can have made it.
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

STALE_SECONDS = 600.0  # seconds; no git of ours holds a lock that long
OWN_REFS = ("packed-refs", "refs/heads/models/", "refs/tags/", "refs/notes/", "refs/nbmodel/")
UNFINISHED_PACKED_REFS = "packed-refs.new"  # what git writes while it holds `PACKED_LOCK`
_MAX_CONTENT_BYTES = 64


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file.

    Attributes
    ----------
    path : Path
    ref : str
        What it locks, relative to the git directory.
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
    def is_ours(self) -> bool:
        """Whether it can keep nbmodel from writing."""
        return self.ref.startswith(OWN_REFS)

    @property
    def wait_s(self) -> float:
        """Seconds until it counts as left behind, if nothing else tells."""
        return max(STALE_SECONDS - self.age_s, 0.0)

    def error(self) -> Locked:
        """The error of whoever it keeps from writing."""
        return Locked(self.ref, str(self.path), self.age_s, self.wait_s)


def find(git_dir: Path) -> list[Lock]:
    """All locks of references, and of ``packed-refs``."""
    return [lock for path in lock_files(git_dir) if (lock := of(git_dir, path)) is not None]


def of_ref(git: Git, ref: str) -> Lock | None:
    """The lock of one reference, or None."""
    return of(git.git_dir, git.git_dir / f"{ref}.lock")


def of(git_dir: Path, path: Path) -> Lock | None:
    """A lock that stands, or None."""
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
    """Remove those whose process is gone; return them."""
    with git.records.ended() as records:
        cleared = [lock for lock in locks if _is_left(git, lock, records) and _remove(lock)]
        git.records.forget(records)
    return cleared


def clear_ref(git: Git, ref: str) -> bool:
    """Remove the lock of a reference if its process is gone; whether one was removed."""
    lock = of_ref(git, ref)
    return lock is not None and bool(clear(git, [lock]))


def clear_unfinished(git_dir: Path) -> Iterator[str]:
    """Remove what a killed ``pack-refs`` had begun to write, under its own lock."""
    path, lock = git_dir / UNFINISHED_PACKED_REFS, git_dir / PACKED_LOCK
    if not path.exists():
        return
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError:  # somebody holds it, or it was left and is not cleared yet
        return
    try:
        path.unlink(missing_ok=True)
        yield UNFINISHED_PACKED_REFS
    finally:
        os.close(descriptor)
        lock.unlink(missing_ok=True)


def require_packable(git: Git) -> None:
    """Clear what stands in the way of ``pack-refs``, or raise.

    Raises
    ------
    Locked
        If another git packs, or may.
    """
    lock = of(git.git_dir, git.git_dir / PACKED_LOCK)
    if lock is not None and not clear(git, [lock]):
        raise lock.error()
    for _ in clear_unfinished(git.git_dir):
        pass


def _is_left(git: Git, lock: Lock, records: Sequence[EndedRecord]) -> bool:
    named = [record for record in records if _names(record, lock)]
    if lock.content and any(record.content == lock.content for record in named):
        return True
    live = git.records.live(records)
    if any(f"{lock.ref}.lock" in names or ANY_LOCK in names for names in live.values()):
        return False
    if not named and not lock.is_ours:
        return False
    old = lock.age_s > STALE_SECONDS or processes.is_from_before_start(git.git_dir, _changed(lock))
    if not old and (lock.content or not named):
        return False
    return processes.is_alone(git.git_dir, lock.path, live)


def _names(record: EndedRecord, lock: Lock) -> bool:
    return ANY_LOCK in record.locks or f"{lock.ref}.lock" in record.locks


def _changed(lock: Lock) -> float:
    try:
        return lock.path.stat(follow_symlinks=False).st_mtime
    except OSError:
        return float("inf")


def _remove(lock: Lock) -> bool:
    """Move a lock away and look at it again: another may have taken its place meanwhile."""
    aside = lock.path.with_name(f".{token_hex(8)}.lock")  # a name that git passes over
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
