"""Files: read a figure or a file that was attached to a version."""

from __future__ import annotations

from nbmodel.versioning import attached_files
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve


def read_file(context: Context, reference: str, name: str) -> bytes:
    """The content of an attached file, checked against its digest.

    Raises
    ------
    NotFound
        If the version has no file of this name. The message names those that are close.
    SegmentMissing, SegmentDamaged, ManifestInvalid, GitFailed
        If it is not here, or not what was attached.
    """
    snapshot = snapshots.read(context, resolve(context, reference))
    files = attached_files.files_of(context, snapshot)
    file = attached_files.find(files, name, snapshot.info.ref)
    return bytes(attached_files.read(context, snapshot, file))
