"""One repository's git, through GitPython, with unsafe configuration switched off.

A ``.git`` from a stranger may name commands to run. Every call switches those off: hooks,
file system monitors, transports, lazy fetching. User text never becomes an option:
callers pass only full ref names and object ids, which `nbmodel.refs` has checked.
"""

from __future__ import annotations

import atexit
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import Any
from weakref import WeakSet

import git as gitpython
from git.exc import GitCommandNotFound

from nbmodel.errors import GitFailed, ReferenceDamaged
from nbmodel.repo import environment, object_lookup, references, special_files, timeouts
from nbmodel.repo.failures import failure, no_git
from nbmodel.repo.lock_records import LockRecords
from nbmodel.repo.objects import GitObject, ObjectReader
from nbmodel.repo.remotes import fetch_line

MAX_OBJECT_BYTES = 1 << 28  # git holds only small objects: large arrays are in the store

OPTIONS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.fsync=all",
    "core.quotePath=false",
    "protocol.allow=never",
    "protocol.ext.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "core.bigFileThreshold=16m",  # git streams larger files instead of reading them into memory
)
_NO_FILTER = (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))


class Git:
    """git for one git directory. Threads may share it.

    Parameters
    ----------
    git_dir : Path
        The common git directory, with refs and objects.
    work_tree : Path, optional
        Only for commands about the user's own files.
    records : Path, optional
        The user's folder for `nbmodel.repo.lock_records`.

    Attributes
    ----------
    leading_out : tuple of str
        Links that lead out of the repository, at places where git would write; see
        `nbmodel.repo.special_files`.

    Raises
    ------
    NotPlain
        If git would open something that is not a regular file.
    """

    def __init__(
        self, git_dir: Path, work_tree: Path | None = None, records: Path | None = None
    ) -> None:
        self.git_dir = git_dir
        self.records = LockRecords(git_dir, records)
        self.leading_out = special_files.require(git_dir, work_tree)
        self._git = gitpython.Git(str(work_tree or git_dir))
        self._git.update_environment(
            GIT_DIR=str(git_dir),
            GIT_ALLOW_PROTOCOL="none",
            GIT_NO_LAZY_FETCH="1",
            GIT_GRAFT_FILE=f"{os.devnull}/none",  # info/grafts hides versions, also from a push
            GIT_NO_REPLACE_OBJECTS="1",  # refs/replace shows one version under the id of another
            **environment.settings(()),
        )
        if work_tree is not None:
            self._git.update_environment(GIT_WORK_TREE=str(work_tree))
        start = partial(self.start, "cat-file", "--batch-command")
        self._objects = ObjectReader(start, partial(fetch_line, self), str(git_dir))
        _open.add(self)

    def without_filters(self) -> None:
        """Switch off the filters that the configuration names, for all later calls.

        This uses the environment, not options, because a filter's name may contain an equals
        sign.
        """
        try:
            names = self.run("config", "--null", "--name-only", "--get-regexp", r"^filter\.")
        except GitFailed:  # exit status 1: none
            return
        keys = names.decode(errors="surrogateescape").split("\0")
        filters = sorted({key.rpartition(".")[0] for key in keys if key})
        pairs = [(f"{name}.{key}", value) for name in filters for key, value in _NO_FILTER]
        self._git.update_environment(**environment.settings(pairs))

    def set_variables(self, variables: Mapping[str, str]) -> None:
        """Set environment variables for all later calls."""
        self._git.update_environment(**variables)

    def close(self) -> None:
        """End the process that waits for requests."""
        self._objects.close()

    def run(
        self,
        command: str,
        *args: str,
        data: bytes = b"",
        settings: Sequence[str] = (),
        pass_fds: Sequence[int] = (),
    ) -> bytes:
        """Run one git command with `data` on its standard input; return what it printed.

        Each of `settings` is ``name=value``, for this one call. git keeps the file descriptors
        in `pass_fds` open while it runs.

        Raises
        ------
        WriteFailed
            If the disk is full, or the user may not write to it.
        GitFailed
            If git ended with another error.
        """
        with self.start(command, *args, settings=settings, pass_fds=pass_fds) as process:
            return communicate(process, command, data, str(self.git_dir))[0]

    def run_with_warnings(self, command: str, *args: str) -> tuple[bytes, str]:
        """Run one git command; return what it printed, and its warnings.

        Raises
        ------
        WriteFailed, GitFailed
            As `run` does.
        """
        with self.start(command, *args) as process:
            return communicate(process, command, b"", str(self.git_dir))

    @contextmanager
    def start(
        self, command: str, *args: str, settings: Sequence[str] = (), pass_fds: Sequence[int] = ()
    ) -> Iterator[Any]:
        """Start one git command with open pipes. The caller reads, writes and waits.

        `settings` and `pass_fds` are those of `run`.
        """
        try:
            options = set_options((*OPTIONS, *settings))
            line = _line(self._git, *options, command, *args)
            process = self._git.execute(line, istream=PIPE, as_process=True, pass_fds=pass_fds)
        except GitCommandNotFound as error:
            raise no_git() from error
        except OSError as error:
            raise GitFailed(
                f"git {command} did not start: {error}.",
                "Free some memory and processes. Then try again.",
            ) from error
        try:
            yield process
        finally:
            if process.proc is not None:  # None if the interpreter is ending
                for pipe in (process.stdin, process.stdout, process.stderr):
                    # Closing flushes. If git ended before it read everything, its status says why.
                    with suppress(BrokenPipeError):
                        pipe.close()
                timeouts.end(process.proc)

    def resolve(self, name: str) -> str | None:
        """The object id for a full ref name or an id, or None.

        Raises
        ------
        GitFailed
            If the repository is damaged, so that git cannot tell.
        """
        if object_lookup.is_compound(name):
            item = self.read(name)
        elif (item := self._objects.find(name)) is None:
            self._require_none(name)
        return None if item is None else item.oid

    def readable_tip(self, ref: str) -> str:
        """The object id for a full ref name; empty if there is none, or git cannot read the ref."""
        try:
            return self.resolve(ref) or ""
        except ReferenceDamaged:
            return ""

    def read(self, spec: str, limit: int = MAX_OBJECT_BYTES) -> GitObject | None:
        """Read an object; None if there is no such object.

        Parameters
        ----------
        spec : str
            An object id or a full ref name, followed by ``^{commit}``, ``^{tree}`` or ``:path``.
        limit : int
            Bytes.

        Raises
        ------
        GitFailed
            If it is damaged, or larger than `limit`. nbmodel writes no such object.
        """
        item = object_lookup.read(self._objects, spec, limit)
        if item is None:
            self._require_none(re.split("[:^]", spec, maxsplit=1)[0])
        return item

    def _require_none(self, name: str) -> None:
        """Raise `ReferenceDamaged` if a reference exists and git finds no object for it."""
        if not name.startswith("refs/") or self._objects.find(name) is not None:
            return
        if (why := references.why_missing(self, name)) and self._objects.find(name) is None:
            raise ReferenceDamaged(name, why)

    def measure(self, spec: str) -> tuple[str, int] | None:
        """``(type, size in bytes)`` of an object; None if there is no such object."""
        return self._objects.measure(spec)


