"""PyTorch tensors over a stranger's storage, and the parts of Keras models.

Both inputs are a line of JSON, followed by the bytes to which it refers.
"""

from __future__ import annotations

import io
import json
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from nbmodel.errors import Untrusted
from nbmodel.flavors.pickling import SnapshotPickler
from nbmodel.trust.loader import load_untrusted
from tests.fuzzing.mutations import changed, damaged
from tests.fuzzing.target import NotAnInput, Prepared, in_use
from tests.trust.damaged_boosters import everything_apart


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, rest = data.partition(b"\n")
    try:
        document = json.loads(head)
    except (ValueError, RecursionError):
        raise NotAnInput from None
    if not isinstance(document, dict):
        raise NotAnInput
    return document, rest


def _joined(document: Any, rest: bytes) -> bytes:
    return json.dumps(document).encode() + b"\n" + rest


def _changed_head(data: bytes, chance: Random) -> bytes:
    try:
        document, rest = _split(data)
    except NotAnInput:
        return damaged(data, chance)
    if chance.random() < 0.2:
        return _joined(document, damaged(rest, chance))
    try:
        return _joined(changed(document, chance), rest)
    except ValueError:  # a number with more digits than Python writes
        return damaged(data, chance)


# -- PyTorch -------------------------------------------------------------------


def torch() -> Prepared:
    """Modules with tensors in one storage; the input has dtypes, offsets, shapes and strides."""
    import torch as library
    from torch import nn

    from nbmodel.flavors import torch as flavor

    library.set_num_threads(1)
    library.manual_seed(0)
    floats, words = library.ones(2, 4), library.arange(6).reshape(2, 3)
    line = library.ones(2, 4, 8)
    modules = {
        "Linear": (nn.Linear(4, 3), floats),
        "Embedding": (nn.Embedding(6, 2), words),
        "LSTM": (nn.LSTM(4, 2), library.ones(3, 2, 4)),
        "Conv1d": (nn.Conv1d(4, 2, 3), line),
        "BatchNorm1d": (nn.BatchNorm1d(4, track_running_stats=False), floats),
        "MultiheadAttention": (nn.MultiheadAttention(4, 2), library.ones(3, 2, 4)),
        "Tensor": (library.ones(3, 2), None),
    }

    class Pickler(SnapshotPickler):
        """Writes each tensor with the fields of its number in the head."""

        def __init__(self, file: io.BytesIO, heads: Iterator[Any], data: Any, **options: Any):
            super().__init__(file, **options)
            self.heads, self.data = heads, data

        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is library.Tensor and (head := next(self.heads, None)) is not None:
                return flavor.restore_tensor, (self.data, *head)
            if obj is self.data:
                return flavor.restore_storage, (pickle.PickleBuffer(obj.data),)
            return super().reducer_override(obj)

    def read(data: bytes) -> None:
        document, rest = _split(data)
        name, heads = document.get("module"), document.get("tensors")
        if not isinstance(name, str) or name not in modules or not isinstance(heads, list):
            raise NotAnInput
        module, rows = modules[name]
        buffers: list[memoryview] = []
        file = io.BytesIO()
        fields = [_fields(head) for head in heads]
        pickler = Pickler(
            file, iter(fields), _Storage(rest), protocol=5,
            buffer_callback=lambda b: buffers.append(memoryview(bytearray(b.raw()))),
        )  # fmt: skip
        pickler.dump(module)
        loaded = load_untrusted(file.getvalue(), buffers, "m@1")
        with in_use(), library.no_grad():
            repr(loaded)
            if rows is not None:
                loaded(*(rows,) * (3 if name == "MultiheadAttention" else 1))
            else:
                loaded.clone().sum()

    seeds = [_torch_seed(name, module) for name, (module, _) in modules.items()]
    return Prepared(seeds, read, _changed_head)


class _Storage:
    """The bytes of all tensors of an input."""

    def __init__(self, data: bytes) -> None:
        self.data = data


def _fields(head: Any) -> tuple[Any, ...]:
    """Return the arguments of a tensor, with tuples instead of lists, as in a skeleton."""
    fields = head if isinstance(head, list) else [head]
    return tuple(tuple(field) if isinstance(field, list) else field for field in fields)


def _torch_seed(name: str, module: Any) -> bytes:
    tensors = [module] if name == "Tensor" else [*module.parameters(), *module.buffers()]
    heads, rest = [], b""
    for tensor in tensors:
        data = tensor.detach().numpy()
        dtype = str(tensor.dtype).removeprefix("torch.")
        offset = len(rest) // data.itemsize
        heads.append([dtype, offset, list(data.shape), list(tensor.stride()), False])
        rest += data.tobytes()
    return _joined({"module": name, "tensors": heads}, rest)


