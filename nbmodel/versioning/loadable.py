"""What was taken apart can be put together again: seen before a version is made of it.

Only objects with code outside the known frameworks are tried: those of scikit-learn, numpy,
PyTorch and the other flavors are known to come back. The rest is loaded from a copy of its bytes,
in the process that commits.
"""

from __future__ import annotations

from sys import modules
from typing import Any

from nbmodel import plugins
from nbmodel.errors import NbModelError, NotLoadable
from nbmodel.flavors.base import Advisor
from nbmodel.flavors.isolated import Library
from nbmodel.flavors.pickling import Pickled, dump, load
from nbmodel.flavors.unpicklable import find_unpicklable
from nbmodel.predict.predictor import without_side_effects

MAX_WHY = 200  # characters of what a module says when it fails
LIMIT = 256 << 20  # bytes; loading more would be felt, and needs as much memory again


def require_loadable(obj: Any, pickled: Pickled, name: str) -> None:
    """Refuse an object that could not be checked out.

    Parameters
    ----------
    obj : object
    pickled : Pickled
        What was taken of it.
    name : str
        The variable it has in the notebook.

    Raises
    ------
    NotLoadable
        If a part of it refuses what was stored; it names the part and the cure.
    """
    if not pickled.custom:
        return
    with without_side_effects(None):
        if _size(pickled) > LIMIT:
            if cure := advice(obj):
                raise NotLoadable(name, f"a {type(obj).__name__}", "it is not made again", cure)
            return
        error = _load_failure(pickled)
        if error is None:
            return
        path, kind, why = find_unpicklable(obj, name, _failure)
        cure = advice(obj)
    why = error.what if isinstance(error, NbModelError) else f"{type(error).__name__}: {why}"
    raise NotLoadable(path, kind, why, cure) from error


def failure_of_sources(pickled: Pickled) -> str:
    """Why the modules that travel cannot be made from their sources; empty if they can."""
    if not pickled.sources:
        return ""
    library = Library.of(pickled.sources)
    with without_side_effects(None):
        for source in pickled.sources:
            if source.name not in modules:  # nobody imported it yet
                continue
            try:
                library.module(source.name)
            except Exception as error:  # noqa: BLE001 - a module may raise anything
                return f"{source.name} cannot be made from its source ({_said(error)})"
    return ""


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:MAX_WHY]


def advice(obj: Any) -> str:
    """What the framework of an object says of the cure; empty if it has nothing to say."""
    flavor = plugins.framework_of(type(obj))
    return flavor.advice(obj) if isinstance(flavor, Advisor) else ""


def _failure(part: object) -> Exception | None:
    try:
        pickled = dump(part)
    except Exception:  # noqa: BLE001 - a part may have no pickled form of its own
        return None
    return _load_failure(pickled)


def _load_failure(pickled: Pickled) -> Exception | None:
    # A copy: what is put together may write into its memory, which is the object's own.
    buffers = [memoryview(bytearray(buffer)) for buffer in pickled.buffers]
    try:
        load(pickled.skeleton, buffers, pickled.sources)
    except Exception as error:  # noqa: BLE001 - an object's own code may raise anything
        return error
    return None


def _size(pickled: Pickled) -> int:
    return len(pickled.skeleton) + sum(buffer.nbytes for buffer in pickled.buffers)
