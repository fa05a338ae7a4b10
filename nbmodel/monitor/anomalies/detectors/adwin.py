"""ADWIN: an adaptive window is cut where the means of its two parts differ.

Source: Bifet and Gavaldà (2007), Learning from Time-Changing Data with Adaptive Windowing, SIAM
SDM; river's implementation. It is checked at every point, because the series are short, on values
in standard deviations of the start of the series.
"""

from __future__ import annotations

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, baseline
from nbmodel.monitor.common.optional import import_optional

DELTA = 0.002  # delta of the paper
MAX_DEVIATIONS = 10.0  # values beyond are clipped: they add nothing about the mean


def find(values: Array) -> list[Detection]:
    """Return the points at which a change of the mean was detected, shortly after it."""
    scale = baseline(values)
    if scale is None:
        return []
    center, spread = scale
    adwin = import_optional("river.drift", "Streaming detection").ADWIN(
        delta=DELTA, clock=1, min_window_length=3, grace_period=5
    )
    detections = []
    deviations = ((values - center) / spread).clip(-MAX_DEVIATIONS, MAX_DEVIATIONS)
    for index, value in enumerate(deviations):
        before = adwin.estimation
        adwin.update(float(value))
        if adwin.drift_detected:
            moved = adwin.estimation - before
            detections.append(
                Detection(index, abs(moved), f"the mean moved by {moved:+.1f} deviations")
            )
    return detections
