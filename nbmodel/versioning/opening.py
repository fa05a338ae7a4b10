"""A skeleton becomes an object: where versions from git and from folders meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbmodel.errors import LoadFailed, ModuleLost, NbModelError
from nbmodel.flavors.isolated import true_name
from nbmodel.flavors.pickling import load
from nbmodel.manifest import Manifest
from nbmodel.provenance import environment
from nbmodel.provenance.carried import sources_of
from nbmodel.trust.loader import load_untrusted
from nbmodel.versioning.load_warnings import escaped_warnings

MAX_WHY = 300


def put_together(
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
        Whether the user vouches for it; else nothing of its code runs.

    Raises
    ------
    Untrusted
        If it is not the user's own and asks for more than the validating loader allows.
    LoadFailed
        If a package is missing here, or code that the version needs refuses.
    """
    with escaped_warnings():
        if not own:
            return load_untrusted(bytes(skeleton), buffers, where)
        return _load(manifest, skeleton, buffers, modules, where)


def _load(
    manifest: Manifest,
    skeleton: bytes | memoryview,
    buffers: Sequence[memoryview],
    modules: Mapping[str, bytes],
    where: str,
) -> Any:
    """The object of a version that the user vouches for."""
    try:
        return load(skeleton, buffers, sources_of(manifest.modules, modules))
    except ModuleNotFoundError as error:
        raise _missing(error.name or str(error), manifest, where) from error
    except ModuleLost as error:
        raise _missing(error.name, manifest, where) from error
    except NbModelError:
        raise
    except Exception as error:  # the object's own code may raise anything
        raise _failed(error, manifest, where) from error


def _missing(name: str, manifest: Manifest, where: str) -> LoadFailed:
    name = true_name(name)
    top = name.partition(".")[0]
    recorded = [f"{d}=={v}" for d, v in manifest.environment.items() if environment.brings(d, top)]
    what = f"{where} needs the module {name!r}, which is not here."
    if recorded:
        return LoadFailed(what, f"Install it: pip install {' '.join(recorded)}.")
    return LoadFailed(
        what,
        f"The version does not carry it, and no distribution of its requirements.txt is named so: "
        f"install what brings {top!r}, or put its file into a folder of sys.path, and repeat.",
    )


def _failed(error: Exception, manifest: Manifest, where: str) -> LoadFailed:
    why = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_WHY]
    changes = [f"{c.distribution} {c.recorded}" for c in environment.changed(manifest.environment)]
    if changes:
        do = f"It was made with {', '.join(changes)}: install what its requirements.txt names."
    else:
        do = "Its own code refuses here: look for files, settings or names that it relies on."
    return LoadFailed(f"{where} cannot be put together{_place(error)}: {why}.", do)


def _place(error: Exception) -> str:
    """Where in a module of the version an error arose, if it did."""
    found = ""
    trace = error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        if name != true_name(name):
            found = f" (line {trace.tb_lineno} of {true_name(name)})"
        trace = trace.tb_next
    return found
