"""False refusals: loads models of a stranger that the table was not made from."""

from __future__ import annotations

from typing import Any

from nbmodel.errors import NbModelError
from tests.shrinking import shrunk, steps_again
from tests.trust.crafted import reload
from tests.trust.learned import fits

SHRINK_S = 20.0


def refusals(seed: int, count: int) -> tuple[int, dict[str, list[fits.Step]]]:
    """Fit at random and load as foreign; return how many were tried and what was refused.

    Parameters
    ----------
    seed : int
        Another than the table was made with.
    count : int
        Fits to try of each estimator.
    """
    tried, refused = 0, {}
    for step, fitted in _drawn(seed, count):
        tried += 1
        if reason := _reason(fitted):
            refused.setdefault(reason, []).append(step)
    return tried, refused


def smallest(seed: int, step: fits.Step, reason: str) -> tuple[fits.Step, str]:
    """The draw with the fewest parameters that is refused alike, and the model as Python."""
    name, attempt, passed = step
    fitted = fits.again(seed, step)
    if name != "composition":

        def alike(some: list[str]) -> bool:
            return _reason(fits.again(seed, [name, attempt, some])) == reason

        every = passed or sorted(fitted.get_params(deep=False))
        step = [name, attempt, [] if alike([]) else shrunk(every, alike, SHRINK_S)]
        fitted = fits.again(seed, step)
    return step, repr(fitted)


def _drawn(seed: int, count: int) -> Any:
    if steps := steps_again():
        return ((step, fits.again(seed, step)) for step in steps)
    return fits.draws(seed, count)


def _reason(fitted: Any) -> str:
    """Why a model is refused; empty if it is not, or if there is none."""
    if fitted is None:
        return ""
    try:
        reload(fitted)
    except NbModelError as error:
        findings: Any = getattr(error, "findings", None)
        return "; ".join(findings) if findings else str(error)
    return ""
