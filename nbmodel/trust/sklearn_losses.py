"""Rules for scikit-learn's compiled losses: they are made again from their one parameter."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from nbmodel.trust.rules import Rule, RuleTable, require, words

_LOSS = "sklearn._loss._loss"
_SGD = "sklearn.linear_model._sgd_fast"

_WITHOUT = words(
    "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss "
    "CyHalfPoissonLoss CyHalfSquaredError"
)
_WITH = words("CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss")
_SGD_WITH = words("EpsilonInsensitive Hinge SquaredEpsilonInsensitive SquaredHinge")


def _constructor(module: str, name: str, count: int) -> Callable[..., Any]:
    def make(*args: Any) -> Any:
        require(len(args) == count, f"{name} with wrong parameters")
        require(all(type(arg) is float for arg in args), f"{name} with wrong parameters")
        return getattr(import_module(module), name)(*args)

    return make


def _make_multinomial(kind: Any, checksum: Any, state: Any) -> Any:
    """Replace Cython's ``__pyx_unpickle_CyHalfMultinomialLoss``: it has no state."""
    require(getattr(kind, "__name__", "") == "CyHalfMultinomialLoss", "a loss of an unknown class")
    return kind()


def _table(module: str, names: list[str], count: int) -> dict[tuple[str, str], Rule]:
    return {
        (module, name): Rule(value=True, call=_constructor(module, name, count)) for name in names
    }


RULES: RuleTable = {
    **_table(_LOSS, _WITHOUT, 0),
    **_table(_LOSS, _WITH, 1),
    **_table(_SGD, ["ModifiedHuber"], 0),
    **_table(_SGD, _SGD_WITH, 1),
    (_LOSS, "__pyx_unpickle_CyHalfMultinomialLoss"): Rule(call=_make_multinomial),
}
