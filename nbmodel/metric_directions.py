"""Whether a higher or a lower value of a metric is better, by the metric's name.

The names are those of scikit-learn's scorer table (User Guide, "The scoring parameter"), where
``neg_`` marks a metric of which less is better. Other names follow its naming convention: a
function ``*_score`` returns a value to maximize, and ``*_error``, ``*_loss`` or ``*_deviance`` one
to minimize. The direction of any other metric is unknown. What a version declares with
``%model_commit --lower-is-better`` decides first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Literal

Direction = Literal["higher", "lower", ""]

# The tag of a version that lists the metrics of which less is better, separated by commas.
LOWER_TAG = "lower_is_better"

HIGHER = frozenset({
    "accuracy", "adjusted_mutual_info", "adjusted_rand", "average_precision",
    "balanced_accuracy", "completeness", "d2_absolute_error_score", "d2_brier_score",
    "d2_log_loss_score", "explained_variance", "f1", "f1_macro", "f1_micro", "f1_samples",
    "f1_weighted", "fowlkes_mallows", "homogeneity", "jaccard", "jaccard_macro",
    "jaccard_micro", "jaccard_samples", "jaccard_weighted", "matthews_corrcoef", "mutual_info",
    "normalized_mutual_info", "positive_likelihood_ratio", "precision", "precision_macro",
    "precision_micro", "precision_samples", "precision_weighted", "r2", "rand", "recall",
    "recall_macro", "recall_micro", "recall_samples", "recall_weighted", "roc_auc",
    "roc_auc_ovo", "roc_auc_ovo_weighted", "roc_auc_ovr", "roc_auc_ovr_weighted",
    "top_k_accuracy", "v_measure", "acc", "auc", "ap", "mcc", "pr_auc", "rocauc",
    "calinski_harabasz", "cohen_kappa", "map", "mrr", "ndcg", "nmi", "precision_at_share",
    "silhouette",
})  # fmt: skip
LOWER = frozenset({
    "brier", "davies_bouldin", "log_loss", "max_error", "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_gamma_deviance", "mean_poisson_deviance", "mean_squared_error",
    "mean_squared_log_error", "median_absolute_error", "negative_likelihood_ratio",
    "root_mean_squared_error", "root_mean_squared_log_error", "loss", "error", "logloss", "mae",
    "mape", "medae", "mse", "msle", "rmse", "rmsle", "smape",
})  # fmt: skip
_LOWER_ENDINGS = ("_loss", "_error", "_deviance")
_CUT_RE = re.compile(r"@\d+$")
# Where a metric was measured says nothing about its direction.
_SAMPLE_RE = re.compile(
    r"^(?:train|training|test|val|valid|validation|cv|oob|holdout|eval)_+"
    r"|_+(?:train|training|test|val|valid|validation|cv|oob|holdout|eval)$"
)


def direction_of(metric: str, lower: Collection[str] = ()) -> Direction:
    """Return which values of a metric are better.

    Parameters
    ----------
    metric : str
        The name under which it was recorded. Case, spaces, hyphens and names of samples such as
        ``test_`` do not matter.
    lower : collection of str, optional
        Metrics that the user declared: less of them is better, also if the table says otherwise.

    Returns
    -------
    {"higher", "lower", ""}
        Empty if unknown.

    Examples
    --------
    >>> direction_of("roc_auc"), direction_of("Test RMSE"), direction_of("neg_log_loss")
    ('higher', 'lower', 'higher')
    >>> direction_of("cost"), direction_of("cost", lower=["cost"])
    ('', 'lower')
    >>> direction_of("accuracy", lower=["Accuracy"])
    'lower'
    """
    words = _words(metric)
    if metric in lower or (words and words in map(_words, lower)):
        return "lower"
    name = _SAMPLE_RE.sub("", _words(_CUT_RE.sub("", metric)))  # ndcg@10 is a kind of ndcg
    bare = name.removesuffix("_score")
    if name in HIGHER or bare in HIGHER:
        return "higher"
    if name in LOWER or bare in LOWER:
        return "lower"
    if name.startswith("neg_") and direction_of(name.removeprefix("neg_")) == "lower":
        return "higher"
    if name.endswith(_LOWER_ENDINGS):
        return "lower"
    return "higher" if name.endswith("_score") else ""


def judge(value: float, before: float | None, direction: str) -> str:
    """Compare two values of a metric: better, worse or same; empty if unknown.

    Examples
    --------
    >>> judge(0.9, 0.8, "higher"), judge(0.9, 0.8, "lower"), judge(0.9, 0.8, "")
    ('better', 'worse', '')
    """
    if before is None or math.isnan(value) or math.isnan(before):
        return ""
    if value == before:
        return "same"
    if not direction:
        return ""
    return "better" if (value > before) == (direction == "higher") else "worse"


def _words(metric: str) -> str:
    return re.sub(r"[\W_]+", "_", metric.casefold()).strip("_")
