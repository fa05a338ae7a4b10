"""The figures of a report contain the numbers of its records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import plotly
import pytest

import nbmodel
from nbmodel import monitor
from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts.store import add
from nbmodel.monitor.drift.detection import DRIFT_MEASURES
from nbmodel.monitor.report.drift_figures import bin_names, shares
from nbmodel.monitor.report.report import make_report
from tests.monitor.conftest import DAY, churn_registry
from tests.monitor.report.test_report import BEGIN, NOW, log_twenty_days


@pytest.fixture(scope="module")
def watched(tmp_path_factory, people):
    """A registry with the log of twenty days; the tests of this file only read it."""
    with churn_registry(tmp_path_factory.mktemp("watched"), people) as registry:
        log_twenty_days(registry)
        yield registry


@pytest.fixture(scope="module")
def report(watched):
    add(watched.context, "churn@prod", "psi(age) > 0.2 for 3 windows")
    add(watched.context, "churn@prod", "psi(income) > 0.2")
    return make_report(watched.context, "churn", window="1d", now=NOW)


def seconds(times):
    return np.asarray(times).astype("datetime64[us]").astype(int)


def test_every_chart_can_be_drawn(report):
    assert {"quality", "accuracy", "volume", "psi(age)", "drift(psi)"} <= set(report.figures)
    assert report.figures[:2] == ("quality", "roc_auc")
    for name in report.figures:
        assert report.figure(name).data, name


def test_a_metric_over_time_has_the_values_of_its_series(report):
    (series,) = [s for s in report.series if s.metric == "accuracy"]
    (volume,) = [s for s in report.series if s.metric == "volume"]
    marked = {a.start for a in report.anomalies if a.metric == "accuracy"}
    assert marked
    line, anomalies, bars, _ = report.figure("accuracy").data
    assert tuple(line.y) == series.values
    assert list(seconds(line.x)) == [time + DAY // 2 for time in series.times]
    assert set(seconds(anomalies.x) - DAY // 2) == marked
    assert tuple(bars.y) == volume.values
    assert bars.width == pytest.approx(0.86 * 86_400_000)


def test_the_threshold_of_a_measure_is_drawn(report):
    (line,) = [s for s in report.figure("psi(age)").layout.shapes if s.line.dash == "dash"]
    assert line.y0 == line.y1 == next(m.threshold for m in DRIFT_MEASURES if m.name == "psi")


def test_the_limits_of_rules_are_drawn_and_fired_periods_are_shaded(report):
    (psi,) = [each for each in report.fired if each.metric == "psi(age)"]
    (shade,) = [s for s in report.figure("psi(age)").layout.shapes if s.type == "rect"]
    assert list(seconds([shade.x0, shade.x1])) == [psi.start, psi.end]
    assert psi.end == report.until // DAY * DAY
    assert shade.yref == "y domain"
    texts = [note.text for note in report.figure("psi(income)").layout.annotations]
    assert "alert psi(income) &gt; 0.2" in texts
    layout = report.figure("accuracy").layout
    assert [layout.yaxis.title.text, layout.yaxis2.title.text] == ["accuracy", "rows"]
    assert layout.xaxis2.title.text == "time (UTC)"


def test_two_thousand_fired_periods_are_few_shapes_set_at_once(report, monkeypatch):
    (psi,) = [each for each in report.fired if each.metric == "psi(age)"]
    periods = [
        replace(
            psi, start=psi.start + place // 2 * DAY, end=psi.start + (place // 2 + place % 2) * DAY
        )
        for place in range(2000)
    ]
    apart = [
        replace(psi, start=(5000 + 2 * day) * DAY, end=(5001 + 2 * day) * DAY) for day in range(9)
    ]
    many = replace(report, fired=(*apart, *periods))
    for slow in ("add_vline", "add_hline", "add_shape"):
        monkeypatch.delattr(plotly.basedatatypes.BaseFigure, slow, raising=False)
    shades = [s for s in many.figure("psi(age)").layout.shapes if s.type == "rect"]
    spans = {tuple(seconds([shade.x0, shade.x1])) for shade in shades}
    assert len(shades) == len(spans) == 10
    assert (psi.start, psi.start + 1000 * DAY) in spans


def test_windows_without_rows_break_the_line(registry):
    model = registry.checkout("churn@prod")
    rng = np.random.default_rng(1)
    for day in (0, 1, 5):
        frame = pd.DataFrame({"age": rng.normal(40, 10, 60), "income": rng.lognormal(3, 1, 60)})
        when = BEGIN + timedelta(days=day)
        monitor.log("churn@prod", frame, model.predict(frame), None, when, context=registry.context)
    report = make_report(registry.context, "churn", window="1d", now=NOW)
    line = report.figure("psi(age)").data[0]
    assert [value is None for value in line.y] == [False, False, True, False]


def test_the_map_of_drift_has_every_finding(report):
    heat, crosses = report.figure("drift(psi)").data
    cells = {
        (column, time - DAY // 2): value
        for column, row in zip(heat.y, heat.z, strict=True)
        for time, value in zip(seconds(heat.x), row, strict=True)
        if value is not None
    }
    psi = [f for f in report.findings if f.measure == "psi"]
    assert cells == {(f.column, f.start): f.value for f in psi}
    drifted = set(zip(crosses.y, seconds(crosses.x) - DAY // 2, strict=True))
    assert drifted == {(f.column, f.start) for f in psi if f.drifted}
    assert heat.y[-1] in ("age", "out.predict_proba.1")  # the worst at the top


def test_a_map_of_several_versions_begins_with_drift_as_served(report):
    finding = next(f for f in report.findings if f.measure == "psi")
    (volume,) = [s for s in report.series if s.metric == "volume"]
    first, last = volume.times[0], volume.times[-1]
    findings = [
        replace(finding, version=version, stage="prod", start=start, value=value)
        for version, start, value in [
            ("churn@1", first, 0.1), ("churn@2", first, 0.2), ("churn@2", last, 0.3)
        ]
    ]  # fmt: skip
    series = [
        replace(volume, version=version, stage="prod", times=(first, last), values=values)
        for version, values in [("churn@1", (90.0, 0.0)), ("churn@2", (10.0, 100.0))]
    ]
    figure = replace(report, findings=tuple(findings), series=tuple(series)).figure("drift(psi)")
    titles = [note.text for note in figure.layout.annotations]
    assert titles == ["as served", "churn@1 in prod", "churn@2 in prod"]
    heats = [trace.z for trace in figure.data if trace.type == "heatmap"]
    assert [tuple(row) for heat in heats for row in heat] == [(0.1, 0.3), (0.1,), (0.2, 0.3)]


def test_anomalies_are_drawn_by_detector(report):
    drawn = sum(len(trace.x) for trace in report.figure("anomalies").data)
    assert drawn == len(report.anomalies)
    assert {t.name for t in report.figure("anomalies").data} == {
        a.detector for a in report.anomalies
    }


def test_alerts_are_drawn_by_state(report):
    drawn = {trace.name: list(trace.customdata or ()) for trace in report.figure("alerts").data}
    assert drawn["firing"] == [report.firing[0].outcome.value]
    assert len(drawn["ok"]) == 1
    (firing,) = [t for t in report.figure("alerts").data if t.name == "firing"]
    assert list(seconds(firing.x)) == [report.firing[0].outcome.since]


def test_a_distribution_has_the_shares_of_both_sides(watched):
    day = BEGIN + timedelta(days=15)
    counted = monitor.distribution("churn@prod", "age", time=day, context=watched.context)
    assert (counted.version, counted.stage, counted.rows) == ("churn@2", "prod", 400)
    reference, current = counted.figure().data
    assert tuple(reference.customdata) == counted.reference.counts
    assert tuple(current.customdata) == counted.counts
    assert list(current.y) == pytest.approx([count / 400 for count in counted.counts])
    assert list(reference.x) == bin_names(counted.reference)
    assert "current" in str(counted)
    assert shares([0.0, 0.0]) == [0.0, 0.0]


def test_a_distribution_at_a_text_of_a_time(watched):
    counted = monitor.distribution("churn@prod", "age", time="2026-03-03", context=watched.context)
    assert datetime.fromtimestamp(counted.start / 1e6, UTC) == datetime(2026, 3, 3, tzinfo=UTC)
    with pytest.raises(nbmodel.NbModelError, match="Did you mean age"):
        monitor.distribution("churn@prod", "aeg", time="2026-03-03", context=watched.context)


@pytest.mark.parametrize("time", ["2027-03-13", "2025-01-01"])
def test_a_distribution_of_a_window_without_rows_is_an_error(watched, time):
    with pytest.raises(InvalidValue, match=f"The period from {time} to .* is empty"):
        monitor.distribution("churn@prod", "age", time=time, context=watched.context)
