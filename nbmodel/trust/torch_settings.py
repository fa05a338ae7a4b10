"""The settings of torch's modules that an instance may have, with their ranges.

Kernels divide by groups and strides, and allocate memory by sizes. `torch_settings.txt` has the
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from nbmodel.trust.rules import require

Check = Callable[[Any], bool]

MAX_SIZE = 1 << 24
MAX_ITEMS = 64  # in a tuple of sizes
_MAX_LABEL = 1 << 63

# Of a recurrent layer: `nbmodel.trust.torch.check_recurrent` makes them again.
DERIVED = ("_flat_weights", "_flat_weights_names", "_flat_weight_refs", "_all_weights")


def check_settings(kind: str, state: Mapping[str, Any]) -> None:
    """Check the settings of a module: each is in the table, and in its range or None.

    Raises
    ------
    ValueError
        At the first setting that is not.
    """
    own, kinds = _table()
    for name, value in state.items():
        require(name in own.get(kind, ()), f"the setting {name:.80} of {kind}")
        require(
            value is None or _KINDS[kinds[name]](value),
            f"a value out of range of the setting {name} of {kind}",
        )


@cache
def _table() -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """Read the table.

    Returns
    -------
    names : dict of str to frozenset of str
        Settings of each class.
    kinds : dict of str to str
        The kind of each setting.
    """
    own: dict[str, frozenset[str]] = {}
    kinds: dict[str, str] = {}
    text = files("nbmodel.trust").joinpath("torch_settings.txt").read_text("utf-8")
    for line in text.splitlines():
        first, *names = line.split()
        if first == "kind":
            kinds.update(dict.fromkeys(names[1:], names[0]))
        elif first != "#":
            own[first] = frozenset(names)
    return own, kinds


# -- kinds -------------------------------------------------------------------


def _sizes(low: int, high: int) -> Check:
    """Make a check of one number in a range, or of a few."""

    def check(value: Any) -> bool:
        items = value if isinstance(value, (tuple, list)) else (value,)
        return len(items) <= MAX_ITEMS and all(
            item is None or (type(item) is int and low <= item <= high) for item in items
        )

    return check


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_word(value: Any) -> bool:
    return type(value) is str and len(value) <= 64 and value.replace("_", "a").isalnum()


def _is_padding(value: Any) -> bool:
    return value in ("same", "valid") if type(value) is str else _PADDING(value)


def _is_axis(value: Any) -> bool:
    """Whether it is an axis by number or name, or the sizes of its parts, with or without names."""
    items = value if isinstance(value, (tuple, list)) else (value,)
    return len(items) <= MAX_ITEMS and all(
        (type(item) is str and len(item) <= 64)
        or (type(item) is int and -MAX_SIZE <= item <= MAX_SIZE)
        or (type(item) is tuple and len(item) == 2 and _is_axis(item))
        for item in items
    )


def _is_float(value: Any) -> bool:
    items = value if type(value) is tuple else (value,)
    return len(items) <= MAX_ITEMS and all(
        type(item) is float or (type(item) is int and abs(item) < _MAX_LABEL) for item in items
    )


def _is_keys(value: Any) -> bool:
    return type(value) is dict and all(type(k) is str and v is None for k, v in value.items())


def _is_function(value: Any) -> bool:
    import torch

    functions = torch.nn.functional.relu, torch.nn.functional.gelu
    return any(value is function for function in functions)


_PADDING = _sizes(-MAX_SIZE, MAX_SIZE)
_KINDS: Mapping[str, Check] = {
    "flag": _is_flag,
    "positive": _sizes(1, MAX_SIZE),
    "natural": _sizes(0, MAX_SIZE),
    "padding": _is_padding,
    "axis": _is_axis,
    "label": lambda value: type(value) is int and -_MAX_LABEL <= value < _MAX_LABEL,
    "float": _is_float,
    "word": _is_word,
    "keys": _is_keys,
    "function": _is_function,
    "none": lambda value: False,
}


# -- shapes that the settings ask for ----------------------------------------

Shapes = Mapping[str, tuple[int, ...]]


def expected_shapes(kind: str, state: Mapping[str, Any]) -> Shapes:
    """Compute the shapes of parameters and buffers from the settings.

    Returns
    -------
    shapes : dict of str to tuple of int
        Empty for a class whose settings do not determine them.
    """
    for start, shapes in _SHAPES.items():
        if kind.startswith(start):
            return shapes(state)
    return {}


def _linear(state: Mapping[str, Any]) -> Shapes:
    rows, columns = state["out_features"], state["in_features"]
    return {"weight": (rows, columns), "bias": (rows,)}


def _bilinear(state: Mapping[str, Any]) -> Shapes:
    rows = state["out_features"]
    return {"weight": (rows, state["in1_features"], state["in2_features"]), "bias": (rows,)}


def _embedding(state: Mapping[str, Any]) -> Shapes:
    count, padding = state["num_embeddings"], state["padding_idx"]
    require(padding is None or -count <= padding < count, "a padding_idx outside of the embeddings")
    return {"weight": (count, state["embedding_dim"])}


def _convolution(state: Mapping[str, Any]) -> Shapes:
    inputs, outputs, groups = state["in_channels"], state["out_channels"], state["groups"]
    kernel = state["kernel_size"]
    for name in ("kernel_size", "stride", "dilation", "output_padding"):
        sizes = state[name]
        require(
            type(sizes) is tuple and len(sizes) == len(kernel),
            f"{name} with a wrong number of dimensions",
        )
    require(inputs % groups == 0 and outputs % groups == 0, "groups that do not divide channels")
    rows, columns = (inputs, outputs) if state["transposed"] else (outputs, inputs)
    return {"weight": (rows, columns // groups, *kernel), "bias": (outputs,)}


def _batch_norm(state: Mapping[str, Any]) -> Shapes:
    names = ("weight", "bias", "running_mean", "running_var")
    return dict.fromkeys(names, (state["num_features"],)) | {"num_batches_tracked": ()}


def _group_norm(state: Mapping[str, Any]) -> Shapes:
    channels = state["num_channels"]
    require(channels % state["num_groups"] == 0, "groups that do not divide channels")
    return dict.fromkeys(("weight", "bias"), (channels,))


def _layer_norm(state: Mapping[str, Any]) -> Shapes:
    return dict.fromkeys(("weight", "bias"), tuple(state["normalized_shape"]))


def _prelu(state: Mapping[str, Any]) -> Shapes:
    return {"weight": (state["num_parameters"],)}


def _cell(gates: int) -> Callable[[Mapping[str, Any]], Shapes]:
    def shapes(state: Mapping[str, Any]) -> Shapes:
        rows, columns = gates * state["hidden_size"], state["input_size"]
        return {
            "weight_ih": (rows, columns), "weight_hh": (rows, state["hidden_size"]),
            "bias_ih": (rows,), "bias_hh": (rows,),
        }  # fmt: skip

    return shapes


_SHAPES: Mapping[str, Callable[[Mapping[str, Any]], Shapes]] = {
    "LinearCrossEntropyLoss": lambda state: {"weight": (state["num_classes"],)},
    "Linear": _linear,
    "NonDynamicallyQuantizableLinear": _linear,
    "Bilinear": _bilinear,
    "Embedding": _embedding,
    "Conv": _convolution,
    "BatchNorm": _batch_norm,
    "SyncBatchNorm": _batch_norm,
    "InstanceNorm": _batch_norm,
    "GroupNorm": _group_norm,
    "LayerNorm": _layer_norm,
    "RMSNorm": _layer_norm,
    "PReLU": _prelu,
    "LSTMCell": _cell(4),
    "GRUCell": _cell(3),
    "RNNCell": _cell(1),
}
