"""Rules for PyTorch: tensors inside their storage, and the modules of the library.

`torch.txt` lists the modules. A class of the author is code in the skeleton, and is refused. torch
is imported only after the skeleton was scanned.
"""

from __future__ import annotations

import math
import weakref
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nbmodel.display import visible
from nbmodel.trust.object_state import attributes, is_display_name
from nbmodel.trust.rules import Rule, RuleTable, brief, require
from nbmodel.trust.torch_settings import DERIVED, check_settings, expected_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

MAX_DIMS = 16
_ITEM_SIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "float16": 2,
    "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
MAX_MODULE_USES = 1 << 17
_USES: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class Storage:
    """Memory of tensors of one dtype: the bytes of a float are not truth values."""

    def __init__(self, data: Any) -> None:
        require(type(data) in (memoryview, bytes, bytearray), "a storage that does not hold bytes")
        from nbmodel.flavors.torch import restore_storage

        self.memory = restore_storage(data)
        self.dtype = ""


def make_tensor(
    storage: Any, dtype: Any, offset: Any, shape: Any, strides: Any, requires_grad: Any
) -> torch.Tensor:
    """Replace `nbmodel.flavors.torch.restore_tensor`: every item must lie in the storage."""
    require(type(storage) is Storage, "a tensor without a storage")
    require(type(dtype) is str and dtype in _ITEM_SIZES, f"a tensor of dtype {brief(dtype)}")
    require(storage.dtype in ("", dtype), "a storage read as two dtypes")
    require(type(requires_grad) is bool, "requires_grad that is not true or false")
    require(type(shape) is tuple and type(strides) is tuple, "a tensor in an unknown form")
    require(len(shape) == len(strides) <= MAX_DIMS, "a tensor in an unknown form")
    numbers = (offset, *shape, *strides)
    require(
        all(type(n) is int and 0 <= n < 1 << 62 for n in numbers),
        "a tensor whose shape, strides or offset are not whole numbers",
    )
    item = _ITEM_SIZES[dtype]
    size = storage.memory.nbytes()
    count = math.prod(shape)
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    require(offset * item <= size, "a tensor that reaches beyond its storage")
    require(count == 0 or (last + 1) * item <= size, "a tensor that reaches beyond its storage")
    require(count * item <= size, "a tensor with more items than its storage")
    from nbmodel.flavors.torch import restore_tensor

    storage.dtype = dtype
    if dtype == "bool":
        raw = restore_tensor(storage.memory, "uint8", 0, (size,), (1,), False)
        require(size == 0 or int(raw.max()) <= 1, "truth values other than 0 and 1")
    return restore_tensor(storage.memory, dtype, offset, shape, strides, requires_grad)


def make_parameter(data: Any, requires_grad: Any) -> torch.nn.Parameter:
    """Replace `nbmodel.flavors.torch.restore_parameter`."""
    import torch

    require(
        type(data) is torch.Tensor and not data.requires_grad, "a parameter without a plain tensor"
    )
    require(type(requires_grad) is bool, "requires_grad that is not true or false")
    require(
        not requires_grad or data.is_floating_point() or data.is_complex(),
        "requires_grad on a tensor of integers",
    )
    return torch.nn.Parameter(data, requires_grad)


def make_size(numbers: Any) -> torch.Size:
    """Replace ``torch.Size``."""
    import torch

    require(
        type(numbers) is tuple and all(type(n) is int for n in numbers),
        "a torch.Size that is not a tuple of whole numbers",
    )
    return torch.Size(numbers)


# -- modules -----------------------------------------------------------------


def build_module(module: Any, state: Any) -> None:
    """Replace BUILD, without the ``__setstate__`` of a class for older releases."""
    import torch

    torch.nn.Module.__setstate__(module, attributes(type(module), state))


