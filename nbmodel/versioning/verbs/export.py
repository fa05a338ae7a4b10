"""Export: a version as a folder. A folder that git and git-lfs wrote loads too."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from blake3 import blake3

from nbmodel import layout
from nbmodel import manifest as manifests
from nbmodel.display import Result, size
from nbmodel.errors import (
    AlreadyExists,
    ManifestInvalid,
    NotFound,
    ReadFailed,
    SegmentDamaged,
    SegmentMissing,
)
from nbmodel.records import Segment
from nbmodel.repo import location
from nbmodel.store import lfs_format, safe_files
from nbmodel.store.durable import explained
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.loading import load_object
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.sharing.fetching import complete
from nbmodel.versioning.snapshot import SKELETON, segment_path
from nbmodel.versioning.trusted_commits import TrustedCommits


class ExportResult(Result):
    """The folder that was written."""

    def __init__(
        self, ref: str, path: Path, written: int, seconds: float, *, unchanged: bool = False
    ) -> None:
        self.ref = ref
        self.path = path
        self.written = written
        self.seconds = seconds
        self.unchanged = unchanged

    def text(self) -> str:
        """Reference, size and folder."""
        if self.unchanged:
            return f"{self.ref}  is in {self.path} already"
        return f"{self.ref}  {size(self.written)}  {self.path}"


def export(context: Context, reference: str, path: Path) -> ExportResult:
    """Write a version's files, segments in full, into a new folder.

    A folder that has all of these files already, with the same bytes, is not written again.

    Raises
    ------
    AlreadyExists
        If `path` exists, and is neither empty nor has the files of this version.
    SegmentMissing, SegmentDamaged
        If its bytes are neither here nor at a remote, or not what was committed.
    RemoteFailed, RemoteLies
        If a remote that has them cannot be reached, or has other bytes.
    """
    begin = time.perf_counter()
    snapshot = snapshots.read(context, resolve(context, reference))
    complete(context, snapshot)
    path = path.expanduser()
    payload = snapshot.manifest.payload
    contents: dict[str, bytes | memoryview] = {
        name: snapshot.tree.read(context.git, name) or b"" for name in snapshot.tree.blobs
    }
    contents[SKELETON] = snapshots.skeleton(context, snapshot)
    views = snapshots.segments(context, snapshot, payload.segments)
    contents |= {segment_path(number): view for number, view in enumerate(views)}
    contents |= {
        f.path: snapshots.attachment(context, snapshot, f) for f in snapshot.manifest.files
    }
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        if not all(_has(path / name, content) for name, content in contents.items()):
            raise AlreadyExists(f"{path} exists.", "Choose a new folder.")
        seconds = time.perf_counter() - begin
        return ExportResult(snapshot.info.ref, path, 0, seconds, unchanged=True)
    with explained(str(path)):
        for name, content in contents.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    return ExportResult(
        snapshot.info.ref, path, sum(map(len, contents.values())), time.perf_counter() - begin
    )


def _has(file: Path, content: bytes | memoryview) -> bool:
    """Whether a file has this content."""
    try:
        return file.stat().st_size == len(content) and file.read_bytes() == content
    except OSError:
        return False


def load_folder(path: str | Path, *, trust: bool = False) -> Any:
    """Load a version from a folder: an export, or a clone of a release tag by git and git-lfs.

    Parameters
    ----------
    path : path
    trust : bool
        Load the version of another person even if that runs its code.

    Returns
    -------
    object

    Raises
    ------
    NotFound
        If the folder holds no version.
    Untrusted, LoadFailed, SegmentMissing, SegmentDamaged, ManifestInvalid, ManifestTooNew

    Examples
    --------
    >>> path = registry.export("iris@1", "exported").path
    >>> nbmodel.load_folder(path)
    LogisticRegression(C=0.1, max_iter=500)
    """
    folder = Path(path).expanduser()
    where = str(folder)
    raw = _bytes(folder, "model.json", where)
    if raw is None:
        what = f"{where} holds no version: it has no model.json."
        raise NotFound("version", "model.json", where, what=what)
    manifest = manifests.loads(raw, where)
    payload = manifest.payload
    skeleton = bytes(_read(folder, SKELETON, payload.skeleton, where))
    views = [
        _read(folder, segment_path(number), segment, where)
        for number, segment in enumerate(payload.segments)
    ]
    buffers = [views[p.segment][p.offset : p.offset + p.size] for p in payload.buffers]
    modules = {
        module.name: snapshots.check_module(module, _bytes(folder, module.path, where), where)
        for module in manifest.modules
    }
    own = trust or TrustedCommits(location.data_folder()).has(raw)
    return load_object(manifest, skeleton, buffers, modules, where, own=own)


def _bytes(folder: Path, name: str, where: str) -> bytes | None:
    """A file of the folder; None if it is not there."""
    try:
        return bytes(safe_files.read_file(folder, *name.split("/"), limit=layout.max_bytes(name)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReadFailed(str(folder / name), error) from error
    except ValueError as error:
        raise ManifestInvalid(where, str(error)) from None


def _read(folder: Path, name: str, segment: Segment, where: str) -> memoryview:
    most = max(segment.size, lfs_format.MAX_POINTER_BYTES)
    try:
        content = safe_files.read_file(folder, *name.split("/"), limit=most)
    except FileNotFoundError:
        raise SegmentMissing(segment.sha256, where) from None
    except OSError as error:
        raise ReadFailed(str(folder / name), error) from error
    except ValueError:  # larger than what was committed
        raise SegmentDamaged(segment.sha256, where) from None
    if lfs_format.is_pointer(content):
        raise SegmentMissing(segment.sha256, where)
    if len(content) != segment.size or blake3(content).hexdigest() != segment.blake3:
        raise SegmentDamaged(segment.sha256, where)
    return memoryview(content)
