"""False refusals: models that the table was not made from, loaded as a stranger's."""

from __future__ import annotations

from collections import Counter
from typing import Any

from nbmodel.errors import NbModelError
from tests.trust.crafted import reload
from tests.trust.learned import fits


def refusals(seed: int, count: int) -> tuple[int, dict[str, Counter[str]]]:
    """Fit at random and load as foreign; return how many were tried and what was refused.

    Parameters
    ----------
    seed : int
        Another than the table was made with.
    count : int
        Fits to try of each estimator.
    """
    tried, refused = 0, {}
    for name, fitted in fits.fits(seed, count, with_recipes=False):
        tried += 1
        try:
            reload(fitted)
        except NbModelError as error:
            refused.setdefault(_reason(error), Counter())[name] += 1
    return tried, refused


def _reason(error: NbModelError) -> str:
    findings: Any = getattr(error, "findings", None)
    return "; ".join(findings) if findings else str(error)
