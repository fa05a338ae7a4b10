"""Repositories: found around a folder, checked, and created."""

from __future__ import annotations

import re
from errno import EEXIST, ENOTEMPTY
from pathlib import Path
from secrets import token_hex
from shutil import rmtree

from nbmodel.errors import GitFailed, GitUnavailable
from nbmodel.repo import environment, special_files
from nbmodel.repo.failures import failure, no_git
from nbmodel.repo.git import OPTIONS, GitExit, run_once, set_options
from nbmodel.store.durable import sync_file, sync_folder

OLDEST_GIT = (2, 36)  # the first with core.fsync and cat-file --batch-command

_BARE = ["--bare", "--quiet", "--template=", "--object-format=sha1", "--initial-branch=main"]


def locate(path: Path) -> tuple[Path, Path | None] | None:
    """Find the repository around `path`.

    A linked worktree has its own git directory besides the common one. Refs and objects are
    shared, so the common one is the registry's.

    Returns
    -------
    tuple of (Path, Path or None), or None
        The common git directory, and the work tree if there is one. None if no
        repository is there.

    Raises
    ------
    GitFailed
        If git refuses to work with the repository.
    """
    special_files.require_around(path)
    try:
        common, bare = _rev_parse(path, "--git-common-dir", "--is-bare-repository").rsplit("\n", 1)
        if bare == "true":
            return Path(common), None
        top = _rev_parse(path, "--show-toplevel")
    except GitExit as error:
        if "must be run in a work tree" in str(error):  # inside .git itself
            return Path(common), None
        if "dubious ownership" in str(error):
            raise GitFailed(
                f"The repository around {path} belongs to another user.",
                "If you trust it: git config --global --add safe.directory PATH.",
            ) from error
        if "not a git repository (or any" in str(error):
            return None
        raise failure("rev-parse", str(error)) from error
    return Path(common), Path(top)


def _rev_parse(path: Path, *questions: str) -> str:
    return run_once(
        "rev-parse",
        "--path-format=absolute",
        *questions,
        # `Git` switches off what a bare repository inside a stranger's files could run.
        before=[*set_options(["safe.bareRepository=all"]), "-C", str(path)],
        where=str(path),
        variables=environment.settings(()),
    )


def object_format(git_dir: Path) -> str:
    """``sha1`` or ``sha256``: the hash that names the objects of a repository.

    Raises
    ------
    GitFailed
        If git cannot tell.
    """
    special_files.require(git_dir, whole=False)
    try:
        return run_once(
            "rev-parse",
            "--show-object-format",
            before=set_options(OPTIONS),
            folder=git_dir,
            where=str(git_dir),
            variables={"GIT_DIR": str(git_dir), **environment.settings(())},
        )
    except GitExit as error:
        raise failure("rev-parse", str(error)) from error


def create_bare(path: Path) -> None:
    """Make a bare repository for a registry: afterwards it is complete and on disk, or absent.

    Raises
    ------
    WriteFailed, GitFailed
        If it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():  # perhaps an incomplete one: git adds what is missing
            _init(path)
            return
        fresh = path.with_name(f"{path.name}.{token_hex(4)}")
        _init(fresh)
        sync_file(fresh / "HEAD")
        sync_file(fresh / "config")
        sync_folder(fresh)
        try:
            fresh.rename(path)
        except OSError as error:
            rmtree(fresh)
            if error.errno not in (EEXIST, ENOTEMPTY):  # another process was faster
                raise
        sync_folder(path.parent)
    except OSError as error:
        raise failure("init", f"{path}: {error.strerror}") from error


def _init(path: Path) -> None:
    try:
        run_once("init", *_BARE, "--end-of-options", str(path), folder=path.parent, where=str(path))
    except GitExit as error:
        raise failure("init", str(error)) from error


def check_version() -> None:
    """Raise `GitUnavailable` if git is missing or older than `OLDEST_GIT`."""
    try:
        answer = run_once("version")
    except GitExit as error:
        raise no_git() from error
    version = [int(part) for part in re.findall(r"\d+", answer)[:3]]
    if tuple(version[:2]) < OLDEST_GIT:
        raise GitUnavailable(
            f"git {'.'.join(map(str, version))} is too old.",
            f"nbmodel needs git {'.'.join(map(str, OLDEST_GIT))} or newer: upgrade git.",
        )
