"""The files of a new version, except its manifest and its card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbmodel.flavors.pickling import Pickled
from nbmodel.manifest import Manifest
from nbmodel.predict import acceptance as acceptance_files
from nbmodel.predict.acceptance import Acceptance
from nbmodel.provenance import environment, user_modules
from nbmodel.provenance.data.profile import dumps
from nbmodel.provenance.notebook.percent import to_percent
from nbmodel.provenance.notebook.session import Origin
from nbmodel.store import lfs_format
from nbmodel.store.grouping import LARGE_BUFFER_BYTES
from nbmodel.versioning import acceptance
from nbmodel.versioning.snapshot import SKELETON, segment_path

_LFS = "filter=lfs diff=lfs merge=lfs -text"


def version_files(
    draft: Manifest,
    pickled: Pickled,
    origin: Origin,
    profile: Mapping[str, Any] | None,
    rows: Acceptance | None,
    attached: Mapping[str, bytes],
) -> dict[str, bytes]:
    """The content of each file, by path.

    Parameters
    ----------
    draft : Manifest
    pickled : Pickled
    origin : Origin
    profile : mapping, optional
        The data profile of a version that is committed with data.
    rows : Acceptance, optional
        The acceptance rows of the version.
    attached : mapping of str to bytes
        The figures and files of the user.
    """
    files = _common_files(draft, pickled, origin) | dict(attached)
    if profile is not None:
        files["profile.json"] = dumps(profile)
    if rows is not None:
        files[acceptance.FILE] = acceptance_files.dumps(rows)
    files[".gitattributes"] = git_attributes(files)
    return files


def _common_files(draft: Manifest, pickled: Pickled, origin: Origin) -> dict[str, bytes]:
    payload = draft.payload
    large = payload.skeleton.size >= LARGE_BUFFER_BYTES
    files = {
        "requirements.txt": environment.requirements(draft.environment).encode(),
        SKELETON: lfs_format.write_pointer(payload.skeleton) if large else pickled.skeleton,
    }
    for number, segment in enumerate(payload.segments):
        files[segment_path(number)] = lfs_format.write_pointer(segment)
    if origin.cells:
        files["cells.py"] = to_percent(origin.cells).encode(errors="replace")
    return files | user_modules.files_of(pickled.sources)


def git_attributes(files: Mapping[str, bytes]) -> bytes:
    """``.gitattributes`` of a version: git-lfs for pointers, no change of line ends in any file.

    A file beside the pointers of its folder is excluded from git-lfs, which warns about a
    file that is not a pointer.
    """
    large = lfs_format.is_pointer(files[SKELETON])
    lines = ["* -text", f"payload/{'' if large else '[0-9]'}* {_LFS}"]
    lines += [
        f"{path} {_LFS}"
        for path, content in files.items()
        if not path.startswith("payload/") and lfs_format.is_pointer(content)
    ]
    return "".join(f"{line}\n" for line in lines).encode()
