"""One ``git fast-import``: it writes objects into one pack and moves one ref.

fast-import moves a ref only if the new commit contains the current one. It holds the lock
of the ref, so this is a compare-and-swap. It cannot sign. So if the user signs commits, it moves
no ref: the commit is written again with its signature, and ``git update-ref`` moves the ref.
fast-import reads nothing from the repository before its first
command arrives, so it can be started early and wait.
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
from nbmodel.repo import locks, raw_objects, ref_updates, timeouts, user_settings
from nbmodel.repo.git import Git, communicate
from nbmodel.repo.lock_records import LockRecord
from nbmodel.repo.signed_objects import sign_commit
from nbmodel.repo.signing import Signer, signer
from nbmodel.repo.user_settings import UserSettings

_OID_RE = re.compile(r"[0-9a-f]{40}", re.ASCII)
_RACE = ("not updating", "cannot lock ref", "unable to lock", "unable to create")
# Messages with the same words for which a retry does not help.
_NO_RACE = ("; cannot create", "reference broken", "temporary file")
_CRASH_RE = re.compile(r"dumping crash report to (.*/fast_import_crash_[0-9]+)$", re.MULTILINE)
_COMMAND = ("fast-import", "--quiet", "--date-format=raw")
# Sync one pack and its index instead of a loose file for each object.
_PACKED = ("fastimport.unpackLimit=1",)


class FastImport:
    """A git process that waits for one commit; a context manager that ends it.

    Starting it takes longer than sending a small commit. So start it first, and prepare
    the commit meanwhile. Without a commit, it leaves nothing behind. After `send` without
    `moving`, it may leave objects that no ref names.

    Parameters
    ----------
    git : Git

    Attributes
    ----------
    warnings : tuple of str
        Messages about steps that failed after the ref had moved.
    """

    def __init__(self, git: Git) -> None:
        self.warnings: tuple[str, ...] = ()
        self._git = git
        self._stack = ExitStack()
        self._writing = LockRecord()
        self._process: Any = None
        self._has_sent = False
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
        # An explicit command ends git, because a forked process may keep the pipe open. After a
        # commit was sent, only an invalid command ends git without moving the ref.
        with suppress(GitFailed, WriteFailed):
            self._end("", b"abandon\n" if self._has_sent else b"done\n")

    def _start(self) -> None:
        self._writing = self._stack.enter_context(self._git.records.writing())
        start = self._git.start(*_COMMAND, settings=_PACKED, pass_fds=self._writing.pass_fds)
        self._process = self._stack.enter_context(start)

    def send(self, stream: Iterable[bytes]) -> None:
        """Send the commands of one commit, with mark 1. git makes the objects; no ref moves."""
        if self._process is None:  # it has written a commit, or lost a race
            self._start()
        self._has_sent = True
        data = b"".join([b"feature done\n", *stream, b"get-mark :1\n"])
        with suppress(BrokenPipeError):  # it ended: `moving` raises the reason
            # Bypass the buffer, which would keep unwritten data and fail again at its end.
            pipe = self._process.stdin.fileno()
            timeouts.write(pipe, data, _COMMAND[0], str(self._git.git_dir))

    @contextmanager
    def moving(self, ref: str, settings: UserSettings | None = None) -> Iterator[str]:
        """Write the commit to disk, signed if the user signs, and move its ref; yield its id.

        The body runs after the ref has moved. The name of the ref is on disk when the body
        has ended. A failure after the ref has moved is not an error: it is added to `warnings`.

        Parameters
        ----------
        ref : str
            Full name.
        settings : UserSettings, optional
            If they were read already.

        Raises
        ------
        LostRace
            If another writer moved the ref, or holds its lock.
        SigningFailed
            If the user signs, and the key is missing or refused. The ref has not moved.
        WriteFailed, GitFailed
            If git could not write. The ref has not moved.
        """
        if signs := signer(settings or user_settings.read(self._git), "commit"):
            yield self._move_signed(ref, signs)
            return
        commit = self._commit_id()
        self._writing.announce([f"{ref}.lock"], commit)
        try:
            self._end(ref, b"done\n")
        except (GitFailed, WriteFailed, LostRace) as error:
            if not commit or not ref_updates.names(self._git, ref, commit):
                locks.clear_ref(self._git, ref)
                raise
            self.warnings += (ref_updates.moved_but(ref, error.what),)
        _checked(commit)
        with ThreadPoolExecutor(1) as disk:
            synced = disk.submit(ref_updates.sync_moved, self._git.git_dir, ref)
            yield commit
        self.warnings += synced.result()

    def _move_signed(self, ref: str, signs: Signer) -> str:
        """Write the commit again with a signature, and move the ref to it."""
        unsigned = self._commit_id()
        self._end(ref, b"reset %s\n\ndone\n" % ref.encode())  # it moves no ref
        commit = sign_commit(self._git, _checked(unsigned), signs)
        old = self._git.resolve(ref) or ""
        item = self._git.read(commit)
        if item is None or (old and old not in raw_objects.commit(item.data).parents):
            raise _lost_race(ref)
        try:
            self.warnings += ref_updates.move(self._git, ref, commit, old, is_new_object=True)
        except GitFailed as error:
            if (self._git.resolve(ref) or "") != old:
                raise _lost_race(ref) from error
            raise
        return commit

    def _commit_id(self) -> str:
        """The id of the commit that was sent; empty if git ended."""
        where = str(self._git.git_dir)
        try:
            line = timeouts.reader(self._process.stdout, _COMMAND[0], where).readline()
        except GitTimedOut:
            self._process.kill()
            raise
        return line.strip().decode(errors="replace")

    def _end(self, ref: str, command: bytes) -> bytes:
        process, self._process, self._has_sent = self._process, None, False
        try:
            return communicate(process, _COMMAND[0], command, str(self._git.git_dir))[0]
        except (GitFailed, WriteFailed) as error:
            self._writing.note(error)
            why = f"{error}\n{error.__cause__}"
            if crash := _CRASH_RE.search(why):  # remove git's crash report from the git directory
                Path(crash[1]).unlink(missing_ok=True)
            if isinstance(error, GitFailed) and _is_race(why.lower()):
                raise _lost_race(ref) from error
            raise
        finally:
            self._stack.close()


def _checked(commit: str) -> str:
    """A commit id that fast-import printed."""
    if not _OID_RE.fullmatch(commit):
        raise GitFailed(
            f"git fast-import answered {commit[:80]!r} instead of a commit id.", "Try again."
        )
    return commit


def _lost_race(ref: str) -> LostRace:
    return LostRace(f"{ref} was moved by another writer.", "Run the command again.")


def _is_race(message: str) -> bool:
    return any(sign in message for sign in _RACE) and not any(sign in message for sign in _NO_RACE)
