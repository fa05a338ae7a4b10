"""Move one reference with ``git update-ref``, and report reliably whether it moved."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from nbmodel.errors import GitFailed, NbModelError, WriteFailed
from nbmodel.repo import locks
from nbmodel.repo.lock_records import ANY_LOCK, LockRecord
from nbmodel.store.durable import sync_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nbmodel.repo.git import Git

LOCK_WAIT_SECONDS = 2.0  # another writer may hold the lock
POLL_SECONDS = 0.02
MAX_RECORDED = 200  # references of one transaction whose new objects are recorded
_NULL = "0" * 40  # to git: there is no such reference


def move(
    git: Git, ref: str, new: str, old: str, *, is_new_object: bool = False, absent: str = ""
) -> tuple[str, ...]:
    """Move a reference from `old` to `new`; return warnings for the user.

    A lock whose process has ended is removed. A failure after the reference has moved is
    a warning, not an error.

    Parameters
    ----------
    git : Git
    ref : str
        Full name.
    new, old : str
        Object ids. An empty `old` means that the reference must not exist.
    is_new_object : bool
        Whether `new` was made only for this move. If the reference names it, it has moved.
    absent : str
        Full name of another reference that must not exist; git checks it in the same transaction.

    Raises
    ------
    Locked
        If another process may hold its lock.
    WriteFailed, GitFailed
        If it did not move.
    """
    warnings: tuple[str, ...] = ()
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            with git.records.writing() as writing:
                writing.announce([f"{name}.lock" for name in (ref, absent) if name], new)
                if absent:
                    steps = f"verify {absent} {_NULL}\nupdate {ref} {new} {old or _NULL}\n"
                    _run(git, writing, "update-ref", "--no-deref", "--stdin", data=steps.encode())
                else:
                    _run(git, writing, "update-ref", "--no-deref", ref, new, old)
            break
        except (GitFailed, WriteFailed) as error:
            if is_new_object and names(git, ref, new):
                warnings = (moved_but(ref, error.what),)
                break
            if not writing.found_lock:
                raise
            _await_lock(git, [ref, absent] if absent else [ref], deadline, error)
    return (*warnings, *sync_moved(git.git_dir, ref))


def move_all(git: Git, moves: Mapping[str, tuple[str, str]]) -> None:
    """Move many references in one transaction of git, which is much faster than one by one.

    Parameters
    ----------
    git : Git
    moves : mapping of str to (str, str)
        New and old object id by full name. An empty old one means that it must not exist, and an
        empty new one deletes it.

    Raises
    ------
    Locked
        If another process may hold a lock.
    WriteFailed, GitFailed
        If one of them did not move. After a crash, some may have moved and others not.
    """
    if not moves:
        return
    lines = [f"update {ref} {new or _NULL} {old or _NULL}\n" for ref, (new, old) in moves.items()]
    locked = [*moves, "packed-refs"]  # a deleted reference leaves packed-refs too
    # A record of many references would be too long. Their locks are removed when they are old.
    contents = " ".join(new for new, _ in moves.values()) if len(moves) < MAX_RECORDED else ""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            with git.records.writing() as writing:
                writing.announce([f"{name}.lock" for name in locked], contents)
                data = "".join(lines).encode()
                _run(git, writing, "update-ref", "--no-deref", "--stdin", data=data)
            break
        except (GitFailed, WriteFailed) as error:
            if not writing.found_lock:
                raise
            _await_lock(git, locked, deadline, error)
    paths = [git.git_dir / ref for ref in moves]
    with suppress(OSError):
        sync_names([path for path in paths if path.parent.is_dir()], git.git_dir / "refs")


def _await_lock(git: Git, locked: Sequence[str], deadline: float, error: Exception) -> None:
    """Remove a lock whose process has ended, or wait a moment for its holder.

    Raises
    ------
    Locked
        If the deadline is over.
    """
    # None if its holder has just ended.
    lock = next((lock for name in locked if (lock := locks.of_ref(git, name))), None)
    if lock is None or locks.clear(git, [lock]):
        return
    if time.monotonic() > deadline:
        raise lock.error() from error
    time.sleep(POLL_SECONDS)


def names(git: Git, ref: str, oid: str) -> bool:
    """Whether a reference names an object; False if that is unknown."""
    try:
        return git.resolve(ref) == oid
    except NbModelError:
        return False


def sync_moved(git_dir: Path, ref: str) -> tuple[str, ...]:
    """Sync the name of a moved reference to disk; return warnings if that fails."""
    try:
        sync_ref(git_dir, ref)
    except OSError as error:
        return (moved_but(ref, f"its folder could not be synced to disk: {error.strerror}."),)
    return ()


def moved_but(ref: str, why: str) -> str:
    """The warning about a step that failed after a reference had moved."""
    return f"{ref} has moved, and its object exists. Do not repeat the command. But {why}"


def sync_ref(git_dir: Path, ref: str) -> None:
    """Sync a ref's name to disk: git syncs the file itself, then renames it.

    Objects were linked before that rename. So a journaling file system that has the rename
    also has the objects. Refs in a reftable are not files, and need no sync.
    """
    path = git_dir / ref
    if path.parent.is_dir():
        sync_names([path], git_dir / "refs")


def pack(git: Git) -> None:
    """Let git pack loose references into one file.

    Raises
    ------
    Locked
        If another git process is packing, or may be.
    WriteFailed, GitFailed
    """
    locks.require_packable(git)
    with git.records.writing() as writing:
        writing.announce([ANY_LOCK])
        _run(git, writing, "pack-refs", "--all")


def _run(git: Git, writing: LockRecord, *words: str, data: bytes = b"") -> None:
    try:
        git.run(*words, data=data, pass_fds=writing.pass_fds)
    except (GitFailed, WriteFailed) as error:
        writing.note(error)
        raise
