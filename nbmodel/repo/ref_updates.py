"""Move one reference by ``git update-ref``, and say truly whether it moved."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nbmodel.errors import GitFailed, NbModelError, WriteFailed
from nbmodel.repo import locks
from nbmodel.repo.lock_records import ANY_LOCK, LockRecord
from nbmodel.store.durable import sync_names

if TYPE_CHECKING:
    from pathlib import Path

    from nbmodel.repo.git import Git

LOCK_WAIT_SECONDS = 2.0  # for another writer to let go of a lock
POLL_SECONDS = 0.02


def move(git: Git, ref: str, new: str, old: str, *, made: bool = False) -> tuple[str, ...]:
    """Let a reference name `new` if it named `old`, empty for none; return what to tell the user.

    A lock whose process is gone is cleared. What goes wrong after the
    reference has moved is told, and is not an error.

    Parameters
    ----------
    git : Git
    ref : str
        Full name.
    new, old : str
        Object ids.
    made : bool
        Whether `new` was made for this alone: if the reference names it, it has moved.

    Raises
    ------
    Locked
        If a lock stands in the way that may be somebody's.
    WriteFailed, GitFailed
        If it did not move.
    """
    said: tuple[str, ...] = ()
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            with git.records.writing() as writing:
                writing.announce([f"{ref}.lock"], new)
                _run(git, writing, "update-ref", "--no-deref", ref, new, old)
            break
        except (GitFailed, WriteFailed) as error:
            if made and names(git, ref, new):
                said = (moved_but(ref, error.what),)
                break
            if not writing.beaten:
                raise
            lock = locks.of_ref(git, ref)  # None if its holder has just ended
            if lock is None or locks.clear(git, [lock]):
                continue
            if time.monotonic() > deadline:
                raise lock.error() from error
            time.sleep(POLL_SECONDS)
    return (*said, *sync_moved(git.git_dir, ref))


def names(git: Git, ref: str, oid: str) -> bool:
    """Whether a reference names an object; False also if that cannot be told."""
    try:
        return git.resolve(ref) == oid
    except NbModelError:
        return False


def sync_moved(git_dir: Path, ref: str) -> tuple[str, ...]:
    """Put a name that was moved on disk; what to tell the user if the disk refuses."""
    try:
        sync_ref(git_dir, ref)
    except OSError as error:
        return (moved_but(ref, f"its folder could not be put on disk: {error.strerror}."),)
    return ()


def moved_but(ref: str, why: str) -> str:
    """What to say of a step that failed after a reference has moved."""
    return f"{ref} has moved and what it names is there; do not repeat it. But {why}"


def sync_ref(git_dir: Path, ref: str) -> None:
    """Put a ref's name on disk: git syncs the file and then renames it.

    Objects were linked before that rename, so a journaling file system that
    has it has them. Nothing to do where refs are no files (reftable).
    """
    path = git_dir / ref
    if path.parent.is_dir():
        sync_names([path], git_dir / "refs")


def pack(git: Git) -> None:
    """Let git gather loose references into one file.

    Raises
    ------
    Locked
        If another git packs, or may.
    WriteFailed, GitFailed
    """
    locks.require_packable(git)
    with git.records.writing() as writing:
        writing.announce([ANY_LOCK])
        _run(git, writing, "pack-refs", "--all")


def _run(git: Git, writing: LockRecord, *words: str) -> None:
    try:
        git.run(*words, pass_fds=writing.pass_fds)
    except (GitFailed, WriteFailed) as error:
        writing.note(error)
        raise
