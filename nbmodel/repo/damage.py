"""A repository that is there and damaged is not a folder without one.

git looks on above a ``.git`` that lacks its HEAD, its objects or its refs, and takes what it may
not read for missing: a commit would then begin a second, empty registry beside the first.
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
_MAX_BYTES_READ = 4096  # bytes that are read of a file that names something
_COPY = "restore it from a copy, or fetch into a new clone from another one."


def require_whole_around(start: Path) -> None:
    """Look at the nearest repository in or above a folder, whether git would see it or not.

    Raises
    ------
    GitFailed
        If it lacks what makes it a repository.
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
    """Raise if a git directory is damaged; ``commondir`` names where a work tree's own has most.

    Raises
    ------
    GitFailed, ReadFailed
    """
    _require_head(git_dir / "HEAD")
    named = _content(git_dir / "commondir")
    if named is None and os.path.lexists(git_dir / "commondir"):
        return  # no regular file: `repo.regular` names it
    common = Path(os.path.normpath(git_dir / os.fsdecode(named or b".").strip()))
    for name, hint in (
        ("objects", f"Its versions lie there: {_COPY}"),
        ("refs", f"Make the folder, and git reads what packed-refs names; for the rest, {_COPY}"),
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
    """Look at what a folder has under the name of a repository: a folder, or a file naming one."""
    try:
        status = place.stat()
    except FileNotFoundError as error:
        raise _damaged(place, "the link leads nowhere", f"Mend the link, or {_COPY}") from error
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
                place, "it names no git directory", f"Write its gitdir: line, or {_COPY}"
            )
        if not own.is_dir():
            hint = "If that was moved: git worktree repair, in the repository it belongs to."
            raise _damaged(place, f"it names {own}, which is not there", hint)
        require_whole(own)


def _require_head(head: Path) -> None:
    hint = f"Write the name of its branch: printf 'ref: refs/heads/main\\n' > '{head}'"
    try:
        if stat.S_ISLNK(head.lstat().st_mode):  # as old versions of git have it
            return  # it may name a branch without commits
    except FileNotFoundError:
        raise _damaged(head.parent, f"{head} is missing", hint) from None
    except OSError as error:
        raise ReadFailed(str(head), error) from error
    content = _content(head)
    if content is not None and not _HEAD_RE.fullmatch(content):
        why = "names no branch or commit" if content else "is empty"
        raise _damaged(head.parent, f"{head} {why}", hint)


def _content(path: Path) -> bytes | None:
    """The beginning of a regular file; None if there is none, or something else."""
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
    """Whether a folder is a bare repository, or was one but for a part of it."""
    parts = [(folder / "HEAD").is_file(), *((folder / n).is_dir() for n in ("objects", "refs"))]
    return sum(parts) > 1 and (folder / "config").is_file()


def _damaged(place: Path, why: str, hint: str) -> GitFailed:
    return GitFailed(f"The repository {place} is damaged: {why}.", hint)
