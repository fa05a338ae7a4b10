"""Compare: several versions side by side, by their metrics and parameters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nbmodel.display import Result, Table, escaped, first_line, metrics, moment
from nbmodel.errors import GitFailed, InvalidValue, ManifestInvalid, ManifestTooNew
from nbmodel.figures.charted import Charted, Charts
from nbmodel.figures.comparison import comparison_charts
from nbmodel.metric_directions import direction_of, judge
from nbmodel.records import VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve

MIN_VERSIONS, MAX_VERSIONS = 2, 20  # that one chart can compare


@dataclass(frozen=True, repr=False)
class CompareResult(Charted, Result):
    """Versions in the order in which they were named, each once."""

    versions: Sequence[VersionInfo]
    files: Sequence[Sequence[str]] = ()  # names of the files of each version's commit
    lower: Collection[str] = ()  # metrics of which less is better, as the registry declares

    def charts(self) -> Charts:
        """Return ``metrics`` and each metric as dots, and ``parallel``: all numbers that differ."""
        return comparison_charts(self.versions)

    def text(self) -> str:
        """Return a table, and a verdict about two versions."""
        verdict = self._verdict()
        return f"{self._table().text()}\n{verdict}" if verdict else self._table().text()

    def html(self) -> str:
        """Return the same table and verdict."""
        return f"{self._table().html()}<div>{escaped(self._verdict())}</div>"

    def _verdict(self) -> str:
        """Which metrics of the second of two versions are better, worse or the same."""
        if len(self.versions) != MIN_VERSIONS:
            return ""
        before, after = self.versions
        words = [
            f"{name} {word}"
            for name, value in after.metrics.items()
            if name in before.metrics
            and (word := judge(value, before.metrics[name], direction_of(name, self.lower)))
        ]
        return f"{after.ref} against {before.ref}: {', '.join(words)}" if words else ""

    def _table(self) -> Table:
        rows: list[tuple[str, ...]] = [
            (v.ref, metrics(v.metrics.items()), moment(v.time), first_line(v.message))
            for v in self.versions
        ]
        headings: tuple[str, ...] = ("version", "metrics", "date", "message")
        if any(self.files):
            headings = (*headings, "figures and files")
            rows = [(*r, ", ".join(f)) for r, f in zip(rows, self.files, strict=True)]
        return Table(headings, rows)


def compare(context: Context, references: Sequence[str]) -> CompareResult:
    """Put versions side by side.

    Raises
    ------
    NotFound
        If there is no such version.
    InvalidValue
        If there are fewer than two different versions, or more than twenty.
    """
    if len(references) > MAX_VERSIONS:
        raise InvalidValue(
            f"Cannot compare {len(references)} versions.", f"Name at most {MAX_VERSIONS}."
        )
    context.index.refresh()
    versions = [resolve(context, reference) for reference in references]
    distinct = tuple({version.ref: version for version in versions}.values())
    if len(distinct) < MIN_VERSIONS:
        names = " and ".join(references)
        what = f"{names} are the same version."
        if len(references) < MIN_VERSIONS:
            what = f"Only {names} was given." if references else "No version was given."
        raise InvalidValue(what, "Name at least one other version.")
    files = [_files(context, version) for version in distinct]
    return CompareResult(distinct, files, context.index.declared_lower())


def _files(context: Context, version: VersionInfo) -> Sequence[str]:
    """Names of the files of a commit; none if it cannot be read, since `show` says why."""
    try:
        manifest = snapshots.read(context, version).manifest
    except (GitFailed, ManifestInvalid, ManifestTooNew):
        return ()
    return [file.name for file in manifest.files]