# -- Keras ---------------------------------------------------------------------


def keras() -> Prepared:
    """The parts of a ``.keras`` archive: those of a stranger never load; others may give errors.

    nbmodel stores configuration, variables and assets separately, without a zip. A configuration
    may contain code that the user trusts, so it does not change here; variables and assets do.
    """
    import keras as library

    from nbmodel.flavors import keras as flavor
    from nbmodel.versioning import loading
    from tests.builder import manifest_of

    library.utils.set_random_seed(0)
    model = library.Sequential(
        [library.Input((3,)), library.layers.Dense(2), library.layers.Dropout(0.5)]
    )
    model.compile("sgd", "mse")
    norm = library.layers.Normalization()
    norm.adapt(np.ones((4, 2)))
    parts = {name: flavor.FLAVOR.reduce(obj)[1] for name, obj in (("model", model), ("norm", norm))}
    manifest = manifest_of()
    outside = (Path(tempfile.gettempdir(), "escaped"), Path("/escaped"))

    def read(data: bytes) -> None:
        document, rest = _split(data)
        of = document.get("of")
        if not isinstance(of, str) or of not in parts:
            raise NotAnInput
        config, *_ = parts[of]
        variables = _arrays(document.get("variables"), rest)
        assets, seeds = document.get("assets"), _arrays(document.get("seeds"), rest)
        made = (config, variables, _encoded(assets), {}, seeds)
        skeleton, buffers = everything_apart(_Reduced(flavor.restore_saveable, made))
        views = [memoryview(bytearray(buffer)) for buffer in buffers]
        _refused(skeleton, views)
        loaded = loading.load_object(manifest, skeleton, views, {}, "m@1", own=True)
        if any(place.exists() for place in outside):
            raise AssertionError("an asset was written outside its folder")
        with in_use():
            loaded(np.ones((1, 3 if of == "model" else 2), np.float32))

    seeds = [_keras_seed(name, made) for name, made in parts.items()]
    return Prepared(seeds, read, _changed_head, [b"../escaped", b"/escaped", b"assets"])


def _refused(skeleton: bytes, views: list[memoryview]) -> None:
    try:
        load_untrusted(skeleton, views, "m@1")
    except Untrusted:
        return
    raise AssertionError("a stranger's Keras model was loaded")


class _Reduced:
    """Pickles as a call."""

    def __init__(self, function: Any, arguments: tuple[Any, ...]) -> None:
        self.made = function, arguments

    def __reduce__(self) -> Any:
        return self.made


def _encoded(assets: Any) -> Any:
    if not isinstance(assets, dict):
        return assets
    return {n: t.encode(errors="replace") if isinstance(t, str) else t for n, t in assets.items()}


def _arrays(node: Any, rest: bytes) -> Any:
    """Replace each ``{"dtype": ..., "shape": ..., "at": ...}`` by an array of the bytes."""
    if isinstance(node, dict) and "dtype" in node:
        return _array(node, rest)
    if isinstance(node, dict):
        return {key: _arrays(value, rest) for key, value in node.items()}
    return [_arrays(value, rest) for value in node] if isinstance(node, list) else node


def _array(head: Mapping[str, Any], rest: bytes) -> Any:
    """Return the array, or the head itself if it does not describe one."""
    try:
        dtype, shape = np.dtype(head["dtype"]), tuple(head["shape"])
        count, at = int(np.prod(shape, dtype=object)), int(head["at"])
        if dtype.hasobject or not dtype.itemsize or not 0 <= count <= len(rest) or at < 0:
            return head
        return np.frombuffer(rest, dtype, count, at).reshape(shape)
    except (KeyError, TypeError, ValueError, OverflowError, SyntaxError):  # of the text of a dtype
        return head


def _keras_seed(name: str, made: Any) -> bytes:
    _, variables, assets, _, seeds = made
    rest = bytearray()

    def head(array: Any) -> dict[str, Any]:
        array = np.asarray(array)
        at = len(rest)
        rest.extend(array.tobytes())
        return {"dtype": str(array.dtype), "shape": list(array.shape), "at": at}

    document = {
        "of": name,
        "variables": {p: {k: head(v) for k, v in inner.items()} for p, inner in variables.items()},
        "assets": dict.fromkeys(assets, "text") or {"assets/words.txt": "a"},
        "seeds": [head(seed) for seed in seeds],
    }
    return _joined(document, bytes(rest))
