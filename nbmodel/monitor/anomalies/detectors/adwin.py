"""ADWIN: where the mean of a growing window differs between two of its halves.

Source: Bifet and Gavaldà (2007), Learning from Time-Changing Data with Adaptive Windowing, SIAM
SDM; river's implementation, asked at every point, as series of windows are short, on values in
standard deviations of the series' beginning.
"""

from __future__ import annotations

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, baseline
from nbmodel.monitor.common.optional import import_optional

DELTA = 0.002  # delta of the paper
MAX_DEVIATIONS = 10.0  # deviations: what is beyond says no more of the mean


def find(values: Array) -> list[Detection]:
    """Points at which a change of the mean was noticed: shortly after it."""
    known = baseline(values)
    if known is None:
        return []
    center, spread = known
    adwin = import_optional("river.drift", "Streaming detection").ADWIN(
        delta=DELTA, clock=1, min_window_length=3, grace_period=5
    )
    found = []
    for place, value in enumerate(
        ((values - center) / spread).clip(-MAX_DEVIATIONS, MAX_DEVIATIONS)
    ):
        before = adwin.estimation
        adwin.update(float(value))
        if adwin.drift_detected:
            moved = adwin.estimation - before
            found.append(Detection(place, abs(moved), f"the mean moved by {moved:+.1f} deviations"))
    return found
