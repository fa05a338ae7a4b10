"""List: what is said when a search finds nothing."""

from __future__ import annotations

import pytest


@pytest.fixture
def fitted(registry):
    """Two models with metrics and parameters."""
    registry.commit({"w": 1}, "churn", metrics={"auc": 0.9})
    registry.commit({"w": 2}, "net", params={"logisticregression__C": 0.5, "Größe": 3})
    return registry


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("metrics.acu > 0.5", "No version has the metric 'acu'. Did you mean metrics.auc?"),
        (
            "params.C < 1",
            "No version has the parameter 'C'. Did you mean params.logisticregression__C?",
        ),
        ("not tags.team = red", ""),  # it finds versions
        ("tags.team = red", "No version has the tag 'team'."),
        (
            "metrics.auc > 0.99 and (params.Grösse = 3 or name = x)",
            "No version has the parameter 'Grösse'. Did you mean params.Größe?",
        ),
        ("metrics.auc > 0.99", ""),
    ],
)
def test_a_name_that_no_version_has_is_said_when_nothing_is_found(fitted, query, hint):
    assert fitted.list(query).hint == hint
    assert fitted.list(query).text().endswith(hint)
