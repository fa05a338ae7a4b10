"""Keras: the parts of a ``.keras`` archive, with every variable a buffer of its own.

Keras's archive carries its date, and its weights are one HDF5 file: two saves
of one model differ, and one new weight changes the whole. So the same
configuration, variables and assets that Keras would archive are taken by its
own saving functions (``keras.src.saving.saving_lib``) through a store in
memory, and given back to its own loader. Layers shared between two models are
one within a model and two across models, as in Keras's archive. Classes and
functions that Keras does not know travel with the model.
"""

from __future__ import annotations

import json
import math
import pickle
import tempfile
import types
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
from keras.src.saving import object_registration, saving_lib
from keras.src.saving.keras_saveable import KerasSaveable

from nbmodel.errors import NbModelError
from nbmodel.flavors import isolated
from nbmodel.flavors.description import DescriptionBuilder, plural
from nbmodel.records import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbmodel.records import Description

MAX_REASON_LENGTH = 120  # characters of what a class says of its configuration
_SAVED = (keras.Layer, keras.optimizers.Optimizer, keras.Metric, keras.Loss)


@dataclass(frozen=True, slots=True)
class KerasFlavor:
    """Models, layers, optimizers, metrics and losses of Keras 3, on any backend."""

    name: str = "keras"

    def describe(self, obj: Any) -> Description:
        """Settings of the layers and of the compilation, variables by their paths."""
        builder = DescriptionBuilder(self.name, obj)
        if isinstance(obj, keras.Layer):
            builder.attempt(lambda: _note_variables(builder, obj))
            builder.attempt(lambda: _note_settings(builder, obj))
            builder.attempt(lambda: _note_signature(builder, obj))
        elif isinstance(obj, KerasSaveable):
            builder.attempt(lambda: _note_config(builder, obj, ""))
        return builder.done()

    def reduce(self, obj: Any) -> Any:
        """Give configuration, variables, assets and custom objects."""
        if not isinstance(obj, _SAVED):
            return NotImplemented
        config = _configuration(obj)
        variables = MemoryStore({})
        with tempfile.TemporaryDirectory() as folder:
            assets = saving_lib.DiskIOStore(folder, mode="r")  # "r": over a folder of ours
            saving_lib._save_state(
                obj,
                weights_store=variables,
                assets_store=assets,
                inner_path="",
                visited_saveables=set(),
            )
            files = {
                file.relative_to(folder).as_posix(): pickle.PickleBuffer(file.read_bytes())
                for file in sorted(Path(folder).rglob("*"))
                if file.is_file()
            }
        custom = dict(_custom_objects(obj, config))
        seeds = [_as_array(state) for state in _seed_states(obj)]
        return restore_saveable, (config, variables.plain(), files, custom, seeds)

    def advice(self, obj: Any) -> str:
        """Which class of the user's does not come back from its configuration, and the cure."""
        custom = {type(part).__name__: type(part) for part in _custom_parts(obj)}
        for part in _custom_parts(obj):
            try:
                with _registered(custom):
                    type(part).from_config(part.get_config())
            except Exception as error:  # noqa: BLE001 - the user's own code may raise anything
                name, why = type(part).__name__, " ".join(str(error).split())[:MAX_REASON_LENGTH]
                return (
                    f"{name} is not made again by what its get_config() returns ({why}). "
                    f"Let {name}.__init__ take **kwargs and pass them to "
                    "super().__init__(**kwargs), and return its own arguments from get_config(); "
                    "arguments that are layers or functions need from_config() too "
                    "(keras.io/guides/serialization_and_saving). Then make the model anew."
                )
        return ""

    def is_fitted(self, obj: Any) -> bool:
        """A model. A layer alone is a part of one."""
        return isinstance(obj, keras.Model)


FLAVOR = KerasFlavor()


