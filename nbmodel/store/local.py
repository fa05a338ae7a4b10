"""The store of one registry: segments in the folder of git-lfs objects.

To write a segment: write a temporary file, sync it while both digests of its content are
computed, rename it to its address, sync the folder. The digests are those of the bytes
on disk, even if another thread changes the object meanwhile. To read a segment: map it
copy-on-write and check its blake3 digest. Below the folder of git-lfs, no link is followed
and only regular files are opened (`nbmodel.store.safe_files`).
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import local

from blake3 import blake3

from nbmodel.errors import NotPlain, ReadFailed, RemoteLies, SegmentDamaged, SegmentMissing
from nbmodel.records import Segment
from nbmodel.store import safe_files, write_locks
from nbmodel.store.durable import explained, make_folders, sync_names, syncing, write_all
from nbmodel.store.grouping import ALIGNMENT_BYTES
from nbmodel.store.hash_cache import HashCache
from nbmodel.store.lfs_format import OBJECTS_FOLDER, TEMPORARY_PREFIX, TMP_FOLDER, object_folders

COPY_BYTES = 1 << 20
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
CHUNK_BYTES = 1 << 18  # small enough to stay in a core's cache between two digests
MAX_THREADS = 4  # two cores hash while two wait for the disk

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment after a put. `new` says that its bytes were not in the store before."""

    segment: Segment
    new: bool


