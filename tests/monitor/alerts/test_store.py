"""Alerts: kept in the registry, shared, safe to read, with the way back."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

import nbmodel
from nbmodel.errors import (
    AlreadyExists,
    InvalidReference,
    InvalidValue,
    NotFound,
    ReadOnlyRegistry,
)
from nbmodel.monitor.alerts import notify, rules, store
from nbmodel.monitor.alerts.evaluation import AlertStatus, evaluate_alerts
from nbmodel.monitor.alerts.notify import Notifier
from nbmodel.monitor.alerts.rules import Outcome
from nbmodel.monitor.alerts.store import ALERTS_REF, Alert, add, list_alerts, remove
from nbmodel.monitor.alerts.transitions import AlertTransitions
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.records import Person
from tests.monitor.conftest import DAY, START
from tests.versioning.conftest import git


def bad(metric="accuracy", version="churn@2", stage="prod", value=0.5, windows=3):
    times = tuple(START + n * DAY for n in range(windows))
    return Series(metric, version, stage, times, (value,) * windows)


def firing(registry, *series, until=START + 100 * DAY):
    known = list_alerts(registry.context).alerts
    return evaluate_alerts(registry.context, "churn", known, series, until)


def test_set_listed_removed(registry):
    context = registry.context
    assert list_alerts(context).alerts == ()
    (one,) = add(context, "churn#prod", "accuracy < 0.90").alerts
    add(context, "churn", "psi(age) > 0.2 for 3 windows", ["log:"])
    known = list_alerts(context, "churn").alerts
    assert [(a.stage, str(a.rule), a.notify) for a in known] == [
        ("prod", "accuracy < 0.9", ()), ("", "psi(age) > 0.2 for 3 windows", ("log:",)),
    ]  # fmt: skip
    assert known[0].author == context.identity.person
    assert list_alerts(context, "other").alerts == ()
    assert "accuracy < 0.9" in str(list_alerts(context))
    remove(context, "churn", one.id)
    remove(context, "churn", "psi(age) > 0.2 for 3 windows")
    assert list_alerts(context).alerts == ()
    with pytest.raises(NotFound):
        remove(context, "churn", one.id)


def test_what_makes_no_sense_is_refused_and_nothing_written(registry):
    context = registry.context
    with pytest.raises(InvalidValue):
        add(context, "churn", "accuracy = 1")
    with pytest.raises(NotFound):
        add(context, "chorn", "accuracy < 1")
    with pytest.raises(InvalidReference):
        add(context, "churn#", "accuracy < 1")
    with pytest.raises(InvalidValue, match="names a version"):
        add(context, "churn@2", "accuracy < 1")
    for wrong in ("webhook:file:///etc/passwd", "mail:me", "webhook:http://", "log:x"):
        with pytest.raises(InvalidValue):
            add(context, "churn", "accuracy < 1", [wrong])
    assert context.git.resolve(ALERTS_REF) is None
    add(context, "churn", "accuracy < 1")
    with pytest.raises(AlreadyExists):
        add(context, "churn", "accuracy < 1.0")


def test_read_only_refuses(registry):
    add(registry.context, "churn", "accuracy < 1")
    with nbmodel.open(registry.path, read_only=True) as opened:
        assert len(list_alerts(opened.context).alerts) == 1
        with pytest.raises(ReadOnlyRegistry):
            add(opened.context, "churn", "f1 < 1")
        with pytest.raises(ReadOnlyRegistry):
            remove(opened.context, "churn", "accuracy < 1")


def test_a_clone_that_fetches_the_ref_has_them_and_git_finds_nothing_wrong(registry, tmp_path):
    add(registry.context, "churn", "accuracy < 1")
    git(registry.path, "fsck", "--strict")
    registry.gc(force=True)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--no-checkout", str(registry.path), str(clone))
    git(clone, "fetch", "--quiet", "origin", f"{ALERTS_REF}:{ALERTS_REF}")
    git(clone, "fetch", "--quiet", "origin", "refs/heads/*:refs/heads/*")
    with nbmodel.open(clone) as opened:
        assert [str(a.rule) for a in list_alerts(opened.context).alerts] == ["accuracy < 1"]


def test_writers_at_once_all_land(registry):
    code = """
        import sys, nbmodel
        from nbmodel.monitor.alerts.store import add
        with nbmodel.open(sys.argv[1]) as registry:
            for number in range(5):
                add(registry.context, "churn", f"volume < {sys.argv[2]}{number}")
    """
    running = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), str(registry.path), str(n)],
            stderr=subprocess.PIPE,
        )
        for n in (1, 2, 3)
    ]
    for process in running:
        _, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
    assert len(list_alerts(registry.context).alerts) == 15


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b'{"format": 1}', b'{"format": "x", "alerts": []}', b"[" * 100_000,
     b'{"format": 2, "alerts": []}'],
)  # fmt: skip
def test_a_document_that_is_none_is_said_and_not_overwritten(registry, content):
    git_ = registry.context.git
    blob = git_.run("hash-object", "-w", "--stdin", data=content).decode().strip()
    git_.run("update-ref", ALERTS_REF, blob)
    with pytest.raises(InvalidValue):
        list_alerts(registry.context)
    with pytest.raises(InvalidValue):
        add(registry.context, "churn", "accuracy < 1")
    assert git_.resolve(ALERTS_REF) == blob


def test_entries_of_strangers_that_make_no_sense_are_left_out(registry):
    good = {"model": "churn", "stage": "", "rule": "f1 < 1", "notify": [], "who": "A",
            "email": "a@b", "time": 1}  # fmt: skip
    wrong = [
        None, 3, {}, good | {"model": "../x"}, good | {"rule": "x"}, good | {"rule": None},
        good | {"stage": "a b"}, good | {"notify": ["webhook:ftp://x"]}, good | {"time": "soon"},
        good | {"notify": 5}, good | {"time": float("1e400")},
    ]  # fmt: skip
    document = json.dumps({"format": 1, "alerts": [*wrong, good]}).encode()
    git_ = registry.context.git
    blob = git_.run("hash-object", "-w", "--stdin", data=document).decode().strip()
    git_.run("update-ref", ALERTS_REF, blob)
    assert [str(a.rule) for a in list_alerts(registry.context).alerts] == ["f1 < 1"]


# -- firing ----------------------------------------------------------------------


def test_a_firing_alert_names_offender_last_good_and_the_way_back(registry):
    add(registry.context, "churn#prod", "accuracy < 0.9 for 3 windows")
    (one,) = firing(registry, bad())
    assert one.firing
    assert one.outcome.version == "churn@2"
    assert one.last_good == "churn@1"
    assert one.rollback == (
        '%model_rollback churn#prod -m "accuracy < 0.9 for 3 windows: accuracy is 0.5"'
    )
    assert one.rollback in one.text()
    registry.rollback("churn#prod", "as the alert said")
    assert registry.show("churn#prod").version.ref == "churn@1"
    (after,) = firing(registry, bad())
    assert (after.outcome.version, after.outcome.state) == ("churn@1", "no data")
    assert after.rollback == ""


def test_the_line_really_rolls_back(registry, monkeypatch):
    """Run by IPython, with a rule whose column holds what IPython would expand."""
    from IPython.core.interactiveshell import InteractiveShell

    add(registry.context, "churn#prod", 'psi({1+1} $HOME "x" `ls`) > 0.2')
    (one,) = firing(registry, bad('psi({1+1} $HOME "x" `ls`)'))
    monkeypatch.chdir(registry.path.parent)
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "nbmodel")
    try:
        shell.run_cell(one.rollback).raise_error()
    finally:
        shell.run_line_magic("unload_ext", "nbmodel")
    registry.context.index.refresh()
    assert registry.show("churn#prod").version.ref == "churn@1"


def test_a_first_version_has_no_way_back(registry):
    registry.promote("churn@1", "canary")
    add(registry.context, "churn#canary", "accuracy < 0.9")
    (one,) = firing(registry, bad(version="churn@1", stage="canary"))
    assert one.firing
    assert (one.last_good, one.rollback) == ("", "")


def test_an_alert_of_a_model_watches_every_stage(registry):
    registry.promote("churn@1", "canary")
    add(registry.context, "churn", "accuracy < 0.9")
    found = firing(registry, bad())
    assert [(f.outcome.stage, f.outcome.version, f.outcome.state) for f in found] == [
        ("canary", "churn@1", "no data"), ("prod", "churn@2", "firing"),
    ]  # fmt: skip


def test_a_stage_that_nothing_holds_is_not_watched(registry):
    add(registry.context, "churn#shadow", "accuracy < 0.9")
    assert firing(registry, bad()) == []


def test_a_model_without_stages_is_watched_by_its_latest_version(tmp_path):
    with nbmodel.open(tmp_path, create=True) as opened:
        opened.commit({"a": 1}, "net")
        add(opened.context, "net", "accuracy < 0.9")
        known = store.list_alerts(opened.context).alerts
        series = bad(version="net@1", stage="")
        (one,) = evaluate_alerts(opened.context, "net", known, [series], START + 9 * DAY)
    assert one.firing
    assert one.rollback == ""


def test_changes_are_told_once(registry, caplog):
    add(registry.context, "churn#prod", "accuracy < 0.9")
    notifier = Notifier()
    watch = AlertTransitions(notifier)
    good = bad(value=0.95)
    told = [
        watch.notify_changes(firing(registry, s)) for s in (good, bad(), bad(), good, good, bad())
    ]
    notifier.close()
    assert [[one.outcome.state for one in each] for each in told] == [
        [], ["firing"], [], ["ok"], [], ["firing"],
    ]  # fmt: skip
    assert caplog.text.count("churn@2") == 3
    assert notify.is_allowed("log:")


@pytest.mark.parametrize("column", ["a\nfiring  churn@9", "\x1b[2K", "\ud800"])
def test_a_column_cannot_pretend_to_be_a_line_of_the_log(column):
    rule = rules.parse(f"psi({column}!) > 0.2")
    alert = Alert("churn", rule, "prod", (), Person("A", "a@example.org"), 1)
    outcome = Outcome(rule, "churn@2", "prod", "firing", f"psi({column}!)", START, 0.5)
    told = AlertStatus(alert, outcome, "churn@1", "%model_rollback churn#prod")
    lines = told.text().encode().decode().splitlines()
    assert lines[1:] == ["last good: churn@1", "%model_rollback churn#prod"]
    assert lines[0].isprintable()
    assert len(alert.id) == 8
