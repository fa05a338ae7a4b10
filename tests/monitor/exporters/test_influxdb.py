"""Line protocol with a real InfluxDB 1.x: it returns the same numbers and names."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from nbmodel.errors import InvalidValue, WriteFailed
from nbmodel.monitor import log
from nbmodel.monitor.common.windows import UNITS
from nbmodel.monitor.exporters import influxdb
from nbmodel.monitor.exporters.base import export
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.monitor.report.report import make_report
from tests.fixtures.processes import free_port, json_at, server_process
from tests.monitor.conftest import START

HOSTILE = [
    "a b,c=d", "back\\slash", "ends\\", "\\", "a\\,b", "a\\ b", 'quo"ted', "line\nend", "tab\there",
    "# no comment", "ü 猫 🐈", "x,model=other value=9 1", "\x1b[31m\u202e", "=", ",", " ", "\ud800",
]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server with a database ``models``."""
    folder = tmp_path_factory.mktemp("influx")
    port, backup_port = free_port(), free_port()
    (folder / "influx.conf").write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{backup_port}"\n'
        f'[meta]\ndir = "{folder}/meta"\n'
        f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
        "[monitor]\nstore-enabled = false\n"
    )
    place = f"http://127.0.0.1:{port}"
    command = ["influxd", "-config", str(folder / "influx.conf")]
    with server_process(command, folder, lambda: json_at(f"{place}/query?q=SHOW+DATABASES")):
        urlopen(f"{place}/query", urlencode({"q": "CREATE DATABASE models"}).encode()).close()
        yield place


def answer(address, question):
    query = urlencode({"db": "models", "epoch": "u", "q": question})
    document = json_at(f"{address}/query?{query}")
    return document["results"][0].get("series", [])


def text(*series):
    return "".join(f"{line}\n" for item in series for line in influxdb.lines("churn", item))


def test_the_server_answers_with_the_same_numbers(address):
    times = tuple(START + n * UNITS["m"] for n in range(12_000))
    values = tuple((-1.0) ** n * 1.1**-n for n in range(12_000))
    written = text(
        Series("psi(age)", "churn@1", "prod", times, values),
        Series("accuracy", "churn@1", "", times[:2], (0.1 + 0.2, float("nan"))),
    )
    for _ in range(2):  # written again, points replace themselves
        report = influxdb.send(written, f"{address}/write?db=models&precision=s")
    assert report == f"12,001 points written to {address.removeprefix('http://')}"
    where = "metric = 'psi' AND \"column\" = 'age' AND stage = 'prod' AND version = 'churn@1'"
    (stored,) = answer(address, f"SELECT value FROM nbmodel WHERE model = 'churn' AND {where}")
    assert stored["values"] == [list(point) for point in zip(times, values, strict=True)]
    (stored,) = answer(address, "SELECT value FROM nbmodel WHERE metric = 'accuracy'")
    assert stored["values"] == [[START, 0.1 + 0.2]]


def test_an_exporter_sends_the_series_of_the_report(address, registry, people, tmp_path):
    frame, truth = people
    log("churn@prod", frame, truth, truth, context=registry.context, root=tmp_path)
    report = make_report(registry.context, "churn", root=tmp_path)
    target = f"{address}/write?db=models"
    sent = export(registry.context, "churn", "influxdb", target, lambda: report)
    assert str(sent).endswith(f"points written to {address.removeprefix('http://')}")
    expected = {
        (series.metric, series.version): dict(zip(series.times, series.values, strict=True))
        for series in report.series
    }
    stored = answer(address, "SELECT value FROM nbmodel WHERE version = 'churn@2' GROUP BY *")
    values = {
        (f"{tags['metric']}({tags['column']})" if tags["column"] else tags["metric"],
         tags["version"]): dict(series["values"])
        for series in stored
        for tags in [series["tags"]]
    }  # fmt: skip
    assert values == expected
    assert ("psi(age)", "churn@2") in values


def test_hostile_names_stay_names(address):
    series = [
        Series(f"ks({name})", "churn@9", "prod", (START + place,), (float(place),))
        for place, name in enumerate(HOSTILE)
    ]
    influxdb.send(text(*series), f"{address}?db=models")
    question = "SELECT value FROM nbmodel WHERE version = 'churn@9' GROUP BY \"column\""
    stored = answer(address, question)
    names = {int(item["values"][0][1]): item["tags"]["column"] for item in stored}
    changed = {
        "ends\\": "ends\\.", "\\": "\\.", "line\nend": "line\\nend", "tab\there": "tab\\there",
        "\x1b[31m\u202e": "\\x1b[31m\\u202e", "\ud800": "\\ud800",
    }  # fmt: skip
    assert names == {place: changed.get(name, name) for place, name in enumerate(HOSTILE)}
    (stored,) = answer(address, 'SHOW TAG VALUES FROM nbmodel WITH KEY = "model"')
    assert stored["values"] == [["model", "churn"]]


def test_a_refusal_of_the_server_is_reported_with_the_next_step(address):
    line = text(Series("volume", "churn@1", "", (START,), (1.0,)))
    with pytest.raises(WriteFailed, match=r"database not found(?s:.*)CREATE DATABASE"):
        influxdb.send(line, f"{address}/write?db=none")
    with pytest.raises(WriteFailed, match=r"127.0.0.1:\d+ refused the points: .*unable to parse"):
        influxdb.send("no line\n", f"{address}/write?db=models")


@pytest.mark.parametrize(
    "address",
    ["http://host/write", "http://host/write?db=", "file:///etc/passwd?db=x", "ftp://host?db=x",
     "http://?db=x", "http://host:99999?db=x", "http://a b?db=x", "http://h\n?db=x"],
)  # fmt: skip
def test_invalid_addresses_are_refused(address):
    with pytest.raises(InvalidValue):
        influxdb.send("nbmodel value=1 1\n", address)


def test_a_redirect_is_not_followed_and_a_password_is_never_shown():
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append((self.path, self.headers["Authorization"]))
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://ann:se%40cret@127.0.0.1:{server.server_port}/proxy/"
        with pytest.raises(WriteFailed, match="refused the points: status 307") as caught:
            influxdb.send("nbmodel value=1 1\n", f"{place}?db=models")
        server.shutdown()
    assert seen == [("/proxy/write?db=models&precision=u", "Basic YW5uOnNlQGNyZXQ=")]
    assert "cret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_reported():
    with pytest.raises(WriteFailed, match="does not answer"):
        influxdb.send("nbmodel value=1 1\n", f"http://127.0.0.1:{free_port()}?db=models")
