"""One repository's git, through GitPython, with a stranger's configuration defused.

What may run a command out of somebody else's ``.git`` is switched off for every
call: hooks, file system monitors, transports, lazy fetching. User text never
becomes an option: callers pass full ref names and object ids only, checked by
`nbmodel.refs`.
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

MAX_OBJECT_BYTES = 1 << 28  # a blob of ours is small: what is large lies in the store

OPTIONS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.fsync=all",
    "core.quotePath=false",
    "protocol.allow=never",
    "protocol.ext.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "core.bigFileThreshold=16m",  # what is larger goes through git without lying in its memory
)
_NO_FILTER = (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))


class Git:
    """git on one git directory; safe to share between threads.

    Parameters
    ----------
    git_dir : Path
        The common git directory: where refs and objects live.
    work_tree : Path, optional
        Only for questions about the user's own files.
    records : Path, optional
        The user's folder for records of who moves which reference.

    Attributes
    ----------
    leading_out : tuple of str
        Links out of the repository where git would write: `nbmodel.repo.special_files`.

    Raises
    ------
    NotPlain
        If git would open what is no regular file there.
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
            GIT_NO_REPLACE_OBJECTS="1",  # refs/replace would show a version under another's id
            **environment.settings(()),
        )
        if work_tree is not None:
            self._git.update_environment(GIT_WORK_TREE=str(work_tree))
        waiting = partial(self.start, "cat-file", "--batch-command")
        self._objects = ObjectReader(waiting, partial(fetch_line, self), str(git_dir))
        _open.add(self)

    def without_filters(self) -> None:
        """Switch off, for all that follows, the filters that the configuration names now.

        By the environment rather than by options: a filter's name may hold
        an equals sign.
        """
        try:
            found = self.run("config", "--null", "--name-only", "--get-regexp", r"^filter\.")
        except GitFailed:  # exit status 1: none
            return
        keys = found.decode(errors="surrogateescape").split("\0")
        names = sorted({key.rpartition(".")[0] for key in keys if key})
        pairs = [(f"{name}.{key}", value) for name in names for key, value in _NO_FILTER]
        self._git.update_environment(**environment.settings(pairs))

    def close(self) -> None:
        """End the process that waits for questions."""
        self._objects.close()

    def run(
        self,
        command: str,
        *args: str,
        data: bytes = b"",
        settings: Sequence[str] = (),
        holding: Sequence[int] = (),
    ) -> bytes:
        """Run one git command with `data` on its standard input; return what it printed.

        `settings` are ``name=value``, for this one call.

        Raises
        ------
        WriteFailed
            If the disk is full, read-only or not the user's to write.
        GitFailed
            If git ended with an error for any other reason.
        """
        with self.start(command, *args, settings=settings, holding=holding) as process:
            return answer(process, command, data, str(self.git_dir))

    def ask(self, command: str, *args: str) -> tuple[bytes, str]:
        """Run one git command; return what it printed, and what it complained of.

        Raises
        ------
        WriteFailed, GitFailed
            As `run` does.
        """
        with self.start(command, *args) as process:
            return both(process, command, b"", str(self.git_dir))

    @contextmanager
    def start(
        self, command: str, *args: str, settings: Sequence[str] = (), holding: Sequence[int] = ()
    ) -> Iterator[Any]:
        """Start one git command with open pipes; the caller reads, writes and waits.

        It keeps the file descriptors in `holding` open as long as it runs.
        """
        try:
            options = set_options((*OPTIONS, *settings))
            line = _line(self._git, *options, command, *args)
            process = self._git.execute(line, istream=PIPE, as_process=True, pass_fds=holding)
        except GitCommandNotFound as error:
            raise no_git() from error
        except OSError as error:
            raise GitFailed(f"git {command} did not start: {error}.") from error
        try:
            yield process
        finally:
            if process.proc is not None:  # None where the interpreter ends and took it along
                for pipe in (process.stdin, process.stdout, process.stderr):
                    # Closing flushes; a git that died before reading all says why by its status.
                    with suppress(BrokenPipeError):
                        pipe.close()
                timeouts.end(process.proc)

    def resolve(self, name: str) -> str | None:
        """Object id that a full ref name or an id stands for, or None.

        Raises
        ------
        GitFailed
            If git cannot tell: the repository is damaged.
        """
        if object_lookup.is_compound(name):
            found = self.read(name)
        elif (found := self._objects.find(name)) is None:
            self._require_none(name)
        return None if found is None else found.oid

    def read(self, spec: str, limit: int = MAX_OBJECT_BYTES) -> GitObject | None:
        """``(id, type, content)`` of an object, or None if there is no such object.

        Parameters
        ----------
        spec : str
            An object's id or a full ref name, with ``^{commit}``, ``^{tree}`` or ``:path`` behind.
        limit : int

        Raises
        ------
        GitFailed
            If it is damaged, or larger than `limit` bytes: nothing of ours is.
        """
        found = object_lookup.read(self._objects, spec, limit)
        if found is None:
            self._require_none(re.split("[:^]", spec, maxsplit=1)[0])
        return found

    def _require_none(self, name: str) -> None:
        """Raise `ReferenceDamaged` if git knows no object for a reference that stands there."""
        if not name.startswith("refs/") or self._objects.find(name) is not None:
            return
        if (why := references.why_missing(self, name)) and self._objects.find(name) is None:
            raise ReferenceDamaged(name, why)

    def measure(self, spec: str) -> tuple[str, int] | None:
        """``(type, bytes)`` of an object, without its content; None if there is no such object."""
        return self._objects.measure(spec)


def answer(process: Any, command: str, data: bytes, where: str) -> bytes:
    """Give a process that `Git.start` started `data`; return what it prints until it ends.

    Raises
    ------
    WriteFailed, GitFailed
        As `Git.run` does.
    """
    return both(process, command, data, where)[0]


def both(process: Any, command: str, data: bytes, where: str) -> tuple[bytes, str]:
    """As `answer`, with what git complained of though it succeeded."""
    out, err = timeouts.communicate(process, command, data, where)
    said = err.decode(errors="replace")
    if process.returncode and process.returncode < 0:
        raise GitFailed(f"git {command} was killed by signal {-process.returncode}.", "Repeat it.")
    if process.returncode:
        raise failure(command, said)
    return out, said


_open: WeakSet[Git] = WeakSet()


@atexit.register
def _close_all() -> None:
    """End what nobody closed, while there still is an interpreter to do it."""
    for git in list(_open):
        git.close()


class GitExit(Exception):
    """A git that ended with an error; `stderr` is what it printed."""

    def __init__(self, stderr: str) -> None:
        super().__init__(stderr)
        self.stderr = stderr


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
