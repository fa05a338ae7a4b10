"""The answers about the prediction log, over a real log of a real registry."""

import json
import threading
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from nbmodel import monitor
from nbmodel.errors import InvalidName, InvalidReference, InvalidValue, NotFound
from nbmodel.monitor.alerts.store import add, remove
from nbmodel.monitor.common import windows
from nbmodel.monitor.report.report import fitting_window
from nbmodel.versioning.registry import Registry
from nbmodel.views import answer
from nbmodel.views.monitor_report import MAX_DRIFT_POINTS
from nbmodel.views.monitoring import panel_report
from tests.views.conftest import HOSTILE, MIDNIGHT, ROWS

DAY = 86_400
TODAY = int(MIDNIGHT.timestamp())


@pytest.fixture(scope="module")
def report(shop):
    return answer(shop, "monitor", {"ref": "churn"})


def of(report, **facts):
    """Parts of an answer that say these facts."""
    return [item for item in report if all(item[name] == value for name, value in facts.items())]


def test_traffic_and_quality_are_time_series_apart_from_drift(report):
    live = {"version": "churn@2", "stage": "live"}
    (volume,) = of(report["timeSeries"], metric="volume", **live)
    assert volume["times"] == [TODAY - day * DAY for day in range(6, -1, -1)]
    assert volume["values"] == [ROWS] * 7
    (accuracy,) = of(report["timeSeries"], metric="accuracy", **live)
    assert accuracy["values"][:3] == [1.0] * 3
    assert max(accuracy["values"][3:]) < 0.7
    assert not [series for series in report["timeSeries"] if "(" in series["metric"]]
    (psi,) = of(report["drift"], column="x", measure="psi", **live)
    assert psi["drifted"] == [False] * 3 + [True] * 4
    assert {"name": "psi", "threshold": 0.2} in report["driftMeasures"]
    assert {item["column"] for item in report["drift"]} >= {"x", "out.predict"}


def test_a_firing_alert_names_the_rollback_and_hides_the_webhook(report):
    (alert,) = report["alerts"]
    assert (alert["state"], alert["metric"], alert["version"]) == ("firing", "psi(x)", "churn@2")
    assert alert["since"] == TODAY - 3 * DAY
    assert alert["lastGoodVersion"] == "churn@1"
    assert alert["rollback"].startswith('%model_rollback churn@live -m "psi(x) > 0.2')
    assert alert["notify"] == ["webhook:a.example"]
    assert "secret" not in json.dumps(report)


def test_version_starts_are_those_of_the_log_and_moves_those_of_the_registry(report):
    began = [(item["version"], item["stage"], item["time"]) for item in report["versionStarts"]]
    assert ("churn@1", "", TODAY - 9 * DAY) in began
    assert ("churn@2", "live", TODAY - 6 * DAY) in began
    assert [move["ref"] for move in report["moves"]] == [
        "churn@2",
        "churn@3",
        "churn@2",
        "churn@1",
        "churn@2",
    ]
    assert [move["rolledBack"] for move in report["moves"]] == [False, False, True, False, False]


def test_a_shorter_period_has_only_its_rows(shop):
    arguments = {"ref": "churn@live", "since": "2d", "until": "1d", "window": "12h"}
    report = answer(shop, "monitor", arguments)
    (logged,) = report["loggedVersions"]
    assert (logged["version"], logged["rows"], logged["first"]) == ("churn@2", ROWS, TODAY - DAY)
    assert report["versionStarts"] == report["moves"] == []
    assert report["unknownLabels"] == 0
    assert (report["windowSeconds"], report["window"], report["ref"]) == (
        DAY // 2,
        "12h",
        "churn@live",
    )
    assert "longer one" in answer(shop, "monitor", {"ref": "churn", "since": "1m"})["hint"]
    assert "%model_serve scaler" in answer(shop, "monitor", {"ref": "scaler"})["hint"]


