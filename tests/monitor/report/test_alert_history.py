"""When alerts fired: as a history, and as events of a timeline."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from nbmodel.errors import NotFound
from nbmodel.monitor import log
from nbmodel.monitor.alerts.store import add, remove
from nbmodel.monitor.common import windows
from nbmodel.monitor.prediction_log.parts import folder_of
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.report import alert_history
from nbmodel.monitor.report.alert_events import with_alerts
from nbmodel.monitor.report.alert_history import AlertHistory, fired_alerts
from nbmodel.views import answer

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
RULE = "psi(age) > 0.2 for 2 windows"


@pytest.fixture
def served(registry, people):
    """``churn@1`` until five days ago, then ``churn@2``; older people on some of the days."""
    frame, _ = people
    for days in range(12, 0, -1):
        rows = frame.sample(300, random_state=days)
        if days in (10, 9, 8, 3, 2, 1):
            rows = rows.assign(age=rows["age"] + 30)
        version = "churn@1" if days > 5 else "churn@2"
        said = registry.checkout(version).predict(rows)
        when = TODAY - timedelta(days=days)
        log(f"{version}" if days > 5 else "churn@prod", rows, said, when=when,
            context=registry.context)  # fmt: skip
    add(registry.context, "churn", RULE)
    return registry


def days_ago(moment: float) -> int:
    return round((TODAY.timestamp() - moment) / 86_400)


def test_each_period_has_rule_version_values_and_whether_it_goes_on(served):
    earlier, present = fired_alerts(served.context, "churn").periods
    spans = [[days_ago(t / windows.SECOND) for t in (p.start, p.end)] for p in (earlier, present)]
    assert spans == [[10, 7], [3, 0]]
    assert [(p.version, p.stage, p.open) for p in (earlier, present)] == [
        ("churn@1", "", False),
        ("churn@2", "prod", True),
    ]
    assert min(earlier.value, earlier.last_value, present.value) > 0.2
    served.rollback("churn@prod", "older people")
    assert [p.open for p in fired_alerts(served.context, "churn").periods] == [False, False]


def test_the_log_is_read_again_only_if_complete_windows_change(served, monkeypatch):
    reads = []
    real = alert_history.open_log
    monkeypatch.setattr(alert_history, "open_log", lambda *a, **k: reads.append(k) or real(*a, **k))
    frame = served.checkout("churn@1")
    fired_alerts(served.context, "churn")
    fired_alerts(served.context, "churn")
    assert len(reads) == 1
    rows = {"age": [1.0], "income": [1.0]}
    log("churn@prod", rows, [0], when=TODAY + timedelta(minutes=1), context=served.context)
    fired_alerts(served.context, "churn")
    assert len(reads) == 1
    log("churn@prod", rows, [0], when=TODAY - timedelta(days=2), context=served.context)
    fired_alerts(served.context, "churn")
    assert len(reads) == 2
    assert frame is not None


def test_alerts_are_events_of_the_timeline_and_of_the_answer(served):
    result = with_alerts(served.context, served.timeline("churn"), 100)
    events = [event for event in result.events if event.kind.startswith("alert")]
    assert [(e.kind, e.ref, e.label, days_ago(e.time)) for e in events] == [
        ("alert", "churn@2", "prod", 3),
        ("alert ended", "churn@1", "", 7),
        ("alert", "churn@1", "", 10),
    ]
    assert events[0].text.startswith(f"{RULE}: psi(age) is ")
    window = r"on \d+ \w+( \d+)? \(300 rows\)"
    assert re.fullmatch(rf".*: psi\(age\) was \S+ {window}", events[1].text)
    assert [e.time for e in result.events] == sorted((e.time for e in result.events), reverse=True)
    history = answer(served, "alertHistory", {"model": "churn"})
    assert [days_ago(p["start"]) for p in history["periods"]] == [3, 10]
    assert history["periods"][0]["end"] is None
    assert answer(served, "alertHistory", {"model": "churn", "limit": 1})["hasMore"]
    short = with_alerts(served.context, served.timeline("churn", limit=2), 2)
    assert (len(short.events), short.has_more) == (2, True)
    assert [e.kind for e in short.events if e.kind == "alert"] == []  # they are older than the page


def test_without_alerts_no_log_is_read_and_an_unreadable_one_is_a_warning(served):
    place = log_root(served.context) / folder_of("churn")
    (alert,) = (p.alert for p in fired_alerts(served.context, "churn").periods[:1])
    place.rename(place.with_name("elsewhere"))
    place.write_text("not a folder")
    result = with_alerts(served.context, served.timeline("churn"), 100)
    assert "Alerts are not shown: The log of churn cannot be read" in result.text()
    assert "Alerts are not shown" in result.html()
    assert len(result.events) > 2
    remove(served.context, "churn", alert)
    assert with_alerts(served.context, served.timeline("churn"), 100).warnings == ()
    with pytest.raises(NotFound):
        answer(served, "alertHistory", {"model": "chorn"})


def test_a_part_that_cannot_be_read_is_said_beside_the_alerts_of_the_others(served):
    part = max((log_root(served.context) / folder_of("churn")).rglob("*.parquet"))
    part.write_bytes(b"no parquet")
    history = answer(served, "alertHistory", {"model": "churn"})
    assert "1 part" in history["unreadable"] or part.name in history["unreadable"]
    assert len(history["periods"]) > 0
    (warning,) = with_alerts(served.context, served.timeline("churn"), 100).warnings
    assert warning.startswith("Alerts may be missing: the log cannot be read in full: ")


def test_a_timeline_of_many_periods_has_the_newest(served, monkeypatch):
    (one, _) = fired_alerts(served.context, "churn").periods
    history = AlertHistory(periods=(one,) * 5000)
    monkeypatch.setattr("nbmodel.monitor.report.alert_events.fired_alerts", lambda *_: history)
    timeline = served.timeline("churn", limit=1000)
    result = with_alerts(served.context, timeline, 1000)
    assert (len(result.events), result.has_more) == (1000, True)
