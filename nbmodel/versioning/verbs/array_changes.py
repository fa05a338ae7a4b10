"""How fitted arrays differ between two versions: their shapes, and the norm of the change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.errors import ManifestInvalid, SegmentMissing, VersionPurged
from nbmodel.records import ArrayNote, Placement
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.array_summary import NUMERIC
from nbmodel.versioning.context import Context
from nbmodel.versioning.snapshot import Snapshot

Array = np.ndarray[Any, Any]
_DTYPE_RE = re.compile(r"[<>|=]?[biufc][0-9]{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ArrayChange:
    """One array that differs.

    Attributes
    ----------
    path, shape : str
        ``layers.0.weight``; ``(64, 30)``, or both shapes where they differ.
    change : float or None
        Euclidean norm of the difference, if the values of both versions are available.
    relative : float or None
        The same, divided by the norm of the older array.
    remark : str
        Why there is no norm: added, removed, another shape, values not available.
    """

    path: str
    shape: str
    change: float | None = None
    relative: float | None = None
    remark: str = ""

    def describe(self) -> str:
        """A short description."""
        if self.change is None:
            return self.remark
        share = f" ({self.relative:.2%})" if self.relative is not None else ""
        return f"moved by {self.change:.4g}{share}"


def array_changes(context: Context, one: Snapshot, two: Snapshot) -> list[ArrayChange]:
    """Compare the arrays that the manifests name, buffer by buffer, in manifest order."""
    a, b = one.manifest.arrays, two.manifest.arrays
    changes = []
    for path in [*a, *(key for key in b if key not in a)]:
        change = _compare(context, path, (one, a.get(path)), (two, b.get(path)))
        if change is not None:
            changes.append(change)
    return changes


Side = tuple[Snapshot, ArrayNote | None]


def _compare(context: Context, path: str, one: Side, two: Side) -> ArrayChange | None:
    old, new = one[1], two[1]
    if old is None or new is None:
        note = old or new
        shape = str(note.shape) if note else ""
        return ArrayChange(path, shape, remark="removed" if new is None else "added")
    if old.shape != new.shape or old.dtype != new.dtype:
        before, after = f"{old.shape} {old.dtype}", f"{new.shape} {new.dtype}"
        return ArrayChange(path, f"{before} -> {after}", remark="another shape")
    if _same(one[0], old, two[0], new):
        return None
    try:
        before_values, after_values = recorded_values(context, *one), recorded_values(context, *two)
    except VersionPurged:
        return ArrayChange(path, str(old.shape), remark="changed; one of the versions was purged")
    except SegmentMissing:
        return ArrayChange(path, str(old.shape), remark="changed; its segment is not in this clone")
    if before_values is None or after_values is None or len(before_values) != len(after_values):
        return by_digest(path, old, new)
    return moved(path, str(old.shape), before_values, after_values)


def moved(path: str, shape: str, before: Array, after: Array) -> ArrayChange | None:
    """How far values moved, in the same order; None if they are equal. NaN equals NaN."""
    old, new = _wide(before), _wide(after)
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        difference = np.where((old == new) | (np.isnan(old) & np.isnan(new)), 0, new - old)
    change = float(np.linalg.norm(difference))
    if change == 0.0:
        return None
    base = float(np.linalg.norm(old))
    return ArrayChange(path, shape, change, change / base if 0 < base < np.inf else None)


def _same(one: Snapshot, old: ArrayNote, two: Snapshot, new: ArrayNote) -> bool:
    """Whether both are the same bytes of the same segment, so that they are equal."""
    if old.buffer is None or new.buffer is None:
        return False
    places = []
    for snapshot, number in ((one, old.buffer), (two, new.buffer)):
        place = _place(snapshot, number)
        segment = snapshot.manifest.payload.segments[place.segment]
        places.append((segment.sha256, place.offset, place.size))
    return places[0] == places[1]


def recorded_values(context: Context, snapshot: Snapshot, note: ArrayNote | None) -> Array | None:
    """Values in memory order, from the manifest or from a verified segment."""
    dtype = _numeric(note.dtype) if note is not None else None
    if note is None or dtype is None:
        return None
    if note.values is not None:
        try:
            return np.asarray(note.values, float)
        except OverflowError:  # an integer that no float can hold
            return None
    if note.buffer is None:
        return None
    place = _place(snapshot, note.buffer)
    if place.size % dtype.itemsize:
        raise ManifestInvalid(snapshot.info.ref, f"buffer {note.buffer} is not of {note.dtype}")
    segment = snapshot.manifest.payload.segments[place.segment]
    view = snapshots.segments(context, snapshot, [segment])[0]
    return np.frombuffer(view[place.offset : place.offset + place.size], dtype)


def _place(snapshot: Snapshot, number: int) -> Placement:
    """The place of a buffer in its segment."""
    buffers = snapshot.manifest.payload.buffers
    if number >= len(buffers):
        raise ManifestInvalid(snapshot.info.ref, f"an array names buffer {number!s:.40}")
    return buffers[number]


def _numeric(name: str) -> np.dtype[Any] | None:
    """A numeric dtype by its name; None for other dtypes and for invalid names."""
    if not _DTYPE_RE.fullmatch(name):
        return None
    try:
        dtype = np.dtype(name)
    except TypeError:  # this machine has no such float
        return None
    return dtype if dtype.kind in NUMERIC else None


def _wide(values: Array) -> Array:
    return values.astype(complex if values.dtype.kind == "c" else float)


def by_digest(path: str, old: ArrayNote, new: ArrayNote) -> ArrayChange | None:
    """Whether arrays differ of which the values are not recorded."""
    if old.digest == new.digest and old.norm == new.norm and old.values == new.values:
        return None
    norms = [f"{n:.4g}" if isinstance(n, float) else "?" for n in (old.norm, new.norm)]
    return ArrayChange(path, str(old.shape), remark=f"changed; norm {norms[0]} -> {norms[1]}")
