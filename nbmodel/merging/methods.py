"""Find a method of merging: nbmodel's own, that of a plug-in, or a function of the user."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from nbmodel import plugins
from nbmodel.errors import CannotMerge, InvalidValue, did_you_mean
from nbmodel.merging.base import MergeMethod, MergeRequest

MAX_NAME_LENGTH = 200  # of a function of the user, in the manifest


def method_names() -> list[str]:
    """Return the names of all methods: nbmodel's own first, then those of plug-ins."""
    return list(
        dict.fromkeys([*plugins.MERGE_METHODS, *plugins.plugin_points(plugins.MERGE_GROUP)])
    )


def find_method(how: str | Callable[..., Any]) -> tuple[str, MergeMethod]:
    """Return the name and the method.

    Parameters
    ----------
    how : str or callable
        A name; or a function that takes the list of fitted members and returns the model.

    Raises
    ------
    InvalidValue
        If there is no such method.
    """
    if not isinstance(how, str):
        if not callable(how):
            raise InvalidValue(
                f"{how!r:.80} is neither the name of a method nor a function.", _names_hint()
            )
        name = str(getattr(how, "__name__", type(how).__name__))[:MAX_NAME_LENGTH]
        return name, MergeMethod(function=partial(_call, how, name))
    own = plugins.own_merge_method(how)
    if own is not None:
        return how, cast("MergeMethod", own)
    if how in plugins.plugin_points(plugins.MERGE_GROUP):
        plugin = plugins.load_plugin(plugins.MERGE_GROUP, how, MergeMethod)
        if plugin is None:
            raise InvalidValue(
                f"The plug-in {how} cannot be loaded.", "The log of nbmodel.plugins says why."
            )
        return how, plugin
    hint = did_you_mean(how, method_names()) or _names_hint()
    raise InvalidValue(f"There is no method of merging {how!r}.", hint)


def _names_hint() -> str:
    return f"Methods: {', '.join(method_names())}; or a function of the notebook."


def _call(function: Callable[..., Any], name: str, request: MergeRequest) -> Any:
    """Call a function of the user with the list of fitted members."""
    try:
        model = function([member.model for member in request.members])
    except Exception as error:  # the function may raise anything
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise CannotMerge(f"the function {name} raised {why}") from error
    if model is None:
        raise CannotMerge(f"the function {name} returned nothing", "End it with: return MODEL.")
    return model
