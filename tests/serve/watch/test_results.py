"""The part of a report in the metrics: the last window and the worst columns, limited in size."""

from __future__ import annotations

import json

import pytest

from nbmodel.monitor.alerts import rules
from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.alerts.outcomes import Outcome
from nbmodel.monitor.drift.detection import DriftFinding
from nbmodel.monitor.quality.metrics import MetricValue
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.records import Person
from nbmodel.serve.watch import results
from nbmodel.serve.watch.results import (
    MAX_ALERTS,
    MAX_COLUMNS,
    MAX_LABEL_CHARS,
    MAX_VERSIONS,
    WatchResults,
    summarize,
)
from tests.monitor.conftest import DAY, START

END = START + 3 * DAY


def drifted(column="age", value=0.3, version="churn@1", start=END - DAY, detector="psi", stage=""):
    return DriftFinding(
        column=column,
        measure=detector,
        version=version,
        stage=stage,
        start=start,
        rows=100,
        value=value,
        p_value=None,
        adjusted_p=None,
        drifted=value > 0.2,
    )


def quality(metric="accuracy", value=0.9, version="churn@1", start=END - DAY):
    return MetricValue(metric, version, "prod", start, value, 100)


def fires(rule, state="firing", version="churn@1", stage="prod"):
    parsed = rules.parse(rule)
    alert = Alert("churn", parsed, stage, (), Person("a", "b"), 1)
    return AlertStatus(
        alert, Outcome(rule=parsed, version=version, stage=stage, state=state), "", ""
    )


def results_of(**parts):
    fields = {name: tuple(records) for name, records in parts.items()}
    report = MonitorReport(model="churn", width=DAY, logged=(), **fields)
    return summarize(report, END, 5.0, 0.5, [("id", "prod", "churn@1")])


def test_drift_is_that_of_the_last_complete_window():
    seen = results_of(
        findings=[
            drifted(value=0.9, start=END - 2 * DAY), drifted(value=0.1), drifted("pay", 0.4),
            drifted("pay", 0.5, stage="prod"), drifted("pay", 0.7, detector="ks"),
            drifted("town", 0.3, detector="missing"), drifted("odd", float("inf")),
        ]
    )  # fmt: skip
    assert seen.drift == (("churn@1", "pay", 0.5), ("churn@1", "age", 0.1))
    assert seen.drifted == (("churn@1", 3),)


def test_quality_is_that_of_the_last_window_with_labels():
    seen = results_of(
        quality=[quality(value=0.7, start=END - DAY), quality(value=0.8, start=START)]
    )
    assert seen.quality == (("churn@1", "accuracy", 0.7),)


def test_a_rule_that_fires_for_one_of_two_stages_fires():
    seen = results_of(
        alerts=[fires("volume < 5"), fires("volume < 5", "ok"), fires("mae > 1", "ok")]
    )
    assert seen.alerts == (
        ("churn@1", "prod", "volume < 5", True), ("churn@1", "prod", "mae > 1", False),
    )  # fmt: skip


def test_the_results_are_bounded_whatever_the_log_contains():
    versions = [f"churn@{n}" for n in range(40)]
    seen = results_of(
        findings=[
            drifted(f"{column}{'x' * 300}" if column % 2 else f"c{column}", column / 100, version)
            for version in versions
            for column in range(200)
        ],
        quality=[quality(version=version) for version in versions],
        alerts=[fires(f"volume < {n}", "firing" if n == 499 else "ok") for n in range(1, 500)],
    )
    assert len(seen.drift) == MAX_VERSIONS * MAX_COLUMNS
    assert len(seen.quality) == MAX_VERSIONS
    assert len(seen.alerts) == MAX_ALERTS
    assert seen.alerts[0] == ("churn@1", "prod", "volume < 499", True)
    assert {column for _, column, _ in seen.drift} >= {"c198", f"199{'x' * (MAX_LABEL_CHARS - 3)}"}
    assert max(len(column) for _, column, _ in seen.drift) == MAX_LABEL_CHARS
    newer = quality(version="churn@new", start=END)
    older = [quality(version=version) for version in versions]
    assert ("churn@new", "accuracy", 0.9) in results_of(quality=[newer, *older]).quality


def test_names_that_are_equal_after_shortening_are_one_series():
    long = ["x" * 400 + end for end in "ab"]
    seen = results_of(
        findings=[drifted(column, 0.3, version) for column in long for version in long],
        quality=[quality(version=version) for version in long],
    )
    assert seen.drift == (("x" * MAX_LABEL_CHARS, "x" * MAX_LABEL_CHARS, 0.3),)
    assert len(seen.quality) == 1


@pytest.mark.parametrize("column", ["a\nb\x00", "\ud800", 'q"\\', "\u202e"])
def test_hostile_names_are_written_and_read(column, tmp_path):
    seen = results_of(findings=[drifted(column)], alerts=[fires(f"ks({column}x) > 0.1")])
    before = WatchResults({"churn": seen}, 2, {"sent": 1})
    results.write(tmp_path, before)
    assert results.read(tmp_path) == before
    json.loads((tmp_path / results.FILE_NAME).read_text("utf-8"))


def test_the_results_are_empty_before_the_first_evaluation(tmp_path):
    assert results.read(tmp_path) == results.read(tmp_path / "none") == WatchResults()
