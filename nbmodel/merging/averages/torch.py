"""Modules and state dicts of torch: the mean of their parameters and buffers.

The mean is computed in float64 and rounded once to the dtype of the tensor, so half precision stays
half precision. It goes tensor by tensor into one copy of the first member, so memory is that of
one model above the members. Running means and variances of BatchNorm are averaged like weights.
Integers are not: the counters of BatchNorm take the largest value, and others must be equal.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from nbmodel.errors import CannotMerge
from nbmodel.merging.averages.arrays import not_finite
from nbmodel.merging.base import Member
from nbmodel.merging.differences import difference, same_class

# Numbers at a time: their float64 copies stay in the cache of the processor. For 32,768 numbers and
# more, torch would use several threads in each operation, which takes longer than the operation.
_BLOCK = 1 << 14
# Attributes that every module has, and those in which a recurrent one lists its parameters again.
_OF_TORCH = frozenset({*vars(torch.nn.Module()), "_flat_weights", "_flat_weight_refs"})
_COUNTER = "num_batches_tracked"
_HINT = "Average members of one architecture, or combine their answers: --how FUNCTION."


def average(members: Sequence[Member], weights: Sequence[float]) -> Any:
    """Return the mean of modules, or of state dicts."""
    first, *others = members
    for other in others:
        _require_same_kind(first, other)
    tensors = [dict(_tensors(member.model)) for member in members]
    for other, theirs in zip(others, tensors[1:], strict=True):
        _require_same_tensors(first.ref, tensors[0], other.ref, theirs)
    mean = copy.deepcopy(first.model)
    with torch.no_grad():
        for name, target in _tensors(mean):
            parts = [each[name] for each in tensors]
            names = [f"{name} of {member.ref}" for member in members]
            _set_mean(target, parts, weights, names)
    return mean


# -- what members have in common ------------------------------------------------


def _require_same_kind(first: Member, other: Member) -> None:
    one, two = first.model, other.model
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        _require_same_mapping(first.ref, one, other.ref, two)
        return
    if not same_class(type(one), type(two)):
        kinds = type(one).__name__, type(two).__name__
        same_name = " of another definition" if kinds[0] == kinds[1] else ""
        raise CannotMerge(
            f"{first.ref} is a {kinds[0]}, and {other.ref} is a {kinds[1]}{same_name}", _HINT
        )
    if not isinstance(one, torch.nn.Module) or isinstance(one, torch.jit.ScriptModule):
        raise CannotMerge(
            f"{first.ref} is a {type(one).__name__}, and only modules and state dicts of torch "
            "can be averaged",
            "Commit the module itself, or its state_dict().",
        )
    _require_same_modules(first.ref, one, other.ref, two)


def _require_same_modules(ref: str, one: Any, other_ref: str, two: Any) -> None:
    """Refuse networks whose modules or settings differ: equal shapes do not make them one."""
    _require_initialized({ref: one, other_ref: two})
    ours, theirs = dict(one.named_modules()), dict(two.named_modules())
    if list(ours) != list(theirs):
        odd = next(iter(sorted(ours.keys() ^ theirs.keys())), "their order")
        raise CannotMerge(f"the modules of {ref} and {other_ref} differ: {odd}", _HINT)
    for name, module in ours.items():
        place = name or type(module).__name__
        if part := difference(module, theirs[name], place, _OF_TORCH):
            raise CannotMerge(f"{ref} and {other_ref} differ in {part}", _HINT)


def _require_initialized(networks: Mapping[str, Any]) -> None:
    lazy = torch.nn.parameter.UninitializedTensorMixin
    for ref, network in networks.items():
        for name, tensor in _tensors(network):
            if isinstance(tensor, lazy):
                raise CannotMerge(
                    f"{name} of {ref} is not initialized", "Call the module once, and commit it."
                )


def _require_same_mapping(
    ref: str, one: Mapping[Any, Any], other_ref: str, two: Mapping[Any, Any], path: str = ""
) -> None:
    """Refuse state dicts with different keys, or with different values that are not tensors."""
    if list(one) != list(two):
        odd = next(iter(sorted(map(str, one.keys() ^ two.keys()))), "their order")
        raise CannotMerge(f"the keys of {ref} and {other_ref} differ: {path}{odd}", _HINT)
    if {"state", "param_groups"} <= one.keys():
        raise CannotMerge(
            f"{ref} holds the state of an optimizer ({path.rstrip('.') or 'it has param_groups'})",
            "Commit the state dict of the model alone.",
        )
    for key, value in one.items():
        other, place = two[key], f"{path}{key}"
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            _require_same_mapping(ref, value, other_ref, other, f"{place}.")
        elif not (isinstance(value, torch.Tensor) and isinstance(other, torch.Tensor)) and (
            part := difference(value, other, place)
        ):
            raise CannotMerge(f"{ref} and {other_ref} differ in {part}", _HINT)


def _tensors(model: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """Every parameter and buffer by name; a shared one under each of its names."""
    if isinstance(model, Mapping):
        yield from _tensors_of(model, "")
        return
    yield from model.named_parameters(remove_duplicate=False)
    yield from model.named_buffers(remove_duplicate=False)


def _tensors_of(mapping: Mapping[Any, Any], path: str) -> Iterator[tuple[str, torch.Tensor]]:
    for key, value in mapping.items():
        if isinstance(value, Mapping):
            yield from _tensors_of(value, f"{path}{key}.")
        elif isinstance(value, torch.Tensor):
            yield f"{path}{key}", value


def _require_same_tensors(
    ref: str, ours: Mapping[str, torch.Tensor], other_ref: str, theirs: Mapping[str, torch.Tensor]
) -> None:
    if list(ours) != list(theirs):
        odd = next(iter(sorted(ours.keys() ^ theirs.keys())), "their order")
        raise CannotMerge(f"the tensors of {ref} and {other_ref} differ: {odd}", _HINT)
    for name, one in ours.items():
        two = theirs[name]
        for tensor, where in ((one, ref), (two, other_ref)):
            if not _is_plain(tensor):
                raise CannotMerge(f"{name} of {where} is sparse or quantized")
        if one.shape != two.shape:
            shapes = f"{list(one.shape)} in {ref} and {list(two.shape)} in {other_ref}"
            raise CannotMerge(f"{name} has the shape {shapes}", _HINT)
        if one.dtype != two.dtype:
            dtypes = f"{one.dtype} in {ref} and {two.dtype} in {other_ref}"
            raise CannotMerge(f"{name} is {dtypes}", "Convert the members to one dtype.")
    if _sharing(ours) != _sharing(theirs):
        raise CannotMerge(f"{ref} and {other_ref} do not share the same tensors", _HINT)


def _is_plain(tensor: torch.Tensor) -> bool:
    return tensor.layout is torch.strided and not tensor.is_quantized


def _sharing(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[Any, ...]]:
    """Which tensors use the memory of which earlier one, and which part of it."""
    owners: dict[int, str] = {}
    shared = {}
    for name, tensor in tensors.items():
        if tensor.numel():
            owner = owners.setdefault(tensor.untyped_storage().data_ptr(), name)
            if owner != name:
                place = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
                shared[name] = (owner, place)
    return shared


# -- the mean -------------------------------------------------------------------


def _set_mean(
    target: torch.Tensor,
    parts: Sequence[torch.Tensor],
    weights: Sequence[float],
    names: Sequence[str],
) -> None:
    """Write the mean of `parts` into `target`, a copy of the first one."""
    if all(torch.equal(parts[0], part) for part in parts[1:]):
        return  # also integers, and infinite values such as those of a mask
    if not (target.is_floating_point() or target.is_complex()):
        if not names[0].split(" of ")[0].endswith(_COUNTER):
            raise CannotMerge(
                f"{names[0]} and other members are different integers ({target.dtype}), which "
                "have no mean",
                "Give all members the same values.",
            )
        target.copy_(torch.stack(list(parts)).amax(dim=0))
        return
    wide = torch.complex128 if target.is_complex() else torch.float64
    blocks = list(_blocks([target, *parts]))
    scratch = torch.empty((2, blocks[0][0].numel()), dtype=wide)
    for out, *sources in blocks:
        total, summand = (row[: out.numel()].view(out.shape) for row in scratch)
        total.copy_(sources[0]).mul_(weights[0])
        for source, weight in zip(sources[1:], weights[1:], strict=True):
            total.add_(summand.copy_(source), alpha=weight)
        out.copy_(total)
        # The sum is quick to test. It may be infinite although no number is.
        if not torch.isfinite(total.sum()) and not torch.isfinite(out).all():
            raise not_finite(names, [bool(torch.isfinite(part).all()) for part in parts])


def _blocks(tensors: Sequence[torch.Tensor]) -> Iterator[Sequence[torch.Tensor]]:
    """Equal parts of tensors of one shape, as views; the first part is the largest."""
    if not all(tensor.is_contiguous() for tensor in tensors):
        yield tensors
        return
    yield from zip(*(tensor.view(-1).split(_BLOCK) for tensor in tensors), strict=True)
