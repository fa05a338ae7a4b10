"""Slices by the names that a user writes, also of columns with odd names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.slice_names import slices_of

DATA = pd.DataFrame(
    {
        "region": ["north", "süd"] * 6,
        "age": range(12),
        "a*b": ["x"] * 12,
        "time:zone": ["utc"] * 12,
        "height:": ["tall"] * 12,
    }
)


@pytest.mark.parametrize("data", [DATA, pl.from_pandas(DATA)], ids=["pandas", "polars"])
def test_columns_bins_and_pairs(data):
    region, age, both = slices_of(data, ["region", "age:3", "region*age:2"])
    assert region.levels == (("north",), ("süd",))
    assert len(age.levels) == 3
    assert both.columns == ("region", "age")
    assert len(both.levels) == 4


@pytest.mark.parametrize("name", ["a*b", "time:zone", "height:"])
def test_a_column_is_found_by_its_whole_name_first(name):
    assert slices_of(DATA, [name])[0].columns == (name,)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("regon", "no column 'regon'"),
        ("age:many", "'many' in 'age:many' is not a number"),
        ("age:1", "1 bins"),
        ("region*", "is not a slice"),
        ("region*age*region", "is not a slice"),
    ],
)
def test_texts_of_another_form(name, message):
    with pytest.raises(InvalidValue, match=message):
        slices_of(DATA, [name])


def test_an_array_has_no_slices():
    with pytest.raises(InvalidValue, match="no names of columns"):
        slices_of(np.zeros((3, 2)), ["region"])
    assert slices_of(np.zeros((3, 2)), []) == ()
