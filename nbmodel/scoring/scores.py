"""Ask a model for its answers to rows, and compare them with the true ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue, ScoringFailed
from nbmodel.scoring import targets
from nbmodel.scoring.answers import ModelAnswers, kind_of
from nbmodel.scoring.formulas import (
    area_under_roc,
    confusion_metrics,
    log_loss,
    regression_metrics,
)

_HINT = "Merge without --data and --target, by another method than stack."


def score(model: Any, data: Any, values: list[Any], where: str) -> dict[str, float]:
    """Compute the metrics of a model.

    Parameters
    ----------
    model : object
        A classifier or a regressor of any framework.
    data : object
        Rows as the model takes them.
    values : list
        The true answers, of `targets.values_of`.
    where : str
        What the user calls the model, for messages.

    Returns
    -------
    dict of str to float
        The main metric comes first: ``roc_auc`` or ``accuracy`` of a classifier, ``rmse`` of a
        regressor.

    Raises
    ------
    InvalidValue
        If rows and true answers do not fit each other or the model, or its task is unknown.
    ScoringFailed
        If the model fails.
    """
    answers = ModelAnswers(model, data, len(values), where, _HINT)
    classes = _classes_of(model, where)
    if classes is not None:
        return _classification(answers, targets.positions(values, classes), classes)
    predicted = answers.numbers(answers.get("predict"))
    if _is_class_score(values, predicted, model):
        return _network_classification(predicted, values, where)
    actual = targets.numbers(values)
    answers.require_shape(predicted, actual)
    return regression_metrics(actual, predicted)


def _classes_of(model: Any, where: str) -> list[Any] | None:
    """The classes of a classifier; None for another model, which must not be a clustering."""
    classes = getattr(model, "classes_", None)
    kind = kind_of(model)
    if kind not in ("classifier", "regressor", ""):
        raise InvalidValue(
            f"{where} is a {kind.replace('_', ' ')}: its answers cannot be true or false.",
            _HINT,
        )
    if classes is None or kind == "regressor":
        if kind == "classifier":
            raise InvalidValue(f"{where} does not say its classes.", "Is it fitted?")
        return None
    if np.ndim(classes[0]):
        raise InvalidValue(f"{where} has several outputs, which cannot be scored together.", _HINT)
    return list(np.asarray(classes).tolist())


# -- classification ------------------------------------------------------------


def _classification(answers: ModelAnswers, actual: Any, classes: list[Any]) -> dict[str, float]:
    metrics = _from_positions(actual, answers.labels(classes), len(classes))
    scores, are_probabilities = answers.class_scores(len(classes))
    if are_probabilities:
        metrics["log_loss"] = log_loss(actual, scores)
    elif scores is None or len(classes) != 2:
        return metrics
    return {**_areas(actual, scores), **metrics}


def _from_positions(actual: Any, predicted: Any, count: int) -> dict[str, float]:
    table = np.zeros((count, count))
    np.add.at(table, (actual, predicted), 1)
    metrics = confusion_metrics(table)
    return {name: metrics[name] for name in ("accuracy", "f1", "precision", "recall")}


def _areas(actual: Any, scores: Any) -> dict[str, float]:
    """The area under the ROC curve, if every class occurs: each class against the rest."""
    count = scores.shape[1]
    if len(np.unique(actual)) < count or count < 2:
        return {}
    columns = [1] if count == 2 else range(count)
    areas = [area_under_roc(actual == n, scores[:, n]) for n in columns]
    return {"roc_auc": float(np.mean(areas))}


# -- numbers -------------------------------------------------------------------


def _is_class_score(values: list[Any], predicted: Any, model: Any) -> bool:
    """Whether a model without known classes is compared with whole numbers, as networks are."""
    if kind_of(model) == "regressor":
        return False
    flat = all(not isinstance(value, list | float) for value in values)
    return flat and any(isinstance(value, str | bytes | bool | int) for value in values)


def _network_classification(predicted: Any, values: list[Any], where: str) -> dict[str, float]:
    """Metrics of a network with one output for each class 0, 1, ..., by its largest output."""
    count = predicted.shape[1]
    if predicted.ndim != 2 or count < 2:
        raise InvalidValue(
            f"{where} has one output, and the target has whole numbers or labels. It is unknown "
            "whether the output is a number, a probability or a margin.",
            f"For a regression, give the target as floating-point numbers. Else: {_HINT}",
        )
    actual = targets.positions(values, list(range(count)))
    if np.isnan(predicted).any():
        raise ScoringFailed(where, "it answers with NaN")
    return _from_positions(actual, predicted.argmax(axis=1), count)
