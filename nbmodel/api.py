"""The registry that front ends share, and the module-level shortcuts over it.

What opens a registry brings GitPython, numpy and SQLite along: it is imported
when a verb is called for the first time, so that ``%load_ext nbmodel`` is quick.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmodel.config import NbModel

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

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
        opening = import_module("nbmodel.versioning.registry")
        registry = _opened[key] = opening.open_registry(folder, create=create, read_only=key[1])
    return registry


def choose_registry(path: str) -> Registry:
    """Make the registry at a path the configured one; it is created if it does not exist.

    Raises
    ------
    WriteFailed, GitFailed
        If it cannot be created.
    """
    place = import_module("nbmodel.repo.location").find_or_create(Path(path).expanduser())
    while _opened:
        _opened.popitem()[1].close()
    NbModel.instance().repo = str(place.work_tree or place.git_dir)
    return default_registry()


def shortcut(verb: str) -> Callable[..., Any]:
    """A function that calls a verb of the default registry."""
    method = getattr(import_module("nbmodel.versioning.registry").Registry, verb)

    def call(*args: Any, **options: Any) -> Any:
        return method(default_registry(create=verb == "commit"), *args, **options)

    call.__name__ = call.__qualname__ = verb
    call.__doc__ = method.__doc__
    call.__wrapped__ = method  # type: ignore[attr-defined]  # help() shows its signature
    return call
