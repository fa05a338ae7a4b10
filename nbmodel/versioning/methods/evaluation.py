"""Methods of `Registry` that judge versions."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from nbmodel.versioning.context import Context

if TYPE_CHECKING:
    from nbmodel.evaluation.metrics.functions import MetricFunction
    from nbmodel.evaluation.sample import EvaluationTask
    from nbmodel.versioning.verbs.evaluate_result import EvaluateResult


class EvaluationMethods:
    """Methods of `Registry` that judge versions."""

    context: Context

    def evaluate(
        self,
        *references: str,
        data: Any,
        target: Any = None,
        metrics: Sequence[str | MetricFunction] = (),
        slices: Sequence[str] = (),
        against: str = "",
        groups: Any = None,
        weights: Any = None,
        task: EvaluationTask | Literal[""] = "",
        rounds: int = 1000,
        seed: int = 0,
        level: float = 0.95,
        cv: int = 0,
        split: str = "",
        name: str = "",
        trust: bool = False,
        offline: bool = False,
    ) -> EvaluateResult:
        """Evaluate versions on rows whose true answers are known, and keep the result with them.

        The result is a note of each version: metrics with intervals and slices, the number of
        rows and their digest, and never a row.

        Parameters
        ----------
        *references : str
            One version, or several to compare.
        data : DataFrame, array, list or mapping of arrays
            Rows. The columns of the model are taken by name, so there may be others.
        target : object or str
            The true answer of each row, or the name of a column of `data`. A clustering needs none.
        metrics : sequence of str or callable
            Names as in scikit-learn, such as ``f1_macro``, and functions ``f(actual, predicted)``.
        slices : sequence of str
            Columns of `data` by whose values the rows are divided: ``region``; ``age:4`` makes
            four bins of numbers; ``region*age`` takes two columns.
        against : str
            A version to compare with on the same rows, such as ``iris@prod``: differences with
            intervals and tests.
        groups, weights : object or str
            The query of each row of a ranking, and the weight of each row.
        task : {"binary", "multiclass", "multilabel", "regression", "ranking", "clustering", \
"anomaly"}
            Found from the model and the true answers by default.
        rounds : int
            Rounds of the bootstrap; 0 leaves the intervals out.
        seed : int
        level : float
            Of the intervals.
        cv : int
            Fit clones of the object on all but one of so many folds, and judge each on the
            fold that it has not seen. The version only says which model and settings.
        split : {"stratified", "grouped", "time", "shuffled"}
            How the rows are divided into folds. By default grouped if there are groups, and
            stratified for classes.
        name : str
            What you call the data.
        trust : bool
            Load versions of other people even if that runs their code.
        offline : bool
            Do not fetch arrays that are not in this clone from a remote.

        Returns
        -------
        EvaluateResult
            `evaluation` has all numbers of the first version, and `metrics` its metrics.

        Raises
        ------
        InvalidValue
            If the data does not fit the model or the true answers, or a setting is not valid.
        ScoringFailed
            If the model fails on these rows.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> result = registry.evaluate("iris@2", data=X, target=y, metrics=["accuracy"], rounds=0)
        >>> round(result.metrics["accuracy"].value, 2)
        0.97
        """
        # The statistics are loaded with their first use: a registry opens without them.
        settings = import_module("nbmodel.evaluation.settings").EvaluationSettings(
            task=task, metrics=tuple(metrics), rounds=rounds, seed=seed, level=level, cv=cv,
            split=split, slices=tuple(slices),
        )  # fmt: skip
        verb = import_module("nbmodel.versioning.verbs.evaluate")
        result: EvaluateResult = verb.evaluate(
            self.context,
            references,
            data,
            target,
            groups=groups,
            weights=weights,
            name=name,
            against=against,
            settings=settings,
            trust=trust,
            offline=offline,
        )
        return result
