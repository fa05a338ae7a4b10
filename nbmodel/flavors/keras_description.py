"""What nbmodel describes of a Keras object: settings, variables, inputs and outputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nbmodel.flavors.description import plural
from nbmodel.flavors.keras_parts import as_array
from nbmodel.records import Column

if TYPE_CHECKING:
    from nbmodel.flavors.description import DescriptionBuilder


def note_variables(builder: DescriptionBuilder, layer: Any) -> None:
    """Note the variables, and the number of layers and parameters."""
    total = 0
    for variable in layer.weights:
        total += math.prod(variable.shape)
        builder.array(variable.path, as_array(variable))
    layers = len(getattr(layer, "layers", ())) or 1
    builder.count("layers", layers)
    builder.count("parameters", total)
    builder.summary += f", {plural(layers, 'layer')}, {plural(total, 'parameter')}"


def note_settings(builder: DescriptionBuilder, layer: Any) -> None:
    """Note the settings of each layer, and of the compilation."""
    for part in getattr(layer, "layers", None) or [layer]:
        note_config(builder, part, f"{part.name}.")
    optimizer = getattr(layer, "optimizer", None)
    if optimizer is not None:
        builder.param("optimizer", type(optimizer).__name__)
        note_config(builder, optimizer, "optimizer.")
    if isinstance(loss := getattr(layer, "loss", None), str):
        builder.param("loss", loss)


def note_config(builder: DescriptionBuilder, part: Any, prefix: str) -> None:
    """Note the scalars of a configuration, and the class names of nested objects."""
    try:
        config = part.get_config()
    except NotImplementedError:  # a subclass with arguments that Keras cannot know
        return
    for key, value in config.items():
        if isinstance(value, dict) and isinstance(value.get("class_name"), str):
            function = value["class_name"] == "function"
            builder.param(f"{prefix}{key}", value["config" if function else "class_name"])
        elif key != "name" and not isinstance(value, dict | list):
            builder.param(f"{prefix}{key}", value)


def note_signature(builder: DescriptionBuilder, layer: Any) -> None:
    """Note inputs and outputs."""
    builder.inputs = _columns(layer, "inputs")
    builder.outputs = _columns(layer, "outputs")


def _columns(layer: Any, which: str) -> tuple[Column, ...]:
    names = getattr(layer, f"{which[:-1]}_names", None) or ()
    tensors = getattr(layer, which, None) or ()
    labels = [*names, *(tensor.name for tensor in tensors[len(names) :])]
    return tuple(
        Column(name, tensor.dtype, tuple(-1 if n is None else n for n in tensor.shape))
        for name, tensor in zip(labels, tensors, strict=False)
    )
