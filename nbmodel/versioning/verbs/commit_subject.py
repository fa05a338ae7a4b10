"""Whether an object looks like a model: what does not is committed only if the user insists."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from nbmodel import plugins
from nbmodel.errors import InvalidValue
from nbmodel.flavors.base import FittedCheck

_ROWS = {
    ("pandas", "DataFrame"), ("pandas", "Series"), ("polars", "DataFrame"), ("polars", "Series"),
    ("polars", "LazyFrame"), ("pyarrow", "Table"),
}  # fmt: skip


def require_model(obj: Any, variable: str) -> None:
    """Refuse rows of data, an estimator that is not fitted, a class, and a lambda.

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


def _doubt(obj: Any) -> str:
    kind = type(obj)
    if (kind.__module__.partition(".")[0], kind.__name__) in _ROWS:
        return f"is a {kind.__name__}: its rows would be stored in git"
    if isinstance(obj, FunctionType) and obj.__name__ == "<lambda>":
        return "is a lambda: no parameters or fitted state would be recorded"
    if isinstance(obj, type):
        return "is a class, not an object"
    if not plugins.is_imported(kind) or not callable(getattr(kind, "fit", None)):
        return ""
    return "" if _may_be_fitted(obj) else f"is a {kind.__name__} that is not fitted"


def _may_be_fitted(obj: Any) -> bool:
    """False only if its framework says that it is not fitted."""
    try:
        flavor = plugins.framework_of(type(obj))
        return not isinstance(flavor, FittedCheck) or flavor.is_fitted(obj)
    except Exception:  # noqa: BLE001  an object of the user may raise anything; that does not refuse it
        return True