class LocalStore:
    """The segments of one registry.

    Parameters
    ----------
    root : Path
        The folder of git-lfs, absolute. It is made at the first write.
    cache : HashCache
        The contents that the store already has.
    top : Path, optional
        The folder below which folders may be made. It is never made itself. The default is the
        parent of `root`.
    """

    def __init__(self, root: Path, cache: HashCache, top: Path | None = None) -> None:
        self.root = root
        self._top = top or root.parent
        self._cache = cache
        self._writer = local()  # of each thread: the lock of its commit

    def path(self, sha256: str) -> Path:
        """The path of a segment, whether it exists or not."""
        return self.root.joinpath(*object_folders(sha256), sha256)

    # -- locks -------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep `gc` from removing what this thread stores or finds, while the body runs.

        At the end of the body, a ref names it. Without this, a segment is safe only while it
        is young.
        """
        with ExitStack() as stack:
            self._writer.stack, self._writer.is_locked = stack, False
            try:
                if (self.root / OBJECTS_FOLDER).is_dir():
                    self._lock(stack)
                yield
            finally:
                self._writer.stack = None

    # -- writing -----------------------------------------------------------------

    def put(
        self, groups: Sequence[Sequence[memoryview]], progress: Progress | None = None
    ) -> list[StoredSegment]:
        """Store one segment for each group of buffers. All are on disk on return.

        Parameters
        ----------
        groups : sequence of sequence of memoryview
            The buffers of a group are laid out in order, aligned to 64 bytes.
        progress : callable, optional
            Called with the bytes of each stored segment.

        Raises
        ------
        WriteFailed
            If they cannot be written. `gc` removes what was written so far.
        NotPlain
            If a folder of the store is not a folder.
        """
        if not groups:
            return []
        self._cache.refresh()
        with explained(f"segments below {self.root}"), ExitStack() as stack:
            self._make_folders()
            self._lock(stack)
            with ThreadPoolExecutor(min(MAX_THREADS, len(groups))) as pool:
                stored = []
                for result in pool.map(self._put_one, groups):
                    stored.append(result)
                    if progress is not None:
                        progress(result.segment.size)
            # Old ones too: a process may have died before the name of its segment was on disk.
            sync_names([self.path(s.segment.sha256) for s in stored], self.root)
        self._cache.add(s.segment for s in stored)
        return stored

    def _lock(self, stack: ExitStack) -> None:
        """Take the lock of writers until `writing` ends; outside of it, until `stack` does."""
        commit: ExitStack | None = getattr(self._writer, "stack", None)
        if commit is None:
            stack.enter_context(write_locks.for_writing(self.root, OBJECTS_FOLDER))
        elif not self._writer.is_locked:
            commit.enter_context(write_locks.for_writing(self.root, OBJECTS_FOLDER))
            self._writer.is_locked = True

    def _make_folders(self) -> None:
        make_folders(self.root, self._top)
        for name in (OBJECTS_FOLDER, TMP_FOLDER):
            with safe_files.folder(self.root, name, make=True):
                pass

    def _put_one(self, buffers: Sequence[memoryview]) -> StoredSegment:
        size = sum(len(chunk) for chunk in _layout(buffers))
        if self._cache.may_hold(size):
            digest = blake3()
            for chunk in _layout(buffers):
                digest.update(chunk)
            segment = self._cache.find(digest.hexdigest(), size)
            if segment is not None and self._keep(segment):
                return StoredSegment(segment, new=False)
        return self._write(buffers)

    def _keep(self, segment: Segment) -> bool:
        """Whether the object exists. Its new time keeps it from `gc` until the ref moves."""
        try:
            with self._folder_of(segment.sha256) as folder:
                status = safe_files.regular(folder, segment.sha256, self.path(segment.sha256))
                if status.st_size != segment.size:
                    return False
                os.utime(segment.sha256, dir_fd=folder, follow_symlinks=False)
                return True
        except (OSError, NotPlain):
            return False

    def _folder_of(self, sha256: str, *, make: bool = False) -> AbstractContextManager[int]:
        return safe_files.folder(self.root, *object_folders(sha256), make=make)

    def _write(self, buffers: Sequence[memoryview]) -> StoredSegment:
        name = f"{TEMPORARY_PREFIX}{token_hex(8)}"
        with safe_files.folder(self.root, TMP_FOLDER) as tmp:
            descriptor = os.open(name, _NEW_FILE, 0o600, dir_fd=tmp)
            try:
                try:
                    for view in _layout(buffers):
                        write_all(descriptor, view)
                    os.fchmod(descriptor, 0o444)
                    with syncing(descriptor):
                        segment = _digested(descriptor)
                finally:
                    os.close(descriptor)
                return StoredSegment(segment, new=self._name(tmp, name, segment))
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=tmp)

    def _name(self, tmp: int, temporary: str, segment: Segment) -> bool:
        """Give a written file its address; return whether the object is new."""
        with self._folder_of(segment.sha256, make=True) as folder:
            new = not self._keep(segment)
            # Replace an existing file too: it may be damaged.
            os.replace(temporary, segment.sha256, src_dir_fd=tmp, dst_dir_fd=folder)
        return new

    def add(self, sha256: str, size: int, chunks: Iterable[bytes], source: str) -> None:
        """Store an object that comes from elsewhere in chunks; else as `receive`."""

        def write(descriptor: int) -> None:
            count = 0
            for chunk in chunks:
                count += len(chunk)
                if count > size:
                    raise RemoteLies(source, sha256, f"more than {size:,} bytes")
                write_all(descriptor, chunk)

        self.receive(sha256, size, write, source)

    def receive(self, sha256: str, size: int, write: Callable[[int], object], source: str) -> None:
        """Store an object that comes from elsewhere, if it has its size and digest.

        Parameters
        ----------
        sha256, size : str, int
            What its pointer says.
        write : callable
            Writes it to a file, of which it gets the descriptor.
        source : str
            Where it comes from, for the message.

        Raises
        ------
        RemoteLies
            If its bytes have another digest or length. None of them is kept.
        WriteFailed
            If they cannot be written.
        """
        name = f"{TEMPORARY_PREFIX}{token_hex(8)}"
        with explained(f"segments below {self.root}"), ExitStack() as stack:
            self._make_folders()
            self._lock(stack)
            tmp = stack.enter_context(safe_files.folder(self.root, TMP_FOLDER))
            descriptor = os.open(name, _NEW_FILE, 0o600, dir_fd=tmp)
            try:
                try:
                    write(descriptor)
                    os.fchmod(descriptor, 0o444)
                    with syncing(descriptor):
                        content = _digested(descriptor)
                finally:
                    os.close(descriptor)
                _require_same(content, sha256, size, source)
                self._name(tmp, name, content)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=tmp)
            sync_names([self.path(sha256)], self.root)

    # -- reading -----------------------------------------------------------------

    def chunks(self, sha256: str, size: int) -> Iterator[memoryview]:
        """The bytes of an object, for a copy elsewhere. The last one comes after the check.

        Raises
        ------
        SegmentMissing, SegmentDamaged
            If it is not here, or its bytes are not those of its digest.
        """
        path, digest, count = self.path(sha256), hashlib.sha256(), 0
        try:
            with self._folder_of(sha256) as folder:
                descriptor = safe_files.open_file(folder, sha256, path)
        except FileNotFoundError:
            raise SegmentMissing(sha256, "this version") from None
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            while chunk := file.read(COPY_BYTES):
                digest.update(chunk)
                count += len(chunk)
                if count >= size and (count > size or digest.hexdigest() != sha256):
                    raise SegmentDamaged(sha256, "this version", path=str(path))
                yield memoryview(chunk)
        if count < size:
            raise SegmentDamaged(sha256, "this version", path=str(path))

    def require(self, sha256: str, size: int) -> None:
        """Check all bytes of an object.

        Raises
        ------
        SegmentMissing, SegmentDamaged
            As `chunks` does.
        """
        for _ in self.chunks(sha256, size):
            pass

    def open(
        self, segments: Sequence[Segment], where: str, progress: Progress | None = None
    ) -> list[memoryview]:
        """Map segments copy-on-write, after checking all of their bytes.

        Parameters
        ----------
        segments : sequence of Segment
        where : str
            The version, for messages.
        progress : callable, optional
            Called with the bytes of each checked segment.

        Returns
        -------
        list of memoryview
            They are writable. Changes stay in this process.

        Raises
        ------
        SegmentMissing
            If one is not in this clone.
        SegmentDamaged
            If one does not have the committed content.
        NotPlain
            If one is not a regular file, or its folder is not a folder.
        ReadFailed
            If the system refuses to read one.
        """
        views = []
        with ThreadPoolExecutor(MAX_THREADS) as pool:
            for view in pool.map(lambda segment: self._open_one(segment, where), segments):
                views.append(view)
                if progress is not None:
                    progress(len(view))
        return views

    def _open_one(self, segment: Segment, where: str) -> memoryview:
        path = self.path(segment.sha256)
        try:
            with self._folder_of(segment.sha256) as folder:
                descriptor = safe_files.open_file(folder, segment.sha256, path)
            try:
                if os.fstat(descriptor).st_size != segment.size:
                    raise SegmentDamaged(segment.sha256, where, path=str(path))
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
            raise SegmentDamaged(segment.sha256, where, path=str(path))
        return view

    def has(self, segment: Segment) -> bool:
        """Whether the segment exists with its size. Its content is not read."""
        try:
            with self._folder_of(segment.sha256) as folder:
                status = safe_files.regular(folder, segment.sha256, self.path(segment.sha256))
                return status.st_size == segment.size
        except (OSError, NotPlain):
            return False


def _require_same(content: Segment, sha256: str, size: int, source: str) -> None:
    """Refuse an object that is not what its pointer says."""
    if content.size > size:
        raise RemoteLies(source, sha256, f"more than {size:,} bytes")
    if content.size < size:
        raise RemoteLies(source, sha256, f"{content.size:,} of {size:,} bytes")
    if content.sha256 != sha256:
        raise RemoteLies(source, sha256, "other bytes")


def _digested(descriptor: int) -> Segment:
    """Size and digests of an open file's content."""
    address, digest, size = hashlib.sha256(), blake3(), 0
    chunk = memoryview(bytearray(CHUNK_BYTES))
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        file.seek(0)
        while count := file.readinto(chunk):
            address.update(chunk[:count])
            digest.update(chunk[:count])
            size += count
    return Segment(address.hexdigest(), digest.hexdigest(), size)


_PADDING = memoryview(bytes(ALIGNMENT_BYTES))


def _layout(buffers: Sequence[memoryview]) -> Iterator[memoryview]:
    """The bytes of a segment in order, without copying: buffers, and padding between them."""
    for number, buffer in enumerate(buffers):
        yield buffer
        if number + 1 < len(buffers) and (rest := -len(buffer) % ALIGNMENT_BYTES):
            yield _PADDING[:rest]
