"""Pipes, devices and links in place of the files that git opens.

A repository from a stranger may contain anything in place of a file. git opens its configuration,
refs and lists of objects without checking their kind, and a named pipe would block it forever. So
they are checked here, once for each repository, before the first git process runs in it. Objects
are too many for that: if one blocks git, its time limit ends it (`nbmodel.repo.timeouts`).

nbmodel also does not write through a link that leads out of the repository.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from nbmodel.errors import NotPlain
from nbmodel.store.safe_files import kind_of

# Files of a git directory that git or nbmodel reads.
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
# Files that nbmodel changes, itself or through git. They must not lead out of the repository.
_WRITTEN = ("HEAD", "packed-refs")
MAX_BYTES_READ = 1 << 20  # of a configuration file or a list of folders
MAX_INCLUDE_DEPTH = (
    10  # of files that include others, as git has it; git itself refuses the eleventh
)
MAX_ALTERNATES_DEPTH = 5  # of repositories that borrow objects; git has the same limit

_INCLUDE_RE = re.compile(
    rb"""^\s*(?:\[[^\]]*\]\s*)*path\s*=\s*("?)(.*?)\1\s*(?:[#;].*)?$""",
    re.IGNORECASE | re.MULTILINE,
)


def require(git_dir: Path, work_tree: Path | None = None, *, whole: bool = True) -> tuple[str, ...]:
    """Check the files that git would open in a repository.

    Parameters
    ----------
    git_dir : Path
    work_tree : Path, optional
    whole : bool
        Whether to check references and their logs too. There may be thousands, and git does not
        read them to find a repository.

    Returns
    -------
    tuple of str
        ``PATH leads to PLACE``: links out of the repository, at places where git would write.

    Raises
    ------
    NotPlain
        If one is a pipe, a socket or a device.
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
    """Check the repository around a folder, which git would find.

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
    """Check the git directory that a ``.git`` file names, of a linked work tree or a submodule."""
    text = os.fsdecode(_head(dot_git))
    own = Path(os.path.normpath(folder / text.removeprefix("gitdir:").strip()))
    require(own, folder, whole=False)
    common = os.fsdecode(_head(own / "commondir")).strip()
    if common:
        require(Path(os.path.normpath(own / common)), whole=False)


# -- files -------------------------------------------------------------------


def _status(path: Path) -> os.stat_result | None:
    """The status of a file, following links; None if there is none."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _require_file(path: Path) -> bool:
    """Whether a regular file exists; refuse one that may block forever.

    git itself reports a folder in place of a file, and a file in place of a folder.
    """
    status = _status(path)
    if status is None:
        return False
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise NotPlain(str(path), kind_of(status))
    return stat.S_ISREG(status.st_mode)


def _tree(top: Path) -> Iterator[Path]:
    """Check every file below a folder; yield the links among them."""
    if top.is_symlink():
        yield top
    folders = [top]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:  # git will report it
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif not entry.is_file(follow_symlinks=False):
                path = Path(entry.path)
                if entry.is_symlink():
                    yield path
                    if entry.is_dir():  # git follows it, and refuses cycles itself
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


# -- included files and borrowed objects ----------------------------------------------------


def _require_included(config: Path, depth: int) -> None:
    """Check the files that a configuration file may include."""
    if depth == 0:
        return
    for _, value in _INCLUDE_RE.findall(_head(config)):
        name = os.fsdecode(value).replace('\\"', '"').replace("\\\\", "\\")
        if not name or "\0" in name:
            continue
        path = Path(os.path.normpath(config.parent / _expanded(name)))
        if _require_file(path):
            _require_included(path, depth - 1)


def _expanded(name: str) -> Path:
    """A path with the user's home in place of ``~``."""
    try:
        return Path(name).expanduser()
    except RuntimeError:  # there is no such user: git will report it
        return Path(name)


def _require_alternates(objects: Path, depth: int) -> None:
    """Check the lists of repositories from which this one borrows objects."""
    alternates = objects / "info/alternates"
    if depth == 0 or not _require_file(alternates):
        return
    for line in _head(alternates).split(b"\n"):
        name = os.fsdecode(line).strip('"')
        if name and not name.startswith("#") and "\0" not in name:
            other = Path(os.path.normpath(objects / name))
            _require_file(other)
            _require_alternates(other, depth - 1)


def borrowed(git_dir: Path) -> list[Path]:
    """The object folders from which a repository borrows, as its list names them."""
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
