"""Several workers act as one server, with one address, one log and common metrics."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import Counter

import psutil
import pytest

from nbmodel.errors import ServerFailed
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.serve.workers.aggregate import MetricsAggregator
from tests.serve.conftest import X, fitted
from tests.waiting import until

RECORDS = X.head(1).to_dict("records")


def workers(client):
    """The worker processes: children of the server, without the helper of multiprocessing."""
    children = psutil.Process(client.server.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def value(client, name):
    """The sum of a metric over all its labels."""
    text = client.ask("/metrics").body.decode()
    return sum(float(sample) for sample in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))


def ask_many(client, count, threads=8):
    """Send requests from several threads; returns how often each version answered."""
    seen, failed = [], []

    def ask():
        for _ in range(count // threads):
            answer = client.ask("/predict", RECORDS)
            (seen if answer.status == 200 else failed).append(answer.version)

    asking = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert failed == []
    return Counter(seen)


def test_two_workers_count_log_follow_and_are_replaced(serve, registry, tmp_path):
    folder = tmp_path / "log"
    client = serve("churn@prod", "--workers", "2", "--log", str(folder), "--watch", "off")
    first = workers(client)
    assert len(first) == 2
    assert ask_many(client, 80) == {"churn@1": 80}
    assert value(client, "nbmodel_predictions_total") == 80
    assert value(client, "nbmodel_request_duration_seconds_count") == 80
    assert value(client, "nbmodel_served_info") == 1
    assert value(client, "nbmodel_workers") == 2
    until(lambda: value(client, "nbmodel_log_rows_total") == 80)
    first[0].kill()
    until(lambda: value(client, "nbmodel_workers") == 2 and len(workers(client)) == 2, 60)
    assert value(client, "nbmodel_worker_deaths_total") == 1
    assert value(client, "nbmodel_predictions_total") == 80
    registry.commit(fitted(0.1), "churn", "C=0.1")
    registry.promote("churn@2", "prod", "better")
    until(lambda: set(ask_many(client, 8)) == {"churn@2"})
    done = value(client, "nbmodel_predictions_total")
    client.server.stop()
    assert not any(child.is_running() for child in first)
    with open_log(folder, "churn") as log:
        assert log.rows("SELECT count(*), count(DISTINCT id) FROM predictions") == [(done, done)]


def test_the_workers_end_with_their_parent_even_if_it_is_killed(serve):
    client = serve("churn@prod", "--workers", "2", "--no-log")
    children = workers(client)
    os.kill(client.server.pid, signal.SIGKILL)
    client.server.process.wait()
    until(lambda: not any(child.is_running() for child in children))


def test_all_workers_have_the_same_token(serve):
    client = serve("churn@prod", "--workers", "2", "--host", "0.0.0.0", "--no-log")
    token = f"Bearer {client.server.token}"
    statuses = [client.ask("/predict", RECORDS, Authorization=token).status for _ in range(12)]
    assert statuses == [200] * 12
    assert client.ask("/predict", RECORDS).status == 401


@pytest.mark.parametrize(
    ("words", "message"),
    [(["churn@9"], "no version"), (["churn@1", "--workers", "0"], "1 to 256")],
)
def test_an_error_at_the_start_is_reported_once(serve, words, message):
    with pytest.raises(ServerFailed, match=message):
        serve(*(words if "--workers" in words else [*words, "--workers", "2"]))


def page(*lines):
    return ("\n".join(lines) + "\n").encode()


def test_counters_add_up_and_gauges_do_not():
    metrics = page(
        "# TYPE a_total counter", 'a_total{x="1"} 2.0', "# TYPE b gauge", "b 5.0",
        "# TYPE nbmodel_log_waiting_rows gauge", "nbmodel_log_waiting_rows 1.0",
        "# TYPE nbmodel_watch_starts_total counter", "nbmodel_watch_starts_total 1.0",
    )  # fmt: skip
    total = MetricsAggregator()
    total.add(metrics)
    total.add(metrics)
    total.add(metrics, alive=False)
    text = total.text().decode()
    assert 'a_total{x="1"} 6.0' in text
    assert "\nb 5.0" in text
    assert "nbmodel_log_waiting_rows 2.0" in text
    assert "nbmodel_watch_starts_total 1.0" in text
