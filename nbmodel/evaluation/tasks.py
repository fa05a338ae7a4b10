"""Which task a model solves, by the model itself, its answers and the true answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.evaluation.sample import TASKS, EvaluationTask
from nbmodel.scoring.answers import kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a task is found from.

    Attributes
    ----------
    model : object
    values : list or None
        The true answers; a list for each row if there are several.
    has_groups : bool
        Whether the rows are divided into queries.
    """

    model: Any
    values: list[Any] | None
    has_groups: bool = False

    @property
    def kind(self) -> str:
        """What scikit-learn calls the model; empty for another framework."""
        return kind_of(self.model)

    @property
    def width(self) -> int:
        """True answers of one row."""
        first = self.values[0] if self.values else None
        return len(first) if isinstance(first, list) else 1

    @property
    def has_labels(self) -> bool:
        """Whether the true answers are texts, booleans or whole numbers."""
        return all(isinstance(v, str | bytes | bool | int) for v in self.values or ())

    @property
    def has_flags(self) -> bool:
        """Whether each true answer of a row is 0 or 1."""
        flat = [v for row in self.values or () for v in (row if isinstance(row, list) else [row])]
        return bool(flat) and all(value in (0, 1) for value in flat if not isinstance(value, str))

    @property
    def classes(self) -> list[Any] | None:
        """The classes of the model, if it has one list of them."""
        classes = getattr(self.model, "classes_", None)
        if classes is None or (len(classes) and np.ndim(classes[0])):
            return None
        return list(np.asarray(classes).tolist())


# The first row whose condition holds decides.
_RULES: tuple[tuple[EvaluationTask, Callable[[Facts], bool]], ...] = (
    ("ranking", lambda f: f.kind == "ranker" or (f.has_groups and f.kind != "classifier")),
    ("anomaly", lambda f: f.kind == "outlier_detector"),
    ("clustering", lambda f: f.kind == "clusterer"),
    ("regression", lambda f: f.kind == "regressor"),
    ("multilabel", lambda f: f.width > 1 and f.has_flags),
    ("binary", lambda f: f.classes is not None and len(f.classes) <= 2),
    ("multiclass", lambda f: f.classes is not None or f.kind == "classifier"),
    ("regression", lambda f: f.width > 1 or not f.has_labels),
)


def task_of(
    facts: Facts, requested: EvaluationTask | Literal[""] = ""
) -> EvaluationTask | Literal[""]:
    """Return the task of a model; empty if its answers have to decide.

    Only a network, booster or function whose true answers are labels is not decided here: its
    number of outputs says whether there are two classes.

    Raises
    ------
    InvalidValue
        If `requested` is not a task, or true answers are needed and not given.

    Examples
    --------
    >>> task_of(Facts(model=print, values=[0.5, 1.5]))
    'regression'
    """
    if requested and requested not in TASKS:
        raise InvalidValue(
            f"There is no task {requested!r}.",
            did_you_mean(requested, TASKS) or f"Tasks: {', '.join(TASKS)}.",
        )
    if facts.values is None:
        task = requested or ("clustering" if facts.kind == "clusterer" else "")
        if task != "clustering":
            raise InvalidValue(
                "There are no true answers to compare with.", "Give them: --target y_test."
            )
        return task
    task = requested or next((task for task, holds in _RULES if holds(facts)), "")
    if facts.width > 1 and task in ("binary", "multiclass"):
        raise InvalidValue(
            "The model chooses among several classes for each of several outputs.",
            "Such outputs cannot be judged together: commit one classifier for each.",
        )
    return task
