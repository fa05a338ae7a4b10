"""The whole year of a watched model: the notebook runs, and its text is true."""

from __future__ import annotations

import re
import time
from collections import defaultdict

import pytest

import nbmodel
from tests import flights
from tests.flights import day

pytestmark = [pytest.mark.interop, pytest.mark.timeout(flights.MAX_SECONDS)]


@pytest.fixture(scope="module")
def folder(isolated_home, tmp_path_factory):
    made = tmp_path_factory.mktemp("flights ü")
    flights.copy(made)
    return made


@pytest.fixture(scope="module")
def ran(folder):
    return flights.run(folder)


@pytest.fixture(scope="module")
def registry(folder, ran):
    with nbmodel.open(folder / flights.HOME) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(folder, registry):
    return flights.report(folder, registry)


def weekly(values):
    """Values by version and month of the week's begin."""
    by_key = defaultdict(list)
    for value in values:
        month = time.gmtime(value.start / 1e6).tm_mon
        by_key[value.version, month].append(value.value)
    return {key: sum(group) / len(group) for key, group in by_key.items()}


def course(report, detector, column):
    return weekly(f for f in report.findings if (f.measure, f.column) == (detector, column))


def quality(report, metric):
    return weekly(q for q in report.quality if q.metric == metric)


def test_every_cell_runs_and_shows_something(ran):
    assert not [text for text in flights.texts(ran) if "UsageError" in text or "Warning" in text]
    for cell in ran.cells:
        if cell.cell_type == "code" and re.search(r"^%model_", cell.source, re.MULTILINE):
            assert cell.outputs, cell.source


def test_the_rules_fire_when_the_text_says_so_and_name_the_rollback(ran):
    july, december = (text for text in flights.texts(ran) if text.startswith("firing  delays@"))
    assert "firing  delays@1 in prod  brier > 0.085 for 2 windows" in july
    assert "firing  delays@1 in prod  wasserstein(temp) > 2 for 2 windows" in july
    assert "%model_rollback" not in july
    assert "firing  delays@2 in prod  brier > 0.085 for 2 windows" in december
    assert "ok  delays@2 in prod  wasserstein(temp)" in december
    assert "last good: delays@1\n%model_rollback delays@prod -m" in december


def test_promotion_and_rollback_are_in_the_registry_and_in_the_log(report, registry):
    moves = registry.context.index.moves("delays")
    assert len([move for move in moves if move.stage == "prod"]) == 3
    assert registry.log("delays@prod").versions[0].ref == "delays@1"
    logged = {one.version: one for one in report.logged}
    days = {
        name: tuple(time.strftime("%m-%d", time.gmtime(t / 1e6)) for t in (one.first, one.last))
        for name, one in logged.items()
    }
    assert days == {"delays@1": ("04-01", "12-31"), "delays@2": ("07-01", "12-15")}
    assert sum(one.rows for one in report.logged) == 250_397
    alone = {f.version for f in report.findings if "07-01" <= day(f.start) < "12-16"}
    assert alone == {"delays@2"}


def test_the_drift_agrees_with_the_text(report):
    temperature = course(report, "wasserstein", "temp")
    assert temperature["delays@1", 6] > 4
    assert temperature["delays@2", 7] == pytest.approx(1.8, abs=0.1)
    assert temperature["delays@2", 11] == pytest.approx(0.5, abs=0.1)
    assert course(report, "range", "temp")["delays@1", 6] == pytest.approx(0.87, abs=0.03)
    others = {f.column for f in report.findings if f.measure == "wasserstein"} - {"temp"}
    assert {"dep_delay", "wind_speed", "precip"} <= others
    for column in others:
        for month, value in monthly(report, column).items():
            assert value < 0.61, (column, month)
    index = course(report, "psi", "temp")
    assert min(value for (version, _), value in index.items() if version == "delays@2") > 2
    (gone,) = (
        f for f in report.findings
        if (f.column, f.measure, day(f.start)) == ("temp", "missing", "12-30")
    )  # fmt: skip
    assert gone.drifted
    assert gone.value == pytest.approx(0.46, abs=0.02)


def monthly(report, column):
    return weekly(
        f for f in report.findings
        if (f.column, f.measure) == (column, "wasserstein") and f.rows > 3000
    )  # fmt: skip


def test_the_decay_agrees_with_the_text(ran, report):
    brier = {day(q.start): q.value for q in report.quality if q.metric == "brier"}
    assert all(brier[week] > 0.085 for week in ("04-15", "04-22", "06-10", "06-17", "06-24"))
    assert all(brier[week] > 0.085 for week in ("07-22", "07-29", "08-05", "08-12", "12-02"))
    assert brier["04-29"] < 0.085
    assert max(quality(report, "accuracy").items(), key=lambda pair: pair[1])[0][1] == 9
    december, year = (text for text in flights.texts(ran) if "@1 expects" in text)
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


@pytest.mark.stress
def test_it_runs_again_from_the_beginning(folder, ran):
    again = flights.run(folder)
    assert not [text for text in flights.texts(again) if "UsageError" in text]
    with nbmodel.open(folder / flights.HOME) as registry:
        assert [v.ref for v in registry.log("delays").versions] == ["delays@2", "delays@1"]
