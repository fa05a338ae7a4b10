"""Which versions of a log are asked for, and the judgment of each by what the registry knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbmodel import refs
from nbmodel.errors import NbModelError, NotFound
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.counts import Found, count, not_logged
from nbmodel.monitor.drift.detection import Finding, drift
from nbmodel.monitor.drift.outputs import against_first, drafts, output_references
from nbmodel.monitor.drift.references import Reference, described_columns, references
from nbmodel.monitor.prediction_log.entries import OUTPUT
from nbmodel.monitor.prediction_log.reader import Log
from nbmodel.monitor.quality.labeled import Kind, Task, kind_of, task_of
from nbmodel.monitor.quality.metrics import Quality, quality
from nbmodel.records import VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve

SHOWN = 20  # names of a warning


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which versions and stages a reference asks for; empty texts for all."""

    version: str = ""
    stage: str = ""

    @classmethod
    def of(cls, context: Context, parsed: refs.Reference) -> Chosen:
        """What a parsed reference asks for."""
        if parsed.kind == "stage":
            return cls(stage=parsed.value)
        if parsed.value or parsed.branch or parsed.back:
            return cls(version=resolve(context, parsed).ref)
        return cls()

    def has(self, version: str, stage: str) -> bool:
        """Whether rows of this version and stage are asked for."""
        return self.version in ("", version) and self.stage in ("", stage)


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry knows of a version.

    Attributes
    ----------
    inputs : list of Reference
    task, kind : str
        What its outputs are, and its classes: see `nbmodel.monitor.quality.labeled`.
    columns : (int, int)
        How many inputs are described, and how many there are.
    """

    inputs: list[Reference] = field(default_factory=list)
    task: Task = ""
    kind: Kind = ""
    columns: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Judged:
    """Findings and metrics of the versions so far."""

    findings: list[Finding] = field(default_factory=list)
    quality: list[Quality] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, context: Context, log: Log, version: str, commit: str, width: int) -> None:
        """Judge one version; what the registry does not know of it is said."""
        try:
            known = known_of(context, log.model, version, commit)
        except NbModelError as error:
            self.warnings.append(f"{version}: {error.what} Its drift is not measured.")
            self._measure(log, version, width, Known())
            return
        found = _found(log, version, known.inputs, width)
        watched, every = known.columns
        if watched < every and known.inputs:
            self.warnings.append(f"{version}: {watched:,} of {every:,} columns are watched.")
        if not known.inputs:
            self.warnings.append(
                f"{version} has no data profile: its inputs' drift cannot be measured. "
                "Commit with --data VARIABLE."
            )
        elif left := not_logged(log, known.inputs):
            self.warnings.append(f"{version}: not in the log: {', '.join(left[:SHOWN])}.")
        self.findings += drift(version, found)
        self._measure(log, version, width, known)

    def _measure(self, log: Log, version: str, width: int, known: Known) -> None:
        try:
            self.quality += quality(log, version, width, known.task, known.kind)
        except NbModelError as error:
            self.warnings.append(f"{version}: {error.what}")


def _found(log: Log, version: str, inputs: list[Reference], width: int) -> list[Found]:
    """Inputs, and outputs beside those of the first window, which may lie before this time."""
    if log.since is not None:
        outputs = output_references(log.place.root, log.model, version, width)
        return count(log, version, [*inputs, *outputs], width)
    found = count(log, version, [*inputs, *drafts(log, version, width)], width)
    given = [one for one in found if not one.reference.logged.startswith(OUTPUT)]
    answers = [one for one in found if one.reference.logged.startswith(OUTPUT)]
    return [*given, *against_first(log, version, width, answers)]


def known_of(context: Context, model: str, version: str, commit: str) -> Known:
    """What the registry knows of a version in the log.

    Raises
    ------
    NbModelError
        If it does not know the version, or cannot read it.
    """
    snapshot = snapshots.read(context, find_version(context, model, version, commit))
    signature = snapshot.manifest.signature
    profile = snapshot.profile(context)
    return Known(
        references(profile, signature), task_of(signature), kind_of(signature),
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


def serving(context: Context, model: str, begin: int | None) -> dict[tuple[str, str], int]:
    """Versions that hold a stage now, and since when they should have rows."""
    found = {}
    for stage, move in context.index.stages(model).items():
        version = resolve(context, f"{model}@{move.commit}")
        found[version.ref, stage] = max(begin or 0, move.time * windows.SECOND)
    return found
