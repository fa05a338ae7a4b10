"""What was logged, as faces are told of it: over a real log of a real registry."""

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
from nbmodel.views.monitoring import MAX_DRIFT_POINTS, panel_report
from tests.views.conftest import HOSTILE, MIDNIGHT, ROWS

DAY = 86_400
TODAY = int(MIDNIGHT.timestamp())


@pytest.fixture(scope="module")
def told(shop):
    return answer(shop, "monitor", {"ref": "churn"})


def of(told, **facts):
    """Parts of an answer that say these facts."""
    return [one for one in told if all(one[name] == value for name, value in facts.items())]


def test_traffic_and_quality_are_time_series_apart_from_drift(told):
    live = {"version": "churn@2", "stage": "live"}
    (volume,) = of(told["timeSeries"], metric="volume", **live)
    assert volume["times"] == [TODAY - day * DAY for day in range(6, -1, -1)]
    assert volume["values"] == [ROWS] * 7
    (accuracy,) = of(told["timeSeries"], metric="accuracy", **live)
    assert accuracy["values"][:3] == [1.0] * 3
    assert max(accuracy["values"][3:]) < 0.7
    assert not [series for series in told["timeSeries"] if "(" in series["metric"]]
    (psi,) = of(told["drift"], column="x", measure="psi", **live)
    assert psi["drifted"] == [False] * 3 + [True] * 4
    assert {"name": "psi", "threshold": 0.2} in told["driftMeasures"]
    assert {one["column"] for one in told["drift"]} >= {"x", "out.predict"}


def test_an_alert_that_fires_tells_the_way_back_and_keeps_the_webhook_to_itself(told):
    (alert,) = told["alerts"]
    assert (alert["state"], alert["metric"], alert["version"]) == ("firing", "psi(x)", "churn@2")
    assert alert["since"] == TODAY - 3 * DAY
    assert alert["lastGoodVersion"] == "churn@1"
    assert alert["rollback"].startswith('%model_rollback churn#live -m "psi(x) > 0.2')
    assert alert["notify"] == ["webhook:a.example"]
    assert "secret" not in json.dumps(told)


def test_version_starts_are_those_of_the_log_and_moves_those_of_the_registry(told):
    began = [(one["version"], one["stage"], one["time"]) for one in told["versionStarts"]]
    assert ("churn@1", "", TODAY - 9 * DAY) in began
    assert ("churn@2", "live", TODAY - 6 * DAY) in began
    assert [move["ref"] for move in told["moves"]] == [
        "churn@2",
        "churn@3",
        "churn@2",
        "churn@1",
        "churn@2",
    ]
    assert [move["rolledBack"] for move in told["moves"]] == [False, False, True, False, False]


