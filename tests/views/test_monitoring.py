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
from nbmodel.views.monitoring import MOST_POINTS, look
from tests.views.conftest import HOSTILE, MIDNIGHT, ROWS

DAY = 86_400
TODAY = int(MIDNIGHT.timestamp())


@pytest.fixture(scope="module")
def told(shop):
    return answer(shop, "monitor", {"ref": "churn"})


def of(told, **facts):
    """Parts of an answer that say these facts."""
    return [one for one in told if all(one[name] == value for name, value in facts.items())]


def test_traffic_and_quality_are_courses_and_drift_is_beside_them(told):
    live = {"version": "churn@2", "stage": "live"}
    (volume,) = of(told["courses"], metric="volume", **live)
    assert volume["times"] == [TODAY - day * DAY for day in range(6, -1, -1)]
    assert volume["values"] == [ROWS] * 7
    (accuracy,) = of(told["courses"], metric="accuracy", **live)
    assert accuracy["values"][:3] == [1.0] * 3
    assert max(accuracy["values"][3:]) < 0.7
    assert not [course for course in told["courses"] if "(" in course["metric"]]
    (psi,) = of(told["drift"], column="x", detector="psi", **live)
    assert psi["drifted"] == [False] * 3 + [True] * 4
    assert {"name": "psi", "limit": 0.2} in told["detectors"]
    assert {one["column"] for one in told["drift"]} >= {"x", "out.predict"}


def test_an_alert_that_fires_tells_the_way_back_and_keeps_the_webhook_to_itself(told):
    (alert,) = told["alerts"]
    assert (alert["state"], alert["metric"], alert["version"]) == ("firing", "psi(x)", "churn@2")
    assert alert["since"] == TODAY - 3 * DAY
    assert alert["lastGood"] == "churn@1"
    assert alert["rollback"].startswith('%model_rollback churn#live -m "psi(x) > 0.2')
    assert alert["notify"] == ["webhook:a.example"]
    assert "secret" not in json.dumps(told)


