"""Keras: the parts of a ``.keras`` archive, with a separate buffer for every variable.

A Keras archive contains a date, and its weights are one HDF5 file: two saves of one model differ,
and one new weight changes the whole file. So the saving functions of Keras
(``keras.src.saving.saving_lib``) write the same configuration, variables and assets into a store in
memory. Its loader reads them from there. A layer that a model uses twice is shared. A layer
that two models share is stored twice, as in an archive. Classes and functions from outside of Keras
travel with the model.

Skeletons name `restore_saveable` in this module, so its name must stay.
"""

from __future__ import annotations

import pickle
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
from keras.src.saving import object_registration, saving_lib
from keras.src.saving.keras_saveable import KerasSaveable

from nbmodel.errors import NbModelError
from nbmodel.flavors import isolated
from nbmodel.flavors.description import DescriptionBuilder
from nbmodel.flavors.keras_description import (
    note_config,
    note_settings,
    note_signature,
    note_variables,
)
from nbmodel.flavors.keras_parts import (
    SAVED,
    MemoryStore,
    as_array,
    configuration,
    custom_objects,
    custom_parts,
    seed_states,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbmodel.records import Description

MAX_REASON_LENGTH = 120  # characters of the error of a class


@dataclass(frozen=True, slots=True)
class KerasFlavor:
    """Models, layers, optimizers, metrics and losses of Keras 3, on any backend."""

    name: str = "keras"

    def describe(self, obj: Any) -> Description:
        """Describe settings of the layers and of the compilation, and variables by their paths."""
        builder = DescriptionBuilder(self.name, obj)
        if isinstance(obj, keras.Layer):
            builder.attempt(lambda: note_variables(builder, obj))
            builder.attempt(lambda: note_settings(builder, obj))
            builder.attempt(lambda: note_signature(builder, obj))
        elif isinstance(obj, KerasSaveable):
            builder.attempt(lambda: note_config(builder, obj, ""))
        return builder.build()

    def reduce(self, obj: Any) -> Any:
        """Reduce to configuration, variables, assets, custom objects and random states."""
        if not isinstance(obj, SAVED):
            return NotImplemented
        config = configuration(obj)
        variables = MemoryStore({})
        with tempfile.TemporaryDirectory() as folder:
            assets = saving_lib.DiskIOStore(folder, mode="r")  # "r": uses this folder
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
        custom = dict(custom_objects(obj, config))
        seeds = [as_array(state) for state in seed_states(obj)]
        return restore_saveable, (config, variables.plain(), files, custom, seeds)

    def advice(self, obj: Any) -> str:
        """Name a class of the user that its configuration does not restore, and the remedy."""
        custom = {type(part).__name__: type(part) for part in custom_parts(obj)}
        for part in custom_parts(obj):
            try:
                with _registered(custom):
                    type(part).from_config(part.get_config())
            except Exception as error:  # noqa: BLE001 - the user's own code may raise anything
                name = type(part).__name__
                reason = " ".join(str(error).split())[:MAX_REASON_LENGTH]
                return (
                    f"{name} cannot be made again from what its get_config() returns ({reason}). "
                    f"Let {name}.__init__ take **kwargs and pass them to "
                    "super().__init__(**kwargs), and return its own arguments from get_config(); "
                    "arguments that are layers or functions need from_config() too "
                    "(keras.io/guides/serialization_and_saving). Then make the model again."
                )
        return ""

    def is_fitted(self, obj: Any) -> bool:
        """Whether it is a model. A single layer is a part of one."""
        return isinstance(obj, keras.Model)


FLAVOR = KerasFlavor()


# -- putting together --------------------------------------------------------


def restore_saveable(
    config: str,
    variables: dict[str, dict[str, Any]],
    assets: Mapping[str, bytes | bytearray | memoryview],
    custom: Mapping[str, Any],
    seeds: Sequence[Any],
) -> Any:
    """Restore a Keras object from the reduction of `KerasFlavor.reduce`.

    This runs code: `custom` holds classes, and a configuration may hold lambdas.

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
        part, error = next(iter(messages.values()))
        raise _not_restored(part, str(error))
    if store.unread:
        raise _not_restored(
            obj, f"from_config() did not make a part for the weights of {min(store.unread)!r}"
        )
    states = seed_states(obj)
    if len(states) != len(seeds):
        raise _not_restored(
            obj, f"it has {len(states)} random states, and the version has {len(seeds)}"
        )
    for state, seed in zip(states, seeds, strict=True):
        state.assign(seed)
    return obj


@contextmanager
def _registrations() -> Iterator[None]:
    """Restore the registry of Keras: a class of a version must not replace that of the user."""
    before = dict(object_registration.GLOBAL_CUSTOM_OBJECTS)
    try:
        yield
    finally:
        object_registration.GLOBAL_CUSTOM_OBJECTS.clear()
        object_registration.GLOBAL_CUSTOM_OBJECTS.update(before)


isolated.preserve(_registrations)


@contextmanager
def _registered(custom: Mapping[str, Any]) -> Iterator[None]:
    """Register classes and functions inside the context.

    The custom object scope of Keras is not enough: in it, registered classes have priority, and a
    class of another version may be registered under the same name.
    """
    with _registrations():
        object_registration.GLOBAL_CUSTOM_OBJECTS.update(custom)
        yield


def _not_restored(part: Any, reason: str) -> NbModelError:
    return NbModelError(
        f"Keras {keras.__version__} cannot restore {type(part).__name__}: {reason}",
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
