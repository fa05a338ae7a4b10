"""Ask a model for its answers to rows, and compare them with the true ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue, NbModelError, ScoringFailed
from nbmodel.predict import input_detection
from nbmodel.predict.methods import methods_of, supported_inputs
from nbmodel.predict.outputs import named_arrays
from nbmodel.predict.predictor import without_side_effects
from nbmodel.scoring import targets
from nbmodel.scoring.formulas import (
    area_under_roc,
    confusion_metrics,
    log_loss,
    regression_metrics,
)


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
    answers = _Answers(model, data, len(values), where)
    classes = _classes_of(model, where)
    if classes is not None:
        return _classification(answers, targets.positions(values, classes), classes)
    predicted = _floats(answers.get("predict"), where)
    if _is_class_score(values, predicted, model):
        return _network_classification(predicted, values, where)
    return _regression(predicted, targets.numbers(values), where)


class _Answers:
    """The answers of a model by the name of the method, asked once each."""

    def __init__(self, model: Any, data: Any, rows: int, where: str) -> None:
        self._model, self._rows, self._where = model, rows, where
        if not rows:
            raise InvalidValue("There are no rows to score.", "Give at least one row.")
        if (count := _count_rows(data)) != rows:
            raise InvalidValue(
                f"There are {count} rows and {rows} true answers.", "Give one answer for each row."
            )
        inputs = input_detection.inputs_of(model, data)
        taken_inputs = supported_inputs(model, inputs)
        self._data = data
        if taken_inputs.kind != inputs.kind and hasattr(data, "to_numpy"):
            self._data = data.to_numpy()
        self._methods = methods_of(model, taken_inputs)

    def has(self, method: str) -> bool:
        return method in self._methods

    def get(self, method: str) -> Any:
        if method not in self._methods:
            raise InvalidValue(
                f"{self._where} has no method {method}, so it cannot be scored.",
                "Merge without --data and --target.",
            )
        try:
            with without_side_effects(self._model):
                answer = self._methods[method](self._data)
            arrays = named_arrays(method, answer, self._rows)
        except NbModelError:
            raise
        except Exception as error:  # the code of the model may raise anything
            why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise ScoringFailed(self._where, why, "Give rows as the model takes them.") from error
        if len(arrays) != 1:
            raise _several(self._where)
        return next(iter(arrays.values()))


def _count_rows(data: Any) -> int:
    if isinstance(data, Mapping):  # arrays by name
        return _count_rows(next(iter(data.values()), []))
    shape = getattr(data, "shape", None)
    return int(shape[0]) if shape else len(data)


def _several(where: str) -> InvalidValue:
    return InvalidValue(
        f"{where} has several outputs, which cannot be scored together.",
        "Merge without --data and --target.",
    )


def _classes_of(model: Any, where: str) -> list[Any] | None:
    """The classes of a classifier; None for another model, which must not be a clustering."""
    classes = getattr(model, "classes_", None)
    kind = _kind_of(model)
    if kind not in ("classifier", "regressor", ""):
        raise InvalidValue(
            f"{where} is a {kind.replace('_', ' ')}: its answers cannot be true or false.",
            "Merge without --data and --target.",
        )
    if classes is None or kind == "regressor":
        if kind == "classifier":
            raise InvalidValue(f"{where} does not say its classes.", "Is it fitted?")
        return None
    if np.ndim(classes[0]):
        raise _several(where)
    return list(np.asarray(classes).tolist())


def _kind_of(model: Any) -> str:
    """What scikit-learn calls an estimator: classifier, regressor, clusterer, ...; else empty."""
    tags = getattr(model, "__sklearn_tags__", None)
    try:
        kind = tags().estimator_type if callable(tags) else None
    except Exception:  # noqa: BLE001  the code of a model may raise anything
        kind = None
    return str(kind or "")


# -- classification ------------------------------------------------------------


def _classification(answers: _Answers, actual: Any, classes: list[Any]) -> dict[str, float]:
    predicted = answers.get("predict")
    if predicted.ndim == 2 and predicted.shape[1] == 1:
        predicted = predicted[:, 0]
    predicted = targets.positions(predicted.tolist(), classes, "The answer of the model")
    metrics = _from_positions(actual, predicted, len(classes))
    if answers.has("predict_proba"):
        probabilities = np.asarray(answers.get("predict_proba"), dtype=np.float64)
        if probabilities.shape == (len(actual), len(classes)):
            metrics["log_loss"] = log_loss(actual, probabilities)
            return {**_areas(actual, probabilities), **metrics}
    elif answers.has("decision_function") and len(classes) == 2:
        margin = np.asarray(answers.get("decision_function"), dtype=np.float64)
        if margin.shape == actual.shape:
            return {**_areas(actual, np.column_stack([-margin, margin])), **metrics}
    return metrics


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


def _floats(predicted: Any, where: str) -> Any:
    try:
        table = np.asarray(predicted).astype(np.float64)
    except (TypeError, ValueError):
        raise InvalidValue(
            f"{where} answers with {predicted.dtype}, and does not say its classes.",
            "Merge without --data and --target.",
        ) from None
    return table.reshape(len(table), -1) if table.ndim < 2 else table


def _is_class_score(values: list[Any], predicted: Any, model: Any) -> bool:
    """Whether a model without known classes is compared with whole numbers, as networks are."""
    if _kind_of(model) == "regressor":
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
            "For a regression, give the target as floating-point numbers. For a classification, "
            "merge without --data and --target.",
        )
    actual = targets.positions(values, list(range(count)))
    if np.isnan(predicted).any():
        raise ScoringFailed(where, "it answers with NaN")
    return _from_positions(actual, predicted.argmax(axis=1), count)


def _regression(predicted: Any, actual: Any, where: str) -> dict[str, float]:
    if predicted.shape != actual.shape:
        raise InvalidValue(
            f"{where} answers with the shape {list(predicted.shape)}, and the target has the shape "
            f"{list(actual.shape)}.",
            "Give one true answer for each output.",
        )
    return regression_metrics(actual, predicted)
