"""Load the object of a version, from the registry or from an exported folder."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import PathFinder
from typing import Any

from nbmodel.display import visible
from nbmodel.errors import LoadFailed, ModuleLost, NbModelError, SkeletonInvalid, Untrusted
from nbmodel.flavors.isolated import true_name
from nbmodel.flavors.pickling import load
from nbmodel.manifest import Manifest
from nbmodel.plugins import rules_for
from nbmodel.provenance import environment
from nbmodel.provenance.environment import replaced
from nbmodel.provenance.user_modules import sources_of
from nbmodel.trust.loader import load_untrusted
from nbmodel.trust.scan import imports

MAX_REASON_LENGTH = 300  # characters of the message of an error


def load_object(
    manifest: Manifest,
    skeleton: bytes | memoryview,
    buffers: Sequence[memoryview],
    modules: Mapping[str, bytes],
    where: str,
    *,
    own: bool,
) -> Any:
    """Make the object of a version.

    Parameters
    ----------
    manifest : Manifest
    skeleton : bytes
    buffers : sequence of memoryview
    modules : mapping of str to bytes
        Source of each module that the version carries, checked.
    where : str
        The version's reference or folder, for messages.
    own : bool
        Whether the user made or trusts it. Otherwise none of its code runs.

    Raises
    ------
    Untrusted
        If another person made it, and it needs more than the validating loader allows.
    LoadFailed
        If a package is missing, or code that the version needs raises an error.
    """
    with escaped_warnings():
        if not own:
            return _load_strangers(manifest, bytes(skeleton), buffers, where)
        return _load(manifest, skeleton, buffers, modules, where)


def _load_strangers(
    manifest: Manifest, skeleton: bytes, buffers: Sequence[memoryview], where: str
) -> Any:
    """Load the object of a version that is not trusted.

    One that could not be loaded even with trust, because it was made with another release, says
    that at once: trust would be given for nothing.
    """
    try:
        return load_untrusted(skeleton, buffers, where)
    except Untrusted as error:
        for module, name in _imports(skeleton):
            missing_name = module if not _is_here(module) else name if _lacks(module, name) else ""
            change = replaced(manifest.environment, module) if missing_name else None
            if change is not None:
                raise _other_release(change, missing_name, where) from error
        raise


def _imports(skeleton: bytes) -> tuple[tuple[str, str], ...]:
    try:
        return imports(skeleton)
    except SkeletonInvalid:
        return ()


def _is_here(module: str) -> bool:
    """Whether a module can be found. Neither it nor its packages are imported."""
    top, _, rest = module.partition(".")
    if not all(part.isidentifier() for part in module.split(".")):
        return True  # not a name that an import would look for
    if top in sys.modules or top in sys.builtin_module_names:
        folders = list(getattr(sys.modules.get(top), "__path__", ()))
    else:
        spec = PathFinder.find_spec(top)
        if spec is None:
            return False
        folders = list(spec.submodule_search_locations or ())
    for part in rest.split(".") if rest else ():
        spec = PathFinder.find_spec(part, folders)
        if spec is None:
            return False
        folders = list(spec.submodule_search_locations or ())
    return True


def _lacks(module: str, name: str) -> bool:
    """Whether a module of a known framework is imported already and has no such name."""
    table = rules_for(module.partition(".")[0])
    module_object = None if table is None else sys.modules.get(module)
    return module_object is not None and not hasattr(module_object, name.partition(".")[0])


def _load(
    manifest: Manifest,
    skeleton: bytes | memoryview,
    buffers: Sequence[memoryview],
    modules: Mapping[str, bytes],
    where: str,
) -> Any:
    """Load the object of a version that the user made or trusts."""
    try:
        return load(skeleton, buffers, sources_of(manifest.modules, modules))
    except ModuleNotFoundError as error:
        raise _module_not_here(error.name or str(error), manifest, where) from error
    except ModuleLost as error:
        raise _module_not_here(error.name, manifest, where) from error
    except NbModelError:
        raise
    except Exception as error:  # the object's own code may raise anything
        raise _failed(error, manifest, where) from error


def _module_not_here(name: str, manifest: Manifest, where: str) -> LoadFailed:
    name = true_name(name)
    top = name.partition(".")[0]
    change = replaced(manifest.environment, name)
    if change is not None:
        return _other_release(change, name, where)
    recorded = [f"{d}=={v}" for d, v in manifest.environment.items() if environment.brings(d, top)]
    what = f"{where} needs the module {name!r}, which is not here."
    if recorded:
        return LoadFailed(what, f"Install it: pip install {' '.join(recorded)}.")
    return LoadFailed(
        what,
        "The version does not carry it, and no distribution of its requirements.txt is named so. "
        "Get its file from the author of the version, put it into a folder of sys.path, and "
        "repeat. Do not install a package only because of its name: everyone can register one.",
    )


def _other_release(change: environment.PackageChange, missing_name: str, where: str) -> LoadFailed:
    name, recorded = change.distribution, change.recorded
    return LoadFailed(
        f"{where} was made with {name} {recorded}, here is {change.installed}, which has no "
        f"{missing_name!r}.",
        f"Install that release in a separate environment: pip install {name}=={recorded}.",
    )


def _failed(error: Exception, manifest: Manifest, where: str) -> LoadFailed:
    why = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_REASON_LENGTH]
    changes = [
        f"{c.distribution} {c.recorded}" for c in environment.package_changes(manifest.environment)
    ]
    if changes:
        hint = f"It was made with {', '.join(changes)}: install what its requirements.txt names."
    else:
        hint = "Its own code refuses here: look for files, settings or names that it relies on."
    return LoadFailed(f"{where} cannot be put together{_place(error)}: {why}.", hint)


def _place(error: Exception) -> str:
    """The line of a module of the version in which an error arose, if any."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        if name != true_name(name):
            place = f" (line {trace.tb_lineno} of {true_name(name)})"
        trace = trace.tb_next
    return place


@contextmanager
def escaped_warnings() -> Iterator[None]:
    """Show the warnings of the body after it has ended, with control characters escaped.

    A warning may quote the object: scikit-learn prints the release that an estimator of another
    person names. In a terminal, its control characters would act.
    """
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as records:
            try:
                yield
            finally:
                caught = list(records)
    finally:
        for warning in caught:
            warnings.showwarning(
                _readable(warning.message), warning.category, warning.filename, warning.lineno
            )


def _readable(message: Warning | str) -> Warning | str:
    text = str(message)
    return message if visible(text) == text else Warning(visible(text))
