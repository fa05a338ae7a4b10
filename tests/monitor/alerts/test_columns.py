"""Rules that no version can be evaluated by are refused: columns, measures, metrics, stages."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

import nbmodel
from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts.store import add, list_alerts


@pytest.fixture
def tickets(tmp_path):
    """``tickets@1`` in prod, with columns of three kinds; ``plain@1`` without a data profile."""
    frame = pd.DataFrame({
        "price": [1.5, 2.5, 4.0, 5.5] * 10,
        "line": ["a", "b"] * 20,
        "opened": pd.date_range("2026-01-01", periods=40),
    })  # fmt: skip
    model = DummyClassifier().fit(frame, [0, 1] * 20)
    with nbmodel.open(tmp_path, create=True) as opened:
        opened.commit(model, "tickets", data=frame)
        opened.promote("tickets@1", "prod")
        opened.commit(model, "plain")
        yield opened


@pytest.mark.parametrize("reference", ["tickets", "tickets@prod"])
@pytest.mark.parametrize(
    ("rule", "reason", "hint"),
    [
        ("psi(prise) > 0.2", "tickets@1 has no input 'prise'.", "Did you mean price?"),
        ("psi(weather) > 0.2", "tickets@1 has no input 'weather'.", "after a version that has it"),
        ("psi(Größe, ½ \u202e) > 0.2", "has no input", "after a version that has it"),
        ("ks(line) > 0.2", "ks measures numbers only: 'line' of tickets@1 is a category.", "chi2"),
        ("chi2(price) > 0.2", "chi2 measures categories only: 'price' of tickets@1 is a number.",
         "psi, ks"),
        ("psi(opened) > 0.2", "psi measures numbers and categories only: 'opened' of tickets@1 is "
                              "neither a number nor a category.", "missing"),
        ("rmse > 3", "rmse is for numbers, and tickets@1 predicts classes.", "accuracy, f1"),
    ],
)  # fmt: skip
def test_a_rule_that_has_no_value_for_any_version_is_refused(
    tickets, reference, rule, reason, hint
):
    with pytest.raises(InvalidValue) as caught:
        add(tickets.context, reference, rule)
    assert reason in caught.value.what
    assert hint in caught.value.hint
    assert "\u202e" not in str(caught.value)
    assert list_alerts(tickets.context, reference).alerts == ()


def test_a_column_without_a_profile_is_checked_by_the_signature(tickets):
    with pytest.raises(InvalidValue, match="plain@1 has no input 'prise'"):
        add(tickets.context, "plain", "psi(prise) > 0.2")
    (warning,) = add(tickets.context, "plain", "psi(price) > 0.2").warnings
    assert warning.startswith("plain@1 has no data profile")


def test_a_rule_that_suits_one_of_the_stages_is_allowed_with_a_warning(tickets, tmp_path):
    other = pd.DataFrame({"cost": [1.0, 2.0] * 20})
    tickets.commit(DummyClassifier().fit(other, [0, 1] * 20), "tickets", data=other)
    tickets.promote("tickets@2", "canary")
    added = add(tickets.context, "tickets", "psi(price) > 0.2")
    assert added.warnings == ("the data profile of tickets@2 has no input 'price'.",)
    with pytest.raises(InvalidValue):
        add(tickets.context, "tickets@canary", "psi(price) > 0.2")


def test_a_stage_that_no_version_holds_is_a_warning(tickets):
    (warning,) = add(tickets.context, "tickets#prd", "psi(price) > 0.2").warnings
    assert warning == "No version of tickets holds prd yet. Did you mean prod?"


@pytest.mark.parametrize(
    ("reference", "rule"),
    [
        ("tickets@prod", "psi(price) > 0.2"),
        ("tickets", "new(line) > 1%"),
        ("tickets", "missing(opened) > 1%"),
        ("tickets", "psi(*) > 0.2"),
        ("tickets", "psi(output) > 0.2"),
        ("tickets", "psi(out.predict) > 0.2"),
        ("tickets", "accuracy < 0.9"),
        ("plain", "accuracy < 0.9"),
    ],
)
def test_other_rules_have_no_warning(tickets, reference, rule):
    assert add(tickets.context, reference, rule).warnings == ()
