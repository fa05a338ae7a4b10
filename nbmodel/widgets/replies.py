"""What the kernel says to a message of a page.

Under Voilà anyone who can open the page can send any message. This module checks its shape,
`nbmodel.views` its arguments, and the verbs whether a change is allowed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbmodel import views
from nbmodel._version import __version__
from nbmodel.config import NbModel
from nbmodel.errors import (
    InvalidValue,
    NbModelError,
    ReadOnlyRegistry,
    RegistryGone,
    RegistryNotFound,
)
from nbmodel.versioning.registry import Registry

Json = dict[str, Any]
MAX_ID_CHARACTERS = 64
_log = logging.getLogger(__name__)


class Replies:
    """Answers to messages, over a registry that may not exist yet.

    Parameters
    ----------
    registry : callable
        Opens it, or raises `RegistryNotFound`.
    checkout : callable, optional
        ``checkout(ref, variable, trust)`` binds a variable of the notebook and says so in a line.
    log : str
        Folder or URL where predictions are logged, as the user of the notebook said; the
        registry's own if empty. A page has no say in it.
    """

    def __init__(
        self,
        registry: Callable[[], Registry],
        checkout: Callable[[str, str, bool], str] | None = None,
        log: str = "",
    ) -> None:
        self._registry = registry
        self._log = log
        self._checkout = checkout
        self._path: Path | None = None
        self._name = ""  # without the path, which a dashboard must not show

    def to(self, message: object) -> Json | None:
        """The reply to a message; None if it has no id that a reply could name."""
        number = message.get("id") if isinstance(message, dict) else None
        if not isinstance(message, dict) or not _is_id(number):
            return None
        try:
            return {"id": number, "answer": self.answer(message.get("verb"), message.get("args"))}
        except NbModelError as error:
            return {"id": number, "error": _error_document(error)}
        except Exception:  # noqa: BLE001  # a panel must outlive a defect of ours; it is logged
            _log.exception("nbmodel could not answer %.200r", message)
            return {"id": number, "error": _DEFECT}

    def answer(self, verb: object, arguments: object) -> Json:
        """The answer to a question or an action.

        Raises
        ------
        NbModelError
            What the verb raises.
        """
        if not isinstance(verb, str) or not isinstance(arguments, dict | None):
            raise InvalidValue("A message needs a verb and its arguments.", "Reload the page.")
        parameters = arguments or {}
        if verb == "checkout":
            return self._check_out(parameters)
        try:
            registry = self.registry()
        except RegistryNotFound as error:
            if self._path is not None:
                raise RegistryGone(self._name) from None
            if verb not in _OF_NOTHING:
                raise
            return _OF_NOTHING[verb](error)
        return views.answer(registry, verb, parameters)

    def registry(self) -> Registry:
        """The registry that was there first.

        Raises
        ------
        InvalidValue
            If the notebook has chosen another one since.
        """
        registry = self._registry()
        if self._path is not None and registry.path != self._path:
            raise InvalidValue(
                f"This panel shows {self._path}, but the notebook uses {registry.path} now.",
                "Open another panel: %model_panel.",
            )
        self._path = registry.path
        self._name = Path(registry.context.location.name).name
        if self._log:
            return Registry(replace(registry.context, log=self._log))
        return registry

    def verbs(self) -> list[str]:
        """Verbs whose buttons make sense here."""
        verbs = list(views.QUESTIONS)
        if not NbModel.instance().refuses_changes():
            verbs += [*views.ACTIONS, *views.KERNEL_ACTIONS]
            verbs += ["checkout"] if self._checkout is not None else []
        return verbs

    def _check_out(self, arguments: Mapping[str, object]) -> Json:
        if self._checkout is None:
            raise InvalidValue("This panel belongs to no notebook.", "Open it with %model_panel.")
        if self.registry().context.read_only:
            raise ReadOnlyRegistry("check out")
        unknown = sorted(set(arguments) - {"ref", "variable", "trust"})
        ref, variable = arguments.get("ref"), arguments.get("variable", "")
        trust = arguments.get("trust", False)
        if unknown or not isinstance(ref, str) or not isinstance(variable, str):
            raise InvalidValue("checkout takes ref, variable and trust.", "Reload the page.")
        if not isinstance(trust, bool):
            raise InvalidValue("trust is true or false.", "Reload the page.")
        return {"text": self._checkout(ref, variable, trust), "ref": ref}


def _is_id(number: object) -> bool:
    if isinstance(number, str):
        return len(number) <= MAX_ID_CHARACTERS
    return isinstance(number, int) and not isinstance(number, bool) and abs(number) < 1 << 53


def _error_document(error: NbModelError) -> Json:
    return {"what": error.what, "hint": error.hint, "kind": type(error).__name__}


_DEFECT = {
    "what": "nbmodel failed to answer: this is a defect of nbmodel.",
    "hint": "The kernel's log has the traceback.",
    "kind": "Defect",
}


# -- where there is no registry yet -------------------------------------------


def _folder_name() -> str:
    try:
        return Path.cwd().name
    except OSError:  # the folder was deleted
        return ""


def _no_registry(error: RegistryNotFound) -> Json:
    return {
        "name": _folder_name(),
        "id": "",
        "nbmodel": __version__,
        "readOnly": NbModel.instance().refuses_changes(),
        "models": 0,
        "versions": 0,
        "unreadable": [],
        "metrics": [],
        "params": [],
        "metricDirections": {},
        "stages": [],
        "hint": str(error),
        "state": "",
    }


_OF_NOTHING: dict[str, Callable[[RegistryNotFound], Json]] = {
    "registry": _no_registry,
    "rows": lambda _: {
        "rows": [],
        "offset": 0,
        "total": 0,
        "totalIsLowerBound": False,
        "sort": "-time",
        "models": {},
        "params": {},
    },
    "home": lambda _: {
        "tiles": [],
        "offset": 0,
        "total": 0,
        "unstaged": {"models": [], "total": 0},
    },
    "sharing": lambda _: {
        "remotes": [],
        "remote": "",
        "ahead": 0,
        "behind": 0,
        "models": {},
        "trash": 0,
    },
    "models": lambda _: {"models": [], "ordered": False},
    "state": lambda _: {"state": ""},
}