class MemoryStore(saving_lib.NpzIOStore):  # type: ignore[misc]
    """Keras's store of variables as a dict in memory: path, name, array."""

    def __init__(self, contents: dict[str, dict[str, Any]]) -> None:
        self.contents = contents
        self.unread = {path for path, variables in contents.items() if variables}
        self.mode = "r"
        self.archive = None

    def make(self, path: str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A place for the variables of the part at `path`."""
        self.contents[path] = _Variables()
        return self.contents[path]

    def get(self, path: str) -> dict[str, Any]:
        """The variables of the part at `path`."""
        self.unread.discard(path)
        return self.contents.get(path, {})

    def has_path(self, path: str) -> bool:
        """Whether there is a part at or below `path`."""
        return path in self.contents or any(key.startswith(f"{path}/") for key in self.contents)

    def close(self) -> None:
        """Nothing is open."""

    def plain(self) -> dict[str, dict[str, Any]]:
        """The contents in types that any reader has."""
        return {path: dict(variables) for path, variables in self.contents.items()}


class _Variables(dict[str, Any]):
    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, _as_array(value))


def _as_array(value: Any) -> Any:
    """The memory of a variable as a numpy array, where the backend shares it."""
    tensor = getattr(value, "value", value)
    if keras.backend.backend() == "torch" and hasattr(tensor, "detach"):
        # Keras itself would copy. numpy has no bfloat16; Keras widens it.
        tensor = tensor.detach().cpu()
        if keras.backend.standardize_dtype(tensor.dtype) != "bfloat16":
            return tensor.numpy()
    return keras.ops.convert_to_numpy(tensor)


# -- taking apart ------------------------------------------------------------


def _configuration(obj: Any) -> str:
    """The ``config.json`` of Keras's archive, the same text for the same object."""
    text, _ = saving_lib._serialize_model_as_json(obj)
    config = json.loads(text)
    _renumber(config, {})
    return json.dumps(config, sort_keys=True)


def _renumber(node: Any, numbers: dict[int, int]) -> None:
    """Number shared objects in order: Keras takes their memory addresses."""
    if isinstance(node, dict):
        shared = node.get("shared_object_id")
        if isinstance(shared, int):
            node["shared_object_id"] = numbers.setdefault(shared, len(numbers) + 1)
        for value in node.values():
            _renumber(value, numbers)
    elif isinstance(node, list):
        for value in node:
            _renumber(value, numbers)


def _custom_objects(obj: Any, config: str) -> Iterator[tuple[str, Any]]:
    """Classes and functions outside Keras that the configuration names, by those names."""
    named = set(_names(json.loads(config)))
    for part in _parts(obj):
        found = part if isinstance(part, types.FunctionType) else type(part)
        if found.__module__.partition(".")[0] != "keras":
            names = {found.__name__, keras.saving.get_registered_name(found)} & named
            yield from ((name, found) for name in sorted(names))


def _custom_parts(obj: Any) -> list[Any]:
    """The parts of classes outside Keras, innermost first."""
    custom = [
        part
        for part in _parts(obj)
        if isinstance(part, _SAVED) and type(part).__module__.partition(".")[0] != "keras"
    ]
    return custom[::-1]


def _parts(obj: Any) -> Iterator[Any]:
    """An object, and whatever of Keras and which functions it holds, at any depth."""
    seen: set[int] = set()
    stack = [obj]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list | tuple | set):
            stack.extend(part)
        elif isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, KerasSaveable | types.FunctionType):
            yield part
            stack.extend(vars(part).values())


def _names(node: Any) -> Iterator[str]:
    """Every text of a configuration that may name a class or function."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)


def _seed_states(obj: Any) -> list[Any]:
    """Where the random layers stand: Keras's archive leaves that out, and it is fitted state."""
    if not isinstance(obj, keras.Layer):
        return []
    return [state for state in obj.variables if state.name == "seed_generator_state"]


# -- putting together --------------------------------------------------------


