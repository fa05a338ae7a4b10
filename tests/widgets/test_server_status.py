"""The status of a real server in a real kernel, which tests ask as a page does."""

from __future__ import annotations

import json
import math
import time

import psutil
import pytest

from nbmodel.widgets.server_numbers import quantile, reading, sample
from tests.waiting import until
from tests.widgets.conftest import WIDGET, Page

TRAIN = """
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
X, y = load_iris(return_X_y=True, as_frame=True)
clf = LogisticRegression(max_iter=500).fit(X, y)
rows = X.head(3).to_dict("records")
"""
SECRET = "very-secret-word"


@pytest.fixture(scope="module")
def kernel(kernel):
    """The kernel after ``clf@1`` got the stage prod; its servers stop at the end."""
    kernel.run(TRAIN)
    kernel.result("%model_commit clf --data X")
    kernel.result("%model_promote clf@1 prod")
    yield kernel
    kernel.run("%model_stop")


@pytest.fixture(scope="module")
def page(kernel):
    """The page of one server for the whole file; the last test that uses it stops it."""
    return Page(kernel, f"server = %model_serve clf@prod --token {SECRET}\nserver")


def next_status(page: Page, matches, timeout=30.0):
    """Wait for the next status for which `matches` is true."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        message = page.kernel.client.get_iopub_msg(timeout=timeout)
        content = message["content"]
        if message["msg_type"] != "comm_msg" or content["comm_id"] != page.comm:
            continue
        now = content["data"].get("state", {}).get("status")
        if now is not None and matches(now):
            return now
    raise AssertionError("no such status came")


def rate(now) -> float:
    return (now["models"][0]["requestsPerSecond"] or 0.0) if now["models"] else 0.0


def test_the_status_is_updated_while_a_cell_runs(kernel, page):
    kernel.client.execute(
        "import time\nend = time.time() + 4\n"
        "while time.time() < end: _ = server.predict(rows); time.sleep(0.02)"
    )
    now = next_status(page, lambda now: rate(now) > 1)
    model = now["models"][0]
    assert (now["state"], model["name"], model["version"]) == ("running", "clf", "clf@1")
    assert model["rowsPerSecond"] == pytest.approx(3 * model["requestsPerSecond"], abs=0.01)
    assert 0 < model["p50"][0] <= model["p99"][0] < 10
    assert model["errors"] == 0
    kernel.client.get_shell_msg(timeout=30)


def test_the_status_follows_the_stage_and_counts_errors(kernel, page):
    kernel.result("%model_commit clf -m again --data X")
    kernel.result("%model_promote clf@2 prod")
    kernel.run("server.predict([{'a': 1}])")
    now = next_status(page, lambda now: now["models"] and now["models"][0]["version"] == "clf@2")
    assert now["models"][0]["errors"] == 1
    kernel.result("%model_promote clf@1 prod")


def test_the_token_stays_in_the_kernel(kernel, page):
    next_status(page, lambda now: now["models"])
    shown = json.dumps([page.traits, page.data])
    assert SECRET not in shown
    assert page.traits["info"]["hasToken"] is True
    assert "_.token" in page.data["text/plain"]
    assert kernel.result("server.token") == repr(SECRET)
    line = psutil.Process(int(kernel.result("server.pid"))).cmdline()
    assert "serve" in line
    assert SECRET not in " ".join(line)


def test_the_shell_command_works(kernel, page):
    line = kernel.result("server.commands['clf']")
    assert SECRET not in line
    ask = "subprocess.check_output(server.commands['clf'] + ' -s', shell=True, env=env).decode()"
    kernel.run("import os, subprocess\nenv = os.environ | {'TOKEN': server.token}")
    assert '"version":"clf@1"' in kernel.result(ask)


def test_a_saved_output_shows_the_version_and_address(page):
    assert WIDGET in page.data
    assert page.data["text/plain"].startswith("clf@1  http://127.0.0.1:")


def test_the_server_is_not_polled_while_the_page_is_hidden(kernel, page):
    kernel.run(
        "from nbmodel.widgets import polling\npolling.LEASE_SECONDS = polling.GRACE_SECONDS = 0.1"
    )
    try:
        page.send({"method": "custom", "content": {"visible": True}})
        # A cell counts as a visible page, so the test polls less often than the thread does.
        until(lambda: kernel.result("server._poll.running") == "False", every=1.3)
        page.send({"method": "custom", "content": {"visible": True}})
        next_status(page, lambda now: now["state"] == "running")
    finally:
        kernel.run("polling.LEASE_SECONDS, polling.GRACE_SECONDS = 15.0, 3.0")


def test_a_message_of_the_wrong_form_changes_nothing(kernel, page):
    for content in (None, [], "stop", {}, {"stop": "yes"}, {"visible": 1}, {"stop": {"a": 1}}):
        page.send({"method": "custom", "content": content})
    assert kernel.result("server.running") == "True"


def test_a_read_only_page_cannot_stop_the_server(kernel, page):
    kernel.run("%config NbModel.read_only = True")
    try:
        page.send({"method": "custom", "content": {"stop": True}})
        # The kernel handles messages in order: a thread that stops the server would exist now.
        threads = kernel.result("[thread.name for thread in __import__('threading').enumerate()]")
        assert "nbmodel-stop" not in threads
        assert kernel.result("server.running") == "True"
        looked = Page(kernel, "type(server)(server.server)")
        assert looked.traits["info"]["canStop"] is False
    finally:
        kernel.run("%config NbModel.read_only = False")


def test_the_button_stops_the_server_as_the_magic_does(kernel, page):
    page.send({"method": "custom", "content": {"stop": True}})
    next_status(page, lambda now: now["state"] == "stopped")
    assert kernel.result("server.running") == "False"
    assert kernel.result("%model_stop") == "no server is running"
    assert (
        kernel.result("%model_stop --list")
        == "no server of this registry is running on this machine"
    )


def test_a_server_that_died_is_shown_as_stopped(kernel):
    died = Page(kernel, "server = %model_serve clf@prod\nserver")
    kernel.client.execute("import os; os.kill(server.pid, 9)")
    next_status(died, lambda now: now["state"] == "stopped")


def test_without_widgets_the_result_is_the_server(kernel):
    kernel.run("import sys; gone = dict(sys.modules)\n"
               "for name in ('server_status', 'script_widget'):\n"
               "    sys.modules.pop(f'nbmodel.widgets.{name}', None)\n"
               "sys.modules['anywidget'] = None")  # fmt: skip
    try:
        assert "/predict/clf" in kernel.result("server = %model_serve clf\nserver")
        assert kernel.result("type(server).__name__") == "'RunningServer'"
    finally:
        kernel.run("sys.modules.update(gone)")


# -- numbers -----------------------------------------------------------------


def page_of(requests: int, errors: int, fast: int) -> str:
    """The text of ``/metrics`` for one model."""
    labels = 'model="m",version="m@1"'
    return "\n".join(
        [
            "# TYPE nbmodel_requests counter",
            f'nbmodel_requests_total{{{labels},code="200"}} {requests}',
            f'nbmodel_requests_total{{{labels},code="400"}} {errors}',
            "# TYPE nbmodel_predictions counter",
            f"nbmodel_predictions_total{{{labels}}} {10 * requests}",
            "# TYPE nbmodel_request_duration_seconds histogram",
            f'nbmodel_request_duration_seconds_bucket{{{labels},le="0.01"}} {fast}',
            f'nbmodel_request_duration_seconds_bucket{{{labels},le="0.1"}} {requests}',
            f'nbmodel_request_duration_seconds_bucket{{{labels},le="+Inf"}} {requests}',
            "# TYPE nbmodel_traffic_ratio gauge",
            f'nbmodel_traffic_ratio{{{labels},role="primary"}} 0.9',
            'nbmodel_traffic_ratio{model="m",version="m@2",role="canary"} 0.1',
            "# TYPE nbmodel_log_rows counter",
            'nbmodel_log_rows_total{model="m",state="written"} 7',
            'nbmodel_log_rows_total{model="m",state="dropped"} 1',
            "",
        ]
    )


def test_rates_are_those_of_the_last_seconds():
    samples = [
        sample(page_of(1000, 5, 1000), 0.0),
        sample(page_of(1000, 5, 1000), 100.0),
        sample(page_of(1100, 5, 1050), 110.0),
    ]
    (model,) = reading(samples)
    assert (model["requestsPerSecond"], model["rowsPerSecond"], model["hasNewErrors"]) == (
        10.0,
        100.0,
        False,
    )
    assert model["p50"] == (0.01, "<")
    assert model["p99"][0] == pytest.approx(0.01 + 0.09 * 49 / 50)
    assert (model["canary"], model["canaryShare"], model["shadow"]) == ("m@2", 0.1, "")
    assert (model["errors"], model["rowsWritten"], model["rowsDropped"]) == (5, 7, 1)
    assert model["requestHistory"] == [0.0, 10.0]


def test_rates_are_unknown_before_the_second_sample():
    assert reading([]) == []
    (model,) = reading([sample(page_of(5, 0, 5), 0.0)])
    assert (model["requestsPerSecond"], model["p50"], model["requestHistory"]) == (None, None, [])


@pytest.mark.parametrize(
    ("share", "counts", "expected"),
    [
        (0.5, {0.1: 0, 1.0: 10, math.inf: 10}, (0.55, "")),
        (0.5, {0.1: 10, 1.0: 10, math.inf: 10}, (0.1, "<")),
        (0.99, {0.1: 0, 1.0: 0, math.inf: 10}, (1.0, ">")),
        (0.5, {0.1: 0, math.inf: 0}, None),
        (0.5, {}, None),
    ],
)
def test_a_quantile_is_no_more_exact_than_its_histogram(share, counts, expected):
    result = quantile(share, counts)
    if result is None or expected is None:
        assert result == expected
    else:
        assert result[0] == pytest.approx(expected[0])
        assert result[1] == expected[1]
