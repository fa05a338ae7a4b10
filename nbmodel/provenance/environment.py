"""Which installed distributions an object needs, and whether they have changed since."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, version

# Import names that their distribution's name does not tell; anything else is
# tried under its own name before all installed distributions are read.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "sklearn": ("scikit-learn",),
    "skimage": ("scikit-image",),
    "xgboost": ("xgboost", "xgboost-cpu"),
    "cv2": ("opencv-python", "opencv-python-headless"),
    "PIL": ("pillow",),
    "yaml": ("pyyaml",),
    "bs4": ("beautifulsoup4",),
    "dateutil": ("python-dateutil",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "umap": ("umap-learn",),
    "imblearn": ("imbalanced-learn",),
    "skopt": ("scikit-optimize",),
    "faiss": ("faiss-cpu", "faiss-gpu"),
}


@dataclass(frozen=True, slots=True)
class PackageChange:
    """A distribution that differs from the recorded one; `installed` is None if it is gone."""

    distribution: str
    recorded: str
    installed: str | None


def distributions(modules: Iterable[str]) -> dict[str, str]:
    """Exact versions of the installed distributions that provide `modules`.

    Parameters
    ----------
    modules : iterable of str
        Dotted names as a pickle has them: ``sklearn.linear_model._logistic``.

    Returns
    -------
    dict of str to str
        Distribution name to version, sorted. The standard library,
        ``__main__``, modules that no distribution owns (the user's own files)
        and editable installs are left out: they have no version to install. Of
        a namespace package (``google``) every distribution in it is named.
    """
    tops = {module.partition(".")[0] for module in modules}
    versions: dict[str, str] = {}
    for top in tops:
        versions.update(_providers(top))
    return dict(sorted(versions.items()))


def requirements(distributions: Mapping[str, str]) -> str:
    """Text of ``requirements.txt``: ``name==version`` a line, sorted."""
    return "".join(f"{name}=={distributions[name]}\n" for name in sorted(distributions))


def package_changes(recorded: Mapping[str, str]) -> list[PackageChange]:
    """The distributions whose installed version is not the recorded one, sorted by name."""
    return [
        PackageChange(name, recorded[name], installed)
        for name in sorted(recorded)
        if (installed := _installed(name)) != recorded[name]
    ]


def brings(distribution: str, top: str) -> bool:
    """Whether a distribution is likely to bring the package `top`, by their names."""
    return distribution in ALIASES.get(top, ()) or _plain(distribution) == _plain(top)


def replaced(recorded: Mapping[str, str], module: str) -> PackageChange | None:
    """The distribution that had a module, and is installed here in another version.

    Parameters
    ----------
    recorded : mapping of str to str
        Distributions and versions that a model was made with.
    module : str
        A module that is not here. Compiled modules are sometimes named without their package:
        ``_loss`` for ``sklearn._loss._loss``.
    """
    top = module.partition(".")[0]
    others = [change for change in package_changes(recorded) if change.installed is not None]
    providers = (change for change in others if brings(change.distribution, top))
    inside = (change for change in others if top == module and _holds(change.distribution, module))
    return next(providers, None) or next(inside, None)


def _holds(name: str, module: str) -> bool:
    """Whether an installed distribution has a file of this module somewhere inside."""
    return any(file.name.partition(".")[0] == module for file in distribution(name).files or ())


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _installed(distribution: str) -> str | None:
    """Installed version, looked up once a process: an upgrade needs a new kernel anyway."""
    # A name from a stranger's manifest must not reach the file system as a path.
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", distribution, re.ASCII):
        return None
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


@cache
def _providers(top: str) -> Mapping[str, str]:
    if not top or top in sys.stdlib_module_names or top == "__main__":
        return {}
    for name in ALIASES.get(top, (top,)):
        installed = _installed(name)
        if installed is not None:
            return {} if _editable(name) else {name: installed}
    return {
        name: installed
        for name in _all().get(top, ())
        if (installed := _installed(name)) and not _editable(name)
    }


def _editable(name: str) -> bool:
    """Whether pip installed it from a folder that may change (PEP 610, ``direct_url.json``)."""
    origin = json.loads(distribution(name).read_text("direct_url.json") or "{}")
    return origin.get("dir_info", {}).get("editable") is True


@cache
def _all() -> Mapping[str, list[str]]:
    """Import name to distributions, from the metadata of everything installed: slow."""
    return packages_distributions()
