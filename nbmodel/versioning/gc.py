"""Collect garbage: segments that no commit, tag, stash or index entry of the repository names.

The ``lfs`` folder is shared with git-lfs itself, so the whole repository is
asked, not only our branches. Young segments stay: a commit that is being made
has stored its segments and not yet moved its ref.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import IO

from nbmodel import display
from nbmodel.display import Result, Table
from nbmodel.errors import GitFailed, InvalidValue, LostRace, ManifestInvalid, WriteFailed
from nbmodel.repo import locks, moving
from nbmodel.repo.git import Git
from nbmodel.store import pointers
from nbmodel.versioning.context import Context

GRACE = 14.0  # days, as git's own gc.pruneExpire
DAY = 86_400.0
POINTER_LIMIT = 1024


@dataclass(frozen=True, repr=False)
class GcResult(Result):
    """What can go, or went: ``(name, bytes, age in seconds)`` of each."""

    garbage: Sequence[tuple[str, int, float]]
    kept: int
    removed: bool

    @property
    def size(self) -> int:
        """Bytes of it."""
        return sum(size for _, size, _ in self.garbage)

    def text(self) -> str:
        """A line, then the objects."""
        return self._headline() + (f"\n{self._table().text()}" if self.garbage else "")

    def html(self) -> str:
        """The same."""
        table = self._table().html() if self.garbage else ""
        return f"<div>{display.escaped(self._headline())}</div>{table}"

    def _headline(self) -> str:
        what = f"{len(self.garbage)} segments, {display.size(self.size)}"
        if not self.garbage:
            return f"nothing to collect; {self.kept} segments are in use or young"
        return f"removed {what}" if self.removed else f"{what} can go: repeat with --force"

    def _table(self) -> Table:
        rows = [
            (name[:16], display.size(size), f"{age / DAY:.1f} days")
            for name, size, age in self.garbage
        ]
        return Table(("segment", "size", "unused for"), rows, frozenset({"size", "unused for"}))


def gc(context: Context, *, force: bool = False, grace: float = GRACE) -> GcResult:
    """List segments that nothing names; remove them with `force`.

    Parameters
    ----------
    context : Context
    force : bool
        Remove; else only tell.
    grace : float
        Days since a segment was last written or reused before it may go.

    Raises
    ------
    Locked
        If another git packs references, or may; nothing was removed.
    InvalidValue
        If `grace` is negative, or segments lie outside of the git directory.
    """
    if grace < 0:
        raise InvalidValue(f"A grace of {grace} days makes no sense.", "Use 0 or more.")
    if force:
        context.require_writable("collect garbage")
        _check_alone(context)
        locks.require_packable(context.git)  # first: nothing is removed if it cannot be ended
    objects = list(context.store.objects())
    used = set(referenced(context.git)) if objects else set()
    oldest = grace * DAY
    garbage = [(oid, size, age) for oid, size, age in objects if oid not in used and age > oldest]
    left = [(p, size, age) for p, size, age in context.store.leftovers() if age > oldest]
    if force:
        context.store.remove([oid for oid, _, _ in garbage], oldest)
        for path, _, _ in left:
            with suppress(FileNotFoundError):
                path.unlink()
        # A thousand loose refs make every look at the registry slow; git's own gc packs them too.
        with suppress(GitFailed, WriteFailed, LostRace):  # the next time does it, or says why not
            moving.pack(context.git)
    everything = [*garbage, *((path.name, size, age) for path, size, age in left)]
    return GcResult(everything, len(objects) - len(garbage), force)


def _check_alone(context: Context) -> None:
    """Refuse to remove from a folder that other repositories may keep their segments in too."""
    root, git_dir = context.store.root.resolve(), context.location.git_dir.resolve()
    if not root.is_relative_to(git_dir):
        raise InvalidValue(
            f"{root} (lfs.storage) may hold segments of other repositories: nothing was removed.",
            "If it is this one's alone, move it into the git directory, and set lfs.storage to it.",
        )


def referenced(git: Git) -> Iterator[str]:
    """sha256 of every LFS pointer that anything in the repository can reach."""
    listed = git.run("rev-list", "--objects", "--all", "--reflog", "--indexed-objects", "--")
    ids = b"".join(line[:40] + b"\n" for line in listed.splitlines())
    sizes = git.run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", data=ids)
    small = [
        oid
        for oid, kind, size in (line.split() for line in sizes.splitlines())
        if kind == b"blob" and int(size) < POINTER_LIMIT
    ]
    for content in _contents(git, small):
        if pointers.is_pointer(content):
            with suppress(ManifestInvalid):
                yield pointers.read(content, "")[0]


def _contents(git: Git, oids: Sequence[bytes]) -> Iterator[bytes]:
    with git.start("cat-file", "--batch", "--buffer") as process:
        # A thread writes the questions: answers may fill the pipe before all are asked.
        asking = Thread(target=_ask, args=(process.stdin, oids))
        asking.start()
        for _ in oids:
            header = process.stdout.readline().split()
            yield process.stdout.read(int(header[2]))
            process.stdout.read(1)
        asking.join()


def _ask(pipe: IO[bytes], oids: Sequence[bytes]) -> None:
    with suppress(BrokenPipeError):
        pipe.write(b"".join(oid + b"\n" for oid in oids))
        pipe.close()
