"""All steps together: log, labels, drift, quality, anomalies and alerts in one report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import nbmodel
from nbmodel.errors import InvalidReference, InvalidValue, NotFound
from nbmodel.monitor import log
from nbmodel.monitor.alerts.store import add
from nbmodel.monitor.prediction_log.settings import default_root
from nbmodel.monitor.prediction_log.writer import PredictionLog
from nbmodel.monitor.report.report import fitting_window, make_report
from tests.monitor.conftest import START, entry

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
NOW = BEGIN + timedelta(days=20, hours=12)
CHANGE = 12  # day on which people get older, and the model worse


def log_twenty_days(registry):
    """Rows of ``churn@prod``, the last eight days of other people."""
    model = registry.checkout("churn@prod")
    rng = np.random.default_rng(1)
    for day in range(20):
        shift = 8 * (day >= CHANGE)
        frame = pd.DataFrame(
            {"age": rng.normal(40 + shift, 10, 400), "income": rng.lognormal(3, 1, 400)}
        )
        truth = (frame.age + rng.normal(0, 5, 400) > 42 + shift).astype(int)
        log(
            "churn@prod", frame, model.predict_proba(frame), truth, BEGIN + timedelta(days=day),
            method="predict_proba", classes=model.classes_, context=registry.context,
        )  # fmt: skip


@pytest.fixture
def watched(registry):
    """A registry with the log of twenty days."""
    log_twenty_days(registry)
    return registry


def test_drift_decay_anomalies_and_alerts_are_found(watched):
    add(watched.context, "churn@prod", "psi(age) > 0.2 for 3 windows")
    add(watched.context, "churn@prod", "accuracy < 0.8 for 3 windows")
    add(watched.context, "churn@prod", "psi(income) > 0.2")
    add(watched.context, "churn", "volume < 10 for 2 windows")
    report = make_report(watched.context, "churn", now=NOW)
    change = START + CHANGE * 86_400_000_000
    by_column = {(f.column, f.start >= change) for f in report.drifted}
    assert by_column == {("age", True), ("out.predict_proba.1", True)}
    accuracy = {q.start: q.value for q in report.quality if q.metric == "accuracy"}
    assert len(accuracy) == 20
    assert min(v for t, v in accuracy.items() if t < change) > 0.8
    assert max(v for t, v in accuracy.items() if t >= change) < 0.8
    first = min(
        m.start for m in report.anomalies if m.metric == "accuracy" and m.detector == "ewma"
    )
    assert change <= first <= change + 2 * 86_400_000_000
    states = {str(item.alert.rule): item.outcome.state for item in report.alerts}
    assert states == {
        "psi(age) > 0.2 for 3 windows": "firing",
        "accuracy < 0.8 for 3 windows": "firing",
        "psi(income) > 0.2": "ok",
        "volume < 10 for 2 windows": "ok",
    }
    assert {item.last_good for item in report.firing} == {"churn@1"}
    text = str(report)
    assert '%model_rollback churn@prod -m "psi(age) > 0.2 for 3 windows' in text
    assert "churn@2" in report._repr_mimebundle_()["text/html"]
    assert {s.metric for s in report.series} >= {"volume", "accuracy", "psi(age)", "js(income)"}


@pytest.mark.parametrize("since", ["", "2026-03-02"])
def test_rows_of_one_time_have_no_anomalies_of_volume(registry, people, since):
    frame, truth = people
    rows = frame.head(400)
    answers = registry.checkout("churn@prod").predict(rows)
    when = BEGIN + timedelta(hours=3)
    log("churn@prod", rows, answers, truth.head(400), when, context=registry.context)
    now = BEGIN + timedelta(hours=23, minutes=30)
    report = make_report(registry.context, "churn", since=since, now=now)
    (volume,) = [s for s in report.series if (s.metric, s.version) == ("volume", "churn@2")]
    assert len(volume) > 100
    assert report.anomalies == ()


def test_missing_traffic_is_an_anomaly(watched):
    add(watched.context, "churn@prod", "volume < 10 for 2 windows")
    report = make_report(watched.context, "churn", now=NOW + timedelta(days=3))
    (item,) = report.firing
    assert item.outcome.value == 0


def test_only_the_selected_versions_and_stages_are_reported(watched):
    log("churn@1", pd.DataFrame({"age": [1.0], "income": [2.0]}), [1], when=BEGIN,
        context=watched.context)  # fmt: skip
    context = watched.context
    assert {item.version for item in make_report(context, "churn", now=NOW).logged} == {
        "churn@1", "churn@2",
    }  # fmt: skip
    assert {item.version for item in make_report(context, "churn@prod", now=NOW).logged} == {
        "churn@2"
    }
    assert {f.version for f in make_report(context, "churn@1", now=NOW).findings} == {"churn@1"}
    since = make_report(context, "churn@prod", since="3d", now=NOW, window="12h")
    assert {item.rows for item in since.logged} == {800}
    with pytest.raises(NotFound):
        make_report(context, "chorn")
    with pytest.raises(InvalidReference):
        make_report(context, "churn#")
    with pytest.raises(InvalidValue):
        make_report(context, "churn", window="often")


def test_an_empty_log_is_reported(registry):
    report = make_report(registry.context, "churn", now=NOW)
    assert "No predictions of churn were logged" in str(report)
    assert report.findings == ()
    assert report.quality == ()


def test_a_version_without_a_profile_is_reported(tmp_path):
    with nbmodel.open(tmp_path, create=True) as registry:
        registry.commit({"a": 1}, "net")
        log("net", np.zeros((60, 2)), np.zeros(60), when=BEGIN, context=registry.context)
        report = make_report(registry.context, "net", now=NOW)
    assert "net@1 has no data profile" in str(report)
    assert report.logged[0].rows == 60


def test_a_version_that_the_registry_does_not_know_is_reported_and_measured(registry):
    with PredictionLog(default_root(registry.context.location), "churn") as writing:
        for number in range(60):
            writing.put(entry(number, version="churn@99", outputs=np.array([1.0])))
        writing.label([f"r{n}" for n in range(60)], [1] * 60, START)
        writing.put(entry(99, id="odd", version="<img src=x onerror=alert(1)>", commit=""))
    report = make_report(registry.context, "churn", now=NOW)
    assert "churn@99" in report.warnings[0]
    assert "drift is not measured" in report.warnings[0]
    assert {q.version for q in report.quality} == {"churn@99"}
    assert "<img" not in report._repr_mimebundle_()["text/html"]


def test_damaged_parts_are_named_in_the_report(watched):
    part = next(default_root(watched.context.location).rglob("kind=predictions/*/*.parquet"))
    part.write_bytes(b"PAR1")
    report = make_report(watched.context, "churn", now=NOW)
    assert any(part.name in warning for warning in report.warnings)
    assert sum(item.rows for item in report.logged) == 19 * 400
    assert report.unknown_labels == 400


def test_a_read_only_registry_is_monitored(watched):
    with nbmodel.open(watched.path, read_only=True) as opened:
        assert make_report(opened.context, "churn@prod", now=NOW).drifted


def test_a_report_begins_with_the_verdict_on_the_version_that_answered_last(watched):
    report = make_report(watched.context, "churn", now=NOW)
    (verdict,) = report.verdicts
    assert (verdict.state, verdict.version) == ("warning", "churn@2")
    assert verdict.text.startswith("churn@2 in prod: age and output predict_proba.1 have drifted")
    assert verdict.text in report.text().splitlines()[0]
    assert verdict.text in report.html()
    past = make_report(watched.context, "churn", until="2026-03-08", window="1d", now=NOW)
    (quiet,) = past.verdicts
    assert quiet.text.startswith("churn@2 in prod: no drift on 7 March (400 rows); roc_auc 0.9")
    assert make_report(watched.context, "churn", now=NOW, verdicts=False).verdicts == ()


def test_an_hour_of_rows_has_a_dozen_windows_and_rules_use_days(registry, people):
    frame, truth = people
    when = [NOW - timedelta(hours=2) + timedelta(seconds=n) for n in range(3600)]
    some = frame[:3600].assign(age=frame.age + 30)
    log("churn@prod", some, truth[:3600], when=when, context=registry.context)
    add(registry.context, "churn@prod", "psi(age) > 0.2")
    report = make_report(registry.context, "churn", now=NOW)
    assert report.width == 5 * 60 * 1_000_000
    assert len({f.start for f in report.findings}) == 12
    # The day goes on, so the rule is not judged yet.
    (alert,) = report.alerts
    assert (alert.outcome.state, alert.outcome.value) == ("pending", None)
    assert alert.outcome.current > 1
    sentence = report.text().splitlines()[0]
    assert sentence.startswith("churn@2 in prod: age has drifted since ")
    assert "now, judged at 00:00 UTC (pending)" in sentence
    later = make_report(registry.context, "churn", now=NOW + timedelta(days=1))
    assert later.width == report.width
    assert [item.outcome.state for item in later.alerts] == ["firing"]
    chosen = make_report(registry.context, "churn", now=NOW, window="15m")
    assert [item.outcome.state for item in chosen.alerts] == ["firing"]
    by_day = make_report(registry.context, "churn", now=NOW, window="15m", rules_window="1d")
    assert [item.outcome.state for item in by_day.alerts] == ["pending"]
    assert fitting_window(registry.context, "churn", now=NOW) == "5m"


def test_a_batch_of_one_moment_long_ago_has_few_windows(registry, people):
    """Its version serves until now, so there are windows until now."""
    frame, _ = people
    log("churn@prod", frame, registry.checkout("churn@2").predict(frame), when=BEGIN,
        context=registry.context)  # fmt: skip
    later = BEGIN + timedelta(days=90)
    report = make_report(registry.context, "churn", now=later, max_windows=3000)
    assert report.width == 6 * 3600 * 1_000_000
    assert fitting_window(registry.context, "churn", now=later) == "6h"
    soon = make_report(registry.context, "churn", now=BEGIN + timedelta(hours=1))
    assert soon.width == 60 * 1_000_000
