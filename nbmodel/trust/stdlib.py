"""Rules for the standard library: plain types, and the few constructors in pickles."""

from __future__ import annotations

import types
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

import numpy as np

from nbmodel.trust.pickle_stack import MAX_SAME_HASH
from nbmodel.trust.rules import GlobalEntry, Rule, RuleTable, brief, require, words

_SCALARS = (str, int, float, bool, type(None), bytes, type, np.number, np.bool_)


def _make_slice(start: Any, stop: Any, step: Any) -> slice:
    for part in (start, stop, step):
        # Freeing nested slices recurses in C without a limit.
        require(part is None or type(part) in (int, str), "a slice whose bounds are not numbers")
    return slice(start, stop, step)


def _make_range(*bounds: Any) -> range:
    require(
        all(type(bound) is int for bound in bounds), "a range whose bounds are not whole numbers"
    )
    return range(*bounds)


def _make_complex(real: Any, imag: Any) -> complex:
    require(
        type(real) is float and type(imag) is float, "a complex number whose parts are not floats"
    )
    return complex(real, imag)


def _make_set(items: Any) -> set[Any]:
    require(
        type(items) is list and all(isinstance(item, _SCALARS) for item in items),
        "a set with items that are not plain values",
    )
    same = Counter(map(hash, items)).most_common(1)
    require(not same or same[0][1] <= MAX_SAME_HASH, "too many keys with the same hash")
    return set(items)


def _is_plain(value: Any) -> bool:
    if type(value) in (list, tuple):
        return all(isinstance(item, _SCALARS) for item in value)
    return isinstance(value, _SCALARS)


def _make_partial(function: Any) -> partial[Any]:
    # The histogram gradient boosting of scikit-learn has it before its trees. A ufunc with fixed
    # arguments could build any text without a call from the user.
    is_check = isinstance(function, types.FunctionType) and function.__name__ == "check_array"
    require(is_check, "functools.partial of a function other than check_array")
    return partial(function)


def _build_partial(instance: partial[Any], state: Any) -> None:
    require(type(state) is tuple and len(state) == 4, "functools.partial in an unknown form")
    function, args, keywords, attributes = state
    require(function is instance.func and not attributes, "functools.partial in an unknown form")
    keywords = {} if keywords is None else keywords
    require(type(args) is tuple and type(keywords) is dict, "functools.partial in an unknown form")
    require(all(type(name) is str for name in keywords), "functools.partial in an unknown form")
    require(
        all(_is_plain(value) for value in (*args, *keywords.values())),
        "functools.partial with arguments that are not plain values",
    )
    instance.__setstate__((function, args, dict(keywords), None))  # type: ignore[attr-defined]


def _make_ordered() -> OrderedDict[Any, Any]:
    return OrderedDict()


def _build_ordered(instance: Any, state: Any) -> Callable[[], None]:
    """Replace BUILD: the format version of each module, which the weights of PyTorch have."""
    require(type(state) is dict and set(state) <= {"_metadata"}, "an OrderedDict with attributes")
    instance.__dict__.update(state)
    return partial(_check_metadata, instance)


def _check_metadata(instance: Any) -> None:
    metadata = vars(instance).get("_metadata", {})
    require(type(metadata) in (dict, OrderedDict), "metadata that is not a dict")
    for name, local in metadata.items():
        require(type(name) is str and type(local) is dict, "metadata in an unknown form")
        require(
            all(type(key) is str and isinstance(value, _SCALARS) for key, value in local.items()),
            "metadata in an unknown form",
        )


def _make_defaultdict(factory: Any = None) -> defaultdict[Any, Any]:
    require(
        factory in (None, int, float, list, dict, set, str, OrderedDict),
        "a defaultdict with a factory that is not allowed",
    )
    return defaultdict(factory)


def _fill(instance: dict[Any, Any], pairs: list[tuple[Any, Any]]) -> None:
    instance.update(pairs)


