"""What a stranger may pass for an argument: checked by name, type and size."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from nbmodel.errors import InvalidValue, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST = 1000  # rows of an answer, items of a list
LONGEST_TEXT = 1 << 20  # characters: a card is the longest
FARTHEST = 1 << 40  # rows to skip
LATEST = 1 << 33  # seconds since the epoch: the year 2242


def checked(verb: str, function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given`, if it is what the keyword arguments of `function` are annotated with.

    Raises
    ------
    InvalidValue
        If a name is unknown or missing, or a value has another type or makes no sense.
    """
    known = _parameters(function)
    for name in given:
        if name not in known:
            hint = did_you_mean(str(name), known)
            raise InvalidValue(f"{verb} takes no argument {str(name)[:80]!r}.", hint)
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in given:
            raise InvalidValue(f"{verb} needs the argument {name!r}.", "Pass it.")
    checks = {name: _CHECKS[known[name].annotation] for name in given}
    return {name: checks[name](verb, name, value) for name, value in given.items()}


@cache
def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Keyword arguments by name; the first parameter is the registry."""
    _, *rest = inspect.signature(function).parameters.values()
    return {parameter.name: parameter for parameter in rest}


def _text(verb: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(verb, name, "a text")
    if len(value) > LONGEST_TEXT:
        raise _wrong(verb, name, f"a text of at most {LONGEST_TEXT:,} characters")
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
    if not isinstance(value, list) or len(value) > MOST:
        raise _wrong(verb, name, f"a list of at most {MOST:,} texts")
    return [_text(verb, name, item) for item in value]


def _wrong(verb: str, name: str, wanted: str) -> InvalidValue:
    return InvalidValue(f"The argument {name!r} of {verb} is not {wanted}.", f"Pass {wanted}.")


_RANGES = {"limit": (1, MOST), "offset": (0, FARTHEST), "time": (0, LATEST)}
# By annotation, as written: postponed annotations are texts.
_CHECKS: dict[Any, Callable[[str, str, Any], Any]] = {
    "str": _text,
    "bool": _flag,
    "int": _whole,
    "list[str]": _texts,
}
