"""What the user asks of an evaluation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from blake3 import blake3

from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.evaluation.intervals import check_bootstrap
from nbmodel.evaluation.metrics.functions import MetricFunction, name_of
from nbmodel.evaluation.sample import EvaluationTask

MAX_FOLDS = 100
SPLIT_NAMES = ("stratified", "grouped", "time", "shuffled")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSettings:
    """What the user asks of an evaluation.

    Attributes
    ----------
    task : str
        Found from the model and the true answers if empty.
    metrics : tuple of str or callable
        Names of metrics, and functions ``f(actual, predicted)``; those of the task if empty.
    rounds : int
        Rounds of the bootstrap; 0 for no intervals.
    seed : int
    level : float
        Of the intervals.
    cv : int
        Folds of a cross-validation; 0 for none.
    split : str
        How the rows are divided into folds, one of `SPLIT_NAMES`; chosen by the rows if empty.
    slices : tuple of str
        As `slice_names.slices_of` takes them.
    """

    task: EvaluationTask | Literal[""] = ""
    metrics: tuple[str | MetricFunction, ...] = ()
    rounds: int = 1000
    seed: int = 0
    level: float = 0.95
    cv: int = 0
    split: str = ""
    slices: tuple[str, ...] = ()

    @property
    def has_functions(self) -> bool:
        """Whether a metric is a function, whose code may change under the same name."""
        return any(callable(metric) for metric in self.metrics)

    def check(self) -> None:
        """Raise InvalidValue if a number is out of its range."""
        check_bootstrap(self.rounds, self.level)
        if self.seed < 0:
            raise InvalidValue(f"The seed {self.seed} is negative.", "Give 0 or more.")
        if self.cv and not 2 <= self.cv <= MAX_FOLDS:
            raise InvalidValue(
                f"A cross-validation with {self.cv} folds is not possible.",
                f"Give 2 to {MAX_FOLDS} folds.",
            )
        if self.split and self.split not in SPLIT_NAMES:
            hint = did_you_mean(self.split, SPLIT_NAMES) or f"Splits: {', '.join(SPLIT_NAMES)}."
            raise InvalidValue(f"There is no split {self.split!r}.", hint)
        if self.slices and self.cv:
            raise InvalidValue(
                "A cross-validation has no slices.", "Evaluate with --slices on other rows."
            )
        if self.split and not self.cv:
            raise InvalidValue(
                f"The split {self.split} needs a cross-validation.", "Give its folds: --cv 5."
            )

    def digest(self, against: str = "") -> str:
        """Return a text that is equal for equal settings and the same other version.

        Examples
        --------
        >>> EvaluationSettings(seed=1).digest() == EvaluationSettings(seed=1).digest()
        True
        """
        names = [m if isinstance(m, str) else f"function {name_of(m)}" for m in self.metrics]
        facts: list[Any] = [self.task, names, self.rounds, self.seed, self.level]
        facts += [self.cv, self.split, list(self.slices), against]
        return blake3(json.dumps(facts).encode()).hexdigest()[:32]
