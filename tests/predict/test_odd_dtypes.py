"""A dtype in a manifest is any text of another person: an unknown one is refused or ignored.

numpy parses a text with commas as Python does, and raises SyntaxError. Found by `tests/fuzzing`.
"""

from __future__ import annotations

import contextlib

import pytest

from nbmodel.errors import InvalidInput
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.frames import pandas as frames
from nbmodel.predict.inputs import InputColumn, Inputs

ODD = [
    "f8,(",
    "(1,f8",
    "f8,)",
    ",",
    "M8[",
    "[",
    "x\0",
    "interval[",
    "interval[f8,(]",
    "Sparse[f8,(]",
]


@pytest.mark.parametrize("dtype", ODD)
@pytest.mark.parametrize("kind", ["frame", "matrix", "tensors"])
def test_an_odd_dtype_of_a_column_is_decoded_or_refused(dtype, kind):
    column = InputColumn(name="a", dtype=dtype, shape=(-1,))
    with contextlib.suppress(InvalidInput):
        decoder = Decoder(Inputs(kind=kind, columns=(column,)))
        assert decoder.from_records([{"a": 1}]) is not None


@pytest.mark.parametrize("dtype", ODD)
@pytest.mark.parametrize("categories", [("x",), (1, 2), (None, 10**400)])
def test_an_odd_dtype_of_categories_is_refused(dtype, categories):
    column = InputColumn(name="a", dtype="category", categories=categories, category_dtype=dtype)
    with pytest.raises(InvalidInput, match="'a' has the type"):
        frames._categorical(column)


def test_valid_dtypes_are_read():
    column = InputColumn(name="a", dtype="category", categories=(1, 2), category_dtype="int64")
    rows = Decoder(Inputs(kind="frame", columns=(column,))).from_records([{"a": 2}, {"a": 1}])
    made = frames._categorical(column)(rows["a"])
    assert made.tolist() == [2, 1]
    assert made.categories.dtype == "int64"