def _check_defaultdict(instance: defaultdict[Any, Any]) -> None:
    """Refuse nesting: freeing a defaultdict recurses in C without a limit."""
    nested = any(isinstance(value, defaultdict) for value in instance.values())
    require(not nested, "a defaultdict in a defaultdict")


def _make_date(packed: Any) -> date:
    year, month, day = _numbers(packed, 4)
    return date(year, month, day)


def _make_datetime(packed: Any) -> datetime:
    year, month, day, hour, minute, second, micro = _numbers(packed, 10)
    return datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001  the pickled time has no zone


def _numbers(packed: Any, size: int) -> list[int]:
    """Read a packed date: two bytes of year, single bytes, three bytes of microseconds."""
    require(type(packed) is bytes and len(packed) == size, "a date in an unknown form")
    numbers = [packed[0] * 256 + packed[1], *packed[2:7]]
    return numbers[:3] if size == 4 else [*numbers, int.from_bytes(packed[7:], "big")]


def _make_timedelta(days: Any, seconds: Any, micro: Any) -> timedelta:
    require(
        all(type(part) is int for part in (days, seconds, micro)),
        "a timedelta whose parts are not whole numbers",
    )
    return timedelta(days, seconds, micro)


def _make_timezone(*parts: Any) -> timezone:
    """Replace ``datetime.timezone``: an offset, and optionally a name."""
    require(1 <= len(parts) <= 2 and type(parts[0]) is timedelta, "a time zone without an offset")
    require(
        all(type(name) is str and len(name) < 40 for name in parts[1:]),
        "a name of a time zone that is not a short text",
    )
    return timezone(*parts)


class Method:
    """A placeholder for a bound method, in a state whose owner makes the method again."""

    def __init__(self, function: Any, owner: Any) -> None:
        self.function = function
        self.owner = owner
        self.settled = False


def _bind(function: Any, owner: Any) -> Method:
    return Method(function, owner)


def _check_method(method: Method) -> None:
    """Refuse a placeholder that stays in the object."""
    require(method.settled, "a bound method")


def _builtin_type(name: Any) -> GlobalEntry:
    """Replace the function by which cloudpickle names `types.MethodType` for a bound method."""
    require(name == "MethodType", f"the type {brief(name)}")
    return GlobalEntry("types.MethodType", Rule(call=_bind, check=_check_method))


def _method_of_text(owner: Any, name: Any) -> Any:
    """Replace ``getattr``, by which pickle names ``str.split`` in a vectorizer of texts."""
    require(owner is str and type(name) is str, "getattr of an object other than str")
    require(name in _TEXT_METHODS, f"str.{name:.40}")
    return getattr(str, name)


_TEXT_METHODS = frozenset(words("casefold lower split splitlines strip upper"))
_VALUE = Rule(value=True)

RULES: RuleTable = {
    **{
        ("builtins", name): _VALUE
        for name in ("bool", "bytes", "dict", "float", "frozenset", "int", "list", "object", "str")
    },
    ("builtins", "getattr"): Rule(call=_method_of_text),
    ("builtins", "complex"): Rule(value=True, call=_make_complex),
    ("builtins", "set"): Rule(value=True, call=_make_set),
    ("builtins", "slice"): Rule(call=_make_slice),
    ("builtins", "range"): Rule(call=_make_range),
    ("functools", "partial"): Rule(call=_make_partial, build=_build_partial),
    ("collections", "OrderedDict"): Rule(
        value=True, call=_make_ordered, fill=_fill, build=_build_ordered
    ),
    ("collections", "defaultdict"): Rule(
        call=_make_defaultdict, fill=_fill, check=_check_defaultdict
    ),
    ("datetime", "date"): Rule(call=_make_date),
    ("datetime", "datetime"): Rule(call=_make_datetime),
    ("datetime", "timezone"): Rule(call=_make_timezone),
    ("datetime", "timedelta"): Rule(call=_make_timedelta),
    ("cloudpickle.cloudpickle", "_builtin_type"): Rule(call=_builtin_type),
}
