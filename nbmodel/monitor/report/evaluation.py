"""Which versions of a log are asked for, and the judgment of each by what the registry knows."""

from __future__ import annotations

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

MAX_LISTED_NAMES = 20  # names of a warning


@dataclass(frozen=True, slots=True)
class Selection:
    """Which versions and stages a reference asks for; empty texts for all."""

    version: str = ""
    stage: str = ""

    @classmethod
    def from_reference(cls, context: Context, parsed: refs.Reference) -> Selection:
        """What a parsed reference asks for."""
        if parsed.kind == "stage":
            return cls(stage=parsed.value)
        if parsed.value or parsed.branch or parsed.back:
            return cls(version=resolve(context, parsed).ref)
        return cls()

    def includes(self, version: str, stage: str) -> bool:
        """Whether rows of this version and stage are asked for."""
        return self.version in ("", version) and self.stage in ("", stage)


@dataclass(frozen=True, slots=True)
class VersionReferences:
    """What the registry knows of a version.

    Attributes
    ----------
    inputs : list of Reference
    task, kind : str
        What its outputs are, and its classes: see `nbmodel.monitor.quality.labeled`.
    columns : (int, int)
        How many inputs are described, and how many there are.
    """

    inputs: list[ColumnReference] = field(default_factory=list)
    task: Task = ""
    kind: ClassKind = ""
    columns: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Evaluation:
    """Findings and metrics of the versions so far."""

    findings: list[DriftFinding] = field(default_factory=list)
    quality: list[MetricValue] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def evaluate(
        self, context: Context, log: LogReader, version: str, commit: str, width: int
    ) -> None:
        """Judge one version; what the registry does not know of it is said."""
        try:
            known = version_references(context, log.model, version, commit)
        except NbModelError as error:
            self.warnings.append(f"{version}: {error.what} Its drift is not measured.")
            self._measure(log, version, width, VersionReferences())
            return
        found = _count_version(log, version, known.inputs, width)
        watched, every = known.columns
        if watched < every and known.inputs:
            self.warnings.append(f"{version}: {watched:,} of {every:,} columns are watched.")
        if not known.inputs:
            self.warnings.append(
                f"{version} has no data profile: its inputs' drift cannot be measured. "
                "Commit with --data VARIABLE."
            )
        elif left := unlogged_columns(log, known.inputs):
            self.warnings.append(
                f"{version}: not in the log: {', '.join(left[:MAX_LISTED_NAMES])}."
            )
        self.findings += detect_drift(version, found)
        self._measure(log, version, width, known)

    def _measure(self, log: LogReader, version: str, width: int, known: VersionReferences) -> None:
        try:
            self.quality += measure_quality(log, version, width, known.task, known.kind)
        except NbModelError as error:
            self.warnings.append(f"{version}: {error.what}")


def _count_version(
    log: LogReader, version: str, inputs: list[ColumnReference], width: int
) -> list[WindowCounts]:
    """Inputs, and outputs beside those of the first window, which may lie before this time."""
    if log.since is not None:
        outputs = output_references(log.storage.root, log.model, version, width)
        return count_columns(log, version, [*inputs, *outputs], width)
    found = count_columns(log, version, [*inputs, *draft_references(log, version, width)], width)
    given = [one for one in found if not one.reference.logged.startswith(OUTPUT_PREFIX)]
    answers = [one for one in found if one.reference.logged.startswith(OUTPUT_PREFIX)]
    return [*given, *compare_with_first_window(log, version, width, answers)]


def version_references(
    context: Context, model: str, version: str, commit: str
) -> VersionReferences:
    """What the registry knows of a version in the log.

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
        described_columns(profile, signature),
    )  # fmt: skip


def find_version(context: Context, model: str, version: str, commit: str) -> VersionInfo:
    """The version that a row of the log names: by its commit, if the log has one."""
    if commit:
        found = context.index.by_commit(commit, model)
        if len(found) == 1:
            return found[0]
    info = resolve(context, version)
    if info.model != model or (commit and info.commit != commit):
        raise NotFound("version", f"{version} ({commit[:7]})", context.location.name)
    return info


def serving_versions(context: Context, model: str, begin: int | None) -> dict[tuple[str, str], int]:
    """Versions that hold a stage now, and since when they should have rows."""
    found = {}
    for stage, move in context.index.stages(model).items():
        version = resolve(context, f"{model}@{move.commit}")
        found[version.ref, stage] = max(begin or 0, move.time * windows.SECOND)
    return found
