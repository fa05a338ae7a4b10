"""Rows and true answers: names of columns, the order of rows, groups and weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.labeled_data import labeled_data

FRAME = pd.DataFrame(
    {"age": [40, 31, 52], "team": ["a", "b", "a"], "weight": [1.0, 0.5, 2.0], "y": [1, 0, 1]}
)


@pytest.mark.parametrize("data", [FRAME, pl.from_pandas(FRAME)], ids=["pandas", "polars"])
def test_columns_by_name_are_not_given_to_the_model(data):
    result = labeled_data(data, "y", groups="team", weights="weight")
    assert list(result.data.columns) == ["age"]
    assert result.values == [1, 0, 1]
    assert result.groups.tolist() == [0, 1, 0]
    assert result.weights.tolist() == [1.0, 0.5, 2.0]


def test_an_index_that_belongs_to_other_rows_is_not_an_order():
    shuffled = FRAME.sample(frac=1, random_state=1)
    with pytest.raises(InvalidValue, match=r"y_test\.loc\[X_test\.index\]"):
        labeled_data(shuffled[["age"]], FRAME["y"])
    # A filtered frame and answers that were numbered anew are in the same order.
    filtered = FRAME.set_index(pd.Index([7, 9, 11]))
    assert labeled_data(filtered[["age"]], FRAME["y"]).values == [1, 0, 1]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], "weights of the shape"),
        ([1, -1, 1], "negative"),
        ([1, np.nan, 1], "missing"),
        ([0, 0, 0], "their sum is 0"),
        (["a", "b", "c"], "not numbers"),
    ],
)
def test_weights_that_are_not_usable(weights, message):
    with pytest.raises(InvalidValue, match=message):
        labeled_data(FRAME[["age"]], FRAME["y"], weights=weights)


def test_a_column_with_a_similar_name_is_suggested():
    with pytest.raises(InvalidValue, match="Did you mean weight"):
        labeled_data(FRAME, "y", weights="weiht")


def test_two_columns_of_one_name():
    data = pd.DataFrame([[1, 2, 0]], columns=["age", "y", "y"])
    with pytest.raises(InvalidValue, match="several columns 'y'"):
        labeled_data(data, "y")


def test_groups_of_another_length():
    with pytest.raises(InvalidValue, match="Give the group of each row"):
        labeled_data(FRAME[["age"]], FRAME["y"], groups=["a"])
