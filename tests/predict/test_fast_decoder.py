"""The fast decoder reads what the slow decoder reads, and leaves other requests to it."""

from __future__ import annotations

import json

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmodel.errors import InvalidInput
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.rows import count_rows
from nbmodel.records import Column, Signature
from nbmodel.serve.protocol.v2 import read_inputs


def decoder(*columns: Column) -> Decoder:
    return Decoder(Inputs.of(Signature(columns)))


def of_frame(**dtypes: str) -> Decoder:
    return decoder(*(Column(name, dtype, (-1,)) for name, dtype in dtypes.items()))


DECODERS = {
    "floats": of_frame(a="float64", b="float64", c="float64"),
    "whole": of_frame(a="int64", b="int64", c="int64"),
    "mixed": of_frame(a="float64", b="int64", c="float64"),
    "tensor": decoder(Column("X", "float64", (-1, 3))),
    "whole tensor": decoder(Column("X", "int64", (-1, 3))),
}
SLOW = {
    "float32": of_frame(a="float32", b="float32", c="float32"),
    "truth": of_frame(a="bool", b="float64", c="float64"),
    "text": of_frame(a="object", b="float64", c="float64"),
    "small": of_frame(a="int8", b="float64", c="float64"),
    "one": of_frame(a="float64"),
    "image": decoder(Column("X", "float64", (-1, 3, 2))),
    "unknown": of_frame(a="", b="float64", c="float64"),
}


class Patient(Decoder):
    """The same without the quick way."""

    fast = None


def outcome(read, *arguments):
    try:
        rows = read(*arguments)
    except InvalidInput as error:
        return "refused", str(error)
    if isinstance(rows, dict):
        return {
            name: (v.dtype, v.tolist() if v.dtype.hasobject else v.tobytes())
            for name, v in rows.items()
        }
    return rows.dtype, rows.shape, rows.tobytes()


def same(decoder: Decoder, document) -> None:
    """Both ways read a document to the same rows, or refuse it in the same words."""
    document = orjson.loads(json.dumps(document).encode())
    patient = Patient(decoder.inputs)
    if isinstance(document, list):
        assert outcome(decoder.from_records, document) == outcome(patient.from_records, document)
    else:
        assert outcome(read_inputs, decoder, document) == outcome(read_inputs, patient, document)


ODD = [
    0, 1, -1, 1.5, -0.0, 2.0, True, False, None, "1.5", "", [1.0], [], {}, 2**53, 2**53 + 1, 2**63,
    -(2**63), 10**30, 1e300, 5e-324,
]  # fmt: skip
VALUES = st.one_of(st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False),
                   st.sampled_from(ODD))  # fmt: skip
NUMBERS = st.one_of(st.integers(-(2**40), 2**40), st.floats(-1e9, 1e9))
NAMES = st.sampled_from(["a", "b", "c", "d", ""])

SHAPES = st.sampled_from(
    [[1], [2], [1, 1], [2, 1], [1, 3], [2, 3], [3], [0], [], [-1], [True], [1.0], "1", None, 3]
)
TENSOR = st.fixed_dictionaries(
    {
        "name": NAMES,
        "shape": SHAPES,
        "datatype": st.sampled_from(["FP64", "INT64", "FP32", "BOOL", "BYTES", "fp64", None]),
        "data": st.one_of(st.lists(VALUES, max_size=6), st.none(),
                          st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=2)),
    },
    optional={"parameters": st.sampled_from([{}, None, {"binary_data_size": 8}])},
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(DECODERS)), st.lists(st.one_of(TENSOR, VALUES), max_size=4))
def test_any_tensors_are_decoded_as_by_the_slow_decoder(name, inputs):
    same(DECODERS[name], {"inputs": inputs})


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["floats", "whole", "mixed"]),
    st.integers(1, 3),
    st.permutations(["a", "b", "c"]),
    st.sampled_from(["FP64", "INT64"]),
    st.data(),
)
def test_tensors_with_one_wrong_value_are_decoded_as_by_the_slow_decoder(
    name, rows, names, datatype, data
):
    value = NUMBERS if data.draw(st.booleans()) else VALUES
    inputs = [
        {"name": each, "shape": [rows], "datatype": datatype,
         "data": data.draw(st.lists(value, min_size=rows, max_size=rows))}
        for each in names
    ]  # fmt: skip
    same(DECODERS[name], {"inputs": inputs})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(DECODERS)), st.integers(1, 3), st.booleans(), st.data())
def test_a_tensor_of_all_columns_is_decoded_as_by_the_slow_decoder(name, rows, nested, data):
    values = data.draw(st.lists(VALUES, min_size=3 * rows, max_size=3 * rows))
    if nested:
        values = [values[at : at + 3] for at in range(0, len(values), 3)]
    tensor = {"name": "X", "shape": [rows, 3], "datatype": "FP64", "data": values}
    same(DECODERS[name], {"inputs": [tensor]})


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(DECODERS)),
    st.lists(
        st.one_of(
            st.fixed_dictionaries(dict.fromkeys("abc", VALUES)),
            st.fixed_dictionaries(dict.fromkeys("cba", NUMBERS)),
            st.dictionaries(NAMES, VALUES),
            st.lists(VALUES, max_size=4),
            VALUES,
        ),
        max_size=3,
    ),
)
def test_any_records_are_decoded_as_by_the_slow_decoder(name, records):
    same(DECODERS[name], records)


ONE = [{"a": 1.5, "b": 2, "c": 3.5}]
EACH = {
    "inputs": [
        {"name": name, "shape": [2], "datatype": "FP64", "data": [1.0, 2.0]} for name in "abc"
    ]
}


@pytest.mark.parametrize("name", ["floats", "mixed"])
def test_the_commonest_requests_are_read_in_one_pass(name):
    fast = DECODERS[name].fast
    assert fast.records(ONE).tolist() == [[1.5, 2, 3.5]]
    result = fast.inputs(EACH["inputs"])
    assert result.tolist() == [[1, 1, 1], [2, 2, 2]]
    assert result.flags.c_contiguous
    assert count_rows(result) == 2


def test_null_is_not_a_number():
    result = DECODERS["floats"].fast.records([{"a": 1.5, "b": None, "c": 3}])
    assert np.isnan(result[0, 1])


@pytest.mark.parametrize("name", SLOW)
def test_columns_of_other_types_use_the_slow_decoder(name):
    assert SLOW[name].fast is None


def test_a_whole_number_has_no_sign_at_zero():
    for result in (DECODERS["mixed"], Patient(DECODERS["mixed"].inputs)):
        rows = result.from_records([{"a": -0.0, "b": -0.0, "c": 1.5}])
        assert np.signbit(rows).tolist() == [[True, False, False]]
