"""Whether an object looks like a model: what does not is committed only if the user insists."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

from nbmodel import plugins
from nbmodel.errors import InvalidValue
from nbmodel.flavors.base import FittedCheck

_ROWS = {
    ("pandas", "DataFrame"), ("pandas", "Series"), ("polars", "DataFrame"), ("polars", "Series"),
    ("polars", "LazyFrame"), ("pyarrow", "Table"), ("numpy", "ndarray"), ("torch", "Tensor"),
    ("scipy", "csr_matrix"), ("scipy", "csc_matrix"), ("scipy", "csr_array"),
    ("scipy", "csc_array"), ("lightgbm", "Dataset"), ("xgboost", "DMatrix"),
}  # fmt: skip
_PLAIN = (str, bytes, bool, int, float, complex, type(None))
_MAX_MEMBERS = 1000  # of a list or dict that are looked at


def require_model(obj: Any, variable: str) -> None:
    """Refuse rows of data, an estimator that is not fitted, and what cannot be a model.

    Raises
    ------
    InvalidValue
        If the object is one of them; the hint names ``--force``.
    """
    if why := _doubt(obj):
        raise InvalidValue(
            f"{variable} {why}.",
            f"Name the fitted model, or commit it all the same: %model_commit {variable} --force.",
        )


def has_rows(obj: Any) -> bool:
    """Whether an object is a container of rows, such as a data frame or an array."""
    kind = type(obj)
    return (kind.__module__.partition(".")[0], kind.__name__) in _ROWS


def _doubt(obj: Any) -> str:
    kind = type(obj)
    if has_rows(obj):
        return f"is a {kind.__name__}: its rows would be stored in git"
    if isinstance(obj, FunctionType) and obj.__name__ == "<lambda>":
        return "is a lambda: no parameters or fitted state would be recorded"
    if isinstance(obj, type):
        return "is a class, not an object"
    if isinstance(obj, ModuleType):
        return "is a module, not an object"
    if isinstance(obj, _PLAIN):
        return f"is {'nothing' if obj is None else f'a plain {kind.__name__}'}, not a model"
    if why := _doubt_about_members(obj):
        return why
    if not plugins.is_imported(kind) or not callable(getattr(kind, "fit", None)):
        return ""
    return "" if _may_be_fitted(obj) else f"is a {kind.__name__} that is not fitted"


def _doubt_about_members(obj: Any) -> str:
    """The doubt about a frame or an unfitted estimator in a list or dict, one level deep."""
    if type(obj) not in (list, tuple, dict):
        return ""
    members = list(obj.items()) if isinstance(obj, dict) else list(enumerate(obj))
    for key, member in members[:_MAX_MEMBERS]:
        kind = type(member)
        is_array = kind.__name__ in ("ndarray", "Tensor")  # weights of a model of one's own
        if isinstance(member, (*_PLAIN, list, tuple, dict)) or is_array:
            continue
        if why := _doubt(member):
            return f"holds {key!r}, which {why}"
    return ""


def _may_be_fitted(obj: Any) -> bool:
    """False only if its framework says that it is not fitted."""
    try:
        flavor = plugins.framework_of(type(obj))
        return not isinstance(flavor, FittedCheck) or flavor.is_fitted(obj)
    except Exception:  # noqa: BLE001  an object of the user may raise anything; that does not refuse it
        return True
