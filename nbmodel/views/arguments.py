"""Checks the arguments of a question by name, type and size; any page may send them."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from nbmodel.errors import InvalidValue, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_ITEMS = 1000  # rows of an answer, items of a list
MAX_TEXT_CHARACTERS = 1 << 20  # characters: a card is the longest
MAX_OFFSET = 1 << 40  # rows to skip
MAX_TIME_SECONDS = 1 << 33  # seconds since the epoch: the year 2242


def checked(verb: str, function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values`, if they are what the keyword arguments of `function` are annotated with.

    Raises
    ------
    InvalidValue
        If a name is unknown or missing, or a value has another type or makes no sense.
    """
    parameters = _parameters(function)
    for name in values:
        if name not in parameters:
            hint = did_you_mean(str(name), parameters)
            raise InvalidValue(f"{verb} takes no argument {str(name)[:80]!r}.", hint)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in values:
            raise InvalidValue(f"{verb} needs the argument {name!r}.", "Pass it.")
    checks = {name: _CHECKS[parameters[name].annotation] for name in values}
    return {name: checks[name](verb, name, value) for name, value in values.items()}


@cache
def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Keyword arguments by name; the first parameter is the registry."""
    _, *rest = inspect.signature(function).parameters.values()
    return {parameter.name: parameter for parameter in rest}


def _text(verb: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(verb, name, "a text")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise _wrong(verb, name, f"a text of at most {MAX_TEXT_CHARACTERS:,} characters")
    return value.encode(errors="replace").decode()  # JSON can spell halves of characters


def _flag(verb: str, name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(verb, name, "true or false")
    return value


def _whole(verb: str, name: str, value: Any) -> int:
    least, most = _RANGES[name]
    if type(value) is not int or not least <= value <= most:
        raise _wrong(verb, name, f"a whole number from {least} to {most:,}")
    return value


def _texts(verb: str, name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise _wrong(verb, name, f"a list of at most {MAX_ITEMS:,} texts")
    return [_text(verb, name, item) for item in value]


def _wrong(verb: str, name: str, kind: str) -> InvalidValue:
    return InvalidValue(f"The argument {name!r} of {verb} is not {kind}.", f"Pass {kind}.")


_RANGES = {"limit": (1, MAX_ITEMS), "offset": (0, MAX_OFFSET), "time": (0, MAX_TIME_SECONDS)}
# By annotation, as written: postponed annotations are texts.
_CHECKS: dict[Any, Callable[[str, str, Any], Any]] = {
    "str": _text,
    "bool": _flag,
    "int": _whole,
    "list[str]": _texts,
}
