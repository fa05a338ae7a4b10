"""The sample of a model: what it answers to rows, beside the true answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nbmodel.errors import InvalidValue, ScoringFailed
from nbmodel.evaluation.labeled_data import LabeledData
from nbmodel.evaluation.sample import EvaluationTask, Sample
from nbmodel.evaluation.tasks import Facts, task_of
from nbmodel.scoring import targets
from nbmodel.scoring.answers import ModelAnswers

_OTHER_TASK = "Name the task that it solves: --task regression."
_PROBABILITY = (
    "If the output is the probability of class 1, give --task binary. For a regression, give "
    "--task regression."
)
OUTLIER = -1  # the answer of an outlier detector of scikit-learn
MIN_CLASSES = 2


def sample_of(
    model: Any, rows: LabeledData, where: str, task: EvaluationTask | Literal[""] = ""
) -> Sample:
    """Ask a model for its answers, and put them beside the true ones.

    Parameters
    ----------
    model : object
        A model of any framework.
    rows : LabeledData
    where : str
        What the user calls the model, for messages.
    task : str
        One of `sample.TASKS`; found from the model and the true answers if empty.

    Returns
    -------
    Sample

    Raises
    ------
    InvalidValue
        If rows and true answers do not fit each other or the model, or its task is unknown.
    ScoringFailed
        If the model fails.
    """
    count = None if rows.values is None else len(rows.values)
    answers = ModelAnswers(model, rows.data, count, where, _OTHER_TASK)
    facts = Facts(model=model, values=rows.values, has_groups=rows.groups is not None)
    chosen_task = task_of(facts, task) or _task_of_network(answers, where)
    request = _Request(answers=answers, facts=facts, where=where, rows=rows, task=chosen_task)
    return _SAMPLES[chosen_task](request)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    answers: ModelAnswers
    facts: Facts
    where: str
    rows: LabeledData
    task: EvaluationTask

    @property
    def values(self) -> list[Any]:
        return self.facts.values or []

    def sample(self, actual: Any, predicted: Any, **fields: Any) -> Sample:
        """The sample with what is known about the rows."""
        return Sample(
            task=self.task,
            actual=actual,
            predicted=predicted,
            weights=self.rows.weights,
            groups=self.rows.groups,
            **fields,
        )


def _task_of_network(answers: ModelAnswers, where: str) -> EvaluationTask:
    """The task of a model without classes whose true answers are labels, as those of networks."""
    if answers.numbers(answers.get("predict")).shape[1] == 1:
        raise InvalidValue(
            f"{where} has one output, and the target has labels or whole numbers. It is unknown "
            "whether the output is a number, a probability or a margin.",
            _PROBABILITY,
        )
    return "multiclass"


# -- classes -------------------------------------------------------------------


def _classes(request: _Request) -> Sample:
    classes = request.facts.classes
    if classes is None:
        return _network_classes(request)
    if len(classes) < MIN_CLASSES:
        raise InvalidValue(
            f"{request.where} was fitted on rows of one class, {classes[0]!r:.60}.",
            "A classifier needs rows of two classes or more.",
        )
    actual = targets.positions(request.values, classes)
    scores, is_probability = request.answers.class_scores(len(classes))
    return request.sample(
        actual,
        request.answers.labels(classes),
        scores=scores,
        scores_are_probabilities=is_probability,
        classes=tuple(classes),
    )


def _network_classes(request: _Request) -> Sample:
    """A network, a booster or a function: one output for each class 0, 1, ..., or one of two."""
    table = request.answers.numbers(request.answers.get("predict"))
    if table.ndim != 2 or np.isnan(table).any():
        raise ScoringFailed(request.where, "it does not answer with one number for each class")
    is_probability = bool(((table >= 0) & (table <= 1)).all())
    if table.shape[1] == 1:
        if not is_probability:
            raise InvalidValue(
                f"{request.where} answers with values outside of 0 to 1: they are not "
                "probabilities of class 1.",
                "Commit the model with its last activation, such as a sigmoid.",
            )
        table = np.column_stack([1 - table[:, 0], table[:, 0]])
    classes = list(range(table.shape[1]))
    is_probability = is_probability and bool(np.allclose(table.sum(axis=1), 1, atol=1e-3))
    return request.sample(
        targets.positions(request.values, classes),
        table.argmax(axis=1),
        scores=table,
        scores_are_probabilities=is_probability,
        classes=tuple(classes),
    )


def _labels(request: _Request) -> Sample:
    """Several labels for a row, each 0 or 1."""
    if not request.facts.has_flags:
        raise InvalidValue(
            "The target has several labels for a row, and not each is 0 or 1.",
            "Give a column of 0 and 1 for each label, as MultiLabelBinarizer makes them.",
        )
    actual = np.array(request.values, dtype=np.float64)
    predicted = request.answers.numbers(_one_table(request.answers.outputs("predict")))
    request.answers.require_shape(predicted, actual)
    scores = _label_scores(request.answers, actual.shape)
    if not np.isin(predicted, (0, 1)).all():  # a network: one probability for each label
        scores, predicted = predicted, (predicted >= 0.5).astype(np.float64)
    return request.sample(
        actual.astype(np.int64),
        predicted.astype(np.int64),
        scores=scores,
        scores_are_probabilities=scores is not None,
        classes=_column_names(request.rows.target, actual.shape[1]),
    )


def _label_scores(answers: ModelAnswers, shape: tuple[int, ...]) -> Any:
    """The probability of each label: one table, or a table of two classes for each label."""
    if not answers.has("predict_proba"):
        return None
    tables = list(answers.outputs("predict_proba").values())
    if len(tables) == 1 and tables[0].shape == shape:
        return np.asarray(tables[0], dtype=np.float64)
    if len(tables) == shape[1] and all(table.shape == (shape[0], 2) for table in tables):
        return np.column_stack([table[:, 1] for table in tables]).astype(np.float64)
    return None


# -- numbers -------------------------------------------------------------------


def _regression(request: _Request) -> Sample:
    actual = targets.numbers(request.values)
    predicted = request.answers.numbers(_one_table(request.answers.outputs("predict")))
    request.answers.require_shape(predicted, actual)
    _require_numbers(predicted, request.where)
    names = _column_names(request.rows.target, actual.shape[1]) if actual.shape[1] > 1 else ()
    return request.sample(actual, predicted, outputs=names)


def _ranking(request: _Request) -> Sample:
    if request.rows.groups is None:
        raise InvalidValue(
            f"{request.where} ranks rows, and it is unknown which rows belong to one query.",
            "Give the query of each row: --groups query_id.",
        )
    actual = targets.numbers(request.values)
    predicted = request.answers.numbers(request.answers.get("predict"))
    _require_numbers(predicted, request.where)
    request.answers.require_shape(predicted[:, :1], actual)  # one relevance for each row
    request.answers.require_shape(predicted, actual)
    return request.sample(actual[:, 0], predicted[:, 0])


def _require_numbers(predicted: Any, where: str) -> None:
    if not np.isfinite(predicted).all():
        bad = int((~np.isfinite(predicted)).any(axis=1).sum())
        raise ScoringFailed(where, f"{bad} of {len(predicted)} answers are NaN or infinite")


# -- without classes ----------------------------------------------------------------


def _anomaly(request: _Request) -> Sample:
    """1 is an anomaly. scikit-learn's detectors answer -1 for it, and score it lower."""
    answers, values = request.answers, request.values
    predicted = np.asarray(answers.get("predict")) == OUTLIER
    codes = {-1: 1, 1: 0} if any(value == OUTLIER for value in values) else {0: 0, 1: 1}
    try:
        actual = np.array([codes[value] for value in values], dtype=np.int64)
    except (KeyError, TypeError):
        raise InvalidValue(
            "The target of an outlier detector has other values than those of anomalies.",
            "Give 1 or True for an anomaly and 0 or False for others, or -1 and 1 as scikit-learn.",
        ) from None
    scores = None
    if answers.has("decision_function"):
        margins = np.asarray(answers.get("decision_function"), dtype=np.float64)
        scores = np.column_stack([margins, -margins])
    return request.sample(actual, predicted.astype(np.int64), scores=scores, classes=(0, 1))


def _clustering(request: _Request) -> Sample:
    answers = request.answers
    labels = np.unique(answers.get("predict"), return_inverse=True)[1].reshape(-1)
    actual = None
    if request.facts.values is not None:
        texts = [repr(value) for value in request.values]
        actual = np.unique(texts, return_inverse=True)[1].reshape(-1)
    data = answers.numbers(np.asarray(request.rows.data))
    return request.sample(actual, labels, data=data)


def _one_table(outputs: Mapping[str, Any]) -> Any:
    """The outputs of a model as columns of one table."""
    columns = [np.asarray(array).reshape(len(array), -1) for array in outputs.values()]
    return columns[0] if len(columns) == 1 else np.column_stack(columns)


def _column_names(target: Any, count: int) -> tuple[str, ...]:
    """The names of several outputs: those of the columns of the target, or numbers."""
    names = tuple(str(label) for label in getattr(target, "columns", ()))
    return names if len(names) == count else tuple(str(n) for n in range(count))


_SAMPLES: Mapping[str, Callable[[_Request], Sample]] = {
    "binary": _classes,
    "multiclass": _classes,
    "multilabel": _labels,
    "regression": _regression,
    "ranking": _ranking,
    "clustering": _clustering,
    "anomaly": _anomaly,
}
