"""Rows are drawn from the valid parts of a profile, which another person may have written.

A server draws them for a scorer that it compiles. An odd profile may make it do without the
scorer, but must not stop it. Found by `tests/fuzzing`.
"""

from __future__ import annotations

import numpy as np
import pytest

from nbmodel.predict import synthetic_rows, synthetic_values
from nbmodel.predict.acceptance import decode_rows
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.inputs import InputColumn, Inputs

HUGE = 10**400
ODD = [
    None, True, -1, HUGE, "text", "NaT", float("nan"), float("inf"), 1e308, [], [[]], [1], {},
    {"max": "x"}, [["a"]], [["a", 1, 2]], [[{}, 1]], {"0.5": None}, {"0.5": HUGE}, {"0.5": "x"},
]  # fmt: skip
DTYPES = (
    "float64",
    "int64",
    "object",
    "category",
    "datetime64[ns]",
    "timedelta64[ns]",
    "bool",
    "str",
)
SOUND = {
    "name": "a", "kind": "number", "missing": 0, "min": 0.0, "max": 9.0,
    "quantiles": {q: float(n) for n, q in enumerate(synthetic_values._QUANTILES)},
}  # fmt: skip


def decoder_of(dtype, shape=(-1,)):
    return Decoder(Inputs(kind="frame", columns=(InputColumn(name="a", dtype=dtype, shape=shape),)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "key", ["top", "missing", "min", "max", "quantiles", "length", "name", "kind"]
)
def test_an_invalid_statistic_is_ignored(dtype, key):
    decoder = decoder_of(dtype)
    for value in ODD:
        for kind in ("number", "text", "category", value):
            column = {**SOUND, "kind": kind, key: value}
            for columns in ([column], value):
                rows = synthetic_rows.draw(decoder, None, {"columns": columns})
                assert len(rows["a"]) == synthetic_rows.ROW_COUNT
                if key not in ("top", "min", "max"):
                    decode_rows(decoder, rows, range(4))


@pytest.mark.parametrize("value", ODD)
def test_an_invalid_statistic_of_a_tensor_is_ignored(value):
    decoder = decoder_of("float32", (-1, 2, 2))
    for key in SOUND:
        rows = synthetic_rows.draw(decoder, None, {"columns": [{**SOUND, key: value}]})
        assert np.isfinite(np.array(rows, float)).all()


def test_a_valid_statistic_is_used():
    rows = synthetic_rows.draw(decoder_of("float64"), None, {"columns": [SOUND, {"name": []}, 5]})
    assert {0.0, 9.0} <= set(rows["a"])
    assert all(0 <= value <= 9 for value in rows["a"])


def test_a_row_without_values_is_not_drawn():
    with pytest.raises(synthetic_values.NotDrawn, match="no values"):
        synthetic_rows.draw(decoder_of("float32", (-1, 0, 3)), None, {})


def test_a_row_of_many_empty_lists_is_not_drawn():
    """Without this, 2**31 of them were made for a row that has no values."""
    columns = (
        InputColumn(name="a", dtype="float32", shape=(-1, 1 << 31, 0)),
        InputColumn(name="b", dtype="float64", shape=(-1,)),
    )
    decoder = Decoder(Inputs(kind="frame", columns=columns))
    with pytest.raises(synthetic_values.NotDrawn, match="a row has 2,147,483,649 values"):
        synthetic_rows.draw(decoder, None, {})
