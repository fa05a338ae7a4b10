"""Checkout: load a version, bit for bit what was committed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from nbmodel import display
from nbmodel.display import Result
from nbmodel.errors import SegmentDamaged
from nbmodel.progress import bar
from nbmodel.provenance import environment
from nbmodel.records import VersionInfo
from nbmodel.versioning import purges
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.loading import load_object
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.sharing.fetching import complete
from nbmodel.versioning.snapshot import Snapshot
from nbmodel.versioning.trusted_versions import is_trusted


@dataclass(frozen=True, repr=False)
class CheckoutResult(Result):
    """An object that was loaded.

    `recorded` is the variable it was committed from, `variable` the one it is bound to now.
    """

    model: Any
    version: VersionInfo
    seconds: float
    recorded: str = ""
    variable: str = ""
    warnings: tuple[str, ...] = ()

    def text(self) -> str:
        """One line, then warnings."""
        bound = f"{self.variable} = " if self.variable else ""
        line = [f"{bound}{self.version.ref}", self.version.commit[:7]]
        # On one line, because the lines below are warnings.
        scores, summary = display.metrics(self.version.metrics.items()), self.version.summary
        line += [display.cut(display.line(scores)), display.cut(display.line(summary))]
        line.append(display.duration(self.seconds))
        warnings = (f"  {display.line(warning)}" for warning in self.warnings)
        return "\n".join(["  ".join(filter(None, line)), *warnings])

    def html(self) -> str:
        """The same line, warnings set off."""
        line, *warnings = self.text().splitlines()
        notes = (f'<div class="warn">{display.escaped(w)}</div>' for w in warnings)
        return f"<div>{display.escaped(line)}</div>{''.join(notes)}"

    def bound_to(self, variable: str) -> CheckoutResult:
        """The same result with the name of the variable that holds the object."""
        return replace(self, variable=variable)


def checkout(
    context: Context, reference: str, *, trust: bool = False, offline: bool = False
) -> CheckoutResult:
    """Load a version.

    A version that the user committed, or that an allowed key signed, loads directly. Others load
    through the validating loader, which builds only known classes, unless the user trusts them.

    Parameters
    ----------
    context : Context
    reference : str
    trust : bool
        Load a version of another person as if it were the user's own. It may run any code.
    offline : bool
        Do not fetch segments that are not here from a remote.

    Raises
    ------
    Untrusted
        If another person made it, and it needs more than the validating loader allows.
    SignatureRefused
        If its signature is not valid, or its key was revoked.
    SignersInvalid
        If it is signed, and the user's list of keys cannot be read.
    VersionPurged
        If its bytes were removed on purpose.
    SegmentMissing, SegmentDamaged, ManifestInvalid, ManifestTooNew
        If its bytes are missing, or are not what was committed.
    RemoteFailed, RemoteLies
        If segments that are not here cannot be fetched.
    LoadFailed
        If a package is missing, or code that the version needs raises an error.
    """
    begin = time.perf_counter()
    snapshot = snapshots.read(context, resolve(context, reference))
    if not offline:
        complete(context, snapshot)
    skeleton = snapshots.skeleton(context, snapshot)
    buffers = _buffers(context, snapshot)
    modules = snapshots.modules(context, snapshot)
    own = trust or is_trusted(context, snapshot)
    model = load_object(snapshot.manifest, skeleton, buffers, modules, snapshot.info.ref, own=own)
    seconds = time.perf_counter() - begin
    return CheckoutResult(
        model,
        snapshot.info,
        seconds,
        snapshot.manifest.variable,
        warnings=(*_purged(context, snapshot), *_warnings(snapshot)),
    )


def _buffers(context: Context, snapshot: Snapshot) -> list[memoryview]:
    total = sum(s.size for s in snapshot.manifest.payload.segments)
    try:
        with bar("checking", total) as progress:
            return snapshots.buffers(context, snapshot, progress)
    except SegmentDamaged as damage:
        others = [v.ref for v in context.index.holders_of(damage.oid) if v != snapshot.info]
        raise SegmentDamaged(damage.oid, snapshot.info.ref, others, damage.path) from damage


def _purged(context: Context, snapshot: Snapshot) -> tuple[str, ...]:
    """Say that a version was purged, although all of its segments are here."""
    purge = purges.first_of(context, snapshot.info.commit)
    if purge is None:
        return ()
    return (f"It was purged {purge.sentence}. Its arrays are still here.",)


def _warnings(snapshot: Snapshot) -> tuple[str, ...]:
    changes = environment.package_changes(snapshot.manifest.environment)
    warnings = [
        f"{c.distribution} {c.installed or 'is not installed'} here; "
        f"the model was made with {c.recorded}."
        for c in changes
    ]
    return tuple(warnings)
