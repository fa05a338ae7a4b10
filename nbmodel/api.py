"""The registry that front ends share, and the module-level shortcuts over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbmodel.config import NbModel
from nbmodel.versioning.registry import Registry, open_registry

_opened: dict[tuple[str, bool], Registry] = {}


def default_registry(*, create: bool = False) -> Registry:
    """The configured registry, else that of the working folder; opened once.

    Raises
    ------
    RegistryNotFound
        If there is none, and none is to be made.
    """
    settings = NbModel.instance()
    folder = settings.chosen_repo() or str(Path.cwd())
    key = (folder, bool(settings.read_only))
    registry = _opened.get(key)
    if registry is None or not registry.path.is_dir():
        registry = open_registry(folder, create=create, read_only=key[1])
        _opened[key] = registry
    return registry


def forget_registries() -> None:
    """Close what was opened; the next verb opens anew."""
    while _opened:
        _opened.popitem()[1].close()


def shortcut(verb: str) -> Callable[..., Any]:
    """A function that calls a verb of the default registry."""
    method = getattr(Registry, verb)

    def call(*args: Any, **options: Any) -> Any:
        return method(default_registry(create=verb == "commit"), *args, **options)

    call.__name__ = call.__qualname__ = verb
    call.__doc__ = method.__doc__
    call.__wrapped__ = method  # type: ignore[attr-defined]  # help() shows its signature
    return call
