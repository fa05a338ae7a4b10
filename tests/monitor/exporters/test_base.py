"""Every exporter: its output is shown, written or sent, or refused with the next step."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from nbmodel.errors import InvalidValue, NotFound, WriteFailed
from nbmodel.monitor import log
from nbmodel.monitor.alerts.store import add
from nbmodel.monitor.exporters import EXPORTERS, influxdb
from nbmodel.monitor.exporters.base import export
from nbmodel.monitor.report.report import make_report
from tests.monitor.exporters.conftest import empty_report


@pytest.fixture
def logged(registry, people, tmp_path):
    frame, truth = people
    log("churn@prod", frame, truth, truth, context=registry.context, root=tmp_path / "log")
    return registry, tmp_path / "log"


def shell(registry, *words):
    command = [sys.executable, "-m", "nbmodel.cli", "--repo", str(registry.path), "monitor"]
    return subprocess.run([*command, *words], capture_output=True, text=True)


def test_a_shell_shows_lines_and_writes_files(logged, tmp_path):
    registry, root = logged
    done = shell(registry, "churn", "--as", "influxdb", "--log", str(root), "--window", "1h")
    assert (done.returncode, done.stderr) == (0, "")
    report = make_report(registry.context, "churn", root=root, window="1h")
    expected = {line for series in report.series for line in influxdb.lines("churn", series)}
    printed = set(done.stdout.splitlines())
    assert len(expected) > 10
    # The volume goes on until the present, which the two do not share.
    assert {line for line in expected ^ printed if "metric=volume" not in line} == set()
    path = tmp_path / "churn.json"
    done = shell(registry, "churn", "--as", "grafana", "--to", str(path))
    assert done.stdout == f"A dashboard of churn: {path}\n"
    assert json.loads(path.read_text())["title"] == "nbmodel: churn"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "x.yml"], "Name the system to write for: --as prometheus."),
        (["--as", "nagios"], "invalid choice: 'nagios' (choose from 'prometheus'"),
    ],
)
def test_invalid_arguments_are_refused(registry, words, message):
    done = shell(registry, "churn", *words)
    assert done.returncode != 0
    assert message in done.stderr


def test_only_the_alerts_of_a_stage(registry):
    for model, rule in (("churn", "f1 < 1"), ("churn@prod", "f1 < 2"), ("churn#dev", "f1 < 3")):
        add(registry.context, model, rule)
    text = export(registry.context, "churn@prod", "prometheus", "", empty_report).text()
    assert ("f1 < 1" in text, "f1 < 2" in text, "f1 < 3" in text) == (True, True, False)


@pytest.mark.parametrize("system", sorted(set(EXPORTERS) - {"influxdb"}))
def test_a_file_is_not_sent(registry, system):
    with pytest.raises(InvalidValue, match="Use --to FILE"):
        export(registry.context, "churn", system, "http://127.0.0.1:9/", empty_report)


def test_a_file_that_cannot_be_written_is_named(registry, tmp_path):
    context = registry.context
    with pytest.raises(WriteFailed, match="No such file or directory"):
        export(context, "churn", "prometheus", str(tmp_path / "none/x.yml"), empty_report)
    with pytest.raises(NotFound, match="churn"):
        export(context, "chorn", "prometheus", "", empty_report)
    with pytest.raises(NotFound, match="prometheus"):
        export(context, "churn", "prometheos", "", empty_report)
