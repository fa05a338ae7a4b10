"""Anomaly detectors on series with known changes, compared with their libraries and formulas."""

from __future__ import annotations

import numpy as np
import pytest
from river.drift import ADWIN, PageHinkley
from sklearn.ensemble import IsolationForest

from nbmodel.errors import NotFound
from nbmodel.monitor.anomalies.detection import ANOMALY_DETECTORS, find_anomalies, searchable_series
from nbmodel.monitor.anomalies.detectors import (
    adwin,
    base,
    ewma,
    isolation_forest,
    page_hinkley,
    som,
)
from nbmodel.monitor.quality.timeseries import Series
from tests.monitor.conftest import DAY, START


def series(values, metric="accuracy"):
    times = tuple(START + n * DAY for n in range(len(values)))
    return Series(metric, "churn@1", "prod", times, tuple(map(float, values)))


@pytest.fixture(params=range(5))
def calm(request):
    return np.random.default_rng(request.param).normal(0.9, 0.01, 120)


def places(detections):
    return {detection.index for detection in detections}


# -- a single odd point ----------------------------------------------------------


@pytest.mark.parametrize("detector", [isolation_forest, som])
def test_a_spike_is_detected_and_little_else(detector, calm):
    calm[70] = 0.7
    indices = places(detector.find(calm))
    assert 70 in indices
    assert len(indices - {70, 71}) <= 2


# -- a lasting shift -------------------------------------------------------------


@pytest.mark.parametrize(("detector", "latest"), [(ewma, 10), (adwin, 25), (page_hinkley, 10)])
def test_a_shift_is_detected_soon_and_not_before(detector, latest, calm):
    calm[80:] -= 0.03
    indices = places(detector.find(calm))
    assert any(80 <= place < 80 + latest for place in indices)
    assert len({place for place in indices if place < 80}) <= 5


@pytest.mark.parametrize("detector", [ewma, adwin, page_hinkley])
def test_a_series_without_a_shift_has_hardly_any_detections(detector):
    marked = 0
    for seed in range(30):
        marked += bool(detector.find(np.random.default_rng(seed).normal(0.9, 0.01, 60)))
    assert marked <= 8  # of 30 series; with the shift above all are marked


# -- against the libraries by hand --------------------------------------------------


def test_adwin_equals_river(calm):
    calm[60:] += 0.05
    first = calm[:40]
    scaled = (calm - first.mean()) / (np.abs(np.diff(first)).mean() / 1.128)
    by_hand = ADWIN(delta=0.002, clock=1, min_window_length=3, grace_period=5)
    wanted = set()
    for place, value in enumerate(scaled.clip(-10, 10)):
        by_hand.update(value)
        if by_hand.drift_detected:
            wanted.add(place)
    assert wanted
    assert places(adwin.find(calm)) == wanted


def test_page_hinkley_equals_river_and_the_formula(calm):
    calm[60:] += 0.05
    first = calm[:40]
    spread = np.abs(np.diff(first)).mean() / 1.128
    scaled = (calm - first.mean()) / spread
    by_hand = PageHinkley(min_instances=10, delta=0.5, threshold=8.0, alpha=1.0, mode="both")
    wanted = []
    for place, value in enumerate(scaled):
        by_hand.update(value)
        if by_hand.drift_detected:
            wanted.append(place)
    assert places(page_hinkley.find(calm)) == set(wanted)
    # The first alarm, by the paper's sums.
    up = down = mean = 0.0
    least = most = 0.0
    for place, value in enumerate(scaled):
        mean += (value - mean) / (place + 1)
        up += value - mean - 0.5
        down += value - mean + 0.5
        least, most = min(least, up), max(most, down)
        if place >= 9 and (up - least > 8 or most - down > 8):
            break
    assert place == wanted[0]


def test_isolation_forest_equals_scikit_learn(calm):
    calm[70] = 0.6
    table = base.features(calm)
    forest = IsolationForest(n_estimators=isolation_forest.TREES, random_state=0).fit(table)
    scores = -forest.score_samples(table)
    detected = {detection.index: detection.score for detection in isolation_forest.find(calm)}
    assert detected[70] == pytest.approx(scores[70])
    assert set(detected) <= set(np.flatnonzero(scores > isolation_forest.SCORE_THRESHOLD))


def test_ewma_chart_by_hand():
    """Montgomery's limits: the first is L s l wide, all tend to L s sqrt(l / (2 - l))."""
    values = np.array([10.0, 12.0] + [10.0] * 200)
    smoothed, limit = ewma.chart(values, 10.0, 1.0)
    assert smoothed[:3] == pytest.approx([10.0, 10.4, 10.32])
    assert limit[0] == pytest.approx(ewma.WIDTH * 0.2)
    assert limit[-1] == pytest.approx(ewma.WIDTH * np.sqrt(0.2 / 1.8))


# -- the table -------------------------------------------------------------------


@pytest.mark.parametrize("name", ANOMALY_DETECTORS)
@pytest.mark.parametrize(
    "values", [[1.0] * 50, [0.0] * 49 + [1.0], list(range(50)), [1e300, -1e300] * 25, [0.5] * 3]
)
def test_every_detector_accepts_every_series(name, values):
    for mark in find_anomalies([series(values)], [name]):
        assert mark.detector == name
        assert mark.value in values
        assert mark.reason


def test_an_anomaly_names_its_window_and_series(calm):
    calm[100] = 0.2
    marks = find_anomalies([series(calm, "f1"), series([1.0] * 50, "volume")])
    at = [mark for mark in marks if mark.start == START + 100 * DAY]
    assert {mark.detector for mark in at} >= {"isolation forest", "som", "ewma"}
    assert {(m.metric, m.version, m.stage, m.value) for m in at} == {("f1", "churn@1", "prod", 0.2)}


def test_an_unknown_detector_is_refused():
    with pytest.raises(NotFound, match="som"):
        find_anomalies([], ["sum"])


def test_an_incomplete_window_or_one_of_another_version_is_not_searched():
    times = tuple(range(0, 50, 10))
    old = Series("volume", "net@1", "prod", times, (9.0, 0.0, 0.0, 0.0, 8.0))
    new = Series("volume", "net@2", "prod", (10, 20), (7.0, 7.0))
    other = Series("volume", "net@1", "canary", times, (1.0, 0.0, 0.0, 0.0, 1.0))
    quality = Series("accuracy", "net@1", "prod", times, (0.0, 0.0, 0.0, 0.0, 0.0))
    searched = searchable_series([old, new, other, quality], 40)
    assert [item.times for item in searched] == [
        (0, 30),
        (10, 20),
        (0, 10, 20, 30),
        (0, 10, 20, 30),
    ]
    assert searched[0].values == (9.0, 0.0)
