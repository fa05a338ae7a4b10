"""The evaluations of a version, newest first: metrics, slices and curves, never a row.

An answer has a limited size, since each person who may push can add notes: `MAX_EVALUATIONS`, of
which `MAX_WITH_CURVES` have curves, and `MAX_ITEMS` metrics, slices or curves of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.metric_directions import direction_of
from nbmodel.versioning import evaluations
from nbmodel.versioning.verbs.evaluate_result import (
    VersionEvaluation,
    headline_parts,
    worst_first,
)
from nbmodel.views.texts import Answer, Real, real

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbmodel.evaluation.record import (
        Comparison,
        Curve,
        Estimate,
        Evaluation,
        SliceEstimate,
        SliceResult,
    )
    from nbmodel.records import Note, VersionInfo
    from nbmodel.versioning.evaluations import StoredEvaluation

MAX_EVALUATIONS = 20
MAX_WITH_CURVES = 3
MAX_ITEMS = 200
MAX_POINTS = 2_000  # of a curve


def evaluations_of(version: VersionInfo, notes: Sequence[Note]) -> list[Answer]:
    """The newest evaluations among the notes of a version."""
    newest = evaluations.of_notes(notes)[: -MAX_EVALUATIONS - 1 : -1]
    return [_evaluation(version, each, place) for place, each in enumerate(newest)]


def _evaluation(version: VersionInfo, stored: StoredEvaluation, place: int) -> Answer:
    note, evaluation = stored.note, stored.evaluation
    result = VersionEvaluation(version=version, evaluation=evaluation, note=note)
    slices = worst_first(evaluation)
    return {
        "time": note.time,
        "author": display.visible(note.author.name),
        "text": display.visible(note.text),
        "headline": [display.visible(part) for part in headline_parts(result)],
        "task": evaluation.task,
        "data": display.visible(evaluation.data),
        "rows": evaluation.rows,
        "folds": len(evaluation.folds),
        "level": evaluation.level,
        "metrics": _metrics(evaluation),
        "slices": [_slice(each) for each in slices[:MAX_ITEMS]],
        "slicesLeftOut": max(0, len(slices) - MAX_ITEMS),
        "remarks": [display.visible(remark) for remark in evaluation.remarks[:MAX_ITEMS]],
        "curves": _curves(evaluation.curves) if place < MAX_WITH_CURVES else [],
    }


def _metrics(evaluation: Evaluation) -> list[Answer]:
    compared = {each.metric: each for each in evaluation.comparisons}
    return [
        _metric(name, estimate, compared.get(name))
        for name, estimate in [*evaluation.metrics.items()][:MAX_ITEMS]
    ]


def _metric(name: str, estimate: Estimate, comparison: Comparison | None) -> Answer:
    return {
        "name": display.visible(name),
        "direction": direction_of(name),
        "value": real(estimate.value),
        **_ends(estimate),
        "comparison": _comparison(comparison) if comparison else None,
    }


def _comparison(comparison: Comparison) -> Answer:
    return {
        "other": display.visible(comparison.other),
        "difference": real(comparison.difference),
        **_ends(comparison),
        "p": _real(comparison.p),
        "test": display.visible(comparison.test),
    }


def _slice(part: SliceResult) -> Answer:
    return {
        "name": display.visible(part.name),
        "rows": part.rows,
        "metrics": _slice_metrics(part.metrics),
        "reason": display.visible(part.reason),
    }


def _slice_metrics(metrics: Mapping[str, SliceEstimate]) -> list[Answer]:
    return [
        {
            "name": display.visible(name),
            "value": real(estimate.value),
            **_ends(estimate),
            "difference": _real(estimate.difference),
            "adjustedP": _real(estimate.adjusted_p),
        }
        for name, estimate in [*metrics.items()][:MAX_ITEMS]
    ]


def _curves(curves: Sequence[Curve]) -> list[Answer]:
    return [_curve(curve) for curve in curves[:MAX_ITEMS] if _points(curve) <= MAX_POINTS]


def _points(curve: Curve) -> int:
    return sum(len(values) for values in curve.series.values())


def _curve(curve: Curve) -> Answer:
    return {
        "kind": display.visible(curve.kind),
        "of": display.visible(curve.of),
        "series": {
            display.visible(name): [_real(value) for value in values]
            for name, values in curve.series.items()
        },
        "names": [display.visible(name) for name in curve.names],
    }


def _ends(estimate: Estimate | SliceEstimate | Comparison) -> Answer:
    """The ends of an interval, if there is one."""
    return {"low": _real(estimate.low), "high": _real(estimate.high)}


def _real(value: float | None) -> Real | None:
    return None if value is None else real(value)
