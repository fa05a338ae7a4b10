"""Imports of optional libraries: those that come with an extra such as ``nbmodel[monitor]``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nbmodel.errors import ExtraMissing

EXTRA = "monitor"


def import_optional(module: str, purpose: str, extra: str = EXTRA) -> Any:
    """Import a module of an optional library at its first use.

    Parameters
    ----------
    module : str
        Full name of the module: ``pyarrow.parquet``.
    purpose : str
        What needs the library, as the subject of the error: ``"The prediction log"``.
    extra : str
        The extra of nbmodel that installs the library.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ExtraMissing
        If the library is not installed.
    """
    library = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != library:  # the library is installed but broken
            raise
        raise ExtraMissing(library, extra, purpose) from error
