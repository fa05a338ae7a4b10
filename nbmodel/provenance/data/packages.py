"""Modules that the inputs of a model need where the model is called again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbmodel.records import Column

_ARROW = "pyarrow"


def input_modules(data: Any, inputs: Sequence[Column]) -> frozenset[str]:
    """Top-level names of the modules of the containers and of the dtypes.

    Parameters
    ----------
    data : frame, array, tensor, sparse matrix or dict of columns, optional
        The training data.
    inputs : sequence of Column
        The recorded inputs. Without `data`, a model that has named inputs gets a pandas frame.
    """
    containers = list(data.values()) if isinstance(data, Mapping) else [data]
    tops = {
        cls.__module__.partition(".")[0]
        for container in containers
        for cls in type(container).__mro__
    }
    if data is None and any(len(column.shape) == 1 for column in inputs):
        tops.add("pandas")
    texts = (column.dtype for column in inputs)
    storages = (str(getattr(d, "storage", "")) for c in containers for d in _dtypes(c))
    if any(_ARROW in text for text in (*texts, *storages)):
        tops.add(_ARROW)
    return frozenset(tops)


def _dtypes(container: Any) -> Iterable[Any]:
    """The dtypes of a pandas frame or series; a text of them may not tell their storage."""
    dtypes = getattr(container, "dtypes", ())
    return dtypes if isinstance(dtypes, Iterable) else (dtypes,)
