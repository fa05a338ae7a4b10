"""One repository's git, through GitPython, with a stranger's configuration defused.

What may run a command out of somebody else's ``.git`` is switched off for every
call: hooks, file system monitors, transports, lazy fetching. User text never
becomes an option: callers pass full ref names and object ids only, checked by
`nbmodel.refs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import PIPE
from threading import RLock
from typing import Any

import git as gitpython
from git.exc import GitCommandError, GitCommandNotFound

from nbmodel.errors import GitFailed, GitUnavailable, WriteFailed

OLDEST_GIT = (2, 36)  # the first with core.fsync
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
)
_FULL = ("no space left", "disk quota exceeded", "read-only file system", "permission denied")


class Git:
    """git on one git directory; safe to share between threads.

    Parameters
    ----------
    git_dir : Path
        The common git directory: where refs and objects live.
    work_tree : Path, optional
        Only for questions about the user's own files.
    """

    def __init__(self, git_dir: Path, work_tree: Path | None = None) -> None:
        self.git_dir = git_dir
        self._git = gitpython.Git(str(work_tree or git_dir))
        self._git.update_environment(
            GIT_DIR=str(git_dir), GIT_ALLOW_PROTOCOL="none", GIT_NO_LAZY_FETCH="1"
        )
        if work_tree is not None:
            self._git.update_environment(GIT_WORK_TREE=str(work_tree))
        self._git.set_persistent_git_options(c=list(_OPTIONS))
        self._lock = RLock()

    def close(self) -> None:
        """End the processes that wait for questions."""
        with self._lock:
            self._git.clear_cache()

    def run(self, command: str, *args: str, data: bytes = b"") -> bytes:
        """Run one git command with `data` on its standard input; return what it printed.

        Raises
        ------
        WriteFailed
            If the disk is full, read-only or not the user's to write.
        GitFailed
            If git ended with an error for any other reason.
        """
        with self.start(command, *args) as process:
            out, err = process.communicate(data)
        if process.returncode:
            raise _failure(command, err.decode(errors="replace"))
        return bytes(out)

    @contextmanager
    def start(self, command: str, *args: str) -> Iterator[Any]:
        """Start one git command with open pipes; the caller reads, writes and waits."""
        try:
            start = getattr(self._git, command.replace("-", "_"))
            process = start(*args, istream=PIPE, as_process=True)
        except GitCommandNotFound as error:
            raise no_git() from error
        except OSError as error:
            raise GitFailed(f"git {command} did not start: {error}.") from error
        try:
            yield process
        finally:
            for pipe in (process.stdin, process.stdout, process.stderr):
                # Closing flushes; a git that has died before reading all says why by its status.
                with suppress(BrokenPipeError):
                    pipe.close()
            process.proc.wait()

    def resolve(self, name: str) -> str | None:
        """Object id that a full ref name or an id stands for, or None."""
        with self._lock:
            try:
                return _text(self._ask(self._git.get_object_header, name)[0])
            except ValueError:
                return None

    def read(self, spec: str, limit: int = OBJECT_LIMIT) -> tuple[str, str, bytes] | None:
        """``(id, type, content)`` of an object, or None if there is no such object.

        Raises
        ------
        GitFailed
            If it is larger than `limit` bytes: nothing of ours is.
        """
        with self._lock:
            try:
                oid, kind, size, stream = self._ask(self._git.stream_object_data, spec)
            except ValueError:
                return None
            if size > limit:
                # The rest of the answer would have to be read first: start afresh instead.
                self._git.clear_cache()
                raise GitFailed(f"{spec} is {size:,} bytes large; at most {limit:,} are read.")
            return _text(oid), _text(kind), bytes(stream.read(size))

    def _ask(self, question: Any, name: str) -> Any:
        """Ask the waiting ``cat-file``; start a new one once if it has died."""
        try:
            return question(name)
        except (BrokenPipeError, EOFError) as error:
            self._git.clear_cache()
            try:
                return question(name)
            except (BrokenPipeError, EOFError):
                raise GitFailed(f"git cat-file ended: {error}.") from error
        except GitCommandNotFound as error:
            raise no_git() from error


def _text(word: str | bytes) -> str:
    # GitPython hands on the bytes of cat-file's header line, whatever it declares.
    return word.decode("ascii") if isinstance(word, bytes) else word


def locate(path: Path) -> tuple[Path, Path | None] | None:
    """``(common git dir, work tree or None)`` of the repository around `path`, or None.

    A work tree's own git dir differs from the common one in a linked worktree;
    refs and objects are shared, so the common one is the registry's.
    """
    asker = gitpython.Git(str(path))
    try:
        answer = asker.rev_parse(
            "--path-format=absolute", "--git-common-dir", "--is-bare-repository"
        )
        common, bare = str(answer).splitlines()
        if bare == "true":
            return Path(common), None
        top = str(asker.rev_parse("--path-format=absolute", "--show-toplevel"))
    except GitCommandNotFound as error:
        raise no_git() from error
    except GitCommandError as error:
        if "must be run in a work tree" in error.stderr:  # inside .git itself
            return Path(common), None
        if "dubious ownership" in error.stderr:
            raise GitFailed(
                f"The repository around {path} belongs to another user.",
                "If you trust it: git config --global --add safe.directory PATH.",
            ) from error
        return None
    return Path(common), Path(top)


def create_bare(path: Path) -> None:
    """Make a bare repository for a registry of its own."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        gitpython.Git(str(path.parent)).init(
            "--bare",
            "--quiet",
            "--template=",
            "--initial-branch=main",
            "--end-of-options",
            str(path),
        )
    except GitCommandNotFound as error:
        raise no_git() from error
    except GitCommandError as error:
        raise _failure("init", str(error.stderr)) from error
    except OSError as error:
        raise _failure("init", f"{path}: {error.strerror}") from error


def check_version() -> None:
    """Raise `GitUnavailable` if git is missing or older than `OLDEST_GIT`."""
    try:
        found = gitpython.Git().version_info
    except (GitCommandNotFound, GitCommandError) as error:
        raise no_git() from error
    if found[:2] < OLDEST_GIT:
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


def _failure(command: str, stderr: str) -> GitFailed | WriteFailed:
    text = stderr.strip() or "no reason given"
    if any(reason in text.lower() for reason in _FULL):
        return WriteFailed(
            f"git {command} could not write: {text.splitlines()[-1]}",
            "Nothing was committed. Free the disk, or make the repository writable, and repeat.",
        )
    return GitFailed(f"git {command} failed: {text}")