def test_beginnings_are_those_of_the_log_and_moves_those_of_the_registry(told):
    began = [(one["version"], one["stage"], one["time"]) for one in told["beginnings"]]
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
    (logged,) = told["logged"]
    assert (logged["version"], logged["rows"], logged["first"]) == ("churn@2", ROWS, TODAY - DAY)
    assert told["beginnings"] == told["moves"] == []
    assert told["unknownLabels"] == 0
    assert (told["width"], told["window"], told["ref"]) == (DAY // 2, "12h", "churn#live")
    assert "longer one" in answer(shop, "monitor", {"ref": "churn", "since": "1m"})["hint"]
    assert "%model_serve scaler" in answer(shop, "monitor", {"ref": "scaler"})["hint"]


def test_windows_that_nobody_chose_fit_what_was_logged(shop):
    whole = answer(shop, "monitor", {"ref": "churn"})
    assert (whole["window"], whole["width"]) == ("1d", DAY)
    part = {"ref": "churn#live", "since": "2d", "until": "1d"}
    told = answer(shop, "monitor", part)
    fitting = fitting_window(shop.context, "churn#live", since="2d", until="1d")
    assert told["window"] == fitting != "1d"
    assert told["width"] == windows.parse_duration(fitting) / 1e6


@pytest.mark.parametrize(
    ("args", "error", "says"),
    [
        ({"ref": "churn", "window": "1s"}, InvalidValue, "Choose windows of 5m"),
        ({"ref": "churn", "window": "99999w"}, InvalidValue, "longer than a century"),
        ({"ref": "churn", "window": "day"}, InvalidValue, "not a duration"),
        ({"ref": "churn", "since": "999999999w"}, InvalidValue, "longer than a century"),
        ({"ref": "churn", "since": "2999-01-01"}, InvalidValue, "no time from"),
        ({"ref": "churn", "since": "1d", "until": "2d"}, InvalidValue, "no time from"),
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
    monkeypatch.setattr("nbmodel.views.monitoring.MOST_POINTS", 60)
    told = answer(shop, "monitor", {"ref": "churn"})
    assert {one["column"] for one in told["drift"]} < {"x", "out.predict"}
    assert any("left out" in line for line in told["warnings"])
    assert MOST_POINTS > 60


def test_a_distribution_is_shares_of_then_and_now(shop):
    asked = {"version": "churn@2", "stage": "live", "column": "x"}
    told = answer(shop, "distribution", asked)
    assert (told["time"], told["kind"]) == (TODAY, "number")
    assert len(told["edges"]) + 1 == len(told["then"]) == len(told["now"])
    assert sum(told["then"]) == pytest.approx(1)
    assert sum(told["now"]) == pytest.approx(1)
    assert told["now"][-1] == pytest.approx(0.75, abs=0.1)  # of 3, 4, 5, 6 above the training's 3
    assert told["rows"] == {"then": 20, "now": ROWS}
    named = next(one["column"] for one in answer(shop, "monitor", {"ref": "churn"})["drift"]
                 if one["column"].startswith("<img"))  # fmt: skip
    hostile = answer(shop, "distribution", {**asked, "column": named})
    assert (hostile["column"], hostile["values"]) == (named, ["a", "b", "others"])
    early = answer(shop, "distribution", {**asked, "time": TODAY - 5 * DAY + 3600})
    assert early["time"] == TODAY - 5 * DAY
    assert early["now"][-1] == 0
    output = answer(shop, "distribution", {**asked, "column": "out.predict"})
    assert (output["kind"], output["values"][-1]) == ("category", "others")
    assert sorted(output["values"][:-1]) == ["0", "1"]
    assert sum(output["now"]) == pytest.approx(1)
    assert output["rows"] == {"then": ROWS, "now": ROWS}
    empty = answer(shop, "distribution", {**asked, "time": 1})
    assert empty["rows"]["now"] == sum(empty["now"]) == 0


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
    assert "psi(x) > 0.2" in bad["why"]
    assert bad["rollback"].startswith("%model_rollback churn#live")
    remove(own_log.context, "churn", "psi(x) > 0.2 for 2 windows")
    warning, _ = answer(own_log, "health", {"models": ["churn"]})["health"]["churn"]
    assert (warning["state"], warning["rollback"]) == ("warning", "")
    assert warning["why"].startswith("x, out.predict drifted on ")
    answer(own_log, "promote", {"ref": "churn@4", "stage": "live", "message": "new"})
    unknown, _ = answer(own_log, "health", {"models": ["churn"]})["health"]["churn"]
    assert (unknown["state"], unknown["version"]) == ("unknown", "churn@4")


def test_health_of_what_is_not_logged_or_not_there(shop):
    assert answer(shop, "health", {"models": ["scaler", "nothing"]}) == {"health": {"scaler": []}}


def test_rows_labels_and_alerts_are_news(own_log):
    def state():
        return answer(own_log, "logged", {"model": "churn"})["state"]

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
    threads = [threading.Thread(target=lambda: found.append(look(*asked))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(report) for report in found}) == 1


def test_another_log_is_that_of_the_opened_registry(shop, tmp_path):
    other = Registry(replace(shop.context, log=str(tmp_path)))
    assert answer(other, "monitor", {"ref": "churn"})["logged"] == []
    data, when = {"x": np.zeros(9), HOSTILE: ["a"] * 9}, MIDNIGHT - timedelta(days=1)
    monitor.log("churn@3", data, np.zeros(9), when=when, context=other.context)
    (logged,) = answer(other, "monitor", {"ref": "churn"})["logged"]
    assert (logged["version"], logged["rows"]) == ("churn@3", 9)
    versions = {one["version"] for one in answer(shop, "monitor", {"ref": "churn"})["logged"]}
    assert "churn@3" not in versions
