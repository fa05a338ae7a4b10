"""What the rules of a model are evaluated on: quality, and the drift that the rules are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from nbmodel.errors import NbModelError
from nbmodel.monitor.alerts.rules import ANY_COLUMN, ANY_OUTPUT, AlertRule, column_metrics
from nbmodel.monitor.drift.counts import count_columns
from nbmodel.monitor.drift.detection import DriftValue, measure_drift
from nbmodel.monitor.drift.outputs import output_references
from nbmodel.monitor.drift.references import ColumnReference
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.prediction_log.reader import LogReader
from nbmodel.monitor.quality.metrics import MetricValue, measure_quality
from nbmodel.monitor.report.evaluation import NO_PROFILE, VersionReferences, version_references
from nbmodel.versioning.context import Context


class Measurements:
    """Measures the versions of one model in an open log.

    Attributes
    ----------
    problems : dict of str to str
        By version: why the drift of its inputs is not measured.
    """

    def __init__(self, context: Context, model: str, storage_root: str, width: int) -> None:
        self._context, self._model, self._storage_root = context, model, storage_root
        self._width = width
        self._references: dict[str, VersionReferences] = {}
        self.problems: dict[str, str] = {}

    def references(self, version: str, commit: str) -> VersionReferences:
        """Return what the registry knows about a version, and the outputs of its first window."""
        if version not in self._references:
            try:
                references = version_references(self._context, self._model, version, commit)
                if not references.inputs:
                    self.problems[version] = NO_PROFILE
            except NbModelError as error:
                references = VersionReferences()
                self.problems[version] = error.what
            outputs = output_references(self._storage_root, self._model, version, self._width)
            self._references[version] = replace(references, inputs=[*references.inputs, *outputs])
        return self._references[version]

    def quality(self, log: LogReader, versions: Mapping[str, str]) -> list[MetricValue]:
        """Return the metrics of the labeled rows; a version without them is left out.

        Parameters
        ----------
        log : LogReader
        versions : mapping of str to str
            Commit ids by version.
        """
        values: list[MetricValue] = []
        for version, commit in versions.items():
            references = self.references(version, commit)
            try:
                values += measure_quality(
                    log, version, self._width, references.task, references.kind
                )
            except NbModelError:  # the report names it; drift is measured all the same
                continue
        return values

    def rule_drift(
        self, log: LogReader, versions: Mapping[str, str], rules: Iterable[AlertRule]
    ) -> list[DriftValue]:
        """Return the drift that rules are about, for the same versions."""
        listed = list(rules)
        values: list[DriftValue] = []
        for version, commit in versions.items():
            columns = {
                column: names
                for column in self.references(version, commit).inputs
                if (names := {rule.metric for rule in listed if _is_about(rule, column)})
            }
            if columns:
                counts = count_columns(log, version, [*columns], self._width)
                values += measure_drift(
                    version, counts, {column.name: names for column, names in columns.items()}
                )
        return values


def _is_about(rule: AlertRule, reference: ColumnReference) -> bool:
    if rule.metric not in column_metrics():
        return False
    output = reference.name.startswith(OUTPUT_PREFIX)
    return rule.column in (ANY_COLUMN, reference.name) or (rule.column == ANY_OUTPUT and output)
