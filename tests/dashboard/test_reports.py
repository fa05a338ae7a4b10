"""The reports in a static page: what they hold, and how large they may be."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import nbmodel
from nbmodel import monitor, views
from nbmodel.dashboard import reports, static_page
from nbmodel.dashboard.reports import monitor_reports
from nbmodel.monitor.alerts import store
from nbmodel.monitor.prediction_log.parts import folder_of
from nbmodel.monitor.prediction_log.settings import log_root
from tests.dashboard.conftest import EVIL

DAYS = 30


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """``churn`` with a month of rows of six columns, ``shop`` with an alert, ``idle``."""
    folder = tmp_path_factory.mktemp("watched")
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(200, 6)), columns=[*"abcde", EVIL])
    model = LogisticRegression().fit(frame.to_numpy(), frame["a"] > 0)
    with nbmodel.open(folder, create=True) as registry:
        for name in ("churn", "shop", "idle"):
            registry.commit(model, name, data=frame)
            registry.promote(f"{name}@1", "prod")
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for day in range(DAYS):
            rows = frame.sample(80, random_state=day) + (day > 20)
            when = midnight - timedelta(days=DAYS - day)
            said = model.predict(rows.to_numpy())
            monitor.log("churn@prod", rows, said, when=when, context=registry.context)
        store.add(registry.context, "shop", "volume < 1")
        yield registry


def unpacked(block: str):
    return json.loads(gzip.decompress(base64.b64decode(block)))


def made(registry, *models):
    return monitor_reports(registry, models, lambda done, total: None)


def test_each_monitored_model_has_the_report_of_the_live_monitor(watched):
    result = made(watched, "shop", "churn", "idle")
    assert list(result.entries) == ["shop", "churn"]
    held = unpacked(result.blocks[result.entries["churn"]["block"]])["report"]
    live = json.loads(json.dumps(views.answer(watched, "monitor", {"ref": "churn"})))
    assert held.keys() == live.keys()
    for key in ("verdicts", "loggedVersions", "moves", "window", "hint", "driftMeasures"):
        assert held[key] == live[key]
    for before, after in zip(live["drift"], held["drift"], strict=True):
        assert after["values"] == pytest.approx(before["values"], rel=1e-5)
        assert after["times"] == before["times"]
    assert held["until"] == pytest.approx(result.entries["churn"]["made"], abs=60)
    assert unpacked(result.blocks[result.entries["shop"]["block"]])["report"]["alerts"]


def test_a_report_fits_its_limit_with_fewer_columns_or_longer_windows(watched, monkeypatch):
    whole = made(watched, "churn").blocks["nbmodel-report-0"]
    monkeypatch.setattr(reports, "MAX_REPORT_BYTES", len(whole) // 2)
    (block,) = made(watched, "churn").blocks.values()
    assert len(block) <= len(whole) // 2
    assert unpacked(block)["report"]["window"] == "1w"
    monkeypatch.setattr(reports, "SIZES", (("", 300), *reports.SIZES))
    (block,) = made(watched, "churn").blocks.values()
    held = unpacked(block)["report"]
    assert (held["window"], any("left out" in line for line in held["warnings"])) == ("1d", True)


def test_a_report_that_cannot_fit_is_left_out_with_a_sentence(watched, monkeypatch):
    monkeypatch.setattr(reports, "MAX_REPORTS_BYTES", 10)
    result = made(watched, "churn", "shop")
    assert result.blocks == {}
    assert "at most 1e-05 MB of reports" in result.entries["shop"]["problem"]
    monkeypatch.setattr(reports, "MAX_REPORT_BYTES", 1)
    assert "a report of at most" in made(watched, "churn").entries["churn"]["problem"]


def test_blocks_stand_after_the_script_and_hold_no_markup(watched, tmp_path):
    static_page.write(watched, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    blocks = re.findall(r'<script type="[^"]+" id="nbmodel-report-\d">([^<]*)</script>', text)
    assert len(blocks) == 2
    assert EVIL in {series["column"] for series in unpacked(blocks[0])["report"]["drift"]}
    assert text.index("nbmodel-report-0") > text.index('id="nbmodel-data"')
    assert text.count("</script") == 4


def test_an_unreadable_log_is_the_problem_of_its_model(watched, tmp_path, monkeypatch):
    log = tmp_path / "log"
    shutil.copytree(log_root(watched.context) / folder_of("churn"), log / folder_of("churn"))
    (log / folder_of("idle")).write_text("not a folder")
    monkeypatch.setattr("nbmodel.monitor.prediction_log.settings.default_root", lambda _: log)
    result = made(watched, "churn", "idle")
    assert result.entries["churn"]["problem"] == ""
    problem = "The log of idle cannot be read: model=idle is not a folder."
    assert result.entries["idle"]["problem"].startswith(problem)
    (idle,) = views.answer(watched, "health", {"models": ["churn", "idle"]})["health"]["idle"]
    assert (idle["state"], idle["version"]) == ("unknown", "idle@1")
    assert idle["reason"].startswith(problem.rstrip("."))
    traffic = views.answer(watched, "traffic", {"models": ["churn", "idle"]})
    assert traffic["problems"]["idle"].startswith(problem)
    for model, rule in (("idle", "volume < 1"), ("churn", "psi(a) > 0.2")):
        store.add(watched.context, model, rule)
    (stage,) = views.answer(watched, "firing", {})["stages"]
    assert stage["subject"] == "churn@prod"
    assert str(tmp_path) not in json.dumps([result.entries, traffic, idle])
