"""Checks of kernels that consist of kernels, and of scorers."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from nbmodel.trust.parameter_limits import check_parameter
from nbmodel.trust.rules import require, words

# A sum of kernels reads the bounds of each part twice, so the calls double with each level.
MAX_KERNEL_ROUNDS = 1 << 14  # about a second
_MAX_NESTING = 100  # each level is a nested call when the kernel is printed or used
_KERNELS = words(
    "CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Matern PairwiseKernel "
    "Product RBF RationalQuadratic Sum WhiteKernel"
)
_METHODS = frozenset(words("decision_function predict predict_log_proba predict_proba"))

_costs: dict[int, tuple[int, int]] = {}  # of each kernel in memory, by its id


def check_kernel(kernel: Any) -> None:
    """Limit the number of calls that reading the bounds of a kernel takes."""
    _cost_of(kernel, 0)


def _cost_of(kernel: Any, depth: int) -> tuple[int, int]:
    """Count the calls of a kernel, and its levels.

    Returns
    -------
    rounds, height : int
    """
    cost = _costs.get(id(kernel))
    if cost is not None:
        return cost
    require(depth < _MAX_NESTING, "kernels that are nested too deeply")
    state = vars(kernel)
    pair = [state[name] for name in ("k1", "k2") if name in state]
    parts = [*pair, *state.get("kernels", ()), *([state["kernel"]] if "kernel" in state else ())]
    costs = [_cost_of(part, depth + 1) for part in parts]
    rounds = 1 + sum(rounds for rounds, _ in costs) * (2 if pair else 1)
    height = 1 + max((height for _, height in costs), default=0)
    require(rounds <= MAX_KERNEL_ROUNDS, "a kernel that consists of too many kernels")
    require(height <= _MAX_NESTING, "kernels that are nested too deeply")
    _costs[id(kernel)] = rounds, height
    weakref.finalize(kernel, _costs.pop, id(kernel), None).atexit = False
    return rounds, height


def check_scorer(scorer: Any) -> None:
    """Check the arguments that a scorer passes on, and the methods that it calls."""
    state = vars(scorer)
    for name, value in state.get("_kwargs", {}).items():
        require(type(name) is str, "an argument without a name")
        check_parameter(name, value)
    methods = state.get("_response_method", "predict")
    for method in [methods] if type(methods) is str else methods:
        is_prediction = type(method) is str and method in _METHODS
        require(is_prediction, "a scorer that calls a method that does not predict")


CHECKS: Mapping[str, Callable[[Any], None]] = {
    **dict.fromkeys(_KERNELS, check_kernel),
    **dict.fromkeys(("_Scorer", "_CurveScorer"), check_scorer),
}
