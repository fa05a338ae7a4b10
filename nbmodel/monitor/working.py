"""The registry that a notebook works with, for functions that are called from one."""

from __future__ import annotations

from nbmodel.config import NbModel
from nbmodel.versioning.registry import Registry, open_registry


def working_registry() -> Registry:
    """The configured registry, else that of the working folder; the caller closes it.

    Raises
    ------
    RegistryNotFound
        If there is none.
    """
    settings = NbModel.instance()
    return open_registry(settings.chosen_repo() or None, read_only=settings.refuses_changes())
