"""Models of Keras: the mean of their weights, put into the first member.

The members must have equal configurations, but for the names that Keras gives to layers. So must
be what layers store beside their weights, such as a vocabulary. Integers are not averaged: they
must be equal. The optimizer of the first member stays unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

from nbmodel.errors import CannotMerge
from nbmodel.merging.averages.arrays import weighted_mean
from nbmodel.merging.base import Member
from nbmodel.merging.differences import same_class

_HINT = "Average members of one architecture, or combine their answers: --how FUNCTION."


def average(members: Sequence[Member], weights: Sequence[float]) -> Any:
    """Return the first member with the mean of all weights."""
    first, *others = members
    if not isinstance(first.model, keras.Model):
        raise CannotMerge(
            f"{first.ref} is a {type(first.model).__name__}, and only models of Keras can be "
            "averaged",
            "Commit the model itself.",
        )
    for other in others:
        _require_same_architecture(first, other)
    columns = list(zip(*(member.model.weights for member in members), strict=True))
    means = [_mean(variables, weights, members) for variables in columns]
    for variable, mean in zip(first.model.weights, means, strict=True):
        variable.assign(mean)
    return first.model


def _require_same_architecture(first: Member, other: Member) -> None:
    one, two = first.model, other.model
    if not same_class(type(one), type(two)):
        kinds = f"{first.ref} is a {type(one).__name__}, and {other.ref} a {type(two).__name__}"
        raise CannotMerge(kinds, _HINT)
    if len(one.weights) != len(two.weights):
        counts = f"{len(one.weights)} weights, and {other.ref} {len(two.weights)}"
        raise CannotMerge(f"{first.ref} has {counts}", _HINT)
    for ours, theirs in zip(one.weights, two.weights, strict=True):
        if ours.name != theirs.name or tuple(ours.shape) != tuple(theirs.shape):
            raise CannotMerge(
                f"{ours.path} has the shape {list(ours.shape)} in {first.ref}, and {theirs.path} "
                f"{list(theirs.shape)} in {other.ref}",
                _HINT,
            )
    if (place := _first_difference(_configuration(one), _configuration(two))) is not None:
        raise CannotMerge(f"the layers of {first.ref} and {other.ref} differ: {place}", _HINT)
    for ours, theirs in zip(_layers(one), _layers(two), strict=True):
        if _assets(ours) != _assets(theirs):
            what = f"what {ours.name} stores beside its weights, such as a vocabulary"
            raise CannotMerge(f"{what}, differs in {first.ref} and {other.ref}", _HINT)


def _assets(layer: Any) -> dict[str, bytes]:
    """The files that a layer stores beside its weights: content by path."""
    if not hasattr(layer, "save_assets"):
        return {}
    with TemporaryDirectory() as folder:
        layer.save_assets(folder)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _configuration(model: Any) -> Any:
    """What defines a model, with its layers named by their positions."""
    try:
        document = json.loads(model.to_json())
    except (NotImplementedError, TypeError, ValueError):  # a subclass without get_config
        layers = [_layer_configuration(layer) for layer in _layers(model)]
        return _renamed(layers, _positions(model))
    document.pop("compile_config", None)  # how it was trained
    return _renamed(document, _positions(model))


def _layer_configuration(layer: Any) -> Any:
    """What defines one layer of a model without a configuration."""
    try:
        return json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    except (NotImplementedError, TypeError, ValueError):  # a layer without get_config
        return type(layer).__name__


def _positions(model: Any) -> dict[str, str]:
    """The position of each layer by its name."""
    names = [model.name, *(layer.name for layer in _layers(model))]
    return {name: f"layer {n}" for n, name in reversed(list(enumerate(names)))}


def _layers(model: Any) -> Iterator[Any]:
    yield from model._flatten_layers(include_self=False, recursive=True)


def _renamed(document: Any, names: dict[str, str]) -> Any:
    if isinstance(document, dict):
        return {
            key: _renamed(value, names)
            for key, value in document.items()
            if key not in ("build_config", "seed", "keras_version")
        }
    if isinstance(document, list):
        return [_renamed(value, names) for value in document]
    return names.get(document, document) if isinstance(document, str) else document


def _first_difference(one: Any, two: Any, path: str = "") -> str | None:
    """The first place where two JSON documents differ; None if they are equal."""
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        parts = (_first_difference(one[k], two[k], f"{path}.{k}".lstrip(".")) for k in one)
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        pairs = enumerate(zip(one, two, strict=True))
        parts = (_first_difference(a, b, f"{path}[{n}]") for n, (a, b) in pairs)
    else:
        return None if one == two and type(one) is type(two) else path
    return next((part for part in parts if part is not None), None)


def _mean(variables: Sequence[Any], weights: Sequence[float], members: Sequence[Member]) -> Any:
    names = [
        f"{variable.path} of {member.ref}"
        for variable, member in zip(variables, members, strict=True)
    ]
    dtypes = {str(variable.dtype) for variable in variables}
    if len(dtypes) > 1:
        listing = " and ".join(sorted(dtypes))
        raise CannotMerge(f"{names[0]} and others are {listing}", "Use members of one dtype.")
    arrays = [_array(variable) for variable in variables]
    if arrays[0].dtype.kind in "fc":
        return weighted_mean(arrays, weights, names)
    if not all(np.array_equal(arrays[0], array) for array in arrays[1:]):
        raise CannotMerge(
            f"{names[0]} and other members are different integers or texts, which have no mean",
            "Give all members the same values.",
        )
    return arrays[0]


def _array(variable: Any) -> Any:
    """The value of a variable; numpy has no bfloat16, so that is widened."""
    wide = keras.ops.cast(variable, "float32") if variable.dtype == "bfloat16" else variable
    return keras.ops.convert_to_numpy(wide)
