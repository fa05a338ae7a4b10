"""The registry that front ends share, and the functions of `nbmodel` that work on it.

Opening a registry imports GitPython, numpy and SQLite. So it is imported when a verb is called for
the first time, and ``%load_ext nbmodel`` stays fast.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmodel.config import NbModel
from nbmodel.errors import NbModelError, RegistryNotFound

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry
    from nbmodel.versioning.verbs.review import ReviewResult

_opened: dict[tuple[str, bool], Registry] = {}


def default_registry(*, create: bool = False) -> Registry:
    """Return the configured registry, or that of the working folder. It is opened once.

    Parameters
    ----------
    create : bool
        Make a registry if there is none.

    Returns
    -------
    Registry

    Raises
    ------
    RegistryNotFound
        If there is no registry, and `create` is not set.

    Examples
    --------
    >>> from nbmodel.api import default_registry
    >>> default_registry() is default_registry()
    True
    """
    settings = NbModel.instance()
    folder = settings.chosen_repo() or _working_folder()
    read_only = settings.refuses_changes()
    key = (folder, read_only)
    registry = _opened.get(key)
    if registry is None or not registry.path.is_dir():
        opening = import_module("nbmodel.versioning.registry")
        registry = _opened[key] = opening.configured_registry(create=create)
    return registry


def _working_folder() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        raise RegistryNotFound("the working folder, which was deleted") from None


def choose_registry(path: str) -> Registry:
    """Make the registry at a path the configured one. A registry that does not exist is created.

    Returns
    -------
    Registry

    Raises
    ------
    WriteFailed, GitFailed
        If the registry cannot be created.
    RegistryNotFound
        If there is no registry, and the settings refuse changes.

    Examples
    --------
    >>> from nbmodel.api import choose_registry
    >>> [version.ref for version in choose_registry(".").list()]
    ['iris@2']
    """
    location = import_module("nbmodel.repo.location")
    find = location.at if NbModel.instance().refuses_changes() else location.find_or_create
    place = find(Path(path).expanduser())
    while _opened:
        _opened.popitem()[1].close()
    NbModel.instance().repo = str(place.work_tree or place.git_dir)
    return default_registry()


def kernel_status() -> str:
    """Return what JupyterLab shows of a kernel, as JSON: its registry and its fitted models.

    Returns
    -------
    str
        ``{"registry": path or null, "models": [{"variable", "type", "summary", "model",
        "branch", "state": "new" | "changed" | "committed", "ref", "certain"}], "metrics":
        {variable: number}, "data": [variable]}``. Without ``%load_ext nbmodel``, nbmodel does not
        know the notebook: the registry is null and there is nothing else.

    Examples
    --------
    >>> nbmodel.kernel_status()
    '{"registry": null, "models": [], "metrics": {}, "data": []}'
    """
    running = import_module("nbmodel.provenance.notebook.session").current()
    if running is None:
        return json.dumps({"registry": None, "models": [], "metrics": {}, "data": []})
    status = import_module("nbmodel.versioning.verbs.status").status(running)
    try:
        path = str(default_registry().path)
    except NbModelError:
        path = None
    candidates = import_module("nbmodel.provenance.notebook.candidates")
    return json.dumps(
        {
            "registry": path,
            "models": [asdict(each) for each in status.models],
            "metrics": candidates.metric_candidates(running.namespace),
            "data": candidates.data_candidates(running.namespace),
        }
    )


def review(reference: str, base: str = "", *, to: str | Path = "") -> ReviewResult:
    """Describe a version for a pull request, as Markdown for GitHub and GitLab.

    Parameters
    ----------
    reference : str
        A version or a branch.
    base : str
        What it is compared with: by default the branch that its branch came from, or main; on
        main the version before it.
    to : path
        The file to write. Another file than a review is not replaced.

    Returns
    -------
    ReviewResult
        `markdown` is the page.

    Raises
    ------
    InvalidValue
        If there is nothing to compare it with.

    Examples
    --------
    >>> nbmodel.review("iris@2").before.ref
    'iris@1'
    """
    profiles = import_module("nbmodel.monitor.drift.profiles")
    registry = default_registry()
    return registry.review(reference, base, to=to, drift=profiles.compare_profiles)


def shortcut(verb: str) -> Callable[..., Any]:
    """Return a function that calls a verb of the default registry."""
    method = getattr(import_module("nbmodel.versioning.registry").Registry, verb)

    def call(*args: Any, **options: Any) -> Any:
        return method(default_registry(create=verb == "commit"), *args, **options)

    call.__name__ = call.__qualname__ = verb
    call.__doc__ = method.__doc__
    call.__wrapped__ = method  # type: ignore[attr-defined]  # help() shows its signature
    return call
