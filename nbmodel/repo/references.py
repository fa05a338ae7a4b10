"""References as git lists them, together with the damaged ones that git leaves out.

For a loose reference that it cannot read, git prints a warning and lists the others.
About a folder that it may not open, it prints nothing. ``packed-refs`` has no checksum. So
its damage is recognized by its order and its form, and because git never leaves it empty.
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
_PACKED = "# pack-refs with: sorted \n"
_WARNING_RE = re.compile(r"^warning: (?P<what>.*?) (?P<ref>refs/\S+)", re.MULTILINE)
# Errors of the system that mean: no file of that name exists, or can exist.
_ABSENT = frozenset({ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP})


@dataclass(frozen=True, slots=True)
class Listing:
    """References as git prints them, and why it left others out, by full name."""

    printed: bytes
    problems: Mapping[str, str] = field(default_factory=dict)

    def items(self) -> list[tuple[str, str]]:
        """``(full name, object id)`` of each."""
        lines = (line.partition("\0") for line in self.printed.decode(errors="replace").split("\n"))
        return [(ref, oid) for oid, _, ref in lines if _OID_RE.fullmatch(oid)]

    def state(self) -> bytes:
        """Bytes that change when any reference changes."""
        return self.printed + repr(sorted(self.problems.items())).encode(errors="replace")


def listing(git: Git, *patterns: str) -> Listing:
    """The references below `patterns`: full names, or whole folders of them.

    Raises
    ------
    GitFailed
        If ``packed-refs`` is damaged, so that its references are unknown.
    ReadFailed
        If ``packed-refs``, or a folder of references, may not be read.
    """
    for pattern in patterns:
        require_readable(git.git_dir / pattern)
    if damage := packed_damage(git.git_dir):
        raise GitFailed(
            f"{git.git_dir / 'packed-refs'} is damaged: {damage}.",
            "References may be missing or wrong. Restore the file from a backup, or clone the "
            "repository again from another clone. git fsck lists what else is damaged.",
        )
    printed, warnings = git.run_with_warnings("for-each-ref", _FORMAT, *patterns)
    problems = {
        match["ref"]: _why_broken(git.git_dir / match["ref"])
        for match in _WARNING_RE.finditer(warnings)
    }
    return Listing(printed, problems)


def require_readable(top: Path, *, files: bool = False) -> None:
    """Check that every folder below `top` can be read. git treats an unreadable one as empty.

    Parameters
    ----------
    top : Path
    files : bool
        Whether to check files too. In most cases, git itself reports an unreadable file.

    Raises
    ------
    ReadFailed
        If one cannot be read.
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
    """Raise `ReadFailed` if a file exists and cannot be opened."""
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
    return "git finds it broken (its file is damaged, or its object does not exist)"


def why_missing(git: Git, ref: str) -> str:
    """Why git finds no object for an existing reference; empty if the reference does not exist."""
    if not _exists(git.git_dir, ref):
        return ""
    references = listing(git, ref)
    if ref in references.problems:
        return references.problems[ref]
    if oid := dict(references.items()).get(ref):
        return f"the object {oid} that it names is missing or damaged"
    return ""


def _exists(git_dir: Path, ref: str) -> bool:
    """Whether a reference seems to exist. It may be another whose name differs in case."""
    path = git_dir / ref
    try:
        if S_ISREG(path.stat().st_mode):
            return True
    except ValueError:  # the name contains a NUL
        return False
    except OSError as error:
        if error.errno not in _ABSENT:
            raise ReadFailed(str(path), error) from error
    data = packed(git_dir)
    return b" " + os.fsencode(ref) + b"\n" in data


def packed(git_dir: Path) -> bytes:
    """Content of ``packed-refs``; empty if there is none."""
    path = git_dir / "packed-refs"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ReadFailed(str(path), error) from error


def write_packed(git_dir: Path, names: Mapping[str, str]) -> Path:
    """Write the ``packed-refs`` of a repository that has no references yet; return its path.

    Parameters
    ----------
    git_dir : Path
    names : mapping of str to str
        Object id by full name.
    """
    path = git_dir / "packed-refs"
    lines = [f"{oid} {ref}\n" for ref, oid in sorted(names.items(), key=_by_bytes)]
    path.write_bytes(os.fsencode("".join([_PACKED, *lines])))
    return path


def _by_bytes(item: tuple[str, str]) -> bytes:
    """The order of git: of the bytes of a name."""
    return os.fsencode(item[0])


def packed_damage(git_dir: Path) -> str:
    """How ``packed-refs`` is damaged, or an empty text. It is only read again after a change.

    Raises
    ------
    ReadFailed
        If it exists and cannot be read.
    """
    path = git_dir / "packed-refs"
    try:
        status = path.stat(follow_symlinks=False)
        state = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return _damage(str(path), state)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ReadFailed(str(path), error) from error


@lru_cache(maxsize=64)
def _damage(path: str, state: tuple[int, ...]) -> str:
    return damage_of(Path(path).read_bytes())


def damage_of(data: bytes) -> str:
    """The first part of ``packed-refs`` that git would never write, or an empty text."""
    if not data:
        return "it is empty, but git always writes a heading"
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
