"""Check before a commit that the stored object can be loaded again.

Only objects with code outside the known frameworks are loaded on trial, from a copy of their
bytes, in the process that commits. Objects of scikit-learn, numpy, PyTorch and the other flavors
are known to load.
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

MAX_REASON_LENGTH = 200  # characters of the message of an error
MAX_TRIAL_BYTES = 256 << 20  # loading more takes noticeable time, and the same memory again


def require_loadable(obj: Any, pickled: Pickled, name: str) -> None:
    """Refuse an object that could not be loaded again.

    Parameters
    ----------
    obj : object
    pickled : Pickled
        Its skeleton and buffers.
    name : str
        The variable of the notebook that holds it.

    Raises
    ------
    NotLoadable
        If a part of it cannot be loaded. The error names the part and what to do.
    """
    if not pickled.custom:
        return
    with without_side_effects(None):
        if _size(pickled) > MAX_TRIAL_BYTES:
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
    """Why the modules of the version cannot be run from their sources; empty if they can."""
    if not pickled.sources:
        return ""
    library = Library.of(pickled.sources)
    with without_side_effects(None):
        for source in pickled.sources:
            if source.name not in modules:  # it is not imported yet
                continue
            try:
                library.module(source.name)
            except Exception as error:  # noqa: BLE001 - a module may raise anything
                return f"{source.name} cannot be made from its source ({_reason(error)})"
    return ""


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:MAX_REASON_LENGTH]


def advice(obj: Any) -> str:
    """The advice of the object's framework; empty if it has none."""
    flavor = plugins.framework_of(type(obj))
    return flavor.advice(obj) if isinstance(flavor, Advisor) else ""


def _failure(part: object) -> Exception | None:
    try:
        pickled = dump(part)
    except Exception:  # noqa: BLE001 - a part may not be picklable by itself
        return None
    return _load_failure(pickled)


def _load_failure(pickled: Pickled) -> Exception | None:
    # A copy: the loaded object may write to its memory, which the original object uses.
    buffers = [memoryview(bytearray(buffer)) for buffer in pickled.buffers]
    try:
        load(pickled.skeleton, buffers, pickled.sources)
    except Exception as error:  # noqa: BLE001 - an object's own code may raise anything
        return error
    return None


def _size(pickled: Pickled) -> int:
    return len(pickled.skeleton) + sum(buffer.nbytes for buffer in pickled.buffers)
