"""Many clients: versions change, and the server is overloaded, stopped and killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from nbmodel.monitor.prediction_log.reader import open_log
from tests.fixtures.servers import limited_server
from tests.serve.conftest import X, Y, fitted
from tests.waiting import until

ROW = X.iloc[[300]]
BODY = json.dumps({"records": ROW.to_dict("records"), "method": "predict_proba"})


class Clients:
    """Threads that send one row at a time over persistent connections, until the block ends."""

    def __init__(self, client, count):
        self.client = client
        self.answers: list[tuple[float, int, str, list]] = []
        self.lost: list[Exception] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self):
        address = self.client.address
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        while not self._stop.is_set():
            try:
                connection.request("POST", "/predict", BODY)
                answer = connection.getresponse()
                document = json.loads(answer.read())
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(error)
                return
            version, outputs = document.get("version", ""), document.get("predict_proba")
            self.answers.append((time.monotonic(), answer.status, version, outputs))
        connection.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_each_response_names_the_version_that_scored_it(serve, registry, workers):
    """Promotions under load: nothing fails, and the value proves the name."""
    promote_under_load(serve, registry, workers, 0)


@pytest.mark.stress
def test_each_response_names_its_version_for_a_long_time(serve, registry):
    promote_under_load(serve, registry, "2", 300)


def promote_under_load(serve, registry, workers, seconds):
    models = {f"churn@{n}": fitted(strength) for n, strength in enumerate((1.0, 0.1, 0.01), 1)}
    for strength in (0.1, 0.01):
        registry.commit(fitted(strength), "churn", f"C={strength}")
    expected = {ref: model.predict_proba(ROW).tolist() for ref, model in models.items()}
    client = serve("churn@prod", "--workers", workers, "--watch", "off")
    end = time.monotonic() + seconds
    promotions = 0
    with Clients(client, 8) as clients:
        while not promotions or time.monotonic() < end:
            for reference in ("churn@2", "churn@3", "churn@1"):
                registry.promote(reference, "prod", "next")
                promotions += 1
                until(lambda ref=reference: all(a[2] == ref for a in clients.answers[-40:]))
    assert clients.lost == []
    assert {status for _, status, _, _ in clients.answers} == {200}
    for _, _, version, value in clients.answers:
        assert value == [pytest.approx(expected[version][0])]
    assert len({json.dumps(value) for value in expected.values()}) == 3


def test_requests_beyond_the_limit_are_refused_until_the_load_falls(registry, tmp_path):
    body = json.dumps(X.to_dict("records") * 2)
    with limited_server(registry, tmp_path, max_concurrent=4, max_rows=5000) as client:
        process = psutil.Process(client.server.pid)
        client.ask("/predict", body)
        before = process.memory_info().rss

        def ask(_):
            answer = client.ask("/predict", body)
            assert answer.status == 200 or "retry-after" in answer.headers
            return answer.status

        with ThreadPoolExecutor(48) as pool:
            statuses = Counter(pool.map(ask, range(120)))
        assert set(statuses) == {200, 503}
        assert process.memory_info().rss - before < 200 << 20
        assert client.ask("/predict", BODY).status == 200
        assert 'code="200"' in client.ask("/metrics").body.decode()


def row_counts(folder):
    """The rows of a log, and how many of their ids differ."""
    with open_log(folder, "churn") as log:
        return log.rows("SELECT count(*), count(DISTINCT id) FROM predictions")[0]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_stops_under_load_loses_no_request(registry, tmp_path, workers):
    with limited_server(registry, tmp_path, workers=workers) as client:
        with Clients(client, 8) as clients:
            until(lambda: len(clients.answers) > 200)
            os.kill(client.server.pid, signal.SIGTERM)
            assert client.server.process.wait(40) == 0
        answered = [answer for answer in clients.answers if answer[1] == 200]
        assert len(answered) == len(clients.answers)
    # The server closed each connection after a response, or refused the next one.
    assert {type(error) for error in clients.lost} <= {ConnectionRefusedError}
    assert row_counts(tmp_path / "log") == (len(answered), len(answered))


def test_a_server_killed_under_load_loses_only_the_rows_not_yet_written(registry, tmp_path):
    """As the log promises: at most the rows of the last write and of the second before it."""
    with limited_server(registry, tmp_path) as client, Clients(client, 8) as clients:
        until(lambda: len(clients.answers) > 500)
        # A part is written each second. The fourth proves that the first answers are 3 s old.
        until(lambda: len(list((tmp_path / "log").rglob("*.parquet"))) >= 4)
        os.kill(client.server.pid, signal.SIGKILL)
        client.server.process.wait()
        end = time.monotonic()
    rows, ids = row_counts(tmp_path / "log")
    assert rows == ids
    late = sum(1 for when, *_ in clients.answers if when > end - 3)
    assert len(clients.answers) - late <= rows <= len(clients.answers) + 8


def test_the_queue_of_a_slow_model_is_limited(registry, tmp_path):
    """A request that waits longer than its time limit is not scored."""
    from sklearn.neighbors import KNeighborsClassifier

    slow = KNeighborsClassifier(500, algorithm="brute", n_jobs=1).fit(
        X.loc[X.index.repeat(20)], Y.loc[Y.index.repeat(20)]
    )
    registry.commit(slow, "churn", "slow")
    registry.promote("churn@2", "prod", "slow")
    body = json.dumps(X.to_dict("records") * 3)
    with limited_server(registry, tmp_path, timeout_s=0.3) as client:
        with ThreadPoolExecutor(24) as pool:
            statuses = Counter(pool.map(lambda _: client.ask("/predict", body).status, range(48)))
        assert set(statuses) <= {200, 408, 503, 504}
        assert set(statuses) & {503, 504}
        until(lambda: client.ask("/predict", BODY).status == 200)
