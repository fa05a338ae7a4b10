"""Weights of members as shares of the whole, and those that are refused."""

from __future__ import annotations

import math

import pytest

from nbmodel.errors import InvalidValue
from nbmodel.merging.weights import shares

MEMBERS = ["churn@1", "churn:exp@2"]


def test_weights_become_shares():
    assert shares([], MEMBERS) == (0.5, 0.5)
    assert shares([100, 300], MEMBERS) == (0.25, 0.75)
    assert shares([0, 2.5], MEMBERS) == (0.0, 1.0)
    assert math.fsum(shares([0.1] * 7, ["x"] * 7)) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([1], "2 members and 1 weight."),
        ([1, 2, 3], "2 members and 3 weights."),
        ([1, -1], "The weight of churn:exp@2 is -1"),
        ([math.nan, 1], "The weight of churn@1 is nan"),
        ([math.inf, 1], "The weight of churn@1 is inf"),
        (["1", 1], "The weight of churn@1 is '1'"),
        ([True, 1], "The weight of churn@1 is True"),
        ([10**400, 1], "The weight of churn@1"),
        ([0, 0], "All weights are 0"),
        ([1e308, 1e308], "not finite"),
    ],
)
def test_a_weight_that_cannot_be_one_is_refused(weights, says):
    with pytest.raises(InvalidValue) as refused:
        shares(weights, MEMBERS)
    assert says in refused.value.what
    assert refused.value.hint
