"""The status of alerts: the versions they watch, the rollback, and notifications of changes."""

from __future__ import annotations

import pytest

import nbmodel
from nbmodel.monitor.alerts import notify, rules, store
from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.alerts.evaluation import AlertStatus, evaluate_alerts
from nbmodel.monitor.alerts.notify import Notifier
from nbmodel.monitor.alerts.outcomes import Outcome
from nbmodel.monitor.alerts.store import add, list_alerts
from nbmodel.monitor.alerts.transitions import AlertTransitions
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.records import Person
from tests.monitor.conftest import DAY, START


def constant_series(metric="accuracy", version="churn@2", stage="prod", value=0.5, windows=3):
    times = tuple(START + n * DAY for n in range(windows))
    return Series(metric, version, stage, times, (value,) * windows)


def statuses_of(registry, *series, until=START + 100 * DAY):
    alerts = list_alerts(registry.context).alerts
    return evaluate_alerts(registry.context, "churn", alerts, series, until)


def test_a_firing_alert_names_the_version_the_last_good_one_and_the_rollback(registry):
    add(registry.context, "churn@prod", "accuracy < 0.9 for 3 windows")
    (status,) = statuses_of(registry, constant_series())
    assert status.firing
    assert status.outcome.version == "churn@2"
    assert status.last_good == "churn@1"
    assert status.rollback == (
        '%model_rollback churn@prod -m "accuracy < 0.9 for 3 windows: accuracy is 0.5"'
    )
    assert status.rollback in status.text()
    registry.rollback("churn@prod", "as the alert said")
    assert registry.show("churn@prod").version.ref == "churn@1"
    (after,) = statuses_of(registry, constant_series())
    assert (after.outcome.version, after.outcome.state) == ("churn@1", "no data")
    assert after.rollback == ""


def test_the_rollback_keeps_the_letters_and_signs_of_a_name(registry, monkeypatch):
    monkeypatch.setattr(store, "check_rule", lambda *_: ())  # no version has such a column
    add(registry.context, "churn@prod", "psi(Preis (€) “süß”\u202e!) > 0.2")
    (status,) = statuses_of(registry, constant_series("psi(Preis (€) “süß”\u202e!)"))
    assert '-m "psi(Preis (€) “süß”__) > 0.2' in status.rollback


def test_the_rollback_command_rolls_back(registry, monkeypatch):
    """Run by IPython, with a rule whose column holds what IPython would expand."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setattr(store, "check_rule", lambda *_: ())  # no version has such a column
    add(registry.context, "churn@prod", 'psi({1+1} $HOME "x" `ls`) > 0.2')
    (status,) = statuses_of(registry, constant_series('psi({1+1} $HOME "x" `ls`)'))
    monkeypatch.chdir(registry.path.parent)
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "nbmodel")
    try:
        shell.run_cell(status.rollback).raise_error()
    finally:
        shell.run_line_magic("unload_ext", "nbmodel")
    registry.context.index.refresh()
    assert registry.show("churn@prod").version.ref == "churn@1"


def test_a_first_version_has_no_rollback(registry):
    registry.promote("churn@1", "canary")
    add(registry.context, "churn@canary", "accuracy < 0.9")
    (status,) = statuses_of(registry, constant_series(version="churn@1", stage="canary"))
    assert status.firing
    assert (status.last_good, status.rollback) == ("", "")


def test_an_alert_of_a_model_watches_every_stage(registry):
    registry.promote("churn@1", "canary")
    add(registry.context, "churn", "accuracy < 0.9")
    statuses = statuses_of(registry, constant_series())
    assert [(f.outcome.stage, f.outcome.version, f.outcome.state) for f in statuses] == [
        ("canary", "churn@1", "no data"), ("prod", "churn@2", "firing"),
    ]  # fmt: skip


def test_a_stage_without_a_version_is_not_watched(registry):
    add(registry.context, "churn@shadow", "accuracy < 0.9")
    assert statuses_of(registry, constant_series()) == []


def test_a_model_without_stages_is_watched_by_its_latest_version(tmp_path):
    with nbmodel.open(tmp_path, create=True) as opened:
        opened.commit({"a": 1}, "net")
        add(opened.context, "net", "accuracy < 0.9")
        alerts = store.list_alerts(opened.context).alerts
        series = constant_series(version="net@1", stage="")
        (status,) = evaluate_alerts(opened.context, "net", alerts, [series], START + 9 * DAY)
    assert status.firing
    assert status.rollback == ""


def test_changes_are_notified_once(registry, caplog):
    add(registry.context, "churn@prod", "accuracy < 0.9")
    notifier = Notifier()
    watch = AlertTransitions(notifier)
    good = constant_series(value=0.95)
    changes = [
        watch.notify_changes(statuses_of(registry, s))
        for s in (good, constant_series(), constant_series(), good, good, constant_series())
    ]
    notifier.close()
    assert [[status.outcome.state for status in each] for each in changes] == [
        [], ["firing"], [], ["ok"], [], ["firing"],
    ]  # fmt: skip
    assert caplog.text.count("churn@2") == 3
    assert notify.is_allowed("log:")


@pytest.mark.parametrize("column", ["a\nfiring  churn@9", "\x1b[2K", "\ud800"])
def test_a_column_cannot_pretend_to_be_a_line_of_the_log(column):
    rule = rules.parse(f"psi({column}!) > 0.2")
    alert = Alert("churn", rule, "prod", (), Person("A", "a@example.org"), 1)
    outcome = Outcome(
        rule=rule,
        version="churn@2",
        stage="prod",
        state="firing",
        metric=f"psi({column}!)",
        since=START,
        value=0.5,
    )
    status = AlertStatus(alert, outcome, "churn@1", "%model_rollback churn@prod")
    lines = status.text().encode().decode().splitlines()
    assert lines[1:] == ["last good: churn@1", "%model_rollback churn@prod"]
    assert lines[0].isprintable()
    assert len(alert.id) == 8
