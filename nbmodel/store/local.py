"""Segments in the place where git-lfs keeps its objects.

Write: a temporary file -> fsync and, meanwhile, both digests of what the file
holds -> rename to its address -> fsync of the folder. What is hashed is what is
written, even when another thread changes the object meanwhile. Read: map
copy-on-write, check blake3, hand out.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from blake3 import blake3

from nbmodel.errors import ReadFailed, SegmentDamaged, SegmentMissing
from nbmodel.records import Segment
from nbmodel.store.durable import explained, make_folders, sync_names, syncing, write_all
from nbmodel.store.grouping import ALIGNMENT
from nbmodel.store.known import KnownSegments

CHUNK = 1 << 18  # bytes; stays in a core's own cache between two digests
WORKERS = 4  # two cores hash while two wait for the disk
TEMPORARY = "nbmodel-"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Stored:
    """A segment after a put; `new` if its bytes were not in the store before."""

    segment: Segment
    new: bool


class LocalStore:
    """The segments of one registry.

    Parameters
    ----------
    root : Path
        The folder of git-lfs, absolute; made at the first write.
    known : KnownSegments
        Which contents are there already.
    top : Path, optional
        The folder below which folders may be made, and which is never made itself; that above
        `root` by default.
    """

    def __init__(self, root: Path, known: KnownSegments, top: Path | None = None) -> None:
        self.root = root
        self._top = top or root.parent
        self._known = known

    def path(self, sha256: str) -> Path:
        """Where a segment lies, there or not."""
        return self.root / "objects" / sha256[:2] / sha256[2:4] / sha256

    def put(
        self, groups: Sequence[Sequence[memoryview]], progress: Progress | None = None
    ) -> list[Stored]:
        """Store one segment for each group of buffers; all are on disk on return.

        Parameters
        ----------
        groups : sequence of sequence of memoryview
            Each group's buffers are laid out in order, aligned to 64 bytes.
        progress : callable, optional
            Told the bytes of each segment that is done.

        Raises
        ------
        WriteFailed
            If the disk does not take them; what was written is left for `gc`.
        """
        if not groups:
            return []
        self._known.refresh()
        with explained(f"segments below {self.root}"):
            make_folders(self.root / "objects", self._top)
            make_folders(self.root / "tmp", self._top)
            with ThreadPoolExecutor(min(WORKERS, len(groups))) as pool:
                stored = []
                for done in pool.map(self._put_one, groups):
                    stored.append(done)
                    if progress is not None:
                        progress(done.segment.size)
            # Of old ones too: whoever wrote one may have died before its name was on disk.
            sync_names([self.path(s.segment.sha256) for s in stored], self.root)
        self._known.add(s.segment for s in stored)
        return stored

    def _put_one(self, buffers: Sequence[memoryview]) -> Stored:
        size = sum(len(chunk) for chunk in _layout(buffers))
        if self._known.may_hold(size):
            digest = blake3()
            for chunk in _layout(buffers):
                digest.update(chunk)
            segment = self._known.find(digest.hexdigest(), size)
            if segment is not None and self._keep(segment):
                return Stored(segment, new=False)
        return self._write(buffers)

    def _keep(self, segment: Segment) -> bool:
        """Whether the object is there; its new time keeps it from `gc` until the ref moves."""
        path = self.path(segment.sha256)
        try:
            os.utime(path)
            return path.stat().st_size == segment.size
        except OSError:
            return False

    def _write(self, buffers: Sequence[memoryview]) -> Stored:
        temporary = self.root / "tmp" / f"{TEMPORARY}{token_hex(8)}"
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                for view in _layout(buffers):
                    write_all(descriptor, view)
                os.fchmod(descriptor, 0o444)
                with syncing(descriptor):
                    segment = _digested(descriptor)
            finally:
                os.close(descriptor)
            return Stored(segment, new=self._name(temporary, segment))
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()

    def _name(self, temporary: Path, segment: Segment) -> bool:
        """Give a written file its address; tell whether there was none of that name and size."""
        path = self.path(segment.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not self._keep(segment)
        temporary.replace(path)  # what lies there may be damaged
        return new

    def open(
        self, segments: Sequence[Segment], where: str, progress: Progress | None = None
    ) -> list[memoryview]:
        """Map segments copy-on-write after checking every byte of them.

        Parameters
        ----------
        segments : sequence of Segment
        where : str
            The version they belong to, for messages.
        progress : callable, optional
            Told the bytes of each segment that is checked.

        Returns
        -------
        list of memoryview
            Writable; what is written stays in this process.

        Raises
        ------
        SegmentMissing
            If one is not in this clone.
        SegmentDamaged
            If one is not what was committed.
        ReadFailed
            If the system does not let one be read.
        """
        views = []
        with ThreadPoolExecutor(WORKERS) as pool:
            for view in pool.map(lambda segment: self._open_one(segment, where), segments):
                views.append(view)
                if progress is not None:
                    progress(len(view))
        return views

    def _open_one(self, segment: Segment, where: str) -> memoryview:
        path = self.path(segment.sha256)
        try:
            # Not blocking: a named pipe in the place of an object would wait for ever.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                if os.fstat(descriptor).st_size != segment.size:
                    raise SegmentDamaged(segment.sha256, where)
                if segment.size == 0:
                    return memoryview(bytearray())
                view = memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY))
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            raise SegmentMissing(segment.sha256, where) from None
        except OSError as error:
            raise ReadFailed(str(path), error) from error
        if blake3(view, max_threads=blake3.AUTO).hexdigest() != segment.blake3:
            raise SegmentDamaged(segment.sha256, where)
        return view

    def has(self, segment: Segment) -> bool:
        """Whether the segment is here with its size; its content is not read."""
        try:
            return self.path(segment.sha256).stat().st_size == segment.size
        except OSError:
            return False

    def objects(self) -> Iterator[tuple[str, int, float]]:
        """``(sha256, size, seconds since it was last wanted)`` of every object."""
        now = time.time()
        for path in self.root.glob("objects/??/??/" + "?" * 64):
            with suppress(FileNotFoundError):
                status = path.stat()
                yield path.name, status.st_size, now - status.st_mtime

    def leftovers(self) -> Iterator[tuple[Path, int, float]]:
        """``(path, size, age)`` of temporary files whose writer was killed."""
        now = time.time()
        for path in self.root.glob(f"tmp/{TEMPORARY}*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                yield path, status.st_size, now - status.st_mtime

    def remove(self, sha256s: Iterable[str], older_than: float) -> list[str]:
        """Remove objects not wanted for `older_than` seconds; return those removed.

        A writer that finds an object there touches it first. So: move it aside,
        look at its time, put it back if somebody touched it meanwhile.
        """
        removed = []
        for sha256 in sha256s:
            path = self.path(sha256)
            aside = self.root / "tmp" / f"{TEMPORARY}{token_hex(8)}"
            with suppress(FileNotFoundError):
                if _age(path) < older_than:
                    continue  # touched since it was listed: it need not even blink
                path.rename(aside)
                if _age(aside) >= older_than:
                    removed.append(sha256)
                elif not path.exists():
                    aside.rename(path)
                    continue
                aside.unlink()
        return removed


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _digested(descriptor: int) -> Segment:
    """Size and digests of what an open file holds."""
    address, digest, size = hashlib.sha256(), blake3(), 0
    chunk = memoryview(bytearray(CHUNK))
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        file.seek(0)
        while count := file.readinto(chunk):
            address.update(chunk[:count])
            digest.update(chunk[:count])
            size += count
    return Segment(address.hexdigest(), digest.hexdigest(), size)


_PADDING = memoryview(bytes(ALIGNMENT))


def _layout(buffers: Sequence[memoryview]) -> Iterator[memoryview]:
    """The bytes of a segment, in order, without copying: buffers and what aligns them."""
    for number, buffer in enumerate(buffers):
        yield buffer
        if number + 1 < len(buffers) and (rest := -len(buffer) % ALIGNMENT):
            yield _PADDING[:rest]
