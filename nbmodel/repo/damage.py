"""Recognize a damaged repository, which git would treat as missing.

If a ``.git`` lacks its HEAD, objects or refs, git goes on to the folder above. It also treats
files that it may not read as missing. A commit would then begin a second, empty registry beside
the first. So nbmodel checks first, and raises an error.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from nbmodel.errors import GitFailed, ReadFailed
from nbmodel.repo.failures import denied

REPOSITORY_NAMES = (".git", ".nbmodel.git")
_HEAD_RE = re.compile(rb"ref:\s*refs/\S+\s*|(?:[0-9a-f]{40}|[0-9a-f]{64})\s*")
_MAX_BYTES_READ = 4096  # of a file that contains a name
_COPY = "restore it from a backup, or clone the repository again."


def require_whole_around(start: Path) -> None:
    """Check the nearest repository in or above a folder, even if git would not accept it.

    Raises
    ------
    GitFailed
        If a part of it is missing or damaged.
    ReadFailed
        If a part of it may not be read.
    """
    if _is_half_bare(start):
        require_whole(start)
    for folder in (start, *start.parents):
        nearest = [folder / name for name in REPOSITORY_NAMES if os.path.lexists(folder / name)]
        for place in nearest:
            _require(place)
        if nearest:
            return


def require_whole(git_dir: Path) -> None:
    """Raise an error if a git directory is damaged.

    In a linked work tree, the file ``commondir`` names the directory with objects and refs.

    Raises
    ------
    GitFailed, ReadFailed
    """
    _require_head(git_dir / "HEAD")
    common_dir = _content(git_dir / "commondir")
    if common_dir is None and os.path.lexists(git_dir / "commondir"):
        return  # not a regular file: `special_files` reports it
    common = Path(os.path.normpath(git_dir / os.fsdecode(common_dir or b".").strip()))
    for name, hint in (
        ("objects", f"It contains the versions: {_COPY}"),
        (
            "refs",
            f"Make the folder to get the references in packed-refs back. For the rest, {_COPY}",
        ),
    ):
        path = common / name
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise _damaged(git_dir, f"{path} is missing", hint) from None
        except OSError as error:
            raise ReadFailed(str(path), error) from error
        if stat.S_ISDIR(status.st_mode) and not os.access(path, os.X_OK | os.R_OK):
            raise denied(path)
    _content(common / "config")


def _require(place: Path) -> None:
    """Check a ``.git`` or ``.nbmodel.git``: a folder, or a file that names one."""
    try:
        status = place.stat()
    except FileNotFoundError as error:
        raise _damaged(place, "its link has no target", f"Repair the link, or {_COPY}") from error
    except OSError as error:
        raise ReadFailed(str(place), error) from error
    if stat.S_ISDIR(status.st_mode):
        if place.name == ".git" or _is_filled(place):
            require_whole(place)
    elif stat.S_ISREG(status.st_mode):
        text = os.fsdecode(_content(place) or b"")
        own = Path(os.path.normpath(place.parent / text.removeprefix("gitdir:").strip()))
        if not text.startswith("gitdir:"):
            raise _damaged(
                place, "it does not name a git directory", f"Write its gitdir: line, or {_COPY}"
            )
        if not own.is_dir():
            hint = "If that folder was moved, run in the main repository: git worktree repair"
            raise _damaged(place, f"it names {own}, which does not exist", hint)
        require_whole(own)


def _require_head(head: Path) -> None:
    hint = f"Write the name of its branch: printf 'ref: refs/heads/main\\n' > '{head}'"
    try:
        if stat.S_ISLNK(head.lstat().st_mode):  # a link, as old versions of git made it
            return  # its branch may have no commits
    except FileNotFoundError:
        raise _damaged(head.parent, f"{head} is missing", hint) from None
    except OSError as error:
        raise ReadFailed(str(head), error) from error
    content = _content(head)
    if content is not None and not _HEAD_RE.fullmatch(content):
        why = "does not name a branch or commit" if content else "is empty"
        raise _damaged(head.parent, f"{head} {why}", hint)


def _content(path: Path) -> bytes | None:
    """The beginning of a regular file; None if there is none."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        with path.open("rb") as file:
            return file.read(_MAX_BYTES_READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ReadFailed(str(path), error) from error


def _is_filled(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError as error:
        raise ReadFailed(str(folder), error) from error


def _is_half_bare(folder: Path) -> bool:
    """Whether a folder is a bare repository, perhaps an incomplete one."""
    parts = [(folder / "HEAD").is_file(), *((folder / n).is_dir() for n in ("objects", "refs"))]
    return sum(parts) > 1 and (folder / "config").is_file()


def _damaged(place: Path, why: str, hint: str) -> GitFailed:
    return GitFailed(f"The repository {place} is damaged: {why}.", hint)
