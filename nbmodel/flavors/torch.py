"""PyTorch: a storage is one out-of-band buffer, and a restored tensor uses its memory.

Views, tied weights and optimizer state share storages as before, since pickle stores each storage
once. Storages of other devices are restored on the CPU.

Skeletons name the functions ``restore_*`` in this module, so their names must stay.
"""

from __future__ import annotations

import inspect
import io
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from nbmodel.flavors.description import DescriptionBuilder, plural
from nbmodel.records import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbmodel.records import Description

MAX_MODULES = 512  # whose settings are described
_OWN_DEVICES = ("cpu", "cuda", "mps", "xpu")
_SETTINGS = (bool, int, float, str, tuple)


@dataclass(frozen=True, slots=True)
class TorchFlavor:
    """Modules, tensors, optimizers, scripted modules."""

    name: str = "torch"

    def describe(self, obj: Any) -> Description:
        """Describe settings of the modules, parameters and buffers by name, and arguments."""
        builder = DescriptionBuilder(self.name, obj)
        if isinstance(obj, torch.nn.Module):
            builder.attempt(lambda: _note_weights(builder, obj))
            builder.attempt(lambda: _note_settings(builder, obj))
            builder.attempt(lambda: _note_inputs(builder, obj))
            builder.attempt(lambda: _note_outputs(builder, obj))
        elif isinstance(obj, torch.Tensor):
            builder.attempt(lambda: _note_tensor(builder, obj))
        elif isinstance(obj, torch.optim.Optimizer):
            builder.attempt(lambda: _note_optimizer(builder, obj))
        return builder.build()

    def reduce(self, obj: Any) -> Any:
        """Reduce tensors and storages; other objects keep the reduction of torch."""
        if isinstance(obj, torch.Tensor):
            return _reduce_tensor(obj)
        if isinstance(obj, torch.UntypedStorage):
            return restore_storage, (pickle.PickleBuffer(_bytes_of(obj)),)
        if isinstance(obj, torch.TypedStorage):
            return restore_typed_storage, (obj._untyped_storage, _dtype_name(obj.dtype))
        if isinstance(obj, torch.jit.ScriptModule | torch.jit.ScriptFunction):
            file = io.BytesIO()
            torch.jit.save(obj, file)
            return restore_script, (pickle.PickleBuffer(file.getvalue()),)
        return NotImplemented

    def is_fitted(self, obj: Any) -> bool:
        """Whether it is a module with parameters. A loss or an activation is not a model."""
        return isinstance(obj, torch.nn.Module) and next(iter(obj.parameters()), None) is not None


FLAVOR = TorchFlavor()


# -- taking apart ------------------------------------------------------------


