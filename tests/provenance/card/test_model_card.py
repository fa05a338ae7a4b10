"""The card of a version: parameters that were set come first, defaults are folded."""

from __future__ import annotations

import pytest
from xgboost import XGBRegressor

from nbmodel.provenance.card.custom_sections import parse_card

ROWS = [[1.0], [2.0], [3.0], [4.0]]


@pytest.fixture
def card(registry):
    model = XGBRegressor(n_estimators=3, max_depth=2).fit(ROWS, [1.0, 2.0, 3.0, 4.0])
    registry.commit(model, "price", "first", params={"seed": 7})
    return registry.card("price@1").card


def test_only_parameters_that_were_set_are_rows(card):
    section = card.partition("## Parameters")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert [row.split("|")[1].strip() for row in rows] == [
        "name", "---", "max\\_depth", "n\\_estimators", "seed",
    ]  # fmt: skip
    assert "37 with default values: " in section or "38 with default values: " in section
    assert "booster=None" in section


def test_the_line_of_defaults_is_no_section_of_the_user(card):
    assert parse_card(card).own == parse_card("").own
