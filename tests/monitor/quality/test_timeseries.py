"""Series compared with pandas and by hand; known seasons are detected."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.monitor.drift.detection import DriftFinding
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.prediction_log.writer import PredictionLog
from nbmodel.monitor.quality.metrics import MetricValue
from nbmodel.monitor.quality.timeseries import (
    Series,
    decompose,
    drift_series,
    exponential_average,
    moving_average,
    quality_series,
    traffic_series,
)
from tests.monitor.conftest import DAY, HOUR, START, entry

VALUES = np.random.default_rng(0).normal(size=60).tolist()


@pytest.mark.parametrize("span", [1, 3, 100])
def test_moving_averages_equal_those_of_pandas(span):
    series = pd.Series(VALUES)
    simple = series.rolling(span, min_periods=1).mean()
    assert moving_average(VALUES, span) == pytest.approx(simple.to_numpy())
    smooth = series.ewm(span=span, adjust=False).mean()
    assert exponential_average(VALUES, span) == pytest.approx(smooth.to_numpy())


def test_averages_need_a_span_of_at_least_one():
    assert len(moving_average([], 3)) == len(exponential_average([], 3)) == 0
    with pytest.raises(InvalidValue):
        moving_average(VALUES, 0)


def test_traffic_by_window_version_and_stage(root):
    with PredictionLog(root, "churn") as log:
        for number in range(10):
            log.put(entry(number, time=START + number, latency=number / 10))
        log.put(entry(99, time=START + 3 * HOUR))
        log.put(entry(100, time=START, version="churn@2", stage="canary"))
    with open_log(root, "churn") as log:
        series_by_key = {(s.metric, s.version): s for s in traffic_series(log, HOUR)}
    assert series_by_key["volume", "churn@1"].values == (10, 0, 0, 1)
    assert series_by_key["volume", "churn@1"].times == tuple(START + n * HOUR for n in range(4))
    assert series_by_key["volume", "churn@2"].values == (1,)
    assert series_by_key["latency", "churn@1"].values == pytest.approx((0.45, 0.001))
    assert series_by_key["latency_p50", "churn@1"].values[0] == pytest.approx(0.45, abs=0.06)
    assert series_by_key["latency_p99", "churn@1"].values[0] > 0.8


def test_a_serving_version_without_rows_has_volume_zero(root):
    with PredictionLog(root, "churn") as log:
        log.put(entry(0))
    serving = {("churn@1", "prod"): START, ("churn@2", "prod"): START + 2 * HOUR + 5}
    with open_log(root, "churn") as log:
        series_by_key = {s.version: s for s in traffic_series(log, HOUR, serving, START + 4 * HOUR)
                 if s.metric == "volume"}  # fmt: skip
    assert series_by_key["churn@1"].values == (1, 0, 0, 0)
    assert series_by_key["churn@2"].values == (0, 0)
    assert series_by_key["churn@2"].times[0] == START + 2 * HOUR


def test_too_many_windows_are_refused(root):
    with PredictionLog(root, "churn") as log:
        log.put(entry(0, time=0))
        log.put(entry(1))
    with open_log(root, "churn") as log, pytest.raises(InvalidValue, match="windows"):
        traffic_series(log, 1_000_000)


def test_windows_before_the_epoch_start_before_their_rows(root):
    with PredictionLog(root, "churn") as log:
        log.put(entry(0, time=-1))
    with open_log(root, "churn") as log:
        assert traffic_series(log, HOUR)[0].times == (-HOUR,)


def test_findings_and_metrics_become_series():
    findings = [
        DriftFinding(
            column="age",
            measure="psi",
            version="churn@1",
            stage="prod",
            start=start,
            rows=9,
            value=start / DAY,
            p_value=None,
            adjusted_p=None,
            drifted=False,
        )
        for start in (2 * DAY, DAY)
    ]
    (result,) = drift_series(findings)
    assert result == Series("psi(age)", "churn@1", "prod", (DAY, 2 * DAY), (1.0, 2.0), (9, 9))
    (two,) = quality_series([MetricValue("f1", "churn@1", "prod", DAY, 0.5, 9)])
    assert two == Series("f1", "churn@1", "prod", (DAY,), (0.5,), (9,))


def test_a_known_season_is_found():
    hours = np.arange(24 * 14)
    season = 10 * np.sin(2 * np.pi * hours / 24)
    trend = 0.1 * hours
    values = 100 + trend + season
    complete = np.delete(hours, [50, 51, 200])  # gaps
    series = Series(
        "volume", "churn@1", "prod", tuple((START + complete * HOUR).tolist()),
        tuple(values[complete].tolist()),
    )  # fmt: skip
    parts = decompose(series, HOUR, 24)
    assert len(parts.times) == len(hours)
    assert parts.seasonal == pytest.approx(season, abs=1.0)
    assert parts.trend == pytest.approx(100 + trend, abs=1.0)
    whole = np.add(np.add(parts.trend, parts.seasonal), parts.residual)
    assert whole[complete] == pytest.approx(values[complete])


def test_a_series_shorter_than_two_seasons_is_refused():
    series = Series("volume", "churn@1", "prod", (0, HOUR), (1.0, 2.0))
    with pytest.raises(InvalidValue, match="not two seasons"):
        decompose(series, HOUR, 24)
    with pytest.raises(InvalidValue):
        decompose(series, HOUR, 1)
