"""The ways to divide rows into folds, and clones of a model, by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.settings import EvaluationSettings


def fitted_clone(model: Any, data: Any, target: Any) -> Any:
    """Return a copy of an estimator with the same parameters, fitted on rows."""
    from sklearn.base import clone

    return clone(model).fit(data, target)


def _stratified(settings: EvaluationSettings, has_labels: bool) -> Any:
    from sklearn.model_selection import StratifiedKFold

    if not has_labels:
        raise InvalidValue(
            "A stratified split needs classes, and the target has none.", "Use --split shuffled."
        )
    return StratifiedKFold(settings.cv, shuffle=True, random_state=settings.seed)


def _grouped(settings: EvaluationSettings, has_labels: bool) -> Any:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    if has_labels:
        return StratifiedGroupKFold(settings.cv, shuffle=True, random_state=settings.seed)
    return GroupKFold(settings.cv)


def _in_time(settings: EvaluationSettings, has_labels: bool) -> Any:
    from sklearn.model_selection import TimeSeriesSplit

    return TimeSeriesSplit(settings.cv)


def _shuffled(settings: EvaluationSettings, has_labels: bool) -> Any:
    from sklearn.model_selection import KFold

    return KFold(settings.cv, shuffle=True, random_state=settings.seed)


SPLITS: Mapping[str, Callable[[EvaluationSettings, bool], Any]] = {
    "stratified": _stratified,  # each fold has the classes in the same shares
    "grouped": _grouped,  # no group is in two folds
    "time": _in_time,  # rows are in the order of time: fit on the earlier, judge on the later
    "shuffled": _shuffled,
}
