"""Every metric of the table equals scikit-learn's function: with weights, ties and few rows."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.metrics.table import DEFAULTS, METRICS, choose_metrics, find_metric
from nbmodel.evaluation.sample import TASKS, Sample
from nbmodel.metric_directions import direction_of
from tests.evaluation import samples

RNG = np.random.default_rng(1)


def value(name, sample):
    return find_metric(name, sample.task).value(sample)


def of_classes(function, **options):
    return lambda s: function(s.actual, s.predicted, sample_weight=s.weights, **options)


def of_scores(function, column=-1, **options):
    def expected(sample):
        scores = sample.scores if column is None else sample.scores[:, column]
        return function(sample.actual, scores, sample_weight=sample.weights, **options)

    return expected


CLASS_FUNCTIONS = {
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "jaccard": sk.jaccard_score,
}
AVERAGED = {
    f"{name}_{average}": of_classes(function, average=average, zero_division=0)
    for name, function in CLASS_FUNCTIONS.items()
    for average in ("macro", "micro", "weighted")
}
WHOLE = {
    "accuracy": of_classes(sk.accuracy_score),
    "balanced_accuracy": of_classes(sk.balanced_accuracy_score),
    "matthews_corrcoef": of_classes(sk.matthews_corrcoef),
    "cohen_kappa": of_classes(sk.cohen_kappa_score),
}
OF_TWO = {name: of_classes(f, zero_division=0) for name, f in CLASS_FUNCTIONS.items()}
AREAS = {
    "roc_auc": of_scores(sk.roc_auc_score),
    "average_precision": of_scores(sk.average_precision_score),
}
EXPECTED = {
    "binary": {
        **WHOLE, **AVERAGED, **OF_TWO, **AREAS,
        "log_loss": of_scores(sk.log_loss, None, labels=[0, 1]),
        "brier": of_scores(sk.brier_score_loss),
    },
    "anomaly": {**WHOLE, **AVERAGED, **OF_TWO, **AREAS},
    "multiclass": {
        **WHOLE, **AVERAGED,
        "roc_auc": of_scores(sk.roc_auc_score, None, multi_class="ovr"),
        "average_precision": of_scores(sk.average_precision_score, None),
        "log_loss": of_scores(sk.log_loss, None),
        "brier": of_scores(sk.brier_score_loss, None),
    },
    "multilabel": {
        **AVERAGED,
        **{
            f"{name}_samples": of_classes(function, average="samples", zero_division=0)
            for name, function in CLASS_FUNCTIONS.items()
        },
        "accuracy": of_classes(sk.accuracy_score),
        "hamming_loss": of_classes(sk.hamming_loss),
        "roc_auc": of_scores(sk.roc_auc_score, None),
        "average_precision": of_scores(sk.average_precision_score, None),
    },
    "regression": {
        "rmse": of_classes(sk.root_mean_squared_error),
        "mae": of_classes(sk.mean_absolute_error),
        "mape": of_classes(sk.mean_absolute_percentage_error),
        "r2": of_classes(sk.r2_score),
        "explained_variance": of_classes(sk.explained_variance_score),
        "median_absolute_error": of_classes(sk.median_absolute_error),
        "max_error": lambda s: np.abs(s.actual - s.predicted).max(),
    },
    "clustering": {
        "silhouette": lambda s: sk.silhouette_score(s.data, s.predicted),
        "davies_bouldin": lambda s: sk.davies_bouldin_score(s.data, s.predicted),
        "calinski_harabasz": lambda s: sk.calinski_harabasz_score(s.data, s.predicted),
        "adjusted_rand": lambda s: sk.adjusted_rand_score(s.actual, s.predicted),
        "nmi": lambda s: sk.normalized_mutual_info_score(s.actual, s.predicted),
    },
}  # fmt: skip
WITHOUT_SKLEARN = {"anomaly": {"precision_at_share"}}


def cases():
    for weighted in (False, True):
        for seed in range(3):
            for ties in (False, True):
                yield samples.binary(seed=seed, weighted=weighted, ties=ties)
                yield samples.multiclass(seed=seed, weighted=weighted, ties=ties)
                yield samples.anomaly(seed=seed, weighted=weighted, ties=ties)
            yield samples.multilabel(seed=seed, weighted=weighted)
            for outputs in (1, 3):
                yield samples.regression(seed=seed, outputs=outputs, weighted=weighted)
    yield samples.clustering()


CASES = list(cases())


@pytest.mark.parametrize("number", range(len(CASES)))
def test_metrics_equal_those_of_scikit_learn(number):
    sample = CASES[number]
    for name, expected in EXPECTED[sample.task].items():
        assert value(name, sample) == pytest.approx(expected(sample), rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("task", [task for task in TASKS if task != "ranking"])
def test_every_metric_is_compared(task):
    names = {metric.name for metric in METRICS if task in metric.tasks}
    assert names == EXPECTED[task].keys() | WITHOUT_SKLEARN.get(task, set())


@pytest.mark.parametrize("sample", [samples.binary(1), samples.binary(2, seed=3)])
def test_metrics_of_one_or_two_rows(sample):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("accuracy", "f1", "precision_macro", "recall", "log_loss", "brier"):
            expected = EXPECTED["binary"][name](sample)
            assert value(name, sample) == pytest.approx(expected, abs=1e-12), name


def test_a_sample_of_one_class():
    sample = samples.binary(50)
    sample = sample.take(sample.actual == 1)
    assert math.isnan(value("roc_auc", sample))
    assert value("average_precision", sample) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("accuracy", "balanced_accuracy", "f1", "jaccard_macro", "matthews_corrcoef"):
            assert value(name, sample) == pytest.approx(EXPECTED["binary"][name](sample)), name
    negative = samples.binary(50)
    assert math.isnan(value("average_precision", negative.take(negative.actual == 0)))


def test_predictions_that_are_always_right():
    sample = samples.binary(60)
    right = Sample(
        task="binary", actual=sample.actual, predicted=sample.actual, classes=sample.classes
    )
    for name in ("accuracy", "f1", "cohen_kappa", "matthews_corrcoef", "balanced_accuracy"):
        assert value(name, right) == 1
    only = right.take(right.actual == 1)
    assert math.isnan(value("cohen_kappa", only))  # there is no agreement by chance to beat


def test_a_class_that_the_predictions_miss():
    sample = samples.multiclass(200, classes=("a", "b", "c", "d"))
    predicted = np.where(sample.predicted == 3, 0, sample.predicted)
    sample = Sample(
        task="multiclass", actual=sample.actual, predicted=predicted, classes=sample.classes
    )
    for name, expected in {**WHOLE, **AVERAGED}.items():
        assert value(name, sample) == pytest.approx(expected(sample)), name


def test_a_constant_target():
    actual = np.full((20, 1), 3.0)
    for predicted in (actual, actual + RNG.normal(size=(20, 1))):
        sample = Sample(task="regression", actual=actual, predicted=predicted)
        for name in ("r2", "explained_variance"):
            assert value(name, sample) == pytest.approx(EXPECTED["regression"][name](sample))
    assert math.isnan(value("r2", sample.take(np.array([0]))))


# -- rankings and anomalies --------------------------------------------------


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("k", [None, 1, 5, 100])
def test_ndcg_is_that_of_scikit_learn(ties, k):
    sample = samples.ranking(ties=ties)
    actual, scores = sample.actual.reshape(40, -1), sample.predicted.reshape(40, -1)
    name = "ndcg" if k is None else f"ndcg@{k}"
    assert value(name, sample) == pytest.approx(sk.ndcg_score(actual, scores, k=k))


def test_the_order_of_the_rows_does_not_matter_to_a_ranking():
    sample = samples.ranking()
    shuffled = sample.take(RNG.permutation(sample.rows))
    for name in DEFAULTS["ranking"]:
        assert value(name, shuffled) == pytest.approx(value(name, sample))


@pytest.mark.parametrize("ties", [False, True])
def test_mean_average_precision_is_the_mean_over_queries(ties):
    sample = samples.ranking(ties=ties)
    relevant = sample.actual > 2
    sample = Sample(
        task="ranking", actual=relevant.astype(float), predicted=sample.predicted,
        groups=sample.groups,
    )  # fmt: skip
    expected = [
        sk.average_precision_score(relevant[rows], sample.predicted[rows])
        for query in range(40)
        if relevant[rows := sample.groups == query].any()
    ]
    assert value("map", sample) == pytest.approx(np.mean(expected))


def test_the_reciprocal_rank_by_hand():
    sample = Sample(
        task="ranking",
        actual=np.array([0, 1, 0, 1, 0, 0, 0, 0, 1.0]),
        predicted=np.array([3, 2, 1, 9, 8, 4, 5, 7, 7.0]),
        groups=np.array(["a", "a", "a", "b", "b", "c", "c", "d", "d"]),
    )
    # Query a: second. b: first. c: without a relevant row. d: first or second, 1.5 on average.
    assert value("mrr", sample) == pytest.approx((1 / 2 + 1 + 1 / 1.5) / 3)


def test_precision_at_the_share_of_anomalies_by_hand():
    scores = np.array([9, 8, 7, 7, 5, 4, 3, 2.0])
    actual = np.array([1, 0, 1, 0, 0, 0, 0, 1])
    sample = Sample(task="anomaly", actual=actual, predicted=actual, scores=scores)
    # Three anomalies: rows 9 and 8, and one of the two rows with score 7, half of which are right.
    assert value("precision_at_share", sample) == pytest.approx((1 + 0 + 0.5) / 3)


# -- names -------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_the_default_metrics_exist(task):
    names = [metric.name for metric in choose_metrics(None, task)]
    assert names == list(DEFAULTS[task])


def test_directions_are_those_of_the_table_of_names():
    assert len(METRICS) > 50
    for metric in METRICS:
        assert metric.direction == direction_of(metric.name), metric.name


SCORER_CASES = [
    (name, sample)
    for sample in (
        samples.binary(), samples.binary(weighted=True), samples.binary(margins=True),
        samples.multiclass(), samples.regression(), samples.regression(outputs=2),
        samples.anomaly(), samples.multilabel(),
    )
    for name in {
        "binary": ("neg_brier_score", "d2_brier_score", "top_k_accuracy", "roc_auc_ovr_weighted"),
        "multiclass": ("neg_log_loss", "roc_auc_ovo", "roc_auc_ovr_weighted", "f1_weighted"),
        "regression": ("neg_root_mean_squared_error", "neg_mean_squared_error", "r2", "max_error"),
        "anomaly": ("roc_auc", "neg_negative_likelihood_ratio"),
        "multilabel": ("f1_samples", "precision_micro"),
    }[sample.task]
    if sample.task != "binary" or sample.scores_are_probabilities or name == "top_k_accuracy"
]  # fmt: skip


class Answers:
    """An estimator that knows the answers, independent of the one in the package."""

    def __init__(self, sample):
        self.sample = sample

    def direct(self, name):
        s, weights = self.sample, self.sample.weights
        labels = np.array(s.classes)[s.actual] if s.task in ("binary", "multiclass") else s.actual
        chances = s.scores[:, 1] if s.task == "binary" and s.scores is not None else s.scores
        functions = {
            "neg_brier_score": lambda: (
                -sk.brier_score_loss(labels, chances, sample_weight=weights, pos_label="yes")
            ),
            "d2_brier_score": lambda: sk.d2_brier_score(s.actual, chances, sample_weight=weights),
            "top_k_accuracy": lambda: 1.0,
            "roc_auc_ovr_weighted": lambda: sk.roc_auc_score(
                labels, chances, multi_class="ovr", average="weighted", sample_weight=weights
            ),
            "neg_log_loss": lambda: -sk.log_loss(labels, s.scores),
            "roc_auc_ovo": lambda: sk.roc_auc_score(labels, s.scores, multi_class="ovo"),
            "f1_weighted": lambda: sk.f1_score(s.actual, s.predicted, average="weighted"),
            "neg_root_mean_squared_error": lambda: (
                -sk.root_mean_squared_error(s.actual, s.predicted)
            ),
            "neg_mean_squared_error": lambda: -sk.mean_squared_error(s.actual, s.predicted),
            "r2": lambda: sk.r2_score(s.actual, s.predicted),
            "max_error": lambda: np.abs(s.actual - s.predicted).max(),
            "roc_auc": lambda: sk.roc_auc_score(s.actual, s.scores[:, -1]),
            "neg_negative_likelihood_ratio": lambda: (
                -sk.class_likelihood_ratios(s.actual, s.predicted)[1]
            ),
            "f1_samples": lambda: sk.f1_score(
                s.actual, s.predicted, average="samples", zero_division=0
            ),
            "precision_micro": lambda: sk.precision_score(s.actual, s.predicted, average="micro"),
        }
        return functions[name]()


@pytest.mark.parametrize(
    ("name", "sample"), SCORER_CASES, ids=[f"{s.task}-{n}" for n, s in SCORER_CASES]
)
def test_scorers_of_scikit_learn_work_by_name(name, sample):
    assert value(name, sample) == pytest.approx(Answers(sample).direct(name))


def test_a_scorer_that_does_not_fit_is_reported():
    sample = samples.regression()
    negative = Sample(task="regression", actual=-sample.actual, predicted=-sample.predicted)
    with pytest.raises(InvalidValue, match="neg_mean_gamma_deviance cannot be computed for this"):
        value("neg_mean_gamma_deviance", negative)
    with pytest.raises(InvalidValue, match=r"the model has none of the following .*predict_proba"):
        value("roc_auc_ovr_weighted", samples.binary(margins=True))


def test_an_unknown_metric_is_suggested():
    with pytest.raises(InvalidValue, match=r"There is no metric 'rocauc'.*\n.*roc_auc"):
        find_metric("rocauc", "binary")
    with pytest.raises(InvalidValue, match="f1 is a metric of anomaly and binary, not of multi"):
        find_metric("f1", "multiclass")
    with pytest.raises(InvalidValue, match="rmse is a metric of regression"):
        find_metric("rmse", "binary")


# -- functions ---------------------------------------------------------------


def cost(actual, predicted):
    return 5 * np.mean((actual == "yes") & (predicted == "no"))


def test_a_function_gets_the_users_own_classes():
    sample = samples.binary()
    [metric] = choose_metrics([cost], "binary")
    misses = ((sample.actual == 1) & (sample.predicted == 0)).mean()
    assert metric.name == "cost"
    assert metric.value(sample) == pytest.approx(5 * misses)
    [metric] = choose_metrics({"loss": lambda a, p: float(a.ndim + p.ndim)}, "regression")
    assert metric.value(samples.regression()) == 2
    assert metric.value(samples.regression(outputs=2)) == 4
    assert metric.direction == "lower"


def test_classes_of_mixed_types_stay_themselves():
    sample = Sample(
        task="binary", actual=np.array([0, 1]), predicted=np.array([1, 1]), classes=(1, "two")
    )
    [metric] = choose_metrics({"own": lambda a, p: float(a.tolist() == [1, "two"])}, "binary")
    assert metric.value(sample) == 1


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda a, p: 1 / 0, "failed: ZeroDivisionError: division by zero"),
        (lambda a: 1.0, "failed: TypeError"),
        (lambda a, p: "much", "failed: ValueError"),
        (lambda a, p: float("nan"), "is nan"),
    ],
)
def test_a_function_that_fails_is_reported_by_name(function, why):
    [metric] = choose_metrics({"own": function}, "binary")
    with pytest.raises(InvalidValue, match=f"The metric own {why}"):
        metric.value(samples.binary())


def test_two_functions_of_one_name_are_refused():
    with pytest.raises(InvalidValue, match="Two metrics have the name lambda"):
        choose_metrics([lambda a, p: 1.0, lambda a, p: 2.0], "binary")
