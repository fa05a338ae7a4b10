"""Alerts: stored in the registry, shared, and safe to read."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from importlib.metadata import EntryPoint

import pytest

import nbmodel
from nbmodel import plugins
from nbmodel.errors import (
    AlreadyExists,
    InvalidReference,
    InvalidValue,
    NotFound,
    ReadOnlyRegistry,
)
from nbmodel.monitor.alerts import rules
from nbmodel.monitor.alerts.alert import Alert, not_evaluated
from nbmodel.monitor.alerts.store import ALERTS_REF, add, list_alerts, remove
from nbmodel.monitor.report.report import make_report
from nbmodel.records import Person
from tests.fixtures.projects import git


def test_alerts_are_set_listed_and_removed(registry):
    context = registry.context
    assert list_alerts(context).alerts == ()
    (alert,) = add(context, "churn@prod", "accuracy < 0.90").alerts
    add(context, "churn", "psi(age) > 0.2 for 3 windows", ["log:"])
    known = list_alerts(context, "churn").alerts
    assert [(a.stage, str(a.rule), a.notify) for a in known] == [
        ("prod", "accuracy < 0.9", ()), ("", "psi(age) > 0.2 for 3 windows", ("log:",)),
    ]  # fmt: skip
    assert known[0].author == context.identity.person
    assert list_alerts(context, "other").alerts == ()
    assert "accuracy < 0.9" in str(list_alerts(context))
    remove(context, "churn", alert.id)
    remove(context, "churn", "psi(age) > 0.2 for 3 windows")
    assert list_alerts(context).alerts == ()
    assert "nothing to remove" in str(remove(context, "churn", alert.id))
    for unknown in ("accuracy", "no such rule", alert.id[:-1]):
        with pytest.raises(NotFound):
            remove(context, "churn", unknown)


def test_alerts_of_one_stage_are_listed_and_removed(registry):
    context = registry.context
    for reference in ("churn", "churn@prod", "churn@canary"):
        add(context, reference, "accuracy < 0.9")
    (prod,) = list_alerts(context, "churn@prod").alerts
    assert (prod.subject, prod.stage) == ("churn@prod", "prod")
    assert len(list_alerts(context, "churn").alerts) == 3
    with pytest.raises(NotFound):
        remove(context, "churn@canary", prod.id)
    assert remove(context, "churn@prod", "accuracy<0.90").alerts == (prod,)
    assert [a.stage for a in list_alerts(context, "churn").alerts] == ["", "canary"]
    assert "List all rules: alert churn." in str(list_alerts(context, "churn@prod"))
    assert str(list_alerts(context, "other@prod")) == "No rules are set for other@prod."
    with pytest.raises(InvalidValue, match="names a version"):
        list_alerts(context, "churn@2")


def test_rules_and_notifiers_of_plug_ins_that_are_not_installed_are_shown(registry):
    context = registry.context
    add(context, "churn", "volume < 5")
    entry = {"model": "churn", "stage": "prod", "rule": "gap(age) > 0.1", "notify": [], "who": "A",
             "email": "a@b", "time": 1}  # fmt: skip
    other = entry | {"stage": "", "rule": "f1 < 1", "notify": ["pager:team"]}
    stored = json.loads(context.git.read(ALERTS_REF, 10_000).data)
    stored["alerts"] = [entry, other, *stored["alerts"]]
    git_ = context.git
    blob = git_.run("hash-object", "-w", "--stdin", data=json.dumps(stored).encode())
    git_.run("update-ref", ALERTS_REF, blob.decode().strip())
    listed = list_alerts(context, "churn")
    assert [str(a.rule) for a in listed.alerts] == ["volume < 5"]
    assert [(str(a.rule), a.missing_plugin) for a in listed.unavailable] == [
        ("gap(age) > 0.1", "gap"), ("f1 < 1", "pager"),
    ]  # fmt: skip
    says = "is not evaluated here: the plug-in gap is not installed."
    assert f"{listed.unavailable[0].id} {says}" in str(listed)
    assert says in listed.html()
    report = make_report(context, "churn")
    assert f"gap(age) > 0.1 {says}" in report.warnings
    assert says in str(report)
    assert says not in str(make_report(context, "churn@canary"))
    assert remove(context, "churn@prod", listed.unavailable[0].id).unavailable
    remove(context, "churn", "f1 < 1")
    assert list_alerts(context).unavailable == ()


def test_a_plug_in_that_cannot_be_loaded_is_not_called_missing(monkeypatch):
    point = EntryPoint("gap", "no_such_module:MEASURE", plugins.DRIFT_GROUP)
    points = {plugins.DRIFT_GROUP: {"gap": point}}
    monkeypatch.setattr(plugins, "plugin_points", lambda group: points.get(group, {}))
    alert = Alert(
        "churn", rules.parse("gap(age) > 0.1", any_metric=True), "", (), Person("A", "a@b"), 1
    )
    assert alert.missing_plugin == "gap"
    assert not_evaluated(alert) == "not evaluated here: the plug-in gap cannot be loaded"


def test_an_invalid_alert_is_refused_and_nothing_is_written(registry):
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
    tip = context.git.resolve(ALERTS_REF)
    add(context, "churn", "accuracy < 1.0")  # the same rule: nothing is written
    assert context.git.resolve(ALERTS_REF) == tip
    with pytest.raises(AlreadyExists):
        add(context, "churn", "accuracy < 1.0", ["log:"])


def test_a_read_only_registry_refuses_changes(registry):
    add(registry.context, "churn", "accuracy < 1")
    with nbmodel.open(registry.path, read_only=True) as opened:
        assert len(list_alerts(opened.context).alerts) == 1
        with pytest.raises(ReadOnlyRegistry):
            add(opened.context, "churn", "f1 < 1")
        with pytest.raises(ReadOnlyRegistry):
            remove(opened.context, "churn", "accuracy < 1")


def test_a_clone_that_fetches_the_ref_has_the_alerts(registry, tmp_path):
    add(registry.context, "churn", "accuracy < 1")
    git(registry.path, "fsck", "--strict")
    registry.gc(force=True)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--no-checkout", str(registry.path), str(clone))
    git(clone, "fetch", "--quiet", "origin", f"{ALERTS_REF}:{ALERTS_REF}")
    git(clone, "fetch", "--quiet", "origin", "refs/heads/*:refs/heads/*")
    with nbmodel.open(clone) as opened:
        assert [str(a.rule) for a in list_alerts(opened.context).alerts] == ["accuracy < 1"]


def test_concurrent_writers_all_succeed(registry):
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
def test_an_invalid_document_is_reported_and_not_overwritten(registry, content):
    git_ = registry.context.git
    blob = git_.run("hash-object", "-w", "--stdin", data=content).decode().strip()
    git_.run("update-ref", ALERTS_REF, blob)
    with pytest.raises(InvalidValue):
        list_alerts(registry.context)
    with pytest.raises(InvalidValue):
        add(registry.context, "churn", "accuracy < 1")
    assert git_.resolve(ALERTS_REF) == blob


def test_invalid_entries_are_left_out(registry):
    good = {"model": "churn", "stage": "", "rule": "f1 < 1", "notify": [], "who": "A",
            "email": "a@b", "time": 1}  # fmt: skip
    wrong = [
        None, 3, {}, good | {"model": "../x"}, good | {"rule": "x"}, good | {"rule": None},
        good | {"stage": "a b"}, good | {"notify": ["webhook:ftp://x"]}, good | {"time": "soon"},
        good | {"notify": 5}, good | {"notify": [5]}, good | {"time": float("1e400")},
    ]  # fmt: skip
    document = json.dumps({"format": 1, "alerts": [*wrong, good]}).encode()
    git_ = registry.context.git
    blob = git_.run("hash-object", "-w", "--stdin", data=document).decode().strip()
    git_.run("update-ref", ALERTS_REF, blob)
    assert [str(a.rule) for a in list_alerts(registry.context).alerts] == ["f1 < 1"]


def test_the_same_alert_again_writes_nothing_and_says_so(registry):
    context = registry.context
    first = add(context, "churn@prod", "f1 < 0.5")
    before = context.git.run("for-each-ref"), context.git.run("count-objects", "-v")
    again = add(context, "churn@prod", "f1 < 0.50")
    assert again.alerts == first.alerts
    assert (first.message, again.message) == (
        "Rule added for churn@prod.",
        "churn@prod has this rule already.",
    )
    assert (context.git.run("for-each-ref"), context.git.run("count-objects", "-v")) == before


def test_a_list_of_alerts_does_not_show_the_address_of_a_webhook(registry):
    secret = "slack:https://hooks.slack.com/services/T0/B0/s3cret"
    add(registry.context, "churn", "f1 < 0.5", [secret, "mail:nina@example.org"])
    result = list_alerts(registry.context, "churn")
    for shown in (str(result), result.html(), repr(result)):
        assert "slack:hooks.slack.com" in shown
        assert "mail:nina@example.org" in shown
        assert "s3cret" not in shown
    assert result.alerts[0].notify[0] == secret
