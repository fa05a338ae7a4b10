"""What git says of references, and what it leaves out: damaged ones are named, not passed over.

git prints a warning for a loose reference that it cannot read, and lists the
others as if nothing were amiss; of a folder that it may not open it says nothing.
``packed-refs`` has no checksum: what is left is its order, its form, and that
git never leaves it empty.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR
from functools import lru_cache
from itertools import pairwise
from operator import lt
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from nbmodel.errors import GitFailed, ReadFailed

if TYPE_CHECKING:
    from nbmodel.repo.git import Git

_FORMAT = "--format=%(objectname)%00%(refname)"
_OID_RE = re.compile(r"[0-9a-f]{40}", re.ASCII)
_BODY_RE = re.compile(rb"(?:[0-9a-f]{40} refs/[^\x00-\x20\x7f]+\n(?:\^[0-9a-f]{40}\n)?)*")
_WARNING_RE = re.compile(r"^warning: (?P<what>.*?) (?P<ref>refs/\S+)", re.MULTILINE)
# How the system says that no file of that name is there, or can be.
_ABSENT = frozenset({ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP})


@dataclass(frozen=True, slots=True)
class Listing:
    """References as git prints them, and why it left others out, by their full names."""

    printed: bytes
    broken: Mapping[str, str] = field(default_factory=dict)

    def items(self) -> list[tuple[str, str]]:
        """``(full name, object id)`` of each."""
        lines = (line.partition("\0") for line in self.printed.decode(errors="replace").split("\n"))
        return [(ref, oid) for oid, _, ref in lines if _OID_RE.fullmatch(oid)]

    def state(self) -> bytes:
        """Bytes that differ when anything of it does."""
        return self.printed + repr(sorted(self.broken.items())).encode(errors="replace")


def listing(git: Git, *patterns: str) -> Listing:
    """The references below `patterns`: full names, or whole folders of them.

    Raises
    ------
    GitFailed
        If ``packed-refs`` is damaged: what it held cannot be told.
    ReadFailed
        If ``packed-refs``, or a folder of references, may not be read.
    """
    for pattern in patterns:
        require_readable(git.git_dir / pattern)
    if damage := packed_damage(git.git_dir):
        raise GitFailed(
            f"{git.git_dir / 'packed-refs'} is damaged: {damage}.",
            "References may be missing or wrong. Restore the file from a copy, or fetch from "
            "another clone into a new one; git fsck tells what else is damaged.",
        )
    printed, said = git.run_with_warnings("for-each-ref", _FORMAT, *patterns)
    broken = {
        match["ref"]: _why_broken(git.git_dir / match["ref"])
        for match in _WARNING_RE.finditer(said)
    }
    return Listing(printed, broken)


def require_readable(top: Path, *, files: bool = False) -> None:
    """Look into every folder below one: git takes what it may not open for empty.

    Parameters
    ----------
    top : Path
    files : bool
        Whether files must be readable too; of one that is not, git itself says so in most places.

    Raises
    ------
    ReadFailed
        If one may not be read.
    """
    folders = [str(top)]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif files and not os.access(entry.path, os.R_OK):
                        _require_file(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ReadFailed(folder, error) from error


def _require_file(path: str) -> None:
    """Raise why a file cannot be opened; nothing if it is gone meanwhile, or a link to nothing."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReadFailed(path, error) from error


def _why_broken(path: Path) -> str:
    try:
        _require_file(str(path))
    except ReadFailed as error:
        return error.what.removesuffix(".")
    return "git finds it broken (its file is damaged, or names no object)"


def why_missing(git: Git, ref: str) -> str:
    """Why git knows no object for a full name that stands in the repository; empty if none does."""
    if not _stands(git.git_dir, ref):
        return ""
    found = listing(git, ref)
    if ref in found.broken:
        return found.broken[ref]
    if oid := dict(found.items()).get(ref):
        return f"the object {oid} that it names is missing or damaged"
    return ""


def _stands(git_dir: Path, ref: str) -> bool:
    """Whether some file has a reference's name: a hint only, as names may differ in case."""
    path = git_dir / ref
    try:
        if S_ISREG(path.stat().st_mode):
            return True
    except ValueError:  # a NUL in it
        return False
    except OSError as error:
        if error.errno not in _ABSENT:
            raise ReadFailed(str(path), error) from error
    data = packed(git_dir)
    return b" " + os.fsencode(ref) + b"\n" in data


def packed(git_dir: Path) -> bytes:
    """Content of ``packed-refs``, empty if there is none."""
    path = git_dir / "packed-refs"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ReadFailed(str(path), error) from error


def packed_damage(git_dir: Path) -> str:
    """What is wrong with ``packed-refs``, or an empty text; read again only when it changed.

    Raises
    ------
    ReadFailed
        If it is there and may not be read.
    """
    path = git_dir / "packed-refs"
    try:
        found = path.stat(follow_symlinks=False)
        state = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return _damage(str(path), state)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ReadFailed(str(path), error) from error


@lru_cache(maxsize=64)
def _damage(path: str, state: tuple[int, ...]) -> str:
    return damage_of(Path(path).read_bytes())


def damage_of(data: bytes) -> str:
    """What git would never write in a ``packed-refs``: the first of it, or an empty text."""
    if not data:
        return "it is empty, and git always writes a heading"
    head, body = b"", data
    while body.startswith(b"#"):
        line, _, body = body.partition(b"\n")
        head += line
    if not _BODY_RE.fullmatch(body):
        whole = _BODY_RE.match(body)
        good = body[: whole.end() if whole else 0].count(b"\n") + data[: -len(body)].count(b"\n")
        return f"line {good + 1} is not a reference"
    names = [line[41:] for line in body.split(b"\n") if line[:1] not in (b"", b"^")]
    if b" sorted " in head + b" " and not all(map(lt, names, names[1:])):
        wrong = next(name for name, after in pairwise(names) if name >= after)
        return f"{wrong.decode(errors='replace')} and what follows it are out of order"
    return ""