def check_module(module: Any) -> None:
    """Check parameters, buffers, parts and settings of a module; refuse hooks."""
    import torch

    state = dict(vars(module))
    require(
        state.pop("training", True) in (True, False), "a module whose training is not true or false"
    )
    members = {
        "_parameters": _members(state, "_parameters", (torch.nn.Parameter, type(None))),
        "_buffers": _members(state, "_buffers", (torch.Tensor, type(None))),
        "_modules": _members(state, "_modules", (torch.nn.Module, type(None))),
    }
    names = state.pop("_non_persistent_buffers_set", set())
    require(
        type(names) is set and names <= set(members["_buffers"]),
        "names of buffers that do not exist",
    )
    for key in [key for key in state if "_hook" in key]:
        require(state.pop(key) in (None, {}, False), f"a module with {key:.80}")
    for key in DERIVED:
        state.pop(key, None)
    kind = type(module).__name__
    check_settings(kind, state)
    _check_tensors(kind, state, {**members["_parameters"], **members["_buffers"]})
    _count_uses(module)


def _members(state: dict[str, Any], name: str, kinds: tuple[type[Any], ...]) -> dict[str, Any]:
    members = state.pop(name, None)
    require(isinstance(members, dict), f"a module without {name}")
    for key, value in (members or {}).items():
        require(
            type(key) is str and isinstance(value, kinds), f"a wrong entry in {name} of a module"
        )
        # A module has them as attributes too, and prints their names unchanged.
        require(not is_display_name(key), f"the name {key:.60} in a module")
        require(visible(key) == key and "\n" not in key, f"the name {brief(key)} in a module")
    return members or {}


def _check_tensors(kind: str, state: dict[str, Any], tensors: dict[str, Any]) -> None:
    """Check that shapes follow from the settings, and that all tensors are of one float dtype."""
    present = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    shapes = expected_shapes(kind, state)
    if not shapes:
        return
    for name, tensor in present.items():
        require(name in shapes, f"the tensor {name:.80} in a {kind}")
        require(tuple(tensor.shape) == shapes[name], f"a {kind} with a wrong shape of {name}")
    dtypes = {t.dtype for name, t in present.items() if name != "num_batches_tracked"}
    require(len(dtypes) <= 1, f"a {kind} with tensors of several dtypes")
    require(
        all(dtype.is_floating_point or dtype.is_complex for dtype in dtypes),
        f"a {kind} with tensors that are not floats",
    )


def _count_uses(module: Any) -> int:
    """Limit the calls of one forward pass, which multiply if modules share their parts.

    The count of a part is stored, so that each module is counted once.
    """
    count = _USES.get(module)
    if count is None:
        _USES[module] = MAX_MODULE_USES + 1  # if it occurs below itself, there is a circle
        count = 1 + sum(_count_uses(part) for part in module._modules.values() if part is not None)
        require(
            count <= MAX_MODULE_USES, "modules that contain each other too often, or in a circle"
        )
        _USES[module] = count
    return count


def check_recurrent(module: Any) -> None:
    """Check that every weight has the shape of the settings: kernels on the CPU rely on it."""
    check_module(module)
    state = vars(module)
    expected = list(_recurrent_shapes(type(module).__name__, state))
    parameters = state["_parameters"]
    require(
        list(parameters) == [name for name, _ in expected],
        "a recurrent layer with missing or unknown weights",
    )
    for name, shape in expected:
        weight = parameters[name]
        require(weight is not None and tuple(weight.shape) == shape, f"a wrong shape of {name}")
    names = [name for name, _ in expected]
    per_layer = len(names) // (state["num_layers"] * (2 if state["bidirectional"] else 1))
    module._flat_weights_names = names
    module._all_weights = [
        names[start : start + per_layer] for start in range(0, len(names), per_layer)
    ]
    module._flat_weights = [parameters[name] for name in names]
    module._flat_weight_refs = [weakref.ref(weight) for weight in module._flat_weights]