def test_a_part_of_the_time_is_a_part_of_the_answer(shop):
    asked = {"ref": "churn#live", "since": "2d", "until": "1d", "window": "12h"}
    told = answer(shop, "monitor", asked)
    (logged,) = told["loggedVersions"]
    assert (logged["version"], logged["rows"], logged["first"]) == ("churn@2", ROWS, TODAY - DAY)
    assert told["versionStarts"] == told["moves"] == []
    assert told["unknownLabels"] == 0
    assert (told["windowSeconds"], told["window"], told["ref"]) == (DAY // 2, "12h", "churn#live")
    assert "longer one" in answer(shop, "monitor", {"ref": "churn", "since": "1m"})["hint"]
    assert "%model_serve scaler" in answer(shop, "monitor", {"ref": "scaler"})["hint"]


def test_windows_that_nobody_chose_fit_what_was_logged(shop):
    whole = answer(shop, "monitor", {"ref": "churn"})
    assert (whole["window"], whole["windowSeconds"]) == ("1d", DAY)
    part = {"ref": "churn#live", "since": "2d", "until": "1d"}
    told = answer(shop, "monitor", part)
    fitting = fitting_window(shop.context, "churn#live", since="2d", until="1d")
    assert told["window"] == fitting != "1d"
    assert told["windowSeconds"] == windows.parse_duration(fitting) / 1e6


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
def test_what_cannot_be_looked_at_is_said(shop, args, error, says):
    with pytest.raises(error, match=says):
        answer(shop, "monitor", args)


def test_columns_that_drifted_least_are_left_out_of_a_long_answer(shop, monkeypatch):
    monkeypatch.setattr("nbmodel.views.monitoring.MAX_DRIFT_POINTS", 60)
    told = answer(shop, "monitor", {"ref": "churn"})
    assert {one["column"] for one in told["drift"]} < {"x", "out.predict"}
    assert any("left out" in line for line in told["warnings"])
    assert MAX_DRIFT_POINTS > 60


def test_a_distribution_is_shares_in_reference_and_current_data(shop):
    asked = {"version": "churn@2", "stage": "live", "column": "x"}
    told = answer(shop, "distribution", asked)
    assert (told["time"], told["kind"]) == (TODAY, "number")
    assert len(told["edges"]) + 1 == len(told["reference"]) == len(told["current"])
    assert sum(told["reference"]) == pytest.approx(1)
    assert sum(told["current"]) == pytest.approx(1)
    assert told["current"][-1] == pytest.approx(
        0.75, abs=0.1
    )  # of 3, 4, 5, 6 above the training's 3
    assert told["rows"] == {"reference": 20, "current": ROWS}
    named = next(one["column"] for one in answer(shop, "monitor", {"ref": "churn"})["drift"]
                 if one["column"].startswith("<img"))  # fmt: skip
    hostile = answer(shop, "distribution", {**asked, "column": named})
    assert (hostile["column"], hostile["categories"]) == (named, ["a", "b", "others"])
    early = answer(shop, "distribution", {**asked, "time": TODAY - 5 * DAY + 3600})
    assert early["time"] == TODAY - 5 * DAY
    assert early["current"][-1] == 0
    output = answer(shop, "distribution", {**asked, "column": "out.predict"})
    assert (output["kind"], output["categories"][-1]) == ("category", "others")
    assert sorted(output["categories"][:-1]) == ["0", "1"]
    assert sum(output["current"]) == pytest.approx(1)
    assert output["rows"] == {"reference": ROWS, "current": ROWS}
    empty = answer(shop, "distribution", {**asked, "time": 1})
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
def test_a_distribution_that_there_is_not(shop, changed, error):
    asked = {"version": "churn@2", "stage": "live", "column": "x"}
    with pytest.raises(error):
        answer(shop, "distribution", {**asked, **changed})


def test_health_is_bad_while_an_alert_fires_then_a_warning(own_log):
    bad, silent = answer(own_log, "health", {"models": ["churn"]})["health"]["churn"]
    assert (silent["stage"], silent["state"]) == ("prod", "unknown")
    assert (bad["state"], bad["version"], bad["stage"]) == ("bad", "churn@2", "live")
    assert "psi(x) > 0.2" in bad["reason"]
    assert bad["rollback"].startswith("%model_rollback churn#live")
    remove(own_log.context, "churn", "psi(x) > 0.2 for 2 windows")
    warning, _ = answer(own_log, "health", {"models": ["churn"]})["health"]["churn"]
    assert (warning["state"], warning["rollback"]) == ("warning", "")
    assert warning["reason"].startswith("x, out.predict drifted on ")
    answer(own_log, "promote", {"ref": "churn@4", "stage": "live", "message": "new"})
    unknown, _ = answer(own_log, "health", {"models": ["churn"]})["health"]["churn"]
    assert (unknown["state"], unknown["version"]) == ("unknown", "churn@4")


def test_health_of_what_is_not_logged_or_not_there(shop):
    assert answer(shop, "health", {"models": ["scaler", "nothing"]}) == {"health": {"scaler": []}}


def test_rows_labels_and_alerts_are_news(own_log):
    def state():
        return answer(own_log, "monitoringState", {"model": "churn"})["state"]

    first = state()
    assert first == answer(own_log, "monitor", {"ref": "churn"})["state"] == state()
    seen = {first}
    monitor.log("churn#live", {"x": [1.0], HOSTILE: ["a"]}, [0], context=own_log.context)
    seen.add(state())
    monitor.label("churn", ["who"], [1], context=own_log.context)
    seen.add(state())
    add(own_log.context, "churn#live", "volume < 1")
    seen.add(state())
    assert len(seen) == 4
    told = answer(own_log, "monitor", {"ref": "churn"})
    assert told["state"] == state()
    assert told["unknownLabels"] == 1
    assert len(told["alerts"]) == 2


def test_a_report_is_made_once_for_all_who_ask(shop):
    asked = (shop.context, "churn", "", "", "6h")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(panel_report(*asked))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(report) for report in found}) == 1


def test_another_log_is_that_of_the_opened_registry(shop, tmp_path):
    other = Registry(replace(shop.context, log=str(tmp_path)))
    assert answer(other, "monitor", {"ref": "churn"})["loggedVersions"] == []
    data, when = {"x": np.zeros(9), HOSTILE: ["a"] * 9}, MIDNIGHT - timedelta(days=1)
    monitor.log("churn@3", data, np.zeros(9), when=when, context=other.context)
    (logged,) = answer(other, "monitor", {"ref": "churn"})["loggedVersions"]
    assert (logged["version"], logged["rows"]) == ("churn@3", 9)
    versions = {
        one["version"] for one in answer(shop, "monitor", {"ref": "churn"})["loggedVersions"]
    }
    assert "churn@3" not in versions
