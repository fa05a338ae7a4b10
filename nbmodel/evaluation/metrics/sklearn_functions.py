"""Metrics that scikit-learn computes itself: those whose speed does not matter, and its scorers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from nbmodel.errors import ExtraMissing, InvalidValue
from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.sample import Sample
from nbmodel.metric_directions import direction_of

MAX_SILHOUETTE_ROWS = 10_000  # its time grows with the square of the rows
_SILHOUETTE_SEED = 0  # which rows represent a larger sample


def _metrics() -> Any:
    try:
        from sklearn import metrics
    except ImportError:
        raise ExtraMissing("scikit-learn", "sklearn", "This metric") from None
    return metrics


def median_absolute_error(sample: Sample) -> float:
    """Return the median of absolute errors; over several outputs, their mean."""
    if sample.weights is None:
        return float(np.median(np.abs(sample.predicted - sample.actual), axis=0).mean())
    return float(
        _metrics().median_absolute_error(
            sample.actual, sample.predicted, sample_weight=sample.weights
        )
    )


# -- clusterings -------------------------------------------------------------


def silhouettes(sample: Sample) -> Any:
    """Return the silhouette of each row: of at most `MAX_SILHOUETTE_ROWS` random ones.

    Rousseeuw 1987, "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis". Fewer than two clusters, or only clusters of one row, have none.
    """
    if sample.rows > MAX_SILHOUETTE_ROWS:
        generator = np.random.default_rng(_SILHOUETTE_SEED)
        rows = generator.choice(sample.rows, MAX_SILHOUETTE_ROWS, replace=False)
        sample = sample.take(np.sort(rows))
    if not _can_separate(sample):
        return np.full(sample.rows, np.nan)
    return _metrics().silhouette_samples(sample.data, sample.predicted)


def davies_bouldin(sample: Sample) -> float:
    """Return the mean similarity of each cluster with its most similar one (Davies 1979)."""
    if not _can_separate(sample):
        return np.nan
    return float(_metrics().davies_bouldin_score(sample.data, sample.predicted))


def calinski_harabasz(sample: Sample) -> float:
    """Return the ratio of the variance between and within clusters (Calinski 1974)."""
    if not _can_separate(sample):
        return np.nan
    return float(_metrics().calinski_harabasz_score(sample.data, sample.predicted))


def _can_separate(sample: Sample) -> bool:
    return 2 <= len(np.unique(sample.predicted)) < sample.rows


# -- scorers -----------------------------------------------------------------


def scorer_names() -> list[str]:
    """Return the names of scikit-learn's scorers; none if it is not installed."""
    try:
        names: list[str] = _metrics().get_scorer_names()
    except ExtraMissing:
        return []
    return names


def scorer_metric(name: str) -> Metric:
    """Return the metric of a scorer of scikit-learn, by its name.

    The scorer is called with an estimator whose answers are those of the sample. So it takes
    labels, probabilities or margins as it needs them. Classes are numbers there.
    """
    return Metric(
        name=name,
        tasks=("binary", "multiclass", "multilabel", "regression", "clustering", "anomaly"),
        direction=direction_of(name) or "higher",
        needs=("labels",),
        exact=lambda sample: _score(name, sample),
    )


def _score(name: str, sample: Sample) -> float:
    scorer = _metrics().get_scorer(name)
    estimator = _replay(sample)
    actual = sample.actual
    if sample.task == "regression" and actual.shape[1] == 1:
        actual = actual[:, 0]
    weights = {} if sample.weights is None else {"sample_weight": sample.weights}
    rows = np.arange(sample.rows)[:, np.newaxis]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a metric that is not defined becomes NaN
            return float(scorer(estimator, rows, actual, **weights))
    except (TypeError, ValueError, AttributeError) as error:
        why = " ".join(str(error).split())[:300].replace("Replay has", "the model has")
        raise InvalidValue(
            f"The metric {name} cannot be computed for this {sample.task} task: {why}",
            "Leave it out, or name another metric.",
        ) from error


def _replay(sample: Sample) -> Any:
    """Make an estimator that answers rows, given by their positions, with the sample."""
    from sklearn.base import BaseEstimator, ClassifierMixin, ClusterMixin, RegressorMixin

    kinds = {"regression": RegressorMixin, "clustering": ClusterMixin}

    class Replay(kinds.get(sample.task, ClassifierMixin), BaseEstimator):  # type: ignore[misc]  # by task
        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, rows: Any) -> Any:
            answers = sample.predicted[rows[:, 0]]
            flat = sample.task == "regression" and answers.shape[1] == 1
            return answers[:, 0] if flat else answers

    if sample.scores is not None:
        _add_scores(Replay, sample)
    estimator = Replay()
    estimator.classes_ = np.arange(max(2, len(sample.classes)))  # of two, 1 is positive
    return estimator


def _add_scores(kind: Any, sample: Sample) -> None:
    def predict_proba(_: Any, rows: Any) -> Any:
        return sample.scores[rows[:, 0]]

    def decision_function(_: Any, rows: Any) -> Any:
        wide = sample.scores[rows[:, 0]]
        return wide[:, -1] if sample.task in ("binary", "anomaly") else wide

    if sample.scores_are_probabilities:
        kind.predict_proba = predict_proba
    else:
        kind.decision_function = decision_function
