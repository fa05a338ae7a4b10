"""Page-Hinkley test: where the deviations from the running mean add up.

Sources: Page (1954), Biometrika 41; Hinkley (1971), Biometrika 58; river's implementation, on
values in standard deviations of the series' beginning.
"""

from __future__ import annotations

from nbmodel.monitor.anomalies.detectors.base import Array, Odd, baseline
from nbmodel.monitor.common.optional import needed

ALLOWED = 0.5  # deviations that do not count: half of the smallest shift that matters
LIMIT = 8.0
FIRST = 10  # points before it speaks


def find(values: Array) -> list[Odd]:
    """Points at which a lasting shift of the mean was noticed."""
    known = baseline(values)
    if known is None:
        return []
    center, spread = known
    test = needed("river.drift", "Streaming detection").PageHinkley(
        min_instances=FIRST, delta=ALLOWED, threshold=LIMIT, alpha=1.0, mode="both"
    )
    found = []
    for place, value in enumerate((values - center) / spread):
        test.update(float(value))
        if test.drift_detected:
            found.append(Odd(place, abs(float(value)), f"{value:+.1f} deviations, and lasting"))
    return found
