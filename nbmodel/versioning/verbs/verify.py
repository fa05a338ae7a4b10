"""Verify: check every byte of every version and every reference; clear stale locks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbmodel.display import Result, Table, count, escaped
from nbmodel.errors import NbModelError, SegmentMissing, VersionPurged
from nbmodel.progress import bar
from nbmodel.records import Segment, VersionInfo
from nbmodel.repo import locks
from nbmodel.repo import notes as git_notes
from nbmodel.versioning import attached_files, purges
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.verbs import ref_checks
from nbmodel.versioning.verbs.list_models import remote_hint
from nbmodel.versioning.verbs.ref_checks import Finding


@dataclass(frozen=True, repr=False, kw_only=True)
class VerifyResult(Result):
    """What was read, and the problems.

    Attributes
    ----------
    versions, segments, size : int
    findings : sequence of Finding
        Problems.
    cleared : sequence of str
        Removed locks of processes that have ended.
    hints : sequence of Finding
        Facts that may be correct, or may be traces of a loss.
    purged : sequence of Finding
        Versions whose segments are not here because they were purged.
    leftovers : sequence of str
        Harmless files that killed processes left.
    elsewhere : str
        If there are no versions here: those that a remote has.
    """

    versions: int
    segments: int
    size: int
    findings: Sequence[Finding]
    cleared: Sequence[str] = ()
    hints: Sequence[Finding] = ()
    purged: Sequence[Finding] = ()
    leftovers: Sequence[str] = ()
    elsewhere: str = ""

    def __bool__(self) -> bool:
        """Whether there are no problems."""
        return not self.findings

    def text(self) -> str:
        """A line, then problems, hints and removed locks."""
        tables = [_table(part).text() for part in self._parts() if part]
        return "\n".join([self._headline(), *tables, *self._remarks()])

    def html(self) -> str:
        """The same."""
        tables = [_table(part).html() for part in self._parts() if part]
        remarks = [f"<div>{escaped(remark)}</div>" for remark in self._remarks()]
        return "".join([f"<div>{escaped(self._headline())}</div>", *tables, *remarks])

    def _parts(self) -> tuple[Sequence[Finding], ...]:
        return (self.findings, self.hints, self.purged)

    def _headline(self) -> str:
        counts = [count(len(self.findings), "problem")] if self.findings else []
        counts += [f"{count(len(self.hints), 'hint')} to look at"] if self.hints else []
        counts += [self.elsewhere] if self.elsewhere else []
        outcome = ", ".join(counts) or "all is well"
        if self.purged:
            outcome += f"; {count(len(self.purged), 'version')} purged"
        amount = f"{count(self.versions, 'version')}, {count(self.segments, 'segment')} read"
        return f"{amount}: {outcome}"

    def _remarks(self) -> list[str]:
        return [
            *(f"cleared the stale lock {path}" for path in self.cleared),
            *(f"left by a process that was killed: {path}" for path in self.leftovers),
        ]


def _table(findings: Sequence[Finding]) -> Table:
    return Table(("where", "problem"), [(f.where, f.problem) for f in findings])


def verify(context: Context, reference: str = "") -> VerifyResult:
    """Check one version, or all versions and references; clear locks of processes that have ended.

    Parameters
    ----------
    context : Context
    reference : str
        A version. Default: every version of every branch.
    """
    cleared = [] if context.read_only else list(_clear_locks(context))
    standing = [lock for lock in locks.find(context.git.git_dir) if lock.is_own]
    hints = [Finding(lock.ref, _standing(lock)) for lock in standing]
    try:
        context.index.refresh()
    except NbModelError as error:  # no reference can be listed
        failures = [Finding(context.location.name, str(error))]
        return VerifyResult(
            versions=0, segments=0, size=0, findings=failures, cleared=cleared, hints=hints
        )
    if not reference or context.index.unreadable(limit=1):
        # What could not be read may be readable by now. SQLite has no checksums for its pages, so
        # that a damaged row of the index may still be a valid row.
        context.index.rebuild()
    versions = [resolve(context, reference)] if reference else _everything(context)
    unreadable = {u.info.commit: Finding(u.info.ref, u.why) for u in context.index.unreadable()}
    findings = list(unreadable.values())
    purged: dict[str, Finding] = {}
    versions_by_segment: dict[Segment, list[VersionInfo]] = {}
    for version in versions:
        if version.commit in unreadable:
            continue
        try:
            found_segments = _read(context, version)
        except VersionPurged:
            _note_purged(context, version, purged)
            continue
        except NbModelError as error:
            findings.append(Finding(version.ref, error.what))
            continue
        for segment in found_segments:
            versions_by_segment.setdefault(segment, []).append(version)
    findings += _guarded(lambda: list(_noted_files(context, versions)))
    findings += _check_segments(context, versions_by_segment, purged)
    if not reference:
        findings += _guarded(lambda: list(ref_checks.damaged(context)))
        hints += _guarded(lambda: list(ref_checks.hints(context)))
    size = sum(s.size for s in versions_by_segment)
    leftovers = [] if reference else _unfinished_objects(context.git.git_dir)
    elsewhere = "" if versions or findings else remote_hint(context)
    return VerifyResult(
        versions=len(versions),
        segments=len(versions_by_segment),
        size=size,
        findings=findings,
        cleared=cleared,
        hints=hints,
        purged=[*purged.values()],
        leftovers=leftovers,
        elsewhere=elsewhere,
    )


def _guarded(check: Callable[[], list[Finding]]) -> list[Finding]:
    """The findings of a check; if git fails in it, that failure."""
    try:
        return check()
    except NbModelError as error:
        return [Finding("references", error.what)]


def _read(context: Context, version: VersionInfo) -> Sequence[Segment]:
    """Read every file of a version in git; return its segments."""
    snapshot = snapshots.read(context, version)
    snapshots.skeleton(context, snapshot)
    snapshots.modules(context, snapshot)
    for file in attached_files.of_version(snapshot, ()):
        attached_files.read(context, snapshot, file)
    for path in snapshot.tree.blobs:
        snapshot.tree.read(context.git, path)
    return snapshot.manifest.payload.segments


def _noted_files(context: Context, versions: Sequence[VersionInfo]) -> Iterator[Finding]:
    """Files of notes. They are checked apart, so that a bad note hides no damage of its version."""
    noted = git_notes.commits(context.git)
    for version in versions:
        if version.commit not in noted:
            continue
        try:
            snapshot = snapshots.read(context, version)
            for file in attached_files.of_notes(git_notes.read(context.git, version.commit)):
                attached_files.read(context, snapshot, file)
        except NbModelError as error:
            yield Finding(version.ref, error.what)


def _everything(context: Context) -> list[VersionInfo]:
    return [v for name in context.index.names() for v in context.index.log(name, limit=1 << 31)]


def _check_segments(
    context: Context,
    versions_by_segment: dict[Segment, list[VersionInfo]],
    purged: dict[str, Finding],
) -> Iterator[Finding]:
    """Problems of segments. A missing one is none for a version that was purged."""
    records = purges.by_commit(context)
    with bar("verifying", sum(s.size for s in versions_by_segment)) as progress:
        for segment, versions in versions_by_segment.items():
            try:
                context.store.open([segment], _names(versions), progress)
            except SegmentMissing as error:
                for version in versions:
                    if version.commit in records:
                        _note_purged(context, version, purged)
                if others := [v for v in versions if v.commit not in records]:
                    where = _names(others)
                    yield Finding(where, SegmentMissing(error.oid, where).what)
            except NbModelError as error:
                yield Finding(_names(versions), error.what)


def _names(versions: Sequence[VersionInfo]) -> str:
    return ", ".join(v.ref for v in versions[:5]) + (" ..." if len(versions) > 5 else "")


def _note_purged(context: Context, version: VersionInfo, purged: dict[str, Finding]) -> None:
    purge = purges.first_of(context, version.commit)
    if purge is not None:
        purged[version.commit] = Finding(version.ref, f"purged {purge.sentence}")


def _clear_locks(context: Context) -> Iterator[str]:
    """Clear locks that would block the next commit and whose process has ended."""
    git_dir = context.git.git_dir
    for lock in locks.clear(context.git, locks.find(git_dir)):
        yield str(lock.path.relative_to(git_dir))
    yield from locks.clear_unfinished(git_dir)


def _standing(lock: locks.Lock) -> str:
    wait = f"a lock that nothing holds is cleared in {lock.wait_s:.0f} s"
    return f"is locked since {lock.age_s:.0f} s by another git, perhaps; {wait}"


def _unfinished_objects(git_dir: Path) -> list[str]:
    """Unfinished packs and objects: git gc removes them when they are old."""
    # Not by `glob`, which raises if git removes a folder meanwhile.
    return sorted(
        str(Path(folder, name).relative_to(git_dir))
        for folder, _, names in os.walk(git_dir / "objects")
        for name in names
        if name.startswith("tmp_obj_") or (name.startswith("tmp_") and folder.endswith("pack"))
    )
