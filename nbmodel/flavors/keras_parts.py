"""The parts of a Keras object that a version stores: configuration, variables, custom objects."""

from __future__ import annotations

import json
import types
from typing import TYPE_CHECKING, Any

import keras
from keras.src.saving import saving_lib
from keras.src.saving.keras_saveable import KerasSaveable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAVED = (keras.Layer, keras.optimizers.Optimizer, keras.Metric, keras.Loss)


class MemoryStore(saving_lib.NpzIOStore):  # type: ignore[misc]  # Keras has no types
    """A store of variables for Keras: a dict in memory from path to name to array."""

    def __init__(self, contents: dict[str, dict[str, Any]]) -> None:
        self.contents = contents
        self.unread = {path for path, variables in contents.items() if variables}
        self.mode = "r"
        self.archive = None

    def make(self, path: str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make a dict for the variables of the part at `path`."""
        self.contents[path] = _Variables()
        return self.contents[path]

    def get(self, path: str) -> dict[str, Any]:
        """Return the variables of the part at `path`."""
        self.unread.discard(path)
        return self.contents.get(path, {})

    def has_path(self, path: str) -> bool:
        """Whether there is a part at or below `path`."""
        return path in self.contents or any(key.startswith(f"{path}/") for key in self.contents)

    def close(self) -> None:
        """Do nothing: no file is open."""

    def plain(self) -> dict[str, dict[str, Any]]:
        """Return the contents in plain types.

        Returns
        -------
        contents : dict of str to dict of str to ndarray
            Arrays by path and name.
        """
        return {path: dict(variables) for path, variables in self.contents.items()}


class _Variables(dict[str, Any]):
    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, as_array(value))


def as_array(value: Any) -> Any:
    """Return a variable as a numpy array, which shares its memory if the backend allows that."""
    tensor = getattr(value, "value", value)
    if keras.backend.backend() == "torch" and hasattr(tensor, "detach"):
        # Keras would copy. numpy has no bfloat16, which Keras widens.
        tensor = tensor.detach().cpu()
        if keras.backend.standardize_dtype(tensor.dtype) != "bfloat16":
            return tensor.numpy()
    return keras.ops.convert_to_numpy(tensor)


def configuration(obj: Any) -> str:
    """Return the ``config.json`` of an archive; the same text for the same object."""
    text, _ = saving_lib._serialize_model_as_json(obj)
    config = json.loads(text)
    _renumber(config, {})
    return json.dumps(config, sort_keys=True)


def _renumber(node: Any, numbers: dict[int, int]) -> None:
    """Number shared objects in order: Keras uses their memory addresses."""
    if isinstance(node, dict):
        shared = node.get("shared_object_id")
        if isinstance(shared, int):
            node["shared_object_id"] = numbers.setdefault(shared, len(numbers) + 1)
        for value in node.values():
            _renumber(value, numbers)
    elif isinstance(node, list):
        for value in node:
            _renumber(value, numbers)


def custom_objects(obj: Any, config: str) -> Iterator[tuple[str, Any]]:
    """Yield the classes and functions outside of Keras in a configuration, with their names."""
    config_names = set(_names(json.loads(config)))
    for part in _parts(obj):
        member = part if isinstance(part, types.FunctionType) else type(part)
        if member.__module__.partition(".")[0] != "keras":
            names = {member.__name__, keras.saving.get_registered_name(member)} & config_names
            yield from ((name, member) for name in sorted(names))


def custom_parts(obj: Any) -> list[Any]:
    """List the parts of classes outside of Keras, innermost first."""
    custom = [
        part
        for part in _parts(obj)
        if isinstance(part, SAVED) and type(part).__module__.partition(".")[0] != "keras"
    ]
    return custom[::-1]


def _parts(obj: Any) -> Iterator[Any]:
    """Yield an object, and the Keras objects and functions in it, at any depth."""
    visited: set[int] = set()
    stack = [obj]
    while stack:
        part = stack.pop()
        if id(part) in visited:
            continue
        visited.add(id(part))
        if isinstance(part, list | tuple | set):
            stack.extend(part)
        elif isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, KerasSaveable | types.FunctionType):
            yield part
            stack.extend(vars(part).values())


def _names(node: Any) -> Iterator[str]:
    """Yield every text of a configuration that may name a class or function."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)


def seed_states(obj: Any) -> list[Any]:
    """List the random states of layers: fitted state that an archive of Keras leaves out."""
    if not isinstance(obj, keras.Layer):
        return []
    return [state for state in obj.variables if state.name == "seed_generator_state"]
