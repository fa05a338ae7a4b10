"""Page-Hinkley test: where the deviations from the running mean add up.

Sources: Page (1954), Biometrika 41; Hinkley (1971), Biometrika 58; river's implementation, on
values in standard deviations of the series' beginning.
"""

from __future__ import annotations

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, baseline
from nbmodel.monitor.common.optional import import_optional

TOLERANCE = 0.5  # deviations that do not count: half of the smallest shift that matters
THRESHOLD = 8.0
MIN_POINTS = 10  # points before it speaks


def find(values: Array) -> list[Detection]:
    """Points at which a lasting shift of the mean was noticed."""
    known = baseline(values)
    if known is None:
        return []
    center, spread = known
    test = import_optional("river.drift", "Streaming detection").PageHinkley(
        min_instances=MIN_POINTS, delta=TOLERANCE, threshold=THRESHOLD, alpha=1.0, mode="both"
    )
    found = []
    for place, value in enumerate((values - center) / spread):
        test.update(float(value))
        if test.drift_detected:
            found.append(
                Detection(place, abs(float(value)), f"{value:+.1f} deviations, and lasting")
            )
    return found
