"""Warnings about columns that a rule names and that the data profile does not have."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

import nbmodel
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


@pytest.mark.parametrize("reference", ["tickets", "tickets#prod"])
@pytest.mark.parametrize(
    ("rule", "warning"),
    [
        ("psi(prise) > 0.2", "tickets@1 has no input 'prise'. Did you mean price?"),
        ("psi(weather) > 0.2", "tickets@1 has no input 'weather'."),
        ("ks(line) > 0.2", "ks measures numbers only: 'line' of tickets@1 is a category."),
        ("chi2(price) > 0.2", "chi2 measures categories only: 'price' of tickets@1 is a number."),
        ("psi(opened) > 0.2", "psi measures numbers and categories only: 'opened' of tickets@1 is "
                              "neither a number nor a category."),
    ],
)  # fmt: skip
def test_a_column_that_cannot_be_measured_is_a_warning(tickets, reference, rule, warning):
    added = add(tickets.context, reference, rule)
    assert added.message == f"Rule added for {reference}."
    assert len(added.warnings) == 1
    assert added.warnings[0].endswith(warning)
    assert warning in str(added)
    assert len(list_alerts(tickets.context, reference).alerts) == 1


@pytest.mark.parametrize(
    ("reference", "rule"),
    [
        ("tickets#prod", "psi(price) > 0.2"),
        ("tickets", "new(line) > 1%"),
        ("tickets", "missing(opened) > 1%"),
        ("tickets", "psi(*) > 0.2"),
        ("tickets", "psi(output) > 0.2"),
        ("tickets", "psi(out.predict) > 0.2"),
        ("tickets", "accuracy < 0.9"),
        ("tickets#later", "psi(prise) > 0.2"),
        ("plain", "psi(prise) > 0.2"),
    ],
)
def test_other_rules_have_no_warning(tickets, reference, rule):
    assert add(tickets.context, reference, rule).warnings == ()
