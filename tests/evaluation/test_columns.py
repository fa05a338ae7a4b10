"""The columns of a model in a frame: by name, in the order of the training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from lightgbm import LGBMRegressor
from sklearn.linear_model import LinearRegression

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.columns import model_rows
from nbmodel.predict.input_detection import inputs_of

X = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["age", "Income", "höhe"])
MODEL = LGBMRegressor(n_estimators=3, verbose=-1).fit(X, X["age"])
INPUTS = inputs_of(MODEL, X)


def test_another_order_of_columns_is_put_right_and_said():
    swapped = X[["höhe", "age", "Income"]]
    result = model_rows(MODEL, swapped, INPUTS, "age@1")
    assert list(result.data.columns) == list(X.columns)
    assert "order of the training data" in result.remarks[0]
    np.testing.assert_array_equal(MODEL.predict(result.data), MODEL.predict(X))


@pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas], ids=["pandas", "polars"])
def test_other_columns_are_left_out_without_a_remark(convert):
    result = model_rows(MODEL, convert(X.assign(region="north")), INPUTS, "age@1")
    assert list(result.data.columns) == list(X.columns)
    assert result.remarks == ()


def test_a_missing_column_is_named_with_the_similar_one():
    with pytest.raises(InvalidValue, match="lacks the column 'Income' of age@1") as caught:
        model_rows(MODEL, X.rename(columns={"Income": "income"}), INPUTS, "age@1")
    assert "'Income': Did you mean income?" in caught.value.hint


def test_many_missing_columns_are_counted():
    wide = pd.DataFrame(np.zeros((5, 9)), columns=[f"col {n}" for n in range(9)])
    model = LinearRegression().fit(wide, [0] * 5)
    with pytest.raises(InvalidValue, match="and 3 more of wide@1"):
        model_rows(model, wide[["col 0"]], inputs_of(model, wide), "wide@1")


def test_an_array_is_compared_by_its_width():
    model = LinearRegression().fit(X.to_numpy(), X["age"])
    inputs = inputs_of(model, X.to_numpy())
    assert model_rows(model, X, inputs, "age@1").data is X
    with pytest.raises(InvalidValue, match="takes 3 columns, and the data has 2"):
        model_rows(model, X[["age", "Income"]], inputs, "age@1")


def test_names_that_were_recorded_for_other_data_do_not_count():
    model = LinearRegression().fit(X.to_numpy(), X["age"])
    recorded = inputs_of(model, X.assign(target=1))  # committed with all columns of its frame
    assert model_rows(model, X, recorded, "age@1").data is X
