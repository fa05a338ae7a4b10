"""Verify: every byte of every version, every reference; what a killed git left is cleared."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbmodel.display import Result, Table, count, escaped
from nbmodel.errors import NbModelError
from nbmodel.progress import bar
from nbmodel.records import Segment, VersionInfo
from nbmodel.repo import locks
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.verbs import ref_checks
from nbmodel.versioning.verbs.list_models import remote_hint
from nbmodel.versioning.verbs.ref_checks import Finding


@dataclass(frozen=True, repr=False)
class VerifyResult(Result):
    """How much was read, and what was found.

    Attributes
    ----------
    versions, segments, size : int
    findings : sequence of Finding
        What is wrong.
    cleared : sequence of str
        What was mended: locks of processes that are gone.
    hints : sequence of Finding
        What may be right, and may be the trace of something lost.
    left : sequence of str
        Harmless files that killed processes left.
    elsewhere : str
        Which versions are at a remote only, if there are none here.
    """

    versions: int
    segments: int
    size: int
    findings: Sequence[Finding]
    cleared: Sequence[str] = ()
    hints: Sequence[Finding] = ()
    left: Sequence[str] = ()
    elsewhere: str = ""

    def __bool__(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def text(self) -> str:
        """A line, then the findings, the hints and what was mended."""
        tables = [_table(part).text() for part in (self.findings, self.hints) if part]
        return "\n".join([self._headline(), *tables, *self._remarks()])

    def html(self) -> str:
        """The same."""
        tables = [_table(part).html() for part in (self.findings, self.hints) if part]
        remarks = [f"<div>{escaped(remark)}</div>" for remark in self._remarks()]
        return "".join([f"<div>{escaped(self._headline())}</div>", *tables, *remarks])

    def _headline(self) -> str:
        counts = [count(len(self.findings), "problem")] if self.findings else []
        counts += [f"{count(len(self.hints), 'hint')} to look at"] if self.hints else []
        counts += [self.elsewhere] if self.elsewhere else []
        outcome = ", ".join(counts) or "all is well"
        amount = f"{count(self.versions, 'version')}, {count(self.segments, 'segment')} read"
        return f"{amount}: {outcome}"

    def _remarks(self) -> list[str]:
        return [
            *(f"cleared the stale lock {path}" for path in self.cleared),
            *(f"left by a process that was killed: {path}" for path in self.left),
        ]


def _table(found: Sequence[Finding]) -> Table:
    return Table(("where", "problem"), [(f.where, f.problem) for f in found])


def verify(context: Context, reference: str = "") -> VerifyResult:
    """Check one version, or all of them and every reference; clear locks whose process is gone.

    Parameters
    ----------
    context : Context
    reference : str
        A version; every version of every branch if empty.
    """
    cleared = [] if context.read_only else list(_clear_locks(context))
    standing = [lock for lock in locks.find(context.git.git_dir) if lock.is_own]
    hints = [Finding(lock.ref, _standing(lock)) for lock in standing]
    try:
        context.index.refresh()
    except NbModelError as error:  # no reference can be listed
        found = [Finding(context.location.name, str(error))]
        return VerifyResult(0, 0, 0, found, cleared, hints)
    if not reference or context.index.unreadable(limit=1):
        # A part of what could not be read may be readable by now; and SQLite has no checksum for
        # its pages, so that a row of the index may have changed and still be a row.
        context.index.rebuild()
    versions = [resolve(context, reference)] if reference else _everything(context)
    unreadable = {u.info.commit: Finding(u.info.ref, u.why) for u in context.index.unreadable()}
    findings = list(unreadable.values())
    wanted: dict[Segment, list[VersionInfo]] = {}
    for version in versions:
        if version.commit in unreadable:
            continue
        try:
            found_segments = _read(context, version)
        except NbModelError as error:
            findings.append(Finding(version.ref, error.what))
            continue
        for segment in found_segments:
            wanted.setdefault(segment, []).append(version)
    findings += _check_segments(context, wanted)
    if not reference:
        findings += _guarded(lambda: list(ref_checks.damaged(context)))
        hints += _guarded(lambda: list(ref_checks.hints(context)))
    size = sum(s.size for s in wanted)
    left = [] if reference else _left(context.git.git_dir)
    elsewhere = "" if versions or findings else remote_hint(context)
    return VerifyResult(len(versions), len(wanted), size, findings, cleared, hints, left, elsewhere)


def _guarded(check: Callable[[], list[Finding]]) -> list[Finding]:
    """What a check finds; if git fails in it, that."""
    try:
        return check()
    except NbModelError as error:
        return [Finding("references", error.what)]


def _read(context: Context, version: VersionInfo) -> Sequence[Segment]:
    """Read every file of a version that lies in git; its segments."""
    found = snapshots.read(context, version)
    snapshots.skeleton(context, found)
    snapshots.modules(context, found)
    for file in found.manifest.files:
        snapshots.attachment(context, found, file)
    for path in found.tree.blobs:
        found.tree.read(context.git, path)
    return found.manifest.payload.segments


def _everything(context: Context) -> list[VersionInfo]:
    return [v for name in context.index.names() for v in context.index.log(name, limit=1 << 31)]


def _check_segments(
    context: Context, wanted: dict[Segment, list[VersionInfo]]
) -> Iterator[Finding]:
    with bar("verifying", sum(s.size for s in wanted)) as progress:
        for segment, versions in wanted.items():
            where = ", ".join(v.ref for v in versions[:5]) + (" ..." if len(versions) > 5 else "")
            try:
                context.store.open([segment], where, progress)
            except NbModelError as error:
                yield Finding(where, error.what)


def _clear_locks(context: Context) -> Iterator[str]:
    """Clear what stands in the way of the next commit, where its process is gone."""
    git_dir = context.git.git_dir
    for lock in locks.clear(context.git, locks.find(git_dir)):
        yield str(lock.path.relative_to(git_dir))
    yield from locks.clear_unfinished(git_dir)


def _standing(lock: locks.Lock) -> str:
    wait = f"a lock that nothing holds is cleared in {lock.wait_s:.0f} s"
    return f"is locked since {lock.age_s:.0f} s by another git, perhaps; {wait}"


def _left(git_dir: Path) -> list[str]:
    """Unfinished packs and objects: git gc removes them when they are old."""
    # Not by `glob`: a folder that git removes meanwhile is no error.
    return sorted(
        str(Path(folder, name).relative_to(git_dir))
        for folder, _, names in os.walk(git_dir / "objects")
        for name in names
        if name.startswith("tmp_obj_") or (name.startswith("tmp_") and folder.endswith("pack"))
    )
