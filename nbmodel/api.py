"""The registry that front ends share, and the module-level shortcuts over it.

What opens a registry brings GitPython, numpy and SQLite along: it is imported
when a verb is called for the first time, so that ``%load_ext nbmodel`` is quick.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmodel.config import NbModel
from nbmodel.errors import NbModelError

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
    read_only = settings.refuses_changes()
    key = (folder, read_only)
    registry = _opened.get(key)
    if registry is None or not registry.path.is_dir():
        opening = import_module("nbmodel.versioning.registry")
        registry = _opened[key] = opening.configured_registry(create=create)
    return registry


def choose_registry(path: str) -> Registry:
    """Make the registry at a path the configured one; it is created if it does not exist.

    Raises
    ------
    WriteFailed, GitFailed
        If it cannot be created.
    RegistryNotFound
        If there is none, and all is read-only.
    """
    location = import_module("nbmodel.repo.location")
    find = location.at if NbModel.instance().refuses_changes() else location.find_or_create
    place = find(Path(path).expanduser())
    while _opened:
        _opened.popitem()[1].close()
    NbModel.instance().repo = str(place.work_tree or place.git_dir)
    return default_registry()


def kernel_status() -> str:
    """What JupyterLab asks of a kernel, as JSON: its registry and its fitted models.

    Returns
    -------
    str
        ``{"registry": path or null, "models": [{"variable", "type", "summary", "model",
        "branch", "state": "new" | "changed" | "committed", "ref", "certain"}]}``; no models
        where the extension is not loaded: nothing is known of the notebook then.
    """
    running = import_module("nbmodel.provenance.notebook.session").current()
    if running is None:
        return json.dumps({"registry": None, "models": []})
    found = import_module("nbmodel.versioning.verbs.status").status(running)
    try:
        path = str(default_registry().path)
    except NbModelError:
        path = None
    return json.dumps({"registry": path, "models": [asdict(each) for each in found.models]})


def shortcut(verb: str) -> Callable[..., Any]:
    """A function that calls a verb of the default registry."""
    method = getattr(import_module("nbmodel.versioning.registry").Registry, verb)

    def call(*args: Any, **options: Any) -> Any:
        return method(default_registry(create=verb == "commit"), *args, **options)

    call.__name__ = call.__qualname__ = verb
    call.__doc__ = method.__doc__
    call.__wrapped__ = method  # type: ignore[attr-defined]  # help() shows its signature
    return call
