"""Diff of a variable: what changed in a fitted object since its last version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nbmodel.display import Result, Table, escaped
from nbmodel.errors import SegmentMissing, VersionPurged
from nbmodel.flavors.description import describe
from nbmodel.records import Description, VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.array_summary import Array, summarize_arrays
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.snapshot import Snapshot
from nbmodel.versioning.verbs.array_changes import (
    ArrayChange,
    by_digest,
    moved,
    recorded_values,
)
from nbmodel.versioning.verbs.diff import ChangedValue, change_tables, changed_values


@dataclass(frozen=True, repr=False)
class ObjectDiffResult(Result):
    """The changes from a version to the object of a variable, which is not committed."""

    before: VersionInfo
    variable: str
    sections: Mapping[str, Sequence[ChangedValue]]
    arrays: Sequence[ArrayChange]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.sections or self.arrays)

    def text(self) -> str:
        """Tables of what changed."""
        return "\n\n".join([self._headline(), *(table.text() for table in self._tables())])

    def html(self) -> str:
        """The same tables."""
        head = f"<div>{escaped(self._headline())}</div>"
        return head + "".join(table.html() for table in self._tables())

    def _headline(self) -> str:
        same = "" if self else ": no differences in parameters and fitted arrays"
        return f"{self.before.ref} .. {self.variable} (not committed){same}"

    def _tables(self) -> list[Table]:
        return change_tables((self.before.ref, self.variable), self.sections, self.arrays)


def diff_object(context: Context, reference: str, obj: object, variable: str) -> ObjectDiffResult:
    """Compare a version with an object that is not committed. The version is not loaded.

    Raises
    ------
    NotFound, ManifestInvalid, ManifestTooNew
    """
    version = snapshots.read(context, resolve(context, reference))
    described, before = describe(obj), version.manifest
    params = {name: before.params[name] for name in described.params if name in before.params}
    sections = {
        "object": changed_values(
            {"type": before.type, "summary": before.summary},
            {"type": described.type, "summary": described.summary},
        ),
        "parameters": changed_values(params, described.params),
        "counts": changed_values(before.counts, described.counts),
    }
    changed_sections = {title: changes for title, changes in sections.items() if changes}
    return ObjectDiffResult(
        version.info, variable, changed_sections, _arrays(context, version, described)
    )


def _arrays(context: Context, version: Snapshot, described: Description) -> list[ArrayChange]:
    before, after = version.manifest.arrays, described.arrays
    changes = [
        ArrayChange(path, str(note.shape), remark="removed")
        for path, note in before.items()
        if path not in after
    ]
    for path, array in after.items():
        change = _array(context, version, path, array)
        changes += [change] if change else []
    return changes


def _array(context: Context, version: Snapshot, path: str, array: Array) -> ArrayChange | None:
    old = version.manifest.arrays.get(path)
    if old is None:
        return ArrayChange(path, str(array.shape), remark="added")
    new = summarize_arrays({path: array}, ())[path]
    if (old.shape, old.dtype) != (new.shape, new.dtype):
        before, after = f"{old.shape} {old.dtype}", f"{new.shape} {new.dtype}"
        return ArrayChange(path, f"{before} -> {after}", remark="another shape")
    if old.values is not None and new.values is not None:
        return moved(path, str(old.shape), np.asarray(old.values), np.asarray(new.values))
    if old.buffer is None:
        return by_digest(path, old, new)
    try:
        values = recorded_values(context, version, old)
    except VersionPurged:
        return ArrayChange(path, str(old.shape), remark="unknown; the version was purged")
    except SegmentMissing:
        return ArrayChange(path, str(old.shape), remark="unknown; its segment is not in this clone")
    if values is None:
        return None
    # A buffer holds the values in the order of the memory.
    return moved(path, str(old.shape), values, np.asarray(array).ravel(order="K"))
