"""Page-Hinkley test: deviations from the running mean that add up.

Sources: Page (1954), Biometrika 41; Hinkley (1971), Biometrika 58; river's implementation, on
values in standard deviations of the start of the series.
"""

from __future__ import annotations

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, baseline
from nbmodel.monitor.common.optional import import_optional

TOLERANCE = 0.5  # deviations that are ignored: half of the smallest shift that matters
THRESHOLD = 8.0
MIN_POINTS = 10  # points before the first detection


def find(values: Array) -> list[Detection]:
    """Return the points at which a lasting shift of the mean was detected."""
    scale = baseline(values)
    if scale is None:
        return []
    center, spread = scale
    test = import_optional("river.drift", "Streaming detection").PageHinkley(
        min_instances=MIN_POINTS, delta=TOLERANCE, threshold=THRESHOLD, alpha=1.0, mode="both"
    )
    detections = []
    for index, value in enumerate((values - center) / spread):
        test.update(float(value))
        if test.drift_detected:
            reason = f"{value:+.1f} deviations, and lasting"
            detections.append(Detection(index, abs(float(value)), reason))
    return detections
