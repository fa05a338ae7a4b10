"""The health of stages: what determines it, and that only the last windows are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from nbmodel.config import NbModel
from nbmodel.errors import InvalidValue, NotFound
from nbmodel.monitor import label, log
from nbmodel.monitor.alerts.store import add
from nbmodel.monitor.prediction_log.parts import folder_of
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.report import alert_history as history_module
from nbmodel.monitor.report import health as module
from nbmodel.monitor.report import report as report_module
from nbmodel.monitor.report.alert_history import fired_alerts
from nbmodel.monitor.report.health import health
from nbmodel.monitor.report.quality_change import QualityChange
from nbmodel.monitor.report.report import make_report
from nbmodel.monitor.report.traffic import stage_traffic

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
NOW = BEGIN + timedelta(days=12, hours=12)


def logged(registry, day, shift=0.0, rows=400, ref="churn@prod"):
    """Rows of a day, with labels; `shift` years older, and the model worse."""
    rng = np.random.default_rng(abs(day))
    frame = pd.DataFrame(
        {"age": rng.normal(40 + shift, 10, rows), "income": rng.lognormal(3, 1, rows)}
    )
    truth = (frame.age + rng.normal(0, 5, rows) > 42 + shift).astype(int)
    predicted = registry.checkout("churn@2").predict(frame)
    when = BEGIN + timedelta(days=day, hours=1)
    log(ref, frame, predicted, truth, when, context=registry.context)


def state_and_reason(registry, **options):
    (result,) = health(registry.context, "churn", now=NOW, **options)
    assert (result.stage, result.version) == ("prod", "churn@2")
    return result.state, result.reason


@pytest.fixture
def served(registry):
    """Ten quiet days."""
    for day in range(2, 12):
        logged(registry, day)
    return registry


def test_a_stage_without_drift_is_good(served):
    assert state_and_reason(served) == ("good", "no drift on 13 March (400 rows); accuracy 0.855")


def test_drift_in_the_last_complete_window_is_a_warning(served):
    logged(served, 12, shift=12)  # today: not complete
    assert state_and_reason(served)[0] == "good"
    logged(served, 11, shift=30)
    state, why = state_and_reason(served)
    assert state == "warning"
    when = "since 13 March (800 rows on 13 March)"
    assert why.startswith(f"age and output predict have drifted {when}; accuracy 0.6")


def test_drift_has_a_beginning_also_before_the_recent_windows(registry):
    """Two days without rows on the way are not an end of the drift."""
    for day in (2, 3, *(range(4, 12))):
        if day not in (6, 7):
            logged(registry, day, shift=20 if day > 3 else 0)
    state, why = state_and_reason(registry)
    assert state == "warning"
    assert why.startswith("age and output predict have drifted since 6 March")
    logged(registry, 10)  # as in training, half of the day: it drifted less, but it did
    later = NOW + timedelta(days=3)
    for day in (12, 13, 14):
        logged(registry, day, shift=20 if day == 14 else 0)
    (since,) = health(registry.context, "churn", now=later)
    assert since.reason.startswith("age and output predict have drifted since 16 March")


def test_quality_is_compared_with_the_metric_at_commit(registry, people):
    frame, _ = people
    model = registry.checkout("churn@2")
    registry.commit(model, "churn", data=frame, metrics={"Test accuracy": 0.94, "auc": 0.99})
    registry.promote("churn@3", "prod")
    logged(registry, 11)
    (result,) = health(registry.context, "churn", now=NOW)
    assert result.text == (
        "churn@3 in prod: no drift on 13 March (400 rows); accuracy 0.855 against 0.94 at commit"
    )
    assert result.state == "warning"


@pytest.mark.parametrize(
    ("metric", "value", "baseline", "rows", "worse"),
    [
        ("accuracy", 0.85, 0.94, 400, True),
        ("accuracy", 0.92, 0.94, 400, False),  # may be chance
        ("accuracy", 0.92, 0.94, 40_000, False),  # less than two hundredths
        ("accuracy", 0.5, 0.94, 10, False),
        ("accuracy", 0.5, None, 400, False),
        ("accuracy", 0.5, 94.0, 400, False),  # percent: another scale
        ("roc_auc", 0.99, 0.9, 400, False),
        ("rmse", 1.3, 1.0, 400, True),
        ("rmse", 0.7, 1.0, 400, False),
        ("r2", -3.0, 0.9, 400, True),
    ],
)
def test_quality_that_is_clearly_worse_than_at_commit_is_a_warning(
    metric, value, baseline, rows, worse
):
    assert QualityChange(metric, value, rows, baseline).worse is worse


def test_the_main_metric_of_the_model_comes_first(registry, people, monkeypatch):
    frame, _ = people
    metrics = {"accuracy": 0.9, "recall": 0.8}
    registry.commit(registry.checkout("churn@2"), "churn", data=frame, metrics=metrics)
    registry.promote("churn@3", "prod")
    logged(registry, 11)
    monkeypatch.setattr(NbModel.instance(), "main_metric", "recall")
    (result,) = health(registry.context, "churn", now=NOW)
    assert re.search(r"; recall 0\.\d+ against 0\.8 at commit$", result.text)


def test_an_alert_has_fired_since_before_the_recent_windows(registry):
    for day in range(2, 42):
        logged(registry, day, rows=60)
    add(registry.context, "churn@prod", "volume > 10")
    (result,) = health(registry.context, "churn", now=NOW + timedelta(days=30))
    assert "alert volume > 10 has fired since 4 March" in result.reason


def test_the_start_of_an_alert_is_right_when_labels_arrive_late(registry):
    """The first labels show that accuracy was low lately, later ones that it was low before."""
    later = NOW + timedelta(days=20)
    rng = np.random.default_rng(5)
    ids = {}
    for day in range(2, 32):
        frame = pd.DataFrame({"age": rng.normal(40, 10, 60), "income": rng.lognormal(3, 1, 60)})
        when = BEGIN + timedelta(days=day, hours=1)
        ids[day] = log("churn@prod", frame, [0] * 60, when=when, context=registry.context).ids
    add(registry.context, "churn@prod", "accuracy < 0.5")

    def reason(*days):
        for day in days:
            label("churn", ids[day], [1] * 60, context=registry.context)
        (result,) = health(registry.context, "churn", now=later)
        (status,) = make_report(registry.context, "churn", now=later, since="3d").alerts
        (period,) = fired_alerts(registry.context, "churn", now=later).periods
        assert period.start == status.outcome.since
        assert (period.open, period.value, period.last_value) == (True, 0.0, 0.0)
        return result.reason

    assert "alert accuracy < 0.5 has fired since 20 March" in reason(*range(18, 32))
    assert "alert accuracy < 0.5 has fired since 14 March" in reason(*range(12, 18))
    label("churn", ids[4], [0] * 60, context=registry.context)
    assert "alert accuracy < 0.5 has fired since 7 March" in reason(*range(5, 12))


def test_a_report_of_the_whole_log_reads_it_once_and_gives_the_verdict_of_health(
    served, monkeypatch
):
    add(served.context, "churn@prod", "accuracy < 0.99 for 5 windows")
    logged(served, 11, shift=30)
    opened = []
    for name in (module, report_module, history_module):
        real = name.open_log
        monkeypatch.setattr(
            name, "open_log", lambda *a, r=real, **k: opened.append(k) or r(*a, **k)
        )
    whole = make_report(served.context, "churn", window="1d", now=NOW)
    assert len(opened) == 1
    assert whole.verdicts == health(served.context, "churn", now=NOW)
    part = make_report(served.context, "churn", window="1d", since="2d", now=NOW)
    assert part.verdicts == whole.verdicts


def test_the_current_window_is_evaluated_if_none_is_complete(registry):
    logged(registry, 12)
    assert state_and_reason(registry)[0] == "good"
    logged(registry, 12, shift=20)
    assert state_and_reason(registry)[0] == "warning"


def test_alerts_of_quality_and_volume_are_bad_and_pending_ones_a_warning(served):
    add(served.context, "churn@prod", "accuracy < 0.99 for 5 windows")
    (bad,) = health(served.context, "churn", now=NOW)
    assert bad.state == "bad"
    assert bad.reason == (
        "alert accuracy < 0.99 for 5 windows has fired since 4 March; accuracy 0.855"
    )
    assert bad.text == f"churn@2 in prod: {bad.reason}"
    assert bad.rollback.startswith("%model_rollback churn@prod")
    assert health(served.context, "churn", now=NOW + timedelta(days=2))[0].state == "bad"


def test_a_pending_alert_is_a_warning(served):
    add(served.context, "churn@prod", "volume < 10 for 3 windows")
    (pending,) = health(served.context, "churn", now=NOW + timedelta(days=2))
    assert pending.state == "warning"
    assert "volume is 0" in pending.reason
    (silent,) = health(served.context, "churn", now=NOW + timedelta(days=3))
    assert silent.state == "bad"


def test_no_rows_and_too_few_rows_are_unknown(registry):
    assert health(registry.context, "churn", now=NOW) == ()
    logged(registry, 1)
    assert state_and_reason(registry)[0] == "unknown"
    logged(registry, 10, rows=20)
    assert state_and_reason(registry) == (
        "unknown",
        "20 rows since 7 March, too few to judge (50 needed); accuracy 0.8 on 20 labeled rows",
    )
    with pytest.raises(NotFound):
        health(registry.context, "chorn")
    with pytest.raises(InvalidValue):
        health(registry.context, "churn", window="often")


def test_the_log_is_read_once_until_something_changes(served, monkeypatch):
    looks = []
    real = module.open_log
    monkeypatch.setattr(module, "open_log", lambda *a, **k: looks.append(k) or real(*a, **k))
    state_and_reason(served)
    first = len(looks)
    state_and_reason(served)
    assert len(looks) == first > 0
    lately = [(NOW - timedelta(days=9)).timestamp() * 1e6, NOW.timestamp() * 1e6]
    assert all(lately[0] <= k["since"] < k["until"] <= lately[1] for k in looks)
    add(served.context, "churn@prod", "volume < 1")
    state_and_reason(served)
    second = len(looks)
    assert second > first
    logged(served, 10)
    state_and_reason(served)
    third = len(looks)
    assert third > second
    served.annotate("churn@2", "seen")
    state_and_reason(served)
    assert len(looks) > third


def test_the_first_window_of_outputs_is_cached_until_it_changes(served):
    """Its counts come from days that are not looked at otherwise."""
    assert state_and_reason(served)[0] == "good"
    logged(served, 2, shift=60, rows=4000)  # now half of the first day is of others
    state, why = state_and_reason(served)
    assert state == "warning"
    # Every day that is compared with the first one drifted now.
    assert why.startswith("output predict has drifted since 5 March")


def test_a_silent_version_names_its_last_row_or_when_it_went_live(registry, people):
    """Not the start of the windows that health reads, and not the rows of other versions."""
    live = datetime.now(UTC)
    later = live + timedelta(days=200)

    def reason():
        (result,) = health(registry.context, "churn", now=later)
        assert result.state == "unknown"
        return result.reason

    def date(when):
        year = "" if when.year == later.year else f" {when.year}"
        return f"{when.day} {when:%B}{year}"

    frame, _ = people
    rows = frame[:60]
    predicted = registry.checkout("churn@2").predict(rows)
    older = live - timedelta(days=3)  # as churn@2 in prod, but before it went live
    log("churn@prod", rows, predicted, when=older, context=registry.context)
    log("churn@1", rows, predicted, when=live + timedelta(days=9), context=registry.context)
    expected = "no rows of this version were logged in this stage since"
    assert reason() == f"{expected} it went live on {date(live)}"
    for days in (1, 100, 140):
        last = live + timedelta(days=days, minutes=1)
        log("churn@prod", rows, predicted, when=last, context=registry.context)
        assert reason() == f"{expected} its last one on {date(last)}"
    for days in range(2, 99):  # more days with parts than are read at once
        when = live + timedelta(days=days)
        log("churn@1", rows[:1], predicted[:1], when=when, context=registry.context)
    assert reason() == f"{expected} its last one on {date(last)}"


@pytest.mark.parametrize("kind", ["predictions", "labels"])
def test_a_log_that_cannot_be_read_in_full_is_not_healthy(served, kind):
    place = log_root(served.context) / folder_of("churn", kind)
    (path,) = place.glob("date=2026-03-12/*.parquet")
    path.write_bytes(b"PAR1 half of it")
    state, why = state_and_reason(served)
    assert state == "warning"
    assert why.startswith(
        f"the log cannot be read in full: kind={kind}/date=2026-03-12/{path.name} was skipped, "
        "it is not a complete Parquet file; restore it from a copy, or delete it; "
        "no drift on 13 March (400 rows); accuracy 0.8"
    )
    path.unlink()
    assert state_and_reason(served)[0] == "good"


def test_a_damaged_part_of_long_ago_says_nothing_about_today(served):
    logged(served, -20)
    (path,) = (log_root(served.context) / folder_of("churn", "predictions")).glob(
        "date=2026-02-10/*"
    )
    path.write_bytes(b"")
    assert state_and_reason(served) == (
        "good", "no drift on 13 March (400 rows); accuracy 0.855"
    )  # fmt: skip
    report = make_report(served.context, "churn", now=NOW, window="1d")
    assert [each.state for each in report.verdicts] == ["good"]
    assert f"{path.name} was skipped" in report.text()


def test_a_log_of_which_nothing_can_be_read_is_not_an_empty_one(served):
    for path in log_root(served.context).rglob("*.parquet"):
        path.write_bytes(b"")
    state, why = state_and_reason(served)
    assert state == "unknown"
    assert "parts were skipped, such as kind=" in why
    assert why.endswith("; no rows of this version could be read")
    report = make_report(served.context, "churn", now=NOW, window="1d")
    assert "cannot be read in full" in report.text().partition("\n")[0]
    assert "No predictions of churn could be read." in report.text()
    assert "cannot be read in full" in report.html()
    traffic = stage_traffic(served.context, "churn", now=NOW)
    assert traffic.stages == ()
    assert "parts were skipped" in traffic.unreadable
