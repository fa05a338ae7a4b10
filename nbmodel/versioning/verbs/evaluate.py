"""Evaluate: how good a version is on rows whose true answers are known, kept as a note."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from blake3 import blake3

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.columns import model_rows
from nbmodel.evaluation.comparison import compare, compare_folds
from nbmodel.evaluation.evaluation import evaluate_sample
from nbmodel.evaluation.folds import CrossValidation, cross_validate
from nbmodel.evaluation.labeled_data import LabeledData, labeled_data
from nbmodel.evaluation.metrics.table import choose_metrics
from nbmodel.evaluation.model_sample import sample_of
from nbmodel.evaluation.record import Evaluation
from nbmodel.evaluation.resampling import Draws
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.settings import EvaluationSettings
from nbmodel.evaluation.slice_columns import SliceColumn
from nbmodel.evaluation.slice_names import slices_of
from nbmodel.progress import counted
from nbmodel.provenance.data.fingerprint import fingerprint
from nbmodel.provenance.data.tables import table_of
from nbmodel.records import VersionInfo
from nbmodel.repo import notes as git_notes
from nbmodel.versioning import acceptance, evaluations
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.verbs.checkout import checkout
from nbmodel.versioning.verbs.evaluate_result import EvaluateResult, VersionEvaluation

T = TypeVar("T")
MAX_VERSIONS = 20  # that one table compares


def evaluate(
    context: Context,
    references: Sequence[str],
    data: Any,
    target: Any = None,
    *,
    groups: Any = None,
    weights: Any = None,
    name: str = "",
    against: str = "",
    settings: EvaluationSettings,
    trust: bool = False,
    offline: bool = False,
) -> EvaluateResult:
    """Evaluate versions on the same rows, and keep the result of each as a note.

    Parameters
    ----------
    context : Context
    references : sequence of str
        One version, or several to compare.
    data, target, groups, weights : object
        As `labeled_data` takes them.
    name : str
        What the user calls the data.
    against : str
        A version to compare with. It answers the same rows, and gets no note.
    settings : EvaluationSettings
    trust, offline : bool
        As for a checkout.

    Raises
    ------
    InvalidValue
        If data and true answers do not fit each other or a model, or a setting is not valid.
    ScoringFailed
        If a model fails on these rows.
    Untrusted
        If another person made a version, and it needs more than the validating loader allows.
    """
    context.require_writable("evaluate")
    settings.check()
    versions = _versions(context, references)
    other = resolve(context, against) if against else None
    rows = labeled_data(data, target, groups=groups, weights=weights)
    run = _Run(
        context=context,
        rows=rows,
        name=name,
        slices=slices_of(data, settings.slices),
        other=other,
        fingerprint=_fingerprint(data, rows),
        settings=settings,
        trust=trust,
        offline=offline,
    )
    results: list[VersionEvaluation] = []
    with counted("evaluating", "version") as progress:
        for place, version in enumerate(versions):
            results.append(run.evaluated(version))
            progress(place + 1, len(versions))
    return EvaluateResult(evaluated=tuple(results))


def _versions(context: Context, references: Sequence[str]) -> list[VersionInfo]:
    if not 1 <= len(references) <= MAX_VERSIONS:
        raise InvalidValue(
            f"{len(references)} versions cannot be evaluated at once.",
            f"Name 1 to {MAX_VERSIONS} versions.",
        )
    versions = {v.commit: v for v in (resolve(context, reference) for reference in references)}
    return list(versions.values())


def _fingerprint(data: Any, rows: LabeledData) -> str:
    """One digest of the rows, their true answers, groups and weights."""
    parts = [fingerprint(table_of(data))]
    if rows.values is not None:
        parts.append(_digest_of(rows.values))
    others = [each for each in (rows.groups, rows.weights) if each is not None]
    parts += [fingerprint(table_of(each)) for each in others]
    if len(parts) == 1:
        return parts[0]
    return f"blake3:{blake3(' '.join(parts).encode()).hexdigest()}"


def _digest_of(values: list[Any]) -> str:
    """The digest of true answers, which is the same for each container that has them."""
    try:
        return blake3(json.dumps(values).encode()).hexdigest()
    except TypeError:  # values that JSON does not have, such as dates
        return fingerprint(table_of(values))


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One evaluation of versions on the same rows."""

    context: Context
    rows: LabeledData
    name: str
    slices: tuple[SliceColumn, ...]
    other: VersionInfo | None
    fingerprint: str
    settings: EvaluationSettings
    trust: bool
    offline: bool
    _of_other: list[Any] = field(default_factory=list)  # what `_once` has computed

    def evaluated(self, version: VersionInfo) -> VersionEvaluation:
        """Evaluate a version, unless the same was done before."""
        context = self.context
        digest = self.settings.digest(self.other.commit if self.other else "")
        if not self.settings.has_functions:
            stored = evaluations.of_commit(context, version.commit)
            if item := evaluations.same(stored, self.fingerprint, digest):
                return VersionEvaluation(
                    version=version, evaluation=item.evaluation, note=item.note, unchanged=True
                )
        judge = self._on_folds if self.settings.cv else self._on_rows
        evaluation, remarks = judge(version)
        evaluation = replace(
            evaluation,
            remarks=(*remarks, *evaluation.remarks),
            fingerprint=self.fingerprint,
            settings=digest,
            data=self.name,
        )
        note = evaluations.note_of(context.identity.person, now(), evaluation)
        warnings = git_notes.add(context.git, version.commit, note)
        return VersionEvaluation(
            version=version, evaluation=evaluation, note=note, warnings=warnings
        )

    def _on_rows(self, version: VersionInfo) -> tuple[Evaluation, tuple[str, ...]]:
        """Judge the answers of a version to all rows."""
        settings = self.settings
        sample, remarks = self._once(version, self._sample)
        evaluation = evaluate_sample(
            sample,
            metrics=settings.metrics or None,
            rounds=settings.rounds,
            seed=settings.seed,
            level=settings.level,
            slices=self.slices,
        )
        if self.other is None or self.other.commit == version.commit:
            return evaluation, remarks
        other_sample, further = self._once(self.other, self._sample)
        all_metrics = choose_metrics(settings.metrics or None, sample.task)
        comparisons = compare(
            sample,
            other_sample,
            [metric for metric in all_metrics if metric.name in evaluation.metrics],
            Draws(settings.rounds, settings.seed),
            name=self.other.ref,
            level=settings.level,
        )
        compared = replace(evaluation, comparisons=comparisons, against=self.other.commit)
        return compared, (*remarks, *(f"{self.other.ref}: {remark}" for remark in further))

    def _on_folds(self, version: VersionInfo) -> tuple[Evaluation, tuple[str, ...]]:
        """Judge clones of the object of a version, fitted on parts of the rows."""
        validation, remarks = self._once(version, self._validation)
        evaluation = validation.evaluation
        if self.other is None or self.other.commit == version.commit:
            return evaluation, remarks
        other_validation, _ = self._once(self.other, self._validation)
        comparisons = compare_folds(
            evaluation.folds,
            other_validation.evaluation.folds,
            validation.test_share,
            name=self.other.ref,
            level=self.settings.level,
        )
        return replace(evaluation, comparisons=comparisons, against=self.other.commit), remarks

    def _once(self, version: VersionInfo, compute: Callable[[VersionInfo], T]) -> T:
        """Compute something of a version. That of the other version is kept for all others."""
        if self.other is None or self.other.commit != version.commit:
            return compute(version)
        if not self._of_other:
            self._of_other.append(compute(version))
        result: T = self._of_other[0]
        return result

    def _validation(self, version: VersionInfo) -> tuple[CrossValidation, tuple[str, ...]]:
        """The cross-validation of the object of a version, and remarks about it."""
        model, rows, remarks = self._load(version)
        return cross_validate(model, rows, version.ref, self.settings), remarks

    def _sample(self, version: VersionInfo) -> tuple[Sample, tuple[str, ...]]:
        """What a version answers, and remarks about it."""
        model, rows, remarks = self._load(version)
        return sample_of(model, rows, version.ref, self.settings.task), remarks

    def _load(self, version: VersionInfo) -> tuple[Any, LabeledData, tuple[str, ...]]:
        """The object of a version, its columns of the data, and remarks about both."""
        context = self.context
        loaded = checkout(
            context, f"{version.model}@{version.commit}", trust=self.trust, offline=self.offline
        )
        inputs = acceptance.inputs_of(context, snapshots.read(context, version), loaded.model)
        fitting = model_rows(loaded.model, self.rows.data, inputs, version.ref)
        return loaded.model, self.rows.with_data(fitting.data), (*loaded.warnings, *fitting.remarks)
