"""Evaluates the versions in a log: drift and quality, with the signature and profile of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbmodel import refs
from nbmodel.errors import NbModelError, NotFound
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.counts import WindowCounts, count_columns, unlogged_columns
from nbmodel.monitor.drift.detection import DriftFinding, detect_drift
from nbmodel.monitor.drift.outputs import (
    compare_with_first_window,
    draft_references,
    output_references,
)
from nbmodel.monitor.drift.references import ColumnReference, described_columns, references
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.prediction_log.reader import LogReader
from nbmodel.monitor.quality.labeled import ClassKind, Task, signature_kind, signature_task
from nbmodel.monitor.quality.metrics import MetricValue, measure_quality
from nbmodel.records import VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve

MAX_LISTED_NAMES = 20  # in a warning
NO_PROFILE = "There is no data profile."


@dataclass(frozen=True, slots=True)
class Selection:
    """The versions and stages that a reference selects; an empty text selects all."""

    version: str = ""
    stage: str = ""

    @classmethod
    def from_reference(cls, context: Context, parsed: refs.Reference) -> Selection:
        """Return the selection of a parsed reference."""
        if parsed.kind == "stage":
            return cls(stage=parsed.value)
        if parsed.value or parsed.branch or parsed.back:
            return cls(version=resolve(context, parsed).ref)
        return cls()

    def includes(self, version: str, stage: str) -> bool:
        """Return whether rows of this version and stage are selected."""
        return self.version in ("", version) and self.stage in ("", stage)


@dataclass(frozen=True, slots=True)
class VersionReferences:
    """What the registry knows about a version.

    Attributes
    ----------
    inputs : list of ColumnReference
    task, kind : str
        Task of the version and kind of its classes: see `nbmodel.monitor.quality.labeled`.
    columns : (int, int)
        How many inputs are described, and how many there are.
    metrics : mapping of str to float
        The metrics that were committed with the version.
    """

    inputs: list[ColumnReference] = field(default_factory=list)
    task: Task = ""
    kind: ClassKind = ""
    columns: tuple[int, int] = (0, 0)
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class ReportResults:
    """Drift and quality of the versions that have been evaluated.

    Attributes
    ----------
    findings, quality, warnings : list
    baselines : dict
        The metrics that were committed, by version.
    problems : dict of str to str
        Why the drift of a version is not measured.
    """

    findings: list[DriftFinding] = field(default_factory=list)
    quality: list[MetricValue] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    baselines: dict[str, Mapping[str, float]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def evaluate(
        self, context: Context, log: LogReader, version: str, commit: str, width: int
    ) -> None:
        """Evaluate one version; what the registry does not know about it becomes a warning."""
        try:
            registered = version_references(context, log.model, version, commit)
        except NbModelError as error:
            self.warnings.append(f"{version}: {error.what} Its drift is not measured.")
            self.problems[version] = error.what
            self._measure(log, version, width, VersionReferences())
            return
        self.baselines[version] = registered.metrics
        counts = _count_version(log, version, registered.inputs, width)
        described, total = registered.columns
        if described < total and registered.inputs:
            self.warnings.append(f"{version}: {described:,} of {total:,} columns are monitored.")
        if not registered.inputs:
            self.problems[version] = NO_PROFILE
            self.warnings.append(
                f"{version} has no data profile, so the drift of its inputs cannot be measured. "
                "Commit with --data VARIABLE."
            )
        elif unlogged := unlogged_columns(log, registered.inputs):
            self.warnings.append(
                f"{version}: not in the log: {', '.join(unlogged[:MAX_LISTED_NAMES])}."
            )
        self.findings += detect_drift(version, counts)
        self._measure(log, version, width, registered)

    def _measure(
        self, log: LogReader, version: str, width: int, registered: VersionReferences
    ) -> None:
        try:
            self.quality += measure_quality(log, version, width, registered.task, registered.kind)
        except NbModelError as error:
            self.warnings.append(f"{version}: {error.what}")


def _count_version(
    log: LogReader, version: str, inputs: list[ColumnReference], width: int
) -> list[WindowCounts]:
    """Count inputs, and outputs with the first window as reference, which may be earlier."""
    if log.since is not None:
        outputs = output_references(log.storage.root, log.model, version, width)
        return count_columns(log, version, [*inputs, *outputs], width)
    counts = count_columns(log, version, [*inputs, *draft_references(log, version, width)], width)
    input_counts = [
        column for column in counts if not column.reference.logged.startswith(OUTPUT_PREFIX)
    ]
    output_counts = [
        column for column in counts if column.reference.logged.startswith(OUTPUT_PREFIX)
    ]
    return [*input_counts, *compare_with_first_window(log, version, width, output_counts)]


def version_references(
    context: Context, model: str, version: str, commit: str
) -> VersionReferences:
    """Return what the registry knows about a version in the log.

    Raises
    ------
    NbModelError
        If it does not know the version, or cannot read it.
    """
    snapshot = snapshots.read(context, find_version(context, model, version, commit))
    signature = snapshot.manifest.signature
    profile = snapshot.profile(context)
    return VersionReferences(
        references(profile, signature), signature_task(signature), signature_kind(signature),
        described_columns(profile, signature), snapshot.manifest.metrics,
    )  # fmt: skip


def find_version(context: Context, model: str, version: str, commit: str) -> VersionInfo:
    """Return the version that a row of the log names: by its commit, if the log has one."""
    if commit:
        versions = context.index.by_commit(commit, model)
        if len(versions) == 1:
            return versions[0]
    info = resolve(context, version)
    if info.model != model or (commit and info.commit != commit):
        raise NotFound("version", f"{version} ({commit[:7]})", context.location.name)
    return info


def serving_versions(context: Context, model: str, begin: int | None) -> dict[tuple[str, str], int]:
    """Return the versions that hold a stage now, and since when they should have rows."""
    serving = {}
    for stage, move in context.index.stages(model).items():
        version = resolve(context, f"{model}@{move.commit}")
        serving[version.ref, stage] = max(begin or 0, move.time * windows.SECOND)
    return serving


def main_metric(context: Context, model: str) -> str:
    """Return the name of the metric by which the versions of a model are compared; may be empty."""
    return context.index.main_metrics([model]).get(model, "")
