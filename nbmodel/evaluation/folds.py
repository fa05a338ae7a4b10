"""Cross-validation: clones of a model are fitted on parts of the rows, and judged on the others.

The interval of a mean over folds is that of `significance.corrected_t`, because folds share rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue, ScoringFailed
from nbmodel.evaluation.evaluation import evaluate_sample
from nbmodel.evaluation.labeled_data import LabeledData
from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.metrics.table import choose_metrics
from nbmodel.evaluation.model_sample import sample_of
from nbmodel.evaluation.record import Estimate, Evaluation
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.settings import EvaluationSettings
from nbmodel.evaluation.significance import MetricDifference, corrected_t
from nbmodel.evaluation.sklearn_folds import SPLITS, fitted_clone
from nbmodel.evaluation.tasks import Facts, task_of
from nbmodel.progress import counted

_WITHOUT_FOLDS = ("ranking", "clustering", "anomaly")
_LABELS = ("binary", "multiclass")
_TOO_FEW = "Give more rows, or fewer folds."


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """The evaluation, and how many rows a fold judges for each row that it is fitted on."""

    evaluation: Evaluation
    test_share: float


def cross_validate(
    model: Any, rows: LabeledData, where: str, settings: EvaluationSettings
) -> CrossValidation:
    """Fit clones of a model on all folds but one, and judge each on the fold that it has not seen.

    Parameters
    ----------
    model : object
        An estimator of scikit-learn's conventions. It is not changed.
    rows : LabeledData
    where : str
        What the user calls the model, for messages.
    settings : EvaluationSettings
        `cv` is the number of folds, and `split` how the rows are divided.

    Returns
    -------
    CrossValidation
        The metrics are means over the folds, and `folds` has those of each.

    Raises
    ------
    InvalidValue
        If the model cannot be fitted again, or the rows cannot be divided.
    ScoringFailed
        If a clone cannot be fitted, or fails on its rows.
    """
    _check_clonable(model, where)
    facts = Facts(model=model, values=rows.values, has_groups=False)
    task = task_of(facts, settings.task)
    if task in _WITHOUT_FOLDS:
        raise InvalidValue(
            f"A {task} is not cross-validated by nbmodel.", "Evaluate it on other rows."
        )
    places = list(_places(rows, task, settings))
    rows = replace(rows, groups=None)  # they have divided the rows, and are not queries
    samples: list[Sample] = []
    with counted("cross-validating", "fold") as progress:
        for number, (train, test) in enumerate(places, 1):
            name = f"Fold {number} of {where}"
            fitted = _fitted(model, rows.take(train), name)
            samples.append(sample_of(fitted, rows.take(test), name, settings.task))
            progress(number, len(places))
    by_fold = [_judged(sample, settings) for sample in samples]
    share = float(np.mean([len(test) / len(train) for train, test in places]))
    return CrossValidation(_summary(by_fold, share, settings), share)


def _check_clonable(model: Any, where: str) -> None:
    if not (hasattr(model, "get_params") and hasattr(model, "fit")):
        raise InvalidValue(
            f"{where} is a {type(model).__name__}, which cannot be fitted again on other rows.",
            "A cross-validation takes estimators of scikit-learn and of libraries that follow it.",
        )


def _fitted(model: Any, rows: LabeledData, where: str) -> Any:
    try:
        return fitted_clone(model, rows.data, rows.target)
    except Exception as error:  # the code of the model may raise anything
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise ScoringFailed(where, f"it cannot be fitted, {why}", _TOO_FEW) from error


def _judged(sample: Sample, settings: EvaluationSettings) -> Evaluation:
    metrics = settings.metrics or None
    return evaluate_sample(sample, metrics=metrics, rounds=0, seed=settings.seed)


def _summary(
    by_fold: Sequence[Evaluation], share: float, settings: EvaluationSettings
) -> Evaluation:
    """The means over the folds. A metric that some folds do not have is left out, and named."""
    names = list(dict.fromkeys(name for each in by_fold for name in each.metrics))
    metrics, remarks = {}, []
    task = by_fold[0].task
    by_name = {metric.name: metric for metric in choose_metrics(settings.metrics or None, task)}
    for name in names:
        values = [each.metrics[name].value for each in by_fold if name in each.metrics]
        if len(values) < len(by_fold):
            remarks.append(
                f"{name} is left out: {len(by_fold) - len(values)} of {len(by_fold)} folds have "
                "no value for it, such as a fold with one class."
            )
            continue
        mean = corrected_t(values, share, settings.level)
        metrics[name] = _within_limits(mean, by_name.get(name))
    return Evaluation(
        task=task,
        rows=sum(each.rows for each in by_fold),
        seed=settings.seed,
        level=settings.level,
        metrics=metrics,
        remarks=tuple(remarks),
        protocol="cv",
        folds=tuple({n: each.metrics[n].value for n in metrics} for each in by_fold),
    )


def _within_limits(mean: MetricDifference, metric: Metric | None) -> Estimate:
    """The mean over the folds; few folds give an interval that may be wider than the metric."""
    if mean.low is None or mean.high is None or metric is None:
        return Estimate(mean.value, mean.low, mean.high)
    return Estimate(mean.value, max(mean.low, metric.lowest), min(mean.high, metric.highest))


# -- splits --------------------------------------------------------------------


def _places(
    rows: LabeledData, task: str, settings: EvaluationSettings
) -> Iterator[tuple[Any, Any]]:
    """Positions of the rows to fit on and to judge on, for each fold."""
    split = settings.split or _default_split(rows, task)
    if split == "grouped" and rows.groups is None:
        raise InvalidValue("The groups of the rows are unknown.", "Give them: --groups column.")
    if rows.rows < settings.cv:
        raise InvalidValue(
            f"{rows.rows} rows cannot be divided into {settings.cv} folds.", _TOO_FEW
        )
    labels = [repr(value) for value in rows.values or ()] if task in _LABELS else None
    splitter = SPLITS[split](settings, labels is not None)
    try:
        groups = rows.groups if split == "grouped" else None
        yield from splitter.split(np.zeros(rows.rows), labels, groups)
    except ValueError as error:
        why = " ".join(str(error).split())[:200]
        raise InvalidValue(f"The rows cannot be divided: {why}", _TOO_FEW) from error


def _default_split(rows: LabeledData, task: str) -> str:
    if rows.groups is not None:
        return "grouped"
    return "stratified" if task in _LABELS else "shuffled"