def communicate(process: Any, command: str, data: bytes, where: str) -> tuple[bytes, str]:
    """Send `data` to a process of `Git.start`; return what it prints, and its warnings.

    Raises
    ------
    WriteFailed, GitFailed
        As `Git.run` does.
    """
    out, err = timeouts.communicate(process, command, data, where)
    messages = err.decode(errors="replace")
    if process.returncode and process.returncode < 0:
        raise GitFailed(f"git {command} was killed by signal {-process.returncode}.", "Try again.")
    if process.returncode:
        raise failure(command, messages)
    return out, messages


_open: WeakSet[Git] = WeakSet()


@atexit.register
def _close_all() -> None:
    """End the processes that are still open, before the interpreter ends."""
    for git in list(_open):
        git.close()


class GitExit(Exception):
    """A git that ended with an error. The message is what it printed."""


def run_once(
    command: str,
    *args: str,
    before: Sequence[str] = (),
    folder: Path | None = None,
    where: str = "",
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run one git outside of a `Git`; return what it printed, without the last line's end.

    Parameters
    ----------
    command, *args : str
    before : sequence of str
        Options of git itself, which stand before the command.
    folder : Path, optional
        The working directory.
    where : str
        The repository, for messages.
    variables : mapping of str to str, optional
        Environment variables of that git.

    Raises
    ------
    GitExit
        If git ended with an error.
    GitUnavailable
        If git is not installed.
    """
    git = gitpython.Git(None if folder is None else str(folder))
    git.update_environment(**(variables or {}))
    line = _line(git, *before, command, *args)
    try:
        process: Any = git.execute(line, istream=PIPE, as_process=True)
    except GitCommandNotFound as error:
        raise no_git() from error
    out, err = timeouts.communicate(process, command, b"", where)
    if process.returncode:
        raise GitExit(err.decode(errors="replace").strip())
    return os.fsdecode(out).removesuffix("\n")


def set_options(settings: Sequence[str]) -> list[str]:
    """The options of git that make settings, each ``name=value``."""
    return [word for setting in settings for word in ("-c", setting)]


def _line(git: gitpython.Git, *words: str) -> list[str]:
    """A command line of git that takes nothing from the environment but what `git` sets."""
    start = environment.without(git.environment())
    return [*start, str(gitpython.Git.GIT_PYTHON_GIT_EXECUTABLE), *words]
