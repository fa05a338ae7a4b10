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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import EEXIST, ENOTEMPTY
from functools import partial
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from subprocess import PIPE
from typing import Any
from weakref import WeakSet

import git as gitpython
from git.exc import GitCommandError, GitCommandNotFound

from nbmodel.errors import GitFailed, GitUnavailable, ReferenceDamaged
from nbmodel.repo import environment, patience, peeling, references, regular
from nbmodel.repo.failures import failure
from nbmodel.repo.objects import Found, Objects
from nbmodel.repo.partial import fetch_line
from nbmodel.repo.writers import Records
from nbmodel.store.durable import sync_file, sync_folder

OLDEST_GIT = (2, 36)  # the first with core.fsync and cat-file --batch-command
OBJECT_LIMIT = 1 << 28  # a blob of ours is small: what is large lies in the store

_OPTIONS = (
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
_BARE = ["--bare", "--quiet", "--template=", "--object-format=sha1", "--initial-branch=main"]
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
        Links out of the repository where git would write: `nbmodel.repo.regular`.

    Raises
    ------
    NotPlain
        If git would open what is no regular file there.
    """

    def __init__(
        self, git_dir: Path, work_tree: Path | None = None, records: Path | None = None
    ) -> None:
        self.git_dir = git_dir
        self.records = Records(git_dir, records)
        self.leading_out = regular.require(git_dir, work_tree)
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
        self._objects = Objects(waiting, partial(fetch_line, self), str(git_dir))
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
            line = _line(self._git, (*_OPTIONS, *settings), command, *args)
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
                patience.end(process.proc)

    def resolve(self, name: str) -> str | None:
        """Object id that a full ref name or an id stands for, or None.

        Raises
        ------
        GitFailed
            If git cannot tell: the repository is damaged.
        """
        if peeling.is_compound(name):
            found = self.read(name)
        elif (found := self._objects.find(name)) is None:
            self._require_none(name)
        return None if found is None else found.oid

    def read(self, spec: str, limit: int = OBJECT_LIMIT) -> Found | None:
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
        found = peeling.read(self._objects, spec, limit)
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
    out, err = patience.communicate(process, command, data, where)
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


def locate(path: Path) -> tuple[Path, Path | None] | None:
    """``(common git dir, work tree or None)`` of the repository around `path`, or None.

    A work tree's own git dir differs from the common one in a linked worktree;
    refs and objects are shared, so the common one is the registry's.

    Raises
    ------
    GitFailed
        If there is one that git will not work with.
    """
    regular.require_around(path)
    try:
        answer = _ask_around(path, "--git-common-dir", "--is-bare-repository")
        common, bare = answer.rsplit("\n", 1)
        if bare == "true":
            return Path(common), None
        top = _ask_around(path, "--show-toplevel")
    except GitCommandNotFound as error:
        raise no_git() from error
    except GitCommandError as error:
        said = _said(error)
        if "must be run in a work tree" in said:  # inside .git itself
            return Path(common), None
        if "dubious ownership" in said:
            raise GitFailed(
                f"The repository around {path} belongs to another user.",
                "If you trust it: git config --global --add safe.directory PATH.",
            ) from error
        if "not a git repository (or any" in said:
            return None
        raise failure("rev-parse", said) from error
    return Path(common), Path(top)


def _ask_around(path: Path, *questions: str) -> str:
    asker = gitpython.Git()
    asker.update_environment(**environment.settings(()))
    # What a bare repository inside a stranger's files could run is switched off in `Git`.
    words = ("-C", str(path), "rev-parse", "--path-format=absolute")
    return _ended(asker, _line(asker, ("safe.bareRepository=all",), *words, *questions), str(path))


def _ended(asker: gitpython.Git, line: list[str], where: str) -> str:
    """What a command line of git printed, without the last line's end."""
    process: Any = asker.execute(line, istream=PIPE, as_process=True)
    command = next(word for word in ("rev-parse", "init", "version") if word in line)
    out, err = patience.communicate(process, command, b"", where)
    if process.returncode:
        raise GitCommandError(line, process.returncode, err, out)
    return os.fsdecode(out).removesuffix("\n")


def _line(git: gitpython.Git, settings: Sequence[str], *words: str) -> list[str]:
    """A command line of git that takes nothing from the environment but what `git` sets."""
    options = [word for setting in settings for word in ("-c", setting)]
    start = environment.without(git.environment())
    return [*start, str(gitpython.Git.GIT_PYTHON_GIT_EXECUTABLE), *options, *words]


def object_format(git_dir: Path) -> str:
    """``sha1`` or ``sha256``: what names the objects of a repository."""
    regular.require(git_dir, whole=False)
    asker = gitpython.Git(str(git_dir))
    asker.update_environment(GIT_DIR=str(git_dir), **environment.settings(()))
    return _ended(asker, _line(asker, _OPTIONS, "rev-parse", "--show-object-format"), str(git_dir))


def create_bare(path: Path) -> None:
    """Make a bare repository for a registry of its own; it is whole, and on disk, or not there.

    Raises
    ------
    WriteFailed, GitFailed
        If it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():  # half of one perhaps, by hand: git adds what is missing
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
            if error.errno not in (EEXIST, ENOTEMPTY):  # those say that another was faster
                raise
        sync_folder(path.parent)
    except OSError as error:
        raise failure("init", f"{path}: {error.strerror}") from error


def _init(path: Path) -> None:
    try:
        maker = gitpython.Git(str(path.parent))
        _ended(maker, _line(maker, (), "init", *_BARE, "--end-of-options", str(path)), str(path))
    except GitCommandNotFound as error:
        raise no_git() from error
    except GitCommandError as error:
        raise failure("init", _said(error)) from error


def check_version() -> None:
    """Raise `GitUnavailable` if git is missing or older than `OLDEST_GIT`."""
    asker = gitpython.Git()
    try:
        answer = _ended(asker, _line(asker, (), "version"), "")
    except (GitCommandNotFound, GitCommandError) as error:
        raise no_git() from error
    found = [int(part) for part in re.findall(r"\d+", answer)[:3]]
    if tuple(found[:2]) < OLDEST_GIT:
        raise GitUnavailable(
            f"git {'.'.join(map(str, found))} is too old.",
            f"nbmodel needs git {'.'.join(map(str, OLDEST_GIT))} or newer: upgrade git.",
        )


def no_git() -> GitUnavailable:
    """The error for a machine without git."""
    return GitUnavailable(
        "git was not found.",
        "Install git (https://git-scm.com/downloads) and make sure that it is on the PATH.",
    )


def _said(error: GitCommandError) -> str:
    """What git printed, without GitPython's frame around it."""
    return str(error.stderr).strip().removeprefix("stderr: ").strip("'")
