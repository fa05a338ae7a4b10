"""One ``git fast-import``: objects go into one pack, one ref moves.

fast-import moves a ref only if the new commit contains the ref's present one,
under the ref's lock: a compare-and-swap. It reads nothing of the repository
before its first command arrives, so it may be started ahead and wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from nbmodel.errors import GitFailed, GitTimedOut, LostRace, WriteFailed
from nbmodel.repo import locks, ref_updates, timeouts
from nbmodel.repo.git import Git, answer
from nbmodel.repo.lock_records import LockRecord

_OID_RE = re.compile(r"[0-9a-f]{40}", re.ASCII)
_RACE = ("not updating", "cannot lock ref", "unable to lock", "unable to create")
# The same words, but repeating does not help.
_NO_RACE = ("; cannot create", "reference broken", "temporary file")
_CRASH_RE = re.compile(r"dumping crash report to (.*/fast_import_crash_[0-9]+)$", re.MULTILINE)
_COMMAND = ("fast-import", "--quiet", "--date-format=raw")
# One pack and its index to sync, rather than a loose file for each object.
_PACKED = ("fastimport.unpackLimit=1",)


class FastImport:
    """A git that waits for one commit; a context manager that ends it.

    Starting it takes longer than the stream of a small commit: start it first,
    and make the stream meanwhile. Without one it ends and leaves nothing; where
    `send` was not followed by `moving`, objects may be left that no ref names.

    Parameters
    ----------
    git : Git

    Attributes
    ----------
    warnings : tuple of str
        What failed after the ref had moved.
    """

    def __init__(self, git: Git) -> None:
        self.warnings: tuple[str, ...] = ()
        self._git = git
        self._stack = ExitStack()
        self._writing = LockRecord()
        self._process: Any = None
        self._sent = False
        self._start()

    def __enter__(self) -> FastImport:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is None:
            return
        # Said rather than left to the end of the pipe, which a forked process may hold too.
        # After half a commit no command of git's but a wrong one keeps the ref where it is.
        with suppress(GitFailed, WriteFailed):
            self._end("", b"abandon\n" if self._sent else b"done\n")

    def _start(self) -> None:
        self._writing = self._stack.enter_context(self._git.records.writing())
        start = self._git.start(*_COMMAND, settings=_PACKED, holding=self._writing.holding)
        self._process = self._stack.enter_context(start)

    def send(self, stream: Iterable[bytes]) -> None:
        """Give it the commands of one commit, its mark 1: git makes the objects, no ref moves."""
        if self._process is None:  # it wrote a commit, or lost a race
            self._start()
        self._sent = True
        data = b"".join([b"feature done\n", *stream, b"get-mark :1\n"])
        with suppress(BrokenPipeError):  # it died: why, it says when it is to move the ref
            # Past the buffer, which would keep what it could not write and fail once more.
            pipe = self._process.stdin.fileno()
            timeouts.write(pipe, data, _COMMAND[0], str(self._git.git_dir))

    @contextmanager
    def moving(self, ref: str) -> Iterator[str]:
        """Put on disk what was sent, and move the commit's ref; yield the commit's id.

        The ref's name is on disk when the body has ended. What the body does,
        it does for a commit that is there.

        What fails after the ref has moved is told in `warnings`, and is not an error.

        Raises
        ------
        LostRace
            If another writer moved the ref, or a lock stands in the way.
        WriteFailed, GitFailed
            If git could not write; the ref has not moved.
        """
        made = self._made()
        self._writing.announce([f"{ref}.lock"], made)
        try:
            self._end(ref, b"done\n")
        except (GitFailed, WriteFailed, LostRace) as error:
            if not made or not ref_updates.names(self._git, ref, made):
                locks.clear_ref(self._git, ref)
                raise
            self.warnings += (ref_updates.moved_but(ref, error.what),)
        if not _OID_RE.fullmatch(made):
            raise GitFailed(f"git fast-import answered {made[:80]!r} instead of a commit id.")
        with ThreadPoolExecutor(1) as disk:
            synced = disk.submit(ref_updates.sync_moved, self._git.git_dir, ref)
            yield made
        self.warnings += synced.result()

    def _made(self) -> str:
        """The id of the commit that git made of what was sent; empty if it died."""
        where = str(self._git.git_dir)
        try:
            said = timeouts.reader(self._process.stdout, _COMMAND[0], where).readline()
        except GitTimedOut:
            self._process.kill()
            raise
        return said.strip().decode(errors="replace")

    def _end(self, ref: str, command: bytes) -> bytes:
        process, self._process, self._sent = self._process, None, False
        try:
            return answer(process, _COMMAND[0], command, str(self._git.git_dir))
        except (GitFailed, WriteFailed) as error:
            self._writing.note(error)
            why = f"{error}\n{error.__cause__}"
            if crash := _CRASH_RE.search(why):  # nothing of ours is left in the git dir
                Path(crash[1]).unlink(missing_ok=True)
            if isinstance(error, GitFailed) and _is_race(why.lower()):
                moved = f"{ref} was moved by another writer."
                raise LostRace(moved, "Repeat the command.") from error
            raise
        finally:
            self._stack.close()


def _is_race(said: str) -> bool:
    return any(sign in said for sign in _RACE) and not any(sign in said for sign in _NO_RACE)
