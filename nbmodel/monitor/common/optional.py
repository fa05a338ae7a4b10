"""The libraries that watching needs and the rest of nbmodel does not, at their first use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nbmodel.errors import ExtraMissing

EXTRA = "monitor"


def import_optional(module: str, purpose: str, extra: str = EXTRA) -> Any:
    """Import a module of an optional library.

    Parameters
    ----------
    module : str
        Its full name: ``pyarrow.parquet``.
    purpose : str
        What it is for, as the error says it: ``"The prediction log"``.
    extra : str
        That brings it.

    Raises
    ------
    ExtraMissing
        If the library is not installed.
    """
    library = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != library:  # it is there, and broken
            raise
        raise ExtraMissing(library, extra, purpose) from error
