"""The direction of a metric: scikit-learn's table, its convention, and what a user declares."""

from __future__ import annotations

import doctest

import pytest
from sklearn.metrics import get_scorer_names

from nbmodel import metric_directions
from nbmodel.metric_directions import direction_of


@pytest.mark.parametrize("scorer", get_scorer_names())
def test_every_scorer_of_scikit_learn_has_its_direction(scorer):
    # A scorer is always maximized; "neg_" is in front of a metric of which less is better.
    assert direction_of(scorer) == "higher"
    if scorer.startswith("neg_"):
        assert direction_of(scorer.removeprefix("neg_")) == "lower"


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        ("val_loss", "lower"), ("Test-AUC", "higher"), ("f1 (macro)", "higher"),
        ("rmse_cv", "lower"), ("hinge_loss", "lower"), ("brier_score_loss", "lower"),
        ("silhouette_score", "higher"),
        ("profit", ""), ("error_free_days", ""), ("time", ""), ("", ""), ("\u202e", ""),
    ],
)  # fmt: skip
def test_other_names_follow_the_convention_or_are_unknown(metric, direction):
    assert direction_of(metric) == direction


@pytest.mark.parametrize("metric", ["profit lost", "accuracy", "neg_log_loss", "Größe", "%", ""])
def test_what_the_user_declares_comes_before_the_table(metric):
    assert direction_of(metric, lower={metric}) == "lower"
    assert direction_of(metric.upper(), lower={metric}) == "lower"


def test_a_declaration_does_not_hold_for_other_metrics():
    assert direction_of("accuracy", lower={"cost", "val_accuracy"}) == "higher"


def test_the_example_of_the_documentation_holds():
    assert doctest.testmod(metric_directions).failed == 0
