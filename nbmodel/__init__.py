"""Model management that never leaves the notebook and needs nothing but git.

In a notebook: ``%load_ext nbmodel``, then ``%model_commit clf -m "baseline"``.

From Python: ``nbmodel.open()`` gives a `Registry`. `commit`, `checkout` and the other verbs work on
the registry of the working folder. ``nbmodel.monitor.log`` logs the predictions of a batch job.

Examples
--------
>>> nbmodel.commit(clf, "iris", "baseline", data=X).version.ref
'iris@3'
>>> type(nbmodel.checkout("iris@3")).__name__
'LogisticRegression'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbmodel import monitor
    from nbmodel.api import kernel_status
    from nbmodel.versioning.registry import Registry
    from nbmodel.versioning.registry import open_registry as open  # noqa: A004
    from nbmodel.versioning.verbs.clone import clone
    from nbmodel.versioning.verbs.export import load_folder

# Loaded at first use: `import nbmodel` costs next to nothing.
_LAZY = {
    "__version__": "nbmodel._version:__version__",
    "clone": "nbmodel.versioning.verbs.clone:clone",
    "NbModelError": "nbmodel.errors:NbModelError",
    "Registry": "nbmodel.versioning.registry:Registry",
    "kernel_status": "nbmodel.api:kernel_status",
    "monitor": "nbmodel.monitor",
    "review": "nbmodel.api:review",
    "load_folder": "nbmodel.versioning.verbs.export:load_folder",
    "open": "nbmodel.versioning.registry:open_registry",
}
VERBS = (
    "annotate", "approve", "audit", "branch", "card", "checkout", "commit", "compare", "delete",
    "diff", "edit_card", "evaluate", "file", "gc", "list", "load", "log", "merge", "promote",
    "pull", "push", "release", "restore", "rollback", "show", "timeline", "verify",
)  # fmt: skip

__all__ = [
    "NbModelError", "Registry", "clone", "kernel_status", "load_folder", "monitor", "open",
    "review", *VERBS,
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, _, attribute = _LAZY[name].partition(":")
        value = import_module(module)
        if attribute:
            value = getattr(value, attribute)
    elif name in VERBS:
        value = import_module("nbmodel.api").shortcut(name)
    else:
        raise AttributeError(f"module 'nbmodel' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *VERBS})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics: ``%load_ext nbmodel``."""
    import_module("nbmodel.magics").load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Remove the magics, and stop recording cells."""
    import_module("nbmodel.magics").unload(shell)
