"""Metrics of predictions joined with labels, compared with scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from nbmodel.errors import InvalidValue
from nbmodel.monitor.prediction_log.column_names import logged_names, original_names
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.prediction_log.writer import PredictionLog
from nbmodel.monitor.quality.labeled import signature_kind, signature_task
from nbmodel.monitor.quality.metrics import METRICS, measure_quality
from nbmodel.records import Column, Signature
from nbmodel.scoring.formulas import confusion_metrics
from tests.monitor.conftest import DAY, START, entry


def measured(root, task="", version="churn@1", width=DAY):
    with open_log(root, "churn") as log:
        return {(q.metric, q.start, q.stage): q for q in measure_quality(log, version, width, task)}


def logged(root, outputs, labels, method="predict", classes=(), **fields):
    """Rows with labels that come in another order, and first of all."""
    rows = len(outputs)
    ids = [f"{fields.get('time', START)}-{n}" for n in range(rows)]
    turned = np.random.default_rng(0).permutation(rows)
    with PredictionLog(root, "churn") as log:
        log.label([ids[n] for n in turned], [labels[n] for n in turned], START)
        log.flush()
        log.put(
            entry(
                id=ids, inputs=np.zeros((rows, 2)), outputs=outputs, method=method,
                classes=classes, **fields,
            )
        )  # fmt: skip


def plain(values, start=START):
    return {metric: q.value for (metric, at, _), q in values.items() if at == start}


def expected(truth, predictions, p=None, average="binary", **options):
    values = {
        "accuracy": metrics.accuracy_score(truth, predictions),
        "precision": metrics.precision_score(truth, predictions, average=average, zero_division=0),
        "recall": metrics.recall_score(truth, predictions, average=average, zero_division=0),
        "f1": metrics.f1_score(truth, predictions, average=average, zero_division=0),
    }
    if p is not None:
        score = p[:, 1] if average == "binary" else p
        values["roc_auc"] = metrics.roc_auc_score(truth, score, **options)
        values["log_loss"] = metrics.log_loss(truth, p)
        values["brier"] = metrics.brier_score_loss(truth, score)
    return values


@pytest.fixture
def binary():
    rng = np.random.default_rng(1)
    p = np.round(rng.random(800), 2)  # ties
    p[:3] = (0.0, 1.0, 0.5)
    truth = (rng.random(800) < p).astype(int)
    truth[:2] = (1, 0)  # certain, and wrong
    return np.column_stack([1 - p, p]), truth


def test_binary_probabilities(root, binary):
    p, truth = binary
    logged(root, p, truth.tolist(), "predict_proba")
    want = expected(truth, p.argmax(axis=1), p)
    assert plain(measured(root)) == pytest.approx(want)


@pytest.mark.parametrize("form", [float, bool, str, lambda v: f"{v}.0"])
def test_labels_of_every_type(root, binary, form):
    p, truth = binary
    logged(root, p.argmax(axis=1), [form(int(v)) for v in truth])
    assert plain(measured(root)) == pytest.approx(expected(truth, p.argmax(axis=1)))


def test_classes_by_name(root, binary):
    p, truth = binary
    names = np.array(["no", "yes"])
    logged(root, p, names[truth].tolist(), "predict_proba", ("no", "yes"))
    assert plain(measured(root)) == pytest.approx(expected(truth, p.argmax(axis=1), p))


def test_classes_by_name_without_class_names_in_the_log(root, binary):
    p, truth = binary
    logged(root, p, np.array(["no", "yes"])[truth].tolist(), "predict_proba")
    assert plain(measured(root)) == pytest.approx(expected(truth, p.argmax(axis=1), p))


def test_three_classes(root):
    rng = np.random.default_rng(2)
    p = rng.dirichlet((1, 1, 1), 600)
    truth = np.array([rng.choice(3, p=row) for row in p])
    logged(root, p, (truth * 5).tolist(), "predict_proba", ("0", "5", "10"))
    want = expected(truth, p.argmax(axis=1), p, "macro", multi_class="ovr")
    assert plain(measured(root)) == pytest.approx(want)


def test_a_margin_gives_classes_and_their_order(root, binary):
    p, truth = binary
    margin = p[:, 1] - 0.5
    logged(root, margin, truth.tolist(), "decision_function")
    want = expected(truth, (margin > 0).astype(int))
    want["roc_auc"] = metrics.roc_auc_score(truth, margin)
    assert plain(measured(root)) == pytest.approx(want)


def test_regression(root):
    rng = np.random.default_rng(3)
    truth = rng.normal(10, 3, 500)
    predictions = truth + rng.normal(0, 1, 500)
    logged(root, predictions, truth.tolist())
    want = {
        "mae": metrics.mean_absolute_error(truth, predictions),
        "rmse": metrics.root_mean_squared_error(truth, predictions),
        "r2": metrics.r2_score(truth, predictions),
    }
    assert plain(measured(root)) == pytest.approx(want)
    assert plain(measured(root, "regression")) == pytest.approx(want)


def test_the_signature_decides_the_task_not_the_labels(root):
    truth = np.arange(10) % 3
    logged(root, truth.astype(float), truth.tolist())
    assert "accuracy" in plain(measured(root))
    assert set(plain(measured(root, "regression"))) == {"mae", "rmse", "r2"}
    assert signature_task(Signature((), (Column("prediction", "float64", (-1,)),))) == "regression"
    assert signature_task(Signature((), (Column("label", "int64", (-1,)),))) == "classification"
    assert signature_task(Signature()) == ""


def test_windows_and_stages_are_measured_separately(root):
    logged(root, np.array([1, 1, 0, 0]), [1, 1, 0, 1], time=START)
    logged(root, np.array([1, 0]), [0, 1], time=START + DAY)
    logged(root, np.array([1, 0]), [1, 0], time=START + DAY + 1, stage="canary")
    values = measured(root)
    assert values["accuracy", START, "prod"].value == 0.75
    assert values["accuracy", START, "prod"].rows == 4
    assert values["accuracy", START + DAY, "prod"].value == 0.0
    assert values["accuracy", START + DAY, "canary"].value == 1.0
    assert measured(root, version="churn@2") == {}


def test_a_window_of_one_class_has_no_area(root):
    p = np.array([0.2, 0.7, 0.9])
    logged(root, np.column_stack([1 - p, p]), [1, 1, 1], "predict_proba", ("0", "1"))
    values = plain(measured(root))
    assert "roc_auc" not in values
    assert values["accuracy"] == pytest.approx(2 / 3)
    assert values["log_loss"] == pytest.approx(-np.log(p).mean())


def test_the_last_label_of_an_id_counts(root):
    with PredictionLog(root, "churn") as log:
        log.label(["a", "b"], [0, "x"], START + 3)
        log.flush()
        log.label(["a", "b"], [1, 1], START + 7)
        log.flush()
        log.label(["a"], [0], START + 5)  # logged late, for an early time
        log.put(entry(id=["a", "b"], inputs=np.zeros((2, 2)), outputs=np.array([1, 0])))
    assert measured(root)["accuracy", START, "prod"].value == 0.5


def test_labels_without_predictions_are_kept_and_counted(root):
    with PredictionLog(root, "churn") as log:
        log.label(["early", "never"], [1, 0], START)
    with open_log(root, "churn") as log:
        assert log.unknown_labels() == 2
        assert measure_quality(log, "churn@1", DAY) == []
    with PredictionLog(root, "churn") as log:
        log.put(entry(id=["early"], outputs=np.array([1]), time=START + 5 * DAY))
    with open_log(root, "churn") as log:
        assert log.unknown_labels() == 1
    assert measured(root)["accuracy", START + 5 * DAY, "prod"].value == 1.0


def test_missing_and_hostile_labels_do_no_harm(root):
    labels = [1, None, "'; DROP VIEW labels --", float("nan")]
    logged(root, np.array(["1", "1", "x", "1"]), labels)
    values = measured(root)
    assert values["accuracy", START, "prod"].rows == 2
    assert values["accuracy", START, "prod"].value == 0.5


def test_a_thousand_distinct_labels_are_not_classes(root):
    names = [f"n{number}" for number in range(1000)]
    logged(root, np.array(names), names)
    with pytest.raises(InvalidValue, match="more than 100"):
        measured(root)


def test_the_loss_of_a_wrong_certainty_is_large_but_finite(root):
    logged(root, np.array([[1.0, 0.0], [0.0, 1.0]]), [1, 1], "predict_proba")
    assert math.isfinite(measured(root)["log_loss", START, "prod"].value)


def test_metrics_of_a_class_that_is_never_predicted():
    values = confusion_metrics(np.array([[5.0, 0.0], [3.0, 0.0]]))
    assert values == {"accuracy": 0.625, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert set(values) < set(METRICS)


# -- classes that look like numbers ---------------------------------------------------

ALIKE = [("01", "1"), ("1.1", "1.10"), ("1e3", "1000"), ("true", "1"), ("nan", "NaN"), ("a", "A")]
TEXTS = Signature((), (Column("label", "str96", (-1,)),))


def confused(classes, seed=2):
    """Predictions of two classes, of which a fifth are wrong."""
    rng = np.random.default_rng(seed)
    truth = np.array(classes, object)[(rng.random(300) < 0.6).astype(int)]
    other = np.where(truth == classes[0], classes[1], classes[0])
    return truth, np.where(rng.random(300) < 0.2, other, truth)


@pytest.mark.parametrize("classes", ALIKE)
@pytest.mark.parametrize("kind", [signature_kind(TEXTS), signature_kind(Signature())])
def test_classes_that_are_texts_stay_texts(root, classes, kind):
    truth, predictions = confused(classes)
    logged(root, predictions, truth.tolist())
    with open_log(root, "churn") as log:
        values = {
            q.metric: q.value for q in measure_quality(log, "churn@1", DAY, "classification", kind)
        }
    assert values["accuracy"] == metrics.accuracy_score(truth, predictions) < 0.9
    assert values["f1"] == pytest.approx(
        metrics.f1_score(truth, predictions, pos_label=max(classes))
    )


def test_the_accuracy_of_classes_01_and_1_is_scikit_learns(root):
    truth, predictions = confused(("01", "1"), seed=50)
    logged(root, predictions, truth.tolist())
    assert plain(measured(root))["accuracy"] == metrics.accuracy_score(truth, predictions)
    assert metrics.accuracy_score(truth, predictions) == pytest.approx(0.8133, abs=0.00005)


@pytest.mark.parametrize("classes", ALIKE)
@pytest.mark.parametrize("kind", [signature_kind(TEXTS), signature_kind(Signature())])
def test_probabilities_of_classes_that_are_texts(root, classes, kind):
    truth, _ = confused(classes)
    ordered = sorted(classes)
    p = np.random.default_rng(1).random(300) * 0.5 + 0.5 * (truth == ordered[1])
    logged(root, np.stack([1 - p, p], axis=1), truth.tolist(), "predict_proba", ordered)
    with open_log(root, "churn") as log:
        values = {
            q.metric: q.value for q in measure_quality(log, "churn@1", DAY, "classification", kind)
        }
    assert values["roc_auc"] == pytest.approx(metrics.roc_auc_score(truth == ordered[1], p))
    predictions = np.where(p > 0.5, ordered[1], ordered[0])
    assert values["accuracy"] == pytest.approx(metrics.accuracy_score(truth, predictions))


def test_three_classes_that_are_texts_keep_the_order_of_texts(root):
    truth = np.array(["10", "9", "09"] * 40, object)
    p = np.random.default_rng(1).dirichlet([1, 1, 1], 120)
    logged(root, p, truth.tolist(), "predict_proba", sorted(set(truth)))
    predictions = np.array(sorted(set(truth)), object)[p.argmax(axis=1)]
    values = plain(measured(root))
    assert values["accuracy"] == pytest.approx(metrics.accuracy_score(truth, predictions))
    assert values["log_loss"] == pytest.approx(metrics.log_loss(truth, p))


@pytest.mark.parametrize("dtype", ["int64", "uint8", "int32", "float32", "bool"])
@pytest.mark.parametrize(
    "form", [int, float, bool, str, lambda v: str(float(v)), lambda v: str(bool(v))]
)
def test_numbers_are_equal_in_every_form(root, dtype, form):
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 200)
    predictions = np.where(rng.random(200) < 0.2, 1 - truth, truth).astype(dtype)
    logged(root, predictions, [form(value) for value in truth])
    signature = Signature((), (Column("label", dtype, (-1,)),))
    with open_log(root, "churn") as log:
        kind = signature_kind(signature)
        values = {
            q.metric: q.value for q in measure_quality(log, "churn@1", DAY, "classification", kind)
        }
    assert kind == "numbers"
    assert values["accuracy"] == metrics.accuracy_score(truth, predictions.astype(int))


@pytest.mark.parametrize(
    "names", [["a", "A", "a~2"], ["x~2", "x", "X"], ["b", "B", "b"], ["~2", "~2"], ["c~2~2", "c~2"]]
)
def test_names_come_back_from_their_columns(names):
    logged_ = logged_names(names)
    assert len({name.lower() for name in logged_}) == len(names)
    assert original_names(logged_) == names
