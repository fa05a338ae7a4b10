"""Verify: every byte of every version against its digests; what a killed git left behind."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbmodel.display import Result, Table, escaped
from nbmodel.errors import NbModelError
from nbmodel.progress import bar
from nbmodel.records import Segment, VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve

STALE = 600  # seconds; no git of ours holds a ref's lock that long


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: with what, and in which words."""

    where: str
    problem: str


@dataclass(frozen=True, repr=False)
class VerifyResult(Result):
    """How much was read, and what was found wrong."""

    versions: int
    segments: int
    size: int
    findings: Sequence[Finding]
    cleared: Sequence[str] = ()

    def __bool__(self) -> bool:
        """Whether all is well."""
        return not self.findings

    def text(self) -> str:
        """A line, then the findings."""
        lines = [self._headline()]
        if self.findings:
            lines.append(self._table().text())
        lines += [f"cleared the stale lock {path}" for path in self.cleared]
        return "\n".join(lines)

    def html(self) -> str:
        """The same."""
        table = self._table().html() if self.findings else ""
        cleared = "".join(f"<div>cleared {escaped(path)}</div>" for path in self.cleared)
        return f"<div>{escaped(self._headline())}</div>{table}{cleared}"

    def _headline(self) -> str:
        outcome = f"{len(self.findings)} problems" if self.findings else "all is well"
        return f"{self.versions} versions, {self.segments} segments read: {outcome}"

    def _table(self) -> Table:
        return Table(("where", "problem"), [(f.where, f.problem) for f in self.findings])


def verify(context: Context, reference: str = "") -> VerifyResult:
    """Check one version, or all of them; clear locks that a killed git left.

    Parameters
    ----------
    context : Context
    reference : str
        A version; every version of every branch if empty.
    """
    context.index.refresh()
    if context.index.unreadable(limit=1):
        context.index.rebuild()  # a part of them may be readable by now
    versions = [resolve(context, reference)] if reference else _everything(context)
    unreadable = {u.info.commit: Finding(u.info.ref, u.why) for u in context.index.unreadable()}
    findings = list(unreadable.values())
    wanted: dict[Segment, list[VersionInfo]] = {}
    for version in versions:
        if version.commit in unreadable:
            continue
        try:
            found = snapshots.read(context, version)
            snapshots.skeleton(context, found)
            snapshots.modules(context, found)
            for file in found.manifest.files:
                snapshots.attachment(context, found, file)
        except NbModelError as error:
            findings.append(Finding(version.ref, error.what))
            continue
        for segment in found.manifest.payload.segments:
            wanted.setdefault(segment, []).append(version)
    findings += _check_segments(context, wanted)
    cleared = [] if context.read_only else list(_clear_locks(context.git.git_dir))
    return VerifyResult(len(versions), len(wanted), sum(s.size for s in wanted), findings, cleared)


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


def _clear_locks(git_dir: Path) -> Iterator[str]:
    """Remove ``*.lock`` files of our refs whose git was killed long ago."""
    oldest = time.time() - STALE
    for folder in ("refs/heads/models", "refs/tags", "refs/notes"):
        for lock in (git_dir / folder).rglob("*.lock"):
            with suppress(FileNotFoundError):
                if lock.stat().st_mtime < oldest:
                    lock.unlink()
                    yield str(lock.relative_to(git_dir))
