"""The parameters of estimators with scikit-learn's interface, and which of them are defaults."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbmodel.flavors.description import MAX_DEPTH, DescriptionBuilder, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator


def note_params(
    builder: DescriptionBuilder, estimator: Any, prefix: str = "", depth: int = 0
) -> None:
    """Add the parameters of an estimator and of the estimators in it, as ``step__C``."""
    if depth > MAX_DEPTH:
        return
    defaults = _defaults_of(type(estimator))
    for key, value in estimator.get_params(deep=False).items():
        inner = list(named_estimators(value))
        if is_estimator(value):
            note_params(builder, value, f"{prefix}{key}__", depth + 1)
        elif inner:
            for name, part in inner:
                if is_estimator(part):
                    note_params(builder, part, f"{prefix}{name}__", depth + 1)
                else:  # 'passthrough', 'drop' or a function
                    builder.param(f"{prefix}{name}", part)
        else:
            is_default = key in defaults and _same(value, defaults[key])
            builder.param(f"{prefix}{key}", value, default=is_default)


def _defaults_of(kind: type[Any]) -> dict[str, Any]:
    """Return the default values of a class's parameters, also of those that a base class takes."""
    defaults: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if constructor := vars(base).get("__init__"):
            with suppress(ValueError, TypeError):  # classes in C have no signature
                for parameter in inspect.signature(constructor).parameters.values():
                    if parameter.default is not parameter.empty:
                        defaults[parameter.name] = parameter.default
    return defaults


def _same(value: object, default: object) -> bool:
    """Whether a value is the default, as far as their recorded forms show it."""
    if value is default:
        return True
    return type(value) is type(default) and repr(scalar(value)) == repr(scalar(default))


def is_estimator(value: object) -> bool:
    """Whether a value is an estimator, and not the class of one."""
    return not isinstance(value, type) and callable(getattr(value, "get_params", None))


def named_estimators(value: object) -> Iterator[tuple[str, Any]]:
    """Yield ``(name, estimator)`` of ``steps``, ``transformers`` or ``estimators``."""
    if not isinstance(value, list | tuple) or not value:
        return
    for item in value:
        if not (isinstance(item, tuple) and len(item) in (2, 3) and isinstance(item[0], str)):
            return
        if not (is_estimator(item[1]) or item[1] in ("passthrough", "drop", None)):
            return
        yield item[0], item[1]
