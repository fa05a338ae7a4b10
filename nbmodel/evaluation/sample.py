"""What is judged: true answers and a model's answers to the same rows, as numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np

from nbmodel.errors import InvalidValue

EvaluationTask = Literal[
    "binary", "multiclass", "multilabel", "regression", "ranking", "clustering", "anomaly"
]
TASKS: tuple[EvaluationTask, ...] = get_args(EvaluationTask)
# Arrays with one entry for each row.
_ROW_FIELDS = ("actual", "predicted", "scores", "groups", "weights", "data")
_NUMBER_FIELDS = ("actual", "predicted", "scores", "weights", "data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """True answers and predictions of the same rows.

    Attributes
    ----------
    task : str
        One of `TASKS`.
    actual : ndarray or None
        The true answers. Positions in `classes` for two or more classes, shape (n,). 0 and 1 for
        several labels, shape (n, labels), and for anomalies, shape (n,). Numbers for a regression,
        shape (n, outputs). Relevances for a ranking. Labels or None for a clustering.
    predicted : ndarray
        The answers of the model in the same form; for a ranking, its scores.
    scores : ndarray of float, shape (n, classes), or None
        Probabilities or margins, one column for each class or label. The score of an anomaly is the
        last column, and more means less usual.
    scores_are_probabilities : bool
    classes : tuple
        The classes in the user's own values, in the order of the columns of `scores`. Of two
        classes the second one is positive. The labels, if there are several for a row.
    outputs : tuple of str
        Names of the outputs of a regression.
    groups : ndarray or None
        The query of each row of a ranking.
    weights : ndarray of float, shape (n,), or None
    data : ndarray of float, shape (n, columns), or None
        The rows themselves, which only metrics of clusterings need.

    Raises
    ------
    InvalidValue
        If lengths differ, a number is not finite, or a label is not a class.

    Examples
    --------
    >>> Sample(
    ...     task="binary",
    ...     actual=np.array([0, 1, 1]),
    ...     predicted=np.array([0, 1, 0]),
    ...     classes=("no", "yes"),
    ... ).rows
    3
    """

    task: EvaluationTask
    actual: Any
    predicted: Any
    scores: Any = None
    scores_are_probabilities: bool = False
    classes: tuple[str | int | float | bool, ...] = ()
    outputs: tuple[str, ...] = ()
    groups: Any = None
    weights: Any = None
    data: Any = None

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise InvalidValue(f"{self.task!r} is not a task.", f"Use one of {', '.join(TASKS)}.")
        for name in _ROW_FIELDS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name)))
        if self.task == "regression":
            for name in ("actual", "predicted"):
                object.__setattr__(self, name, _table(getattr(self, name)))
        self._check_lengths()
        self._check_numbers()
        self._check_classes()

    def _check_lengths(self) -> None:
        if not self.rows:
            raise InvalidValue("There are no rows to evaluate.", "Give at least one row.")
        for name in _ROW_FIELDS:
            values = getattr(self, name)
            if values is not None and len(values) != self.rows:
                raise InvalidValue(
                    f"There are {self.rows} predictions, and {name} has {len(values)} entries.",
                    "Give one entry for each row.",
                )
        if self.actual is None and self.task != "clustering":
            raise InvalidValue("The true answers are missing.", "Give the target.")
        if self.actual is not None and self.actual.shape != self.predicted.shape:
            raise InvalidValue(
                f"The target has the shape {list(self.actual.shape)}, and the predictions have the "
                f"shape {list(self.predicted.shape)}.",
                "Give one true answer for each prediction.",
            )

    def _check_numbers(self) -> None:
        for name in _NUMBER_FIELDS:
            values = getattr(self, name)
            if values is None or values.dtype.kind not in "fc":
                continue
            if not np.isfinite(values).all():
                row = int(np.argwhere(~np.isfinite(values))[0][0])
                raise InvalidValue(
                    f"{name} has values that are missing or infinite, first in row {row}.",
                    "Leave these rows out.",
                )
        if self.weights is not None and ((self.weights < 0).any() or not self.weights.any()):
            raise InvalidValue(
                "Weights are negative, or all of them are 0.", "Give weights of 0 or more."
            )

    def _check_classes(self) -> None:
        if self.task in ("binary", "multiclass"):
            count = len(self.classes)
            if count < 2 or (self.task == "binary" and count != 2):
                raise InvalidValue(
                    f"There are {count} classes for the task {self.task}.",
                    "Name the classes of the model.",
                )
            for name in ("actual", "predicted"):
                values = getattr(self, name)
                if values.min() < 0 or values.max() >= count:
                    raise InvalidValue(
                        f"{name} has a position outside of the {count} classes.",
                        "Name all classes of the model.",
                    )
        if self.scores is None:
            return
        wide = _table(self.scores)
        object.__setattr__(self, "scores", wide)
        if self.task != "anomaly" and wide.shape[1] != len(self.classes):
            raise InvalidValue(
                f"There are {wide.shape[1]} columns of scores and {len(self.classes)} classes.",
                "Give one column for each class.",
            )

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.predicted)

    @property
    def weighting(self) -> Any:
        """The weight of each row, which is 1 if none is given."""
        return np.ones(self.rows) if self.weights is None else self.weights.astype(np.float64)

    def take(self, mask: Any) -> Sample:
        """Return the sample of some rows.

        Parameters
        ----------
        mask : ndarray of bool or int
            A mask, or the positions of rows.
        """
        return replace(
            self,
            **{
                field.name: getattr(self, field.name)[mask]
                for field in fields(self)
                if field.name in _ROW_FIELDS and getattr(self, field.name) is not None
            },
        )

    def labels(self, positions: Any) -> Any:
        """Return classes as the user's own values, from their positions."""
        values = np.array(self.classes)
        if any(a != b for a, b in zip(values.tolist(), self.classes, strict=True)):
            values = np.array(self.classes, dtype=object)  # classes of several types
        return values[positions]


def _table(values: Any) -> Any:
    numbers = np.asarray(values, dtype=np.float64)
    return numbers.reshape(len(numbers), -1) if numbers.size else numbers.reshape(0, 1)
