"""UBJSON, only as XGBoost writes it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xgboost
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.trust.ubjson import decode
from tests.flavors.samples import samples


def _plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _length(count):
    return b"L" + count.to_bytes(8, "big", signed=True)


@pytest.mark.parametrize("kind", ["booster", "linear", "dart"])
def test_it_reads_what_the_json_form_says(kind):
    booster: xgboost.Booster = samples("xgboost")[kind]
    found = _plain(decode(memoryview(bytes(booster.save_raw("ubj")))))
    expected = json.loads(bytes(booster.save_raw("json")))
    assert found["learner"]["learner_model_param"] == expected["learner"]["learner_model_param"]
    assert found["version"] == expected["version"]
    trees = expected["learner"]["gradient_booster"].get("model", {}).get("trees", ())
    for number, tree in enumerate(trees):
        mine = found["learner"]["gradient_booster"]["model"]["trees"][number]
        assert mine["left_children"] == tree["left_children"]
        assert mine["split_indices"] == tree["split_indices"]
        assert np.allclose(mine["split_conditions"], tree["split_conditions"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"X",
        b"{}}",
        b"{" + _length(1) + b"ai\x01" + _length(1) + b"ai\x02}",
        b"[#" + _length(-1),
        b"[#" + _length(1 << 40),
        b"[$l#" + _length(1 << 60),
        b"[$x#" + _length(0),
        b"[i\x01]",
        b"S" + _length(5) + b"abc",
        b"S" + _length(1) + b"\xff",
        (b"[#" + _length(1)) * 100 + b"Z",
        b"[#i\x01Z",
    ],
)
def test_other_forms_are_refused(data):
    with pytest.raises(ValueError):
        decode(memoryview(data))


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_behind_a_document_are_a_value_error(data):
    with pytest.raises(ValueError):
        decode(memoryview(b"{" + data + b"{"))