def _reduce_tensor(tensor: torch.Tensor) -> Any:
    kind = type(tensor)
    if kind is torch.nn.Parameter and not torch._utils._get_obj_state(tensor):
        return restore_parameter, (tensor.data, tensor.requires_grad)
    if kind is not torch.Tensor or not _is_plain(tensor):
        return NotImplemented  # the reduction of torch; the storages in it are reduced here
    return restore_tensor, (
        tensor.untyped_storage(),
        _dtype_name(tensor.dtype),
        tensor.storage_offset(),
        tuple(tensor.size()),
        tensor.stride(),
        tensor.requires_grad,
    )


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether dtype, offset, shape and strides over a storage describe the tensor completely."""
    return (
        tensor.layout is torch.strided
        and tensor.device.type in _OWN_DEVICES
        and not (tensor.is_quantized or tensor.is_nested or tensor.is_conj() or tensor.is_neg())
        and not torch._utils._get_obj_state(tensor)
    )


def _bytes_of(storage: torch.UntypedStorage) -> Any:
    """Return the memory of a storage as a uint8 array; a copy only from another device."""
    local = storage if storage.device.type == "cpu" else storage.cpu()
    return torch.empty(0, dtype=torch.uint8).set_(local).numpy()


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


# -- putting together --------------------------------------------------------


def restore_storage(data: bytes | bytearray | memoryview) -> torch.UntypedStorage:
    """Make a CPU storage over `data`, without a copy if `data` is writable."""
    view = memoryview(data)
    if view.nbytes == 0:
        return torch.UntypedStorage(0)
    writable = bytearray(view) if view.readonly else view
    return torch.frombuffer(writable, dtype=torch.uint8).untyped_storage()


def restore_typed_storage(storage: torch.UntypedStorage, dtype: str) -> torch.TypedStorage:
    """Make a storage with a dtype, which torch uses in the reductions of unusual tensors."""
    return torch.TypedStorage(wrap_storage=storage, dtype=getattr(torch, dtype), _internal=True)


def restore_tensor(
    storage: torch.UntypedStorage,
    dtype: str,
    offset: int,
    shape: Sequence[int],
    strides: Sequence[int],
    requires_grad: bool,
) -> torch.Tensor:
    """Make a tensor over `storage`; `offset` and `strides` count items, as in torch."""
    tensor = torch.empty(0, dtype=getattr(torch, dtype)).set_(storage, offset, shape, strides)
    return tensor.requires_grad_(requires_grad) if requires_grad else tensor


def restore_parameter(data: torch.Tensor, requires_grad: bool) -> torch.nn.Parameter:
    """Make a parameter over `data`."""
    return torch.nn.Parameter(data, requires_grad)


def restore_script(archive: bytes | bytearray | memoryview) -> Any:
    """Load a scripted or traced module or function from an archive of ``torch.jit.save``."""
    return torch.jit.load(io.BytesIO(archive), map_location="cpu")


# -- description -------------------------------------------------------------


def _note_weights(builder: DescriptionBuilder, module: torch.nn.Module) -> None:
    total = 0
    for name, parameter in module.named_parameters():
        if not isinstance(parameter, torch.nn.UninitializedParameter):
            total += parameter.numel()
        _note_array(builder, name, parameter)
    for name, buffer in module.named_buffers():
        _note_array(builder, name, buffer)
    layers = sum(1 for _ in _leaves(module))
    builder.count("parameters", total)
    builder.count("layers", layers)
    builder.summary += f", {plural(layers, 'layer')}, {plural(total, 'parameter')}"


def _note_array(builder: DescriptionBuilder, path: str, tensor: torch.Tensor) -> None:
    builder.attempt(lambda: builder.array(path, _as_array(tensor)))


def _as_array(tensor: torch.Tensor) -> Any:
    """Return the memory of a tensor as a numpy array; a wider copy if numpy lacks the dtype."""
    plain = tensor.detach()
    if plain.device.type == "meta":
        return None
    if plain.is_quantized:
        plain = plain.int_repr()
    plain = plain.to_dense().cpu() if plain.layout is not torch.strided else plain.cpu()
    if plain.dtype.is_floating_point and plain.dtype not in (
        torch.float16,
        torch.float32,
        torch.float64,
    ):
        plain = plain.to(torch.float32)
    return plain.resolve_conj().resolve_neg().numpy()


def _leaves(module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """Yield the modules without children, in order of registration."""
    for name, part in module.named_modules():
        if next(part.children(), None) is None:
            yield name, part


def _note_settings(builder: DescriptionBuilder, module: torch.nn.Module) -> None:
    for index, (name, part) in enumerate(module.named_modules()):
        if index == MAX_MODULES:
            return
        for key, value in vars(part).items():
            if key != "training" and not key.startswith("_") and isinstance(value, _SETTINGS):
                builder.param(f"{name}.{key}" if name else key, value)


def _note_inputs(builder: DescriptionBuilder, module: torch.nn.Module) -> None:
    """Describe arguments of ``forward``; the first layer has shape and dtype of the first."""
    arguments = [
        parameter.name
        for parameter in inspect.signature(module.forward).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    first = next((part for _, part in _leaves(module)), None)
    dtype, shape = _accepts(first)
    builder.inputs = tuple(
        Column(name, dtype if index == 0 else "", shape if index == 0 else ())
        for index, name in enumerate(arguments)
    )


def _accepts(layer: torch.nn.Module | None) -> tuple[str, tuple[int, ...]]:
    """Return the dtype and shape that a first layer takes, if they are known for its class.

    Returns
    -------
    dtype : str
    shape : tuple of int
        Both empty if unknown.
    """
    weight = getattr(layer, "weight", None)
    dtype = _dtype_name(weight.dtype) if isinstance(weight, torch.Tensor) else ""
    match layer:
        case torch.nn.Linear():
            return dtype, (-1, layer.in_features)
        case torch.nn.Conv1d() | torch.nn.Conv2d() | torch.nn.Conv3d():
            return dtype, (-1, layer.in_channels, *(-1 for _ in layer.kernel_size))
        case torch.nn.Embedding() | torch.nn.EmbeddingBag():
            return "int64", (-1, -1)
        case torch.nn.RNNBase():
            return "float32", (-1, -1, layer.input_size)
        case _:
            return "", ()


def _note_outputs(builder: DescriptionBuilder, module: torch.nn.Module) -> None:
    if not isinstance(module, torch.nn.Sequential | torch.nn.Linear):
        return
    last = [part for _, part in _leaves(module) if hasattr(part, "weight")][-1]
    if isinstance(last, torch.nn.Linear):
        shape = (-1, last.out_features)
        builder.outputs = (Column("output", _dtype_name(last.weight.dtype), shape),)


def _note_tensor(builder: DescriptionBuilder, tensor: torch.Tensor) -> None:
    builder.summary = f"tensor of {_dtype_name(tensor.dtype)}, shape {tuple(tensor.shape)}"
    builder.count("parameters", tensor.numel() if isinstance(tensor, torch.nn.Parameter) else 0)
    builder.array("", _as_array(tensor))


def _note_optimizer(builder: DescriptionBuilder, optimizer: torch.optim.Optimizer) -> None:
    for key, value in optimizer.defaults.items():
        builder.param(key, value)
    groups = optimizer.param_groups
    builder.count("parameters", sum(p.numel() for group in groups for p in group["params"]))
    for index, state in enumerate(optimizer.state.values()):
        for key, value in state.items():
            if isinstance(value, torch.Tensor):
                _note_array(builder, f"state.{index}.{key}", value)
