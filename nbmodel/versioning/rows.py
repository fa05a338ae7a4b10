"""Results that are a sequence of versions, with their labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.figures.charted import Charted, Charts
from nbmodel.figures.versions import history_charts
from nbmodel.records import VersionInfo
from nbmodel.versioning import purges
from nbmodel.versioning.context import Context

EVALUATION = "evaluation"  # a column only if a version of the page has one


@dataclass(frozen=True, repr=False)
class Rows(Charted, Result):
    """Versions in order.

    Attributes
    ----------
    versions : sequence of VersionInfo
    labels : mapping
        Stages and releases by commit id.
    more : bool
        Whether there are further versions.
    """

    versions: Sequence[VersionInfo]
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    more: bool = False

    def __iter__(self) -> Iterator[VersionInfo]:
        return iter(self.versions)

    def __len__(self) -> int:
        return len(self.versions)

    def __getitem__(self, number: int) -> VersionInfo:
        return self.versions[number]

    def with_evaluation(self, headings: Sequence[str]) -> list[str]:
        """Headings of a table, with that of evaluations after the metrics if there are some."""
        if not any(version.evaluation for version in self.versions):
            return list(headings)
        place = headings.index("metrics") + 1
        return [*headings[:place], EVALUATION, *headings[place:]]

    def charts(self) -> Charts:
        """Return ``metrics``, a chart for each metric over the versions, and ``lineage``."""
        return history_charts(self.versions, self.labels)

    def cells_of(self, version: VersionInfo) -> dict[str, str]:
        """The cells of a version in a table, by heading."""
        return {
            "version": version.ref,
            "commit": version.commit[:7],
            "labels": " ".join(self.labels.get(version.commit, ())),
            "metrics": display.metrics(version.metrics.items()),
            EVALUATION: display.metrics(version.evaluation.items()),
            "what": version.summary,
            "date": display.moment(version.time),
            "author": version.author.name,
            "message": display.first_line(version.message) + _merge_note(version),
        }


def _merge_note(version: VersionInfo) -> str:
    """The parents of a merge beside the one on its own branch."""
    others = version.parents[1:]
    return f" (merges {', '.join(commit[:7] for commit in others)})" if others else ""


def labels(context: Context, versions: Sequence[VersionInfo]) -> dict[str, list[str]]:
    """Stages (``@prod``), releases (``v1.2.0``) and ``purged`` by the commit that has them."""
    marks, purged = context.index.marks(versions), purges.by_commit(context)
    return {
        commit: [
            *map(refs.stage_selector, mark.stages),
            *mark.releases,
            *(("purged",) if commit in purged else ()),
        ]
        for (_, commit), mark in marks.items()
    }
