"""When segments may be removed: what `gc` and a purge have in common.

Nothing is removed while it is uncertain whether a reference was lost, or from a folder that other
repositories may use. A commit in progress has stored its segments and not yet moved its
reference. So segments younger than `MIN_AGE_SECONDS` are removed only while no process writes: see
`nbmodel.store.write_locks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbmodel.errors import InvalidValue, ReferencesInDoubt
from nbmodel.repo import packs, special_files
from nbmodel.repo.git import Git
from nbmodel.repo.lfs import storage
from nbmodel.store import write_locks
from nbmodel.store.lfs_format import OBJECTS_FOLDER
from nbmodel.versioning import uncertain_refs
from nbmodel.versioning.context import Context

GRACE_DAYS = 14.0  # as git's own gc.pruneExpire
DAY_SECONDS = 86_400.0
MIN_AGE_SECONDS = 3600.0  # no commit takes as long between its first segment and its ref
BUSY = "Others are writing to this registry: what is younger than an hour stays."


@contextmanager
def removal_turn(context: Context, min_age_s: float) -> Iterator[tuple[float, tuple[str, ...]]]:
    """The age in seconds from which files may be removed; a remark if it is above `min_age_s`."""
    root = context.store.root
    objects = root / OBJECTS_FOLDER
    if objects.is_symlink() or not objects.is_dir():  # nothing can go
        yield min_age_s, ()
        return
    with write_locks.for_removal(root, OBJECTS_FOLDER) as nobody_writes:
        if nobody_writes or min_age_s >= MIN_AGE_SECONDS:
            yield min_age_s, ()
        else:
            yield MIN_AGE_SECONDS, (BUSY,)


def require_certain(context: Context) -> None:
    """Raise if a reference is uncertain.

    A writer that was killed may have left a pack without its index, which would be such a doubt.
    """
    packs.restore_indexes(context.git)
    if uncertain := uncertain_refs.find_uncertain_refs(context):
        raise ReferencesInDoubt(
            uncertain_refs.refusal(uncertain), uncertain_refs.advice(uncertain[0])
        )


def check_alone(context: Context) -> None:
    """Refuse to remove from a folder that other repositories may keep their segments in too."""
    root, git_dir = context.store.root.resolve(), context.location.git_dir.resolve()
    if not root.is_relative_to(git_dir):
        raise InvalidValue(
            f"{root} (by lfs.storage, or by a link) may hold segments of other repositories: "
            "nothing was removed.",
            "If it is this one's alone, move it into the git directory, and set lfs.storage to it.",
        )
    if not (objects := (git_dir / "objects").resolve()).is_relative_to(git_dir):
        raise InvalidValue(
            f"The objects of {git_dir} lie in {objects}: what other repositories name of them is "
            "not known here. Nothing was removed.",
            "Collect in the repository that they belong to.",
        )
    for other in special_files.borrowed(git_dir):
        if (theirs := _segments_beside(other)) is not None and theirs == root:
            raise InvalidValue(
                f"{other}, from which {git_dir} borrows objects, has its segments in {root} too: "
                "nothing was removed.",
                "Give each repository its own folder: lfs.storage.",
            )


def _segments_beside(objects: Path) -> Path | None:
    """The folder of segments of the repository that a folder of objects belongs to."""
    if not objects.is_dir():
        return None
    git = Git(objects.parent)
    try:
        return storage(git).resolve()
    finally:
        git.close()
