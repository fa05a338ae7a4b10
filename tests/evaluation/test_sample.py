"""What a sample refuses, and what it gives."""

from __future__ import annotations

import numpy as np
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.sample import Sample
from tests.evaluation import samples

TWO = {
    "task": "binary",
    "actual": np.array([0, 1, 1]),
    "predicted": np.array([0, 0, 1]),
    "classes": ("no", "yes"),
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"task": "binery"}, "'binery' is not a task"),
        ({"actual": None}, "The true answers are missing"),
        ({"actual": np.array([0, 1])}, "There are 3 predictions, and actual has 2 entries"),
        ({"weights": np.ones(4)}, "weights has 4 entries"),
        ({"weights": np.array([1, -1, 1.0])}, "Weights are negative"),
        ({"weights": np.zeros(3)}, "all of them are 0"),
        ({"weights": np.array([1, np.nan, 1])}, "weights has values that are missing.*row 1"),
        ({"actual": np.array([0, 1, 2])}, "actual has a position outside of the 2 classes"),
        ({"predicted": np.array([0, -1, 1])}, "predicted has a position outside"),
        ({"classes": ("no",)}, "There are 1 classes for the task binary"),
        ({"classes": ("a", "b", "c")}, "There are 3 classes for the task binary"),
        ({"scores": np.array([[0.1, np.inf]] * 3)}, "scores has values that are missing or inf"),
        ({"scores": np.ones((3, 3))}, "There are 3 columns of scores and 2 classes"),
        ({"predicted": np.zeros((3, 2)), "actual": np.zeros(3)}, "The target has the shape"),
        ({"predicted": np.array([], int), "actual": np.array([], int)}, "There are no rows"),
    ],
)
def test_what_does_not_fit_is_refused(change, why):
    with pytest.raises(InvalidValue, match=why):
        Sample(**{**TWO, **change})


def test_numbers_of_a_regression_become_a_table():
    sample = Sample(task="regression", actual=[1, 2, 3], predicted=[1.0, 2.5, 3.0])
    assert sample.actual.shape == sample.predicted.shape == (3, 1)
    with pytest.raises(InvalidValue, match=r"actual has values that are missing.*first in row 1"):
        Sample(task="regression", actual=[1, np.nan, 3], predicted=[1.0, 2.5, 3.0])


def test_some_rows_of_a_sample():
    sample = samples.binary(50, weighted=True)
    part = sample.take(sample.actual == 1)
    assert part.rows == sample.actual.sum()
    assert (part.actual == 1).all()
    assert np.array_equal(part.weights, sample.weights[sample.actual == 1])
    assert np.array_equal(part.scores, sample.scores[sample.actual == 1])
    assert part.classes == sample.classes
    twice = sample.take(np.array([3, 3]))
    assert twice.actual.tolist() == [sample.actual[3]] * 2


def test_labels_are_the_users_own_values():
    sample = Sample(**TWO)
    assert sample.labels(sample.actual).tolist() == ["no", "yes", "yes"]
    mixed = Sample(**{**TWO, "classes": (1, "1")})
    assert mixed.labels(mixed.actual).tolist() == [1, "1", "1"]
