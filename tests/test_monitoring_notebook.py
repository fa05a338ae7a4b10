"""The year of a watched model: it runs, what its text says is so, and Voilà only shows it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import nbmodel
from nbmodel.monitor.report import monitor
from tests.versioning.conftest import git

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "monitoring.ipynb"
LONGEST = 900  # seconds, on a machine that does other things too
WIDTH = "1w"

pytestmark = pytest.mark.timeout(LONGEST)


def run(folder):
    """The notebook after it ran, from the first cell to the last."""
    notebook = nbformat.read(folder / NOTEBOOK.name, 4)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=LONGEST, resources=where).execute()
    return notebook


def said(notebook):
    return [
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


@pytest.fixture(scope="module")
def folder(isolated_home, tmp_path_factory):
    made = tmp_path_factory.mktemp("flights ü")
    shutil.copy2(NOTEBOOK, made)
    return made


@pytest.fixture(scope="module")
def ran(folder):
    return run(folder)


@pytest.fixture(scope="module")
def registry(folder, ran):
    with nbmodel.open(folder / ".nbmodel-flights") as found:
        yield found


@pytest.fixture(scope="module")
def report(folder, registry):
    (log,) = (folder / ".nbmodel-flights" / "log").iterdir()
    return monitor(registry.context, "delays", until="2014-01-01", window=WIDTH, root=log)


def weekly(values):
    """Values by version and month of the week's begin."""
    found = defaultdict(list)
    for one in values:
        month = time.gmtime(one.start / 1e6).tm_mon
        found[one.version, month].append(one.value)
    return {key: sum(some) / len(some) for key, some in found.items()}


def course(report, detector, column):
    return weekly(f for f in report.findings if (f.detector, f.column) == (detector, column))


def quality(report, metric):
    return weekly(q for q in report.quality if q.metric == metric)


def test_every_cell_runs_and_shows_something(ran):
    assert not [text for text in said(ran) if "UsageError" in text or "Warning" in text]
    for cell in ran.cells:
        if cell.cell_type == "code" and re.search(r"^%model_", cell.source, re.MULTILINE):
            assert cell.outputs, cell.source


def test_the_rules_fire_when_the_text_says_so_and_name_the_way_back(ran):
    july, december = (text for text in said(ran) if "firing  delays@" in text)
    assert "firing  delays@1 #prod  brier > 0.085 for 2 windows" in july
    assert "firing  delays@1 #prod  wasserstein(temp) > 2 for 2 windows" in july
    assert "%model_rollback" not in july
    assert "firing  delays@2 #prod  brier > 0.085 for 2 windows" in december
    assert "ok  delays@2 #prod  wasserstein(temp)" in december
    assert "last good: delays@1\n%model_rollback delays#prod -m" in december


def test_promotion_and_rollback_are_in_the_registry_and_in_the_log(report, registry):
    moves = registry.context.index.moves("delays")
    assert len([move for move in moves if move.stage == "prod"]) == 3
    assert registry.log("delays#prod").versions[0].ref == "delays@1"
    logged = {one.version: one for one in report.logged}
    days = {
        name: tuple(time.strftime("%m-%d", time.gmtime(t / 1e6)) for t in (one.first, one.last))
        for name, one in logged.items()
    }
    assert days == {"delays@1": ("04-01", "12-31"), "delays@2": ("07-01", "12-15")}
    assert sum(one.rows for one in report.logged) == 250_397
    alone = {f.version for f in report.findings if "07-01" <= day(f.start) < "12-16"}
    assert alone == {"delays@2"}


def day(start):
    return time.strftime("%m-%d", time.gmtime(start / 1e6))