def test_default_windows_fit_the_logged_period(shop):
    whole = answer(shop, "monitor", {"ref": "churn"})
    assert (whole["window"], whole["windowSeconds"]) == ("1d", DAY)
    part = {"ref": "churn@live", "since": "2d", "until": "1d"}
    report = answer(shop, "monitor", part)
    fitting = fitting_window(shop.context, "churn@live", since="2d", until="1d")
    assert report["window"] == fitting != "1d"
    assert report["windowSeconds"] == windows.parse_duration(fitting) / 1e6


@pytest.mark.parametrize(
    ("args", "error", "says"),
    [
        ({"ref": "churn", "window": "1s"}, InvalidValue, "Choose windows of 5m"),
        ({"ref": "churn", "window": "99999w"}, InvalidValue, "longer than a century"),
        ({"ref": "churn", "window": "day"}, InvalidValue, "not a duration"),
        ({"ref": "churn", "since": "999999999w"}, InvalidValue, "longer than a century"),
        ({"ref": "churn", "since": "2999-01-01"}, InvalidValue, "The period from .* is empty"),
        (
            {"ref": "churn", "since": "1d", "until": "2d"},
            InvalidValue,
            "The period from .* is empty",
        ),
        ({"ref": "churn", "until": "soon"}, InvalidValue, "is not a time"),
        ({"ref": "chorn"}, NotFound, "Did you mean churn"),
        ({"ref": "churn'; DROP"}, InvalidReference, "not a reference"),
        ({"ref": "churn", "root": "/tmp"}, InvalidValue, "takes no argument 'root'"),
        ({"ref": "churn", "log": "/tmp"}, InvalidValue, "takes no argument 'log'"),
    ],
)
def test_an_impossible_period_or_reference_is_refused(shop, args, error, says):
    with pytest.raises(error, match=says):
        answer(shop, "monitor", args)


def test_columns_that_drifted_least_are_left_out_of_a_long_answer(shop, monkeypatch):
    monkeypatch.setattr("nbmodel.views.monitor_report.MAX_DRIFT_POINTS", 60)
    report = answer(shop, "monitor", {"ref": "churn"})
    assert {item["column"] for item in report["drift"]} < {"x", "out.predict"}
    assert any("left out" in line for line in report["warnings"])
    assert MAX_DRIFT_POINTS > 60


def test_a_distribution_is_shares_in_reference_and_current_data(shop):
    arguments = {"version": "churn@2", "stage": "live", "column": "x"}
    report = answer(shop, "distribution", arguments)
    assert (report["time"], report["kind"]) == (TODAY, "number")
    assert len(report["edges"]) + 1 == len(report["reference"]) == len(report["current"])
    assert sum(report["reference"]) == pytest.approx(1)
    assert sum(report["current"]) == pytest.approx(1)
    assert report["current"][-1] == pytest.approx(
        0.75, abs=0.1
    )  # of 3, 4, 5, 6 above the training's 3
    assert report["rows"] == {"reference": 20, "current": ROWS}
    named = next(item["column"] for item in answer(shop, "monitor", {"ref": "churn"})["drift"]
                 if item["column"].startswith("<img"))  # fmt: skip
    hostile = answer(shop, "distribution", {**arguments, "column": named})
    assert (hostile["column"], hostile["categories"]) == (named, ["a", "b", "others"])
    early = answer(shop, "distribution", {**arguments, "time": TODAY - 5 * DAY + 3600})
    assert early["time"] == TODAY - 5 * DAY
    assert early["current"][-1] == 0
    output = answer(shop, "distribution", {**arguments, "column": "out.predict"})
    assert (output["kind"], output["categories"][-1]) == ("category", "others")
    assert sorted(output["categories"][:-1]) == ["0", "1"]
    assert sum(output["current"]) == pytest.approx(1)
    assert output["rows"] == {"reference": ROWS, "current": ROWS}
    empty = answer(shop, "distribution", {**arguments, "time": 1})
    assert empty["rows"]["current"] == sum(empty["current"]) == 0


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"column": "y"}, NotFound),
        ({"column": "id"}, NotFound),
        ({"stage": "x' OR 1=1 --"}, InvalidName),
        ({"stage": "dev"}, NotFound),
        ({"version": "churn@2' OR '1'='1"}, InvalidReference),
        ({"version": "churn@77"}, NotFound),
        ({"version": "nothing@1"}, NotFound),
        ({"time": -1}, InvalidValue),
        ({"time": 1 << 40}, InvalidValue),
        ({"window": "1y"}, InvalidValue),
    ],
)
def test_a_distribution_that_does_not_exist_is_refused(shop, changed, error):
    arguments = {"version": "churn@2", "stage": "live", "column": "x"}
    with pytest.raises(error):
        answer(shop, "distribution", {**arguments, **changed})


