"""What git opens by itself must be regular files: a named pipe would keep it waiting for ever.

A repository that somebody sent may hold anything in the place of a file. git opens its settings,
its refs and the lists of its objects without looking what they are, so they are looked at here,
once for each repository, before the first git is started in it. Its objects are too many for
that: a git that waits for one is ended by its time limit (`nbmodel.repo.timeouts`).

Nor is anything of ours written through a link that leads out of the repository.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from nbmodel.errors import NotPlain
from nbmodel.store.safe_files import kind_of

# Files that git reads in a git directory, or nbmodel does.
_FILES = (
    *("HEAD", "ORIG_HEAD", "FETCH_HEAD", "config", "config.worktree", "packed-refs", "shallow"),
    *("commondir", "gitdir", "index", "info/attributes", "info/exclude", "info/grafts"),
    *("info/sparse-checkout", "objects/info/alternates", "objects/info/http-alternates"),
    *("objects/info/packs", "objects/info/commit-graph"),
)
_FOLDERS = ("objects", "objects/info", "objects/pack", "info")
_TREES = ("refs", "logs", "worktrees", "reftable")
# Files of a work tree that git and git-lfs read.
_SETTINGS = (".gitattributes", ".gitmodules", ".gitignore", ".lfsconfig", ".mailmap")
# What nbmodel, or a git of ours, changes: never beyond the repository.
_WRITTEN = ("HEAD", "packed-refs")
MAX_BYTES_READ = 1 << 20  # bytes of a file of settings, or of a list of folders, that are read here
MAX_INCLUDE_DEPTH = (
    10  # of files that include others, as git has it; git itself refuses the eleventh
)
MAX_ALTERNATES_DEPTH = 5  # repositories that borrow objects one from the other, as git has it

_INCLUDE_RE = re.compile(
    rb"""^\s*(?:\[[^\]]*\]\s*)*path\s*=\s*("?)(.*?)\1\s*(?:[#;].*)?$""",
    re.IGNORECASE | re.MULTILINE,
)


def require(git_dir: Path, work_tree: Path | None = None, *, whole: bool = True) -> tuple[str, ...]:
    """Look at what a git in this repository would open.

    Parameters
    ----------
    git_dir : Path
    work_tree : Path, optional
    whole : bool
        References and their logs too, of which there may be thousands: git does not read them to
        say where a repository is.

    Returns
    -------
    tuple of str
        ``PATH leads to PLACE``: links out of the repository where git would write.

    Raises
    ------
    NotPlain
        If a part of it is a pipe, a socket or a device.
    """
    for name in (*_FILES, *_FOLDERS):
        _require_file(git_dir / name)
    links = [git_dir / name for name in _WRITTEN]
    for name in _TREES if whole else ():
        links += _tree(git_dir / name)
    if work_tree is not None:
        for name in _SETTINGS:
            _require_file(work_tree / name)
    for name in ("config", "config.worktree"):
        _require_included(git_dir / name, MAX_INCLUDE_DEPTH)
    _require_alternates(git_dir / "objects", MAX_ALTERNATES_DEPTH)
    return tuple(_leading_out(git_dir, links))


def require_around(start: Path) -> None:
    """Look at the repository that encloses a folder, as git would find it.

    Raises
    ------
    NotPlain
        As `require` does.
    """
    for folder in (start, *start.parents):
        dot_git = folder / ".git"
        status = _status(dot_git)
        if status is not None and stat.S_ISDIR(status.st_mode):
            require(dot_git, folder, whole=False)
            return
        if status is not None and stat.S_ISREG(status.st_mode):
            _require_named(dot_git, folder)
            return
        if all((folder / name).exists() for name in ("HEAD", "objects", "refs")):
            require(folder, whole=False)
            return


def _require_named(dot_git: Path, folder: Path) -> None:
    """The git directory that a file names: that of a linked work tree, or of a submodule."""
    text = os.fsdecode(_head(dot_git))
    own = Path(os.path.normpath(folder / text.removeprefix("gitdir:").strip()))
    require(own, folder, whole=False)
    common = os.fsdecode(_head(own / "commondir")).strip()
    if common:
        require(Path(os.path.normpath(own / common)), whole=False)


# -- files -------------------------------------------------------------------


def _status(path: Path) -> os.stat_result | None:
    """What is there, through links; None if nothing is, or nothing that can be looked at."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _require_file(path: Path) -> bool:
    """Whether there is a file; refuse what may wait for ever.

    Of a folder in the place of a file, or a file in that of a folder, git says what is wrong.
    """
    status = _status(path)
    if status is None:
        return False
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise NotPlain(str(path), kind_of(status))
    return stat.S_ISREG(status.st_mode)


def _tree(top: Path) -> Iterator[Path]:
    """Look at every file below a folder; yield the links among them."""
    if top.is_symlink():
        yield top
    folders = [top]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:  # git will say so, in its own words
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif not entry.is_file(follow_symlinks=False):
                path = Path(entry.path)
                if entry.is_symlink():
                    yield path
                    if entry.is_dir():  # git goes through it; in circles git itself refuses
                        continue
                _require_file(path)


def _head(path: Path) -> bytes:
    """The beginning of a regular file; empty if there is none."""
    if not _require_file(path):
        return b""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES_READ)
    except OSError:
        return b""


# -- what leads elsewhere ----------------------------------------------------


def _require_included(config: Path, depth: int) -> None:
    """Look at the files that a file of settings may include."""
    if depth == 0:
        return
    for _, value in _INCLUDE_RE.findall(_head(config)):
        named = os.fsdecode(value).replace('\\"', '"').replace("\\\\", "\\")
        if not named or "\0" in named:
            continue
        path = Path(os.path.normpath(config.parent / _expanded(named)))
        if _require_file(path):
            _require_included(path, depth - 1)


def _expanded(named: str) -> Path:
    """A path with the user's home for ``~``."""
    try:
        return Path(named).expanduser()
    except RuntimeError:  # no such user: git says so
        return Path(named)


def _require_alternates(objects: Path, depth: int) -> None:
    """Look at the lists of the repositories that this one borrows objects from."""
    listed = objects / "info/alternates"
    if depth == 0 or not _require_file(listed):
        return
    for line in _head(listed).split(b"\n"):
        name = os.fsdecode(line).strip('"')
        if name and not name.startswith("#") and "\0" not in name:
            other = Path(os.path.normpath(objects / name))
            _require_file(other)
            _require_alternates(other, depth - 1)


def borrowed(git_dir: Path) -> list[Path]:
    """The object folders that a repository borrows from, as its own list names them."""
    objects = git_dir / "objects"
    lines = os.fsdecode(_head(objects / "info/alternates")).splitlines()
    names = (line.strip('"') for line in lines if line and not line.startswith("#"))
    return [Path(os.path.normpath(objects / name)) for name in names if "\0" not in name]


def _leading_out(git_dir: Path, paths: list[Path]) -> Iterator[str]:
    home = Path(os.path.realpath(git_dir))
    for path in paths:
        if path.is_symlink():
            place = Path(os.path.realpath(path))
            if not place.is_relative_to(home):
                yield f"{path} leads to {place}"
