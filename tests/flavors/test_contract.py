"""The contract of every flavor; the tests run over the table of frameworks."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from nbmodel import plugins
from nbmodel.flavors import pickling
from nbmodel.flavors.description import describe
from nbmodel.records import Column, Description
from tests.flavors.samples import Hostile, samples

ROWS = {row.name: row for row in (*plugins.FRAMEWORKS, plugins.FALLBACK)}


def _flavor(name):
    module, _, attribute = ROWS[name].flavor.partition(":")
    return getattr(import_module(module), attribute)


def _bytes_of(obj):
    pickled = pickling.dump(obj)
    return pickled.skeleton, [bytes(buffer) for buffer in pickled.buffers]


def _check_form(description: Description):
    assert isinstance(description.summary, str)
    assert description.summary
    assert "\n" not in description.summary
    assert len(description.summary) <= 200
    assert all(isinstance(key, str) for key in description.params)
    assert all(
        value is None or type(value) in (str, int, float, bool)
        for value in description.params.values()
    )
    assert all(type(number) is int and number > 0 for number in description.counts.values())
    assert all(isinstance(array, np.ndarray) for array in description.arrays.values())
    assert not any(array.dtype.hasobject for array in description.arrays.values())
    for column in (*description.signature.inputs, *description.signature.outputs):
        assert isinstance(column, Column)
        assert all(type(size) is int and size >= -1 for size in column.shape)


@pytest.mark.parametrize("name", ROWS)
def test_flavor_is_named_as_its_row(name):
    assert _flavor(name).name == name


@pytest.mark.parametrize("name", ROWS)
def test_description_has_its_form_and_its_flavor(name):
    for kind, obj in samples(name).items():
        description = describe(obj)
        _check_form(description)
        assert description.flavor == name, kind
        assert description.type == f"{type(obj).__module__}.{type(obj).__qualname__}"


@pytest.mark.parametrize("name", ROWS)
def test_description_changes_nothing(name):
    for kind, obj in samples(name).items():
        if kind == "empty":  # a booster that XGBoost itself cannot store
            continue
        before = _bytes_of(obj)
        describe(obj)
        assert _bytes_of(obj) == before, kind


@pytest.mark.parametrize("name", ROWS)
def test_incomplete_objects_are_described(name):
    for obj in samples(name).values():
        kind = type(obj)
        if kind.__flags__ & (1 << 9):  # a Python class: bare instances of it can be made
            bare = kind.__new__(kind)
            assert describe(bare).flavor == name


@pytest.mark.parametrize("name", ROWS)
def test_nested_objects_are_described_under_their_path(name):
    for kind, obj in samples(name).items():
        if kind in ("number", "function", "class", "set", "objects", "loop"):
            continue
        alone, nested = describe(obj), describe({"parts": [obj]})
        assert nested.flavor == "python"
        prefix = "parts.0." if "" not in alone.arrays else "parts.0"
        assert list(nested.arrays) == [f"{prefix}{path}" for path in alone.arrays], kind
        assert dict(nested.counts) == dict(alone.counts)


@pytest.mark.parametrize("name", ROWS)
def test_reduction_declines_what_it_does_not_know(name):
    assert _flavor(name).reduce(object()) is NotImplemented


@pytest.mark.parametrize("name", ROWS)
def test_second_dump_gives_the_same_buffers(name):
    for kind, obj in samples(name).items():
        if kind != "empty":
            assert _bytes_of(obj)[1] == _bytes_of(obj)[1], kind


def test_hostile_objects_are_described():
    description = describe(Hostile())
    assert description.type.endswith("samples.Hostile")
    assert describe([Hostile(), {"k": Hostile()}]).flavor == "python"


def test_arrays_are_the_objects_own_memory():
    pipeline = samples("sklearn")["pipeline"]
    net = samples("torch")["net"]
    layer = samples("keras")["net"].layers[0]
    own = [
        (describe(pipeline).arrays["steps.logisticregression.coef_"], pipeline[-1].coef_),
        (describe(net).arrays["0.weight"], net[0].weight.detach().numpy()),
        (describe(layer).arrays[layer.kernel.path], layer.kernel.value.detach().numpy()),
    ]
    for described, array in own:
        assert np.shares_memory(described, array)