def test_health_is_bad_while_an_alert_fires_then_a_warning(own_log):
    bad, silent = answer(own_log, "health", {"models": ["churn"]})["health"]["churn"]
    assert (silent["stage"], silent["state"]) == ("prod", "unknown")
    assert (bad["state"], bad["version"], bad["stage"]) == ("bad", "churn@2", "live")
    assert "psi(x) > 0.2" in bad["reason"]
    assert bad["rollback"].startswith("%model_rollback churn@live")
    (stage,) = answer(own_log, "firing", {})["stages"]
    assert (stage["subject"], stage["version"]) == ("churn@live", "churn@2")
    assert stage["verdict"] == bad["verdict"]
    assert len(stage["alerts"]) == 1
    remove(own_log.context, "churn", "psi(x) > 0.2 for 2 windows")
    assert answer(own_log, "firing", {})["stages"] == []
    warning, silent = answer(own_log, "health", {"models": ["churn"]})["health"]["churn"]
    assert (warning["state"], warning["rollback"]) == ("warning", "")
    assert warning["reason"].startswith("x and output predict have drifted since ")
    assert warning["verdict"] == f"churn@2 in live: {warning['reason']}"
    report = answer(own_log, "monitor", {"ref": "churn"})
    sentences = [item["verdict"] for item in report["verdicts"]]
    assert sentences == [warning["verdict"], silent["verdict"]]
    answer(own_log, "promote", {"ref": "churn@4", "stage": "live", "message": "new"})
    unknown, _ = answer(own_log, "health", {"models": ["churn"]})["health"]["churn"]
    assert (unknown["state"], unknown["version"]) == ("unknown", "churn@4")


def test_models_without_a_log_or_without_versions_have_no_health(shop):
    assert answer(shop, "health", {"models": ["scaler", "nothing"]}) == {"health": {"scaler": []}}


def test_new_rows_labels_and_alerts_change_the_state(own_log):
    def state():
        return answer(own_log, "monitoringState", {"model": "churn"})["state"]

    first = state()
    assert first == answer(own_log, "monitor", {"ref": "churn"})["state"] == state()
    seen = {first}
    monitor.log("churn@live", {"x": [1.0], HOSTILE: ["a"]}, [0], context=own_log.context)
    seen.add(state())
    monitor.label("churn", ["who"], [1], context=own_log.context)
    seen.add(state())
    add(own_log.context, "churn@live", "volume < 1")
    seen.add(state())
    assert len(seen) == 4
    report = answer(own_log, "monitor", {"ref": "churn"})
    assert report["state"] == state()
    assert report["unknownLabels"] == 1
    assert len(report["alerts"]) == 2


def test_concurrent_questions_share_one_report(shop):
    arguments = (shop.context, "churn", "", "", "6h")
    reports = []
    threads = [
        threading.Thread(target=lambda: reports.append(panel_report(*arguments))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(report) for report in reports}) == 1


def test_the_log_is_that_of_the_opened_registry(shop, tmp_path):
    other = Registry(replace(shop.context, log=str(tmp_path)))
    assert answer(other, "monitor", {"ref": "churn"})["loggedVersions"] == []
    data, when = {"x": np.zeros(9), HOSTILE: ["a"] * 9}, MIDNIGHT - timedelta(days=1)
    monitor.log("churn@3", data, np.zeros(9), when=when, context=other.context)
    (logged,) = answer(other, "monitor", {"ref": "churn"})["loggedVersions"]
    assert (logged["version"], logged["rows"]) == ("churn@3", 9)
    versions = {
        item["version"] for item in answer(shop, "monitor", {"ref": "churn"})["loggedVersions"]
    }
    assert "churn@3" not in versions
