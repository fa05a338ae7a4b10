"""Which processes of this machine may work on a repository, according to ``/proc``.

In doubt, a process counts as working on it: if it cannot be inspected, if the system has no
``/proc``, or if other machines may share the file system.
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
CLOCK_MARGIN_SECONDS = 60.0  # the clock may have been set since the machine started


def is_alone(git_dir: Path, lock: Path, records: Mapping[Path, tuple[str, ...]]) -> bool:
    """Whether no running process can have made a lock.

    Parameters
    ----------
    git_dir : Path
    lock : Path
        A file below `git_dir`.
    records : mapping of Path to tuple of str
        The locks of each record that a running git process of nbmodel holds, by its path.
    """
    if not is_local(git_dir):
        return False
    name = str(lock.relative_to(git_dir))
    others = {str(path) for path, locks in records.items() if locks and name not in locks}
    try:
        return not any(_may_hold(process, git_dir, lock, others) for process in _processes())
    except OSError:
        return False


def is_from_before_start(git_dir: Path, modification_time: float) -> bool:
    """Whether a file was last changed before this machine started, so its process has ended."""
    try:
        for line in (PROC / "stat").read_text().splitlines():
            if line.startswith("btime "):
                return (
                    is_local(git_dir)
                    and modification_time < float(line.split()[1]) - CLOCK_MARGIN_SECONDS
                )
    except (OSError, ValueError):
        pass
    return False


def is_local(path: Path) -> bool:
    """Whether a folder is on a file system to which only this machine writes."""
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
    """The git command in a command line, which follows git's options."""
    rest = iter(words[1:])
    for word in rest:
        if word in (b"-c", b"-C"):
            next(rest, None)
        elif not word.startswith(b"-"):
            return word.decode(errors="replace")
    return ""


def _works_on(process: Path, git_dir: Path, words: list[bytes]) -> bool:
    """Whether a git process may work on a repository; in doubt, True."""
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
            path = word.removeprefix(b"--git-dir").lstrip(b"=") or next(rest, b"")
            return _is(Path(folder, os.fsdecode(path)), git_dir)
    return folder.is_relative_to(git_dir.resolve()) or os.fsencode(git_dir.resolve()) in _around(
        folder
    )


def _is(path: Path, git_dir: Path) -> bool:
    """Whether `path` is this git directory, or inside it, like that of a linked work tree."""
    return path.resolve().is_relative_to(git_dir.resolve())


def _around(folder: Path) -> bytes:
    """The git directory around a folder, or the content of the file that names it."""
    for place in (folder, *folder.parents):
        dot_git = place / ".git"
        if dot_git.is_dir():
            return os.fsencode(dot_git.resolve())
        if dot_git.is_file():
            return dot_git.read_bytes()
        if (place / "HEAD").is_file() and (place / "objects").is_dir():
            return os.fsencode(place.resolve())
    return b""


def age(path: Path) -> float | None:
    """Seconds since a file was last changed, or None if it does not exist."""
    try:
        return time.time() - path.stat(follow_symlinks=False).st_mtime
    except OSError:
        return None
