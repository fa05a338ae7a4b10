"""Compare: several versions side by side, by their metrics and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbmodel.display import Result, Table, first_line, metrics, moment
from nbmodel.errors import InvalidValue
from nbmodel.figures.charted import Charted, Charts
from nbmodel.figures.versions import comparison_charts
from nbmodel.records import VersionInfo
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve

MIN_VERSIONS, MAX_VERSIONS = 2, 20  # that one chart can compare


@dataclass(frozen=True, repr=False)
class CompareResult(Charted, Result):
    """Versions in the order in which they were named, each once."""

    versions: Sequence[VersionInfo]

    def charts(self) -> Charts:
        """Return ``metrics`` and each metric as bars, and ``parallel``: all numbers that differ."""
        return comparison_charts(self.versions)

    def text(self) -> str:
        """Return a table."""
        return self._table().text()

    def html(self) -> str:
        """Return the same table."""
        return self._table().html()

    def _table(self) -> Table:
        rows = [
            (v.ref, metrics(v.metrics.items()), moment(v.time), first_line(v.message))
            for v in self.versions
        ]
        return Table(("version", "metrics", "date", "message"), rows)


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
    return CompareResult(distinct)