def _recurrent_shapes(kind: str, state: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the weights, in the order of ``RNNBase``."""
    mode = state["mode"]
    require(
        type(mode) is str and mode in _GATES and mode.startswith(kind),
        "a recurrent layer of an unknown mode",
    )
    sizes = ("num_layers", "input_size", "hidden_size", "proj_size")
    layers, inputs, hidden, projected = (state[name] for name in sizes)
    for name in sizes:
        require(type(state.get(name)) is int and 0 <= state[name] < 1 << 31, name)
    for flag in ("bias", "bidirectional", "batch_first"):
        require(type(state.get(flag)) is bool, flag)
    require(
        layers * 2 <= len(state["_parameters"]) and layers > 0 and hidden > 0,
        "a num_layers that does not fit the weights",
    )
    outputs: int = projected or hidden
    rows = _GATES[mode] * hidden
    suffixes = ("", "_reverse") if state["bidirectional"] else ("",)
    for layer in range(layers):
        columns: int = inputs if layer == 0 else outputs * len(suffixes)
        for suffix in suffixes:
            end = f"_l{layer}{suffix}"
            yield f"weight_ih{end}", (rows, columns)
            yield f"weight_hh{end}", (rows, outputs)
            if state["bias"]:
                yield f"bias_ih{end}", (rows,)
                yield f"bias_hh{end}", (rows,)
            if projected:
                yield f"weight_hr{end}", (projected, hidden)


def check_attention(module: Any) -> None:
    """Check the sizes of the heads, which the fused kernel takes from the settings."""
    check_module(module)
    state = vars(module)
    sizes = [state[name] for name in ("embed_dim", "num_heads", "head_dim", "kdim", "vdim")]
    require(
        all(type(size) is int and 0 < size < 1 << 31 for size in sizes),
        "attention with a size that is out of range",
    )
    width, heads, per_head, keys, values = sizes
    require(heads * per_head == width, "attention heads that do not fit embed_dim")
    same = state.get("_qkv_same_embed_dim")
    require(
        same is (keys == width and values == width), "attention whose sizes do not fit each other"
    )
    shapes: dict[str, Sequence[Any]] = {
        "in_proj_weight": (3 * width, width), "in_proj_bias": (3 * width,),
        "q_proj_weight": (width, width), "k_proj_weight": (width, keys),
        "v_proj_weight": (width, values), "bias_k": (1, 1, width), "bias_v": (1, 1, width),
    }  # fmt: skip
    for name, weight in state["_parameters"].items():
        require(name in shapes, f"the weight {name} of attention")
        require(weight is None or tuple(weight.shape) == shapes[name], f"a wrong shape of {name}")
    needed = ("in_proj_weight",) if same else ("q_proj_weight", "k_proj_weight", "v_proj_weight")
    require(
        all(state["_parameters"].get(name) is not None for name in needed),
        "attention without its weights",
    )


# -- the table ---------------------------------------------------------------


def _modules() -> dict[tuple[str, str], Rule]:
    special = {
        "LSTM": check_recurrent, "GRU": check_recurrent, "RNN": check_recurrent,
        "MultiheadAttention": check_attention,
    }  # fmt: skip
    text = files("nbmodel.trust").joinpath("torch.txt").read_text("utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {
        (f"torch.nn.modules.{module}", name): Rule(
            new=True, build=build_module, check=special.get(name, check_module)
        )
        for module, *names in rows
        for name in names
    }


RESTORE: RuleTable = {
    ("nbmodel.flavors.torch", "restore_storage"): Rule(call=Storage),
    ("nbmodel.flavors.torch", "restore_tensor"): Rule(call=make_tensor),
    ("nbmodel.flavors.torch", "restore_parameter"): Rule(call=make_parameter),
}
RULES: RuleTable = {
    ("torch", "Size"): Rule(call=make_size),
    ("torch.nn.functional", "relu"): Rule(value=True),
    ("torch._C._nn", "gelu"): Rule(value=True),
    **_modules(),
}
