"""Requests become rows, or an error that names the row and the column."""

from __future__ import annotations

import numpy as np
import pytest

from nbmodel.errors import InvalidInput
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.rows import concatenate, count_rows
from nbmodel.records import Column, Signature


def decoder(*columns: Column) -> Decoder:
    return Decoder(Inputs.of(Signature(columns)))


def of_frame(**dtypes: str) -> Decoder:
    return decoder(*(Column(name, dtype, (-1,)) for name, dtype in dtypes.items()))


NUMBERS = of_frame(age="int64", income="float64")
MIXED = of_frame(age="int64", city="object")
TENSOR = decoder(Column("X", "float32", (-1, 2, 3)))


def test_records_of_numbers_are_a_matrix_in_the_order_of_the_columns():
    rows = NUMBERS.from_records([{"income": 2.5, "age": 1}, {"age": 3, "income": 4}])
    assert rows.tolist() == [[1, 2.5], [3, 4]]


def test_a_missing_number_is_not_a_number():
    rows = NUMBERS.from_records([{"age": 1, "income": None}])
    assert np.isnan(rows[0, 1])


def test_records_with_texts_are_columns():
    rows = MIXED.from_records([{"age": 1, "city": "Ulm"}, {"age": 2, "city": None}])
    assert rows["age"].tolist() == [1, 2]
    assert rows["city"].tolist() == ["Ulm", None]
    assert count_rows(rows) == 2


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "no rows"),
        ([{"age": 1}], "Row 0: The columns do not fit: missing 'income'"),
        ([{"age": 1, "income": 2}, {"age": 1, "income": 2, "x": 3}], "Row 1: .*unknown 'x'"),
        ([{"age": 1, "wage": 2}], "missing 'income'; unknown 'wage'"),
        ([{"age": 1, "income": "high"}], "Row 0, column 'income': 'high' is not a number"),
        ([{"age": 1, "income": {}}], "column 'income'"),
        ([{"age": 1, "income": 2}, [1, 2]], "Row 1 is not an object"),
        ([[1, 2], [1]], "Row 1 does not hold 2 values"),
        ([1, 2], "Row 0 does not hold"),
        (["ab"], "Row 0 does not hold"),
    ],
)
def test_a_value_that_does_not_fit_is_named(records, message):
    with pytest.raises(InvalidInput, match=message):
        NUMBERS.from_records(records)


def test_an_unnamed_tensor_must_have_its_shape():
    assert TENSOR.from_tensor(np.zeros((4, 2, 3))).shape == (4, 2, 3)
    for wrong in ((4, 2), (4, 3, 2), (0, 2, 3)):
        with pytest.raises(InvalidInput, match="shape"):
            TENSOR.from_tensor(np.zeros(wrong))


def test_a_flat_row_is_one_row():
    tensor = decoder(Column("", "float64", (-1, 3)))
    assert tensor.from_tensor(np.arange(3.0)).shape == (1, 3)


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(InvalidInput, match="lengths"):
        NUMBERS.from_columns({"age": np.zeros(2), "income": np.zeros(3)})


def test_a_column_of_texts_in_place_of_numbers_is_named():
    with pytest.raises(InvalidInput, match="'age'"):
        MIXED.from_columns({"age": np.array(["x"], object), "city": np.array(["Ulm"], object)})


def test_batches_join_and_keep_the_order():
    one, two = NUMBERS.from_records([[1, 2]]), NUMBERS.from_records([[3, 4], [5, 6]])
    assert concatenate([one, two]).tolist() == [[1, 2], [3, 4], [5, 6]]
    a, b = MIXED.from_records([[1, "x"]]), MIXED.from_records([[2, "y"]])
    assert concatenate([a, b])["city"].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([{"age": 1, "income": "2.5"}], "Row 0, column 'income': '2.5' is not a number"),
        (
            [{"age": 1, "income": 2}, {"age": 1.5, "income": 2}],
            "Row 1, column 'age': 1.5 is not a whole",
        ),
        ([{"age": "1", "income": None}], "Row 0, column 'age'"),
    ],
)
def test_numbers_are_not_guessed(records, message):
    with pytest.raises(InvalidInput, match=message):
        NUMBERS.from_records(records)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            [{"age": 1.5, "city": "Ulm"}],
            "Row 0, column 'age': 1.5 is not a whole number of type int64",
        ),
        ([{"age": 2**63, "city": "Ulm"}], "column 'age'"),
        ([{"age": 1, "city": ["Ulm"]}], "Row 0, column 'city'"),
        ([{"age": "x", "city": "Ulm"}], "Row 0, column 'age': 'x'"),
    ],
)
def test_columns_beside_texts_are_checked_too(records, message):
    with pytest.raises(InvalidInput, match=message):
        MIXED.from_records(records)


def test_a_whole_number_can_be_missing_or_written_as_a_fraction():
    assert MIXED.from_records([{"age": 2.0, "city": "Ulm"}])["age"].dtype == "int64"
    assert np.isnan(MIXED.from_records([{"age": None, "city": "Ulm"}])["age"][0])


def test_columns_of_texts_accept_texts_only():
    text = of_frame(age="int64", city="str")
    assert text.from_records([{"age": 1, "city": None}])["city"][0] is None
    with pytest.raises(InvalidInput, match="column 'city': 5 is not a text"):
        text.from_records([{"age": 1, "city": 5}])


@pytest.mark.parametrize("shape", [(), (2, 2), (0,)])
def test_a_column_has_one_value_a_row(shape):
    columns = {"age": np.ones(shape), "income": np.ones(shape)}
    with pytest.raises(InvalidInput, match=r"shape|no rows"):
        NUMBERS.from_columns(columns)
