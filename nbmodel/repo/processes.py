"""Which processes of this machine may be at work on a repository, as far as ``/proc`` tells.

Every doubt counts as "at work": what cannot be looked at, a system without
``/proc``, a file system that other machines may share.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PROC = Path("/proc")
# Commands of git that never lock a reference.
READ_COMMANDS = frozenset({
    "cat-file", "check-ignore", "config", "diff", "for-each-ref", "hash-object", "log", "ls-files",
    "ls-tree", "merge-base", "mktag", "rev-list", "rev-parse", "show", "status", "var", "version",
})  # fmt: skip
# File systems that no other machine writes to.
LOCAL_FILE_SYSTEMS = frozenset({
    "apfs", "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "hfs", "overlay", "ramfs",
    "reiserfs", "tmpfs", "xfs", "zfs",
})  # fmt: skip
CLOCK_MARGIN_SECONDS = 60.0  # seconds that the clock may have been set since the machine began


def is_alone(git_dir: Path, lock: Path, records: Mapping[Path, tuple[str, ...]]) -> bool:
    """Whether no process that lives can have made a lock.

    Parameters
    ----------
    git_dir : Path
    lock : Path
        Below it.
    records : mapping of Path to tuple of str
        Records of gits of ours that live, and the locks each speaks of.
    """
    if not is_local(git_dir):
        return False
    name = str(lock.relative_to(git_dir))
    others = {str(path) for path, locks in records.items() if locks and name not in locks}
    try:
        return not any(_may_hold(process, git_dir, lock, others) for process in _processes())
    except OSError:
        return False


def is_from_before_start(git_dir: Path, changed: float) -> bool:
    """Whether a file was last changed before this machine began to run: its process is gone."""
    try:
        for line in (PROC / "stat").read_text().splitlines():
            if line.startswith("btime "):
                return is_local(git_dir) and changed < float(line.split()[1]) - CLOCK_MARGIN_SECONDS
    except (OSError, ValueError):
        pass
    return False


def is_local(path: Path) -> bool:
    """Whether a folder lies on a file system that only this machine writes to."""
    try:
        mounts = (PROC / "self/mountinfo").read_text(errors="surrogateescape")
    except OSError:
        return False
    best, kind = "", ""
    place = f"{path.resolve()}/"
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        top = before.split(" ")[4].replace("\\040", " ")
        if place.startswith(top.rstrip("/") + "/") and len(top) >= len(best):
            best, kind = top, after.split(" ")[0]
    return kind in LOCAL_FILE_SYSTEMS


def _processes() -> Iterator[Path]:
    for entry in PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            yield entry


def _may_hold(process: Path, git_dir: Path, lock: Path, others: set[str]) -> bool:
    try:
        opened = [str(fd.readlink()) for fd in (process / "fd").iterdir()]
    except FileNotFoundError:  # it ended
        return False
    except PermissionError:
        opened = []
    if str(lock) in opened:
        return True
    try:
        if not (process / "comm").read_text(errors="replace").startswith("git"):
            return False
        words = (process / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    if _command(words) in READ_COMMANDS or others & set(opened):
        return False
    return _works_on(process, git_dir, words)


def _command(words: list[bytes]) -> str:
    """The command of a git's command line: what follows its options."""
    rest = iter(words[1:])
    for word in rest:
        if word in (b"-c", b"-C"):
            next(rest, None)
        elif not word.startswith(b"-"):
            return word.decode(errors="replace")
    return ""


def _works_on(process: Path, git_dir: Path, words: list[bytes]) -> bool:
    """Whether a git may be at work on a repository; in doubt it is."""
    try:
        folder = (process / "cwd").readlink()
        variables = (process / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    for variable in variables:
        if variable.startswith(b"GIT_DIR="):
            return _is(Path(folder, os.fsdecode(variable.removeprefix(b"GIT_DIR="))), git_dir)
    rest = iter(words[1:])
    for word in rest:
        if word == b"-C":
            folder = Path(folder, os.fsdecode(next(rest, b"")))
        elif word.startswith(b"--git-dir"):
            named = word.removeprefix(b"--git-dir").lstrip(b"=") or next(rest, b"")
            return _is(Path(folder, os.fsdecode(named)), git_dir)
    return folder.is_relative_to(git_dir.resolve()) or os.fsencode(git_dir.resolve()) in _around(
        folder
    )


def _is(path: Path, git_dir: Path) -> bool:
    """Whether a git dir that was named is this one, or lies in it as a linked work tree's does."""
    return path.resolve().is_relative_to(git_dir.resolve())


def _around(folder: Path) -> bytes:
    """What stands for the repository around a folder: its git dir, or the file that names it."""
    for place in (folder, *folder.parents):
        found = place / ".git"
        if found.is_dir():
            return os.fsencode(found.resolve())
        if found.is_file():
            return found.read_bytes()
        if (place / "HEAD").is_file() and (place / "objects").is_dir():
            return os.fsencode(place.resolve())
    return b""


def age(path: Path) -> float | None:
    """Seconds since a file was last changed, or None if it is not there."""
    try:
        return time.time() - path.stat(follow_symlinks=False).st_mtime
    except OSError:
        return None