def restore_saveable(
    config: str,
    variables: dict[str, dict[str, Any]],
    assets: Mapping[str, bytes | bytearray | memoryview],
    custom: Mapping[str, Any],
    seeds: Sequence[Any],
) -> Any:
    """A Keras object from what `KerasFlavor.reduce` gave.

    Runs code: `custom` holds classes, and a configuration may hold lambdas.

    Raises
    ------
    NbModelError
        If this Keras cannot rebuild a part.
    """
    with _registered(custom):
        obj = saving_lib._model_from_config(config, dict(custom), compile=True, safe_mode=False)
    failed: set[int] = set()
    messages: dict[int, tuple[Any, Exception]] = {}
    store = MemoryStore(variables)
    with tempfile.TemporaryDirectory() as folder:
        _write_assets(Path(folder).resolve(), assets)
        saving_lib._load_state(
            obj,
            weights_store=store,
            assets_store=saving_lib.DiskIOStore(folder, mode="r") if assets else None,
            inner_path="",
            visited_saveables=set(),
            failed_saveables=failed,
            error_msgs=messages,
        )
    if failed:
        part, why = next(iter(messages.values()))
        raise _not_restored(part, str(why))
    if store.unread:
        raise _not_restored(
            obj, f"from_config() made no part for the weights of {min(store.unread)!r}"
        )
    states = _seed_states(obj)
    if len(states) != len(seeds):
        raise _not_restored(obj, f"{len(states)} random states for {len(seeds)} stored")
    for state, seed in zip(states, seeds, strict=True):
        state.assign(seed)
    return obj


@contextmanager
def _registrations() -> Iterator[None]:
    """Keep what Keras has registered: a version's class must not take the user's place."""
    before = dict(object_registration.GLOBAL_CUSTOM_OBJECTS)
    try:
        yield
    finally:
        object_registration.GLOBAL_CUSTOM_OBJECTS.clear()
        object_registration.GLOBAL_CUSTOM_OBJECTS.update(before)


isolated.keep(_registrations)


@contextmanager
def _registered(custom: Mapping[str, Any]) -> Iterator[None]:
    """Register classes and functions for a while.

    Keras's own scope would not do: inside it, what is registered goes first, and another version's
    class may be, under the same name.
    """
    with _registrations():
        object_registration.GLOBAL_CUSTOM_OBJECTS.update(custom)
        yield


def _not_restored(part: Any, why: str) -> NbModelError:
    return NbModelError(
        f"Keras {keras.__version__} cannot restore {type(part).__name__}: {why}",
        "Install the version of keras that the model's requirements.txt names.",
    )


def _write_assets(folder: Path, assets: Mapping[str, bytes | bytearray | memoryview]) -> None:
    for name, data in assets.items():
        target = (folder / name).resolve()
        if not target.is_relative_to(folder):
            raise NbModelError(
                f"The asset {name!r} lies outside its folder.",
                "The version was not made by nbmodel: do not load it.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


# -- description -------------------------------------------------------------


def _note_variables(builder: DescriptionBuilder, layer: Any) -> None:
    total = 0
    for variable in layer.weights:
        total += math.prod(variable.shape)
        builder.array(variable.path, _as_array(variable))
    layers = len(getattr(layer, "layers", ())) or 1
    builder.count("layers", layers)
    builder.count("parameters", total)
    builder.summary += f", {plural(layers, 'layer')}, {plural(total, 'parameter')}"


def _note_settings(builder: DescriptionBuilder, layer: Any) -> None:
    for part in getattr(layer, "layers", None) or [layer]:
        _note_config(builder, part, f"{part.name}.")
    optimizer = getattr(layer, "optimizer", None)
    if optimizer is not None:
        builder.param("optimizer", type(optimizer).__name__)
        _note_config(builder, optimizer, "optimizer.")
    if isinstance(loss := getattr(layer, "loss", None), str):
        builder.param("loss", loss)


def _note_config(builder: DescriptionBuilder, part: Any, prefix: str) -> None:
    """The scalars of a configuration, and the class names of what is nested in it."""
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


def _note_signature(builder: DescriptionBuilder, layer: Any) -> None:
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