def test_the_drift_is_as_the_text_has_it(report):
    temperature = course(report, "wasserstein", "temp")
    assert temperature["delays@1", 6] > 4
    assert temperature["delays@2", 7] == pytest.approx(1.8, abs=0.1)
    assert temperature["delays@2", 11] == pytest.approx(0.5, abs=0.1)
    assert course(report, "range", "temp")["delays@1", 6] == pytest.approx(0.87, abs=0.03)
    others = {f.column for f in report.findings if f.detector == "wasserstein"} - {"temp"}
    assert {"dep_delay", "wind_speed", "precip"} <= others
    for column in others:
        for month, value in monthly(report, column).items():
            assert value < 0.61, (column, month)
    index = course(report, "psi", "temp")
    assert min(value for (version, _), value in index.items() if version == "delays@2") > 2
    (gone,) = (
        f for f in report.findings
        if (f.column, f.detector, day(f.start)) == ("temp", "missing", "12-30")
    )  # fmt: skip
    assert gone.drifted
    assert gone.value == pytest.approx(0.46, abs=0.02)


def monthly(report, column):
    return weekly(
        f for f in report.findings
        if (f.column, f.detector) == (column, "wasserstein") and f.rows > 3000
    )  # fmt: skip


def test_the_decay_is_as_the_text_has_it(ran, report):
    brier = {day(q.start): q.value for q in report.quality if q.metric == "brier"}
    assert all(brier[week] > 0.085 for week in ("04-15", "04-22", "06-10", "06-17", "06-24"))
    assert all(brier[week] > 0.085 for week in ("07-22", "07-29", "08-05", "08-12", "12-02"))
    assert brier["04-29"] < 0.085
    assert max(quality(report, "accuracy").items(), key=lambda pair: pair[1])[0][1] == 9
    december, year = (text for text in said(ran) if "@1 expects" in text)
    table = {
        int(row[0]): list(map(float, row[1:]))
        for row in (line.split() for line in year.splitlines())
        if row and row[0].isdigit()
    }
    late, first, first_brier, second, second_brier = table[7]
    assert [round(x, 2) for x in (late, first, second)] == [0.32, 0.24, 0.3]
    assert (round(first_brier, 3), round(second_brier, 3)) == (0.099, 0.088)
    assert table[9][2] < table[9][4]
    assert (round(table[12][2], 3), round(table[12][4], 3)) == (0.105, 0.107)
    assert "0.1192" in december
    assert "0.1222" in december


# -- under Voilà ---------------------------------------------------------------


def state(folder):
    """Every ref of the registry, and every file of the log."""
    home = folder / ".nbmodel-flights"
    refs = git(home / ".nbmodel.git", "for-each-ref")
    return refs, sorted((path, path.stat().st_mtime_ns) for path in (home / "log").rglob("*"))


def free_port():
    with closing(socket.socket()) as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@pytest.fixture(scope="module")
def page(folder, ran):
    """What Voilà shows of it, and the state of the registry before."""
    before, port = state(folder), free_port()
    command = [sys.executable, "-m", "voila", NOTEBOOK.name, "--no-browser", f"--port={port}",
               "--show_tracebacks=True"]  # fmt: skip
    with (folder / "voila.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=dict(os.environ)
        )
    try:
        end = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=LONGEST) as answer:
                    yield answer.read().decode(), before
                    return
            except OSError:
                assert process.poll() is None, (folder / "voila.log").read_text()
                assert time.monotonic() < end
                time.sleep(0.5)
    finally:
        process.terminate()
        process.wait(30)


def test_under_voila_it_shows_and_changes_nothing(folder, page):
    text, before = page
    assert "Traceback" not in text
    assert "UsageError" not in text
    assert "application/vnd.nbmodel.panel+json" in text or "widget-view+json" in text
    assert "delays@1" in text
    assert "delays@2" in text
    assert "http://127.0.0.1" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert state(folder) == before


@pytest.mark.stress
def test_it_runs_again_from_the_beginning(folder, page):
    again = run(folder)
    assert not [text for text in said(again) if "UsageError" in text]
    with nbmodel.open(folder / ".nbmodel-flights") as registry:
        assert [v.ref for v in registry.log("delays").versions] == ["delays@2", "delays@1"]
