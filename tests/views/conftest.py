"""A registry with hostile texts, a fork, a release and moved stages, and its prediction log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import nbmodel
from nbmodel import monitor
from nbmodel.monitor.alerts.store import add
from nbmodel.monitor.common.windows import microseconds
from nbmodel.monitor.prediction_log.entries import Entry
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.prediction_log.writer import PredictionLog
from tests.fixtures.projects import make_project
from tests.views import evaluations

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
ROWS = 200  # a day
HOSTILE = '<img src=x onerror=alert(1)>\u202e"&\x07'


def make_shop(folder):
    """Commit, branch, note, release and promote; returns the opened registry."""
    registry = nbmodel.open(make_project(folder, author=f"Ann {HOSTILE}"))
    data = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 5, HOSTILE: ["a", "b"] * 10})
    labels = [0, 1] * 10
    scaler = StandardScaler().fit(data[["x"]])
    registry.commit(scaler, "scaler", "scale")
    for number in range(4):
        # Without names: the column of texts stays an input, for faces to show.
        model = LogisticRegression(C=number + 1.0).fit(data[["x"]].to_numpy(), labels)
        registry.commit(
            model,
            "churn",
            f"version {number + 1}\n\n{HOSTILE}",
            metrics={"auc": 0.5 + number / 10, "loss": float("nan"), HOSTILE: float("inf")},
            params={HOSTILE: HOSTILE},
            tags={"team": HOSTILE},
            data=data,
            uses=["scaler@1"],
        )
    registry.branch("churn", "exp", "churn@2")
    registry.commit(model, "churn", "an experiment", branch="exp")
    registry.commit({"parts": [1, 2]}, "ensemble", "of churn", uses=["churn@3"])
    registry.annotate("churn@3", HOSTILE, {"drift": float("nan")})
    evaluations.write(registry, "churn@3", evaluations.full(HOSTILE), text=HOSTILE)
    registry.release("churn@2", message="first")
    registry.promote("churn@2", "prod", "passed")
    registry.promote("churn@3", "prod", HOSTILE)
    registry.rollback("churn@prod", "calibration off")
    return registry


def log_of(registry) -> None:
    """Nine days: ``churn@1`` of no stage, then ``churn@2``, which is live.

    Its inputs move on the last three. Labels came with them; an alert fires; one row tells
    hostile text for its version and stage.
    """
    context, rng = registry.context, np.random.default_rng(3)
    registry.promote("churn@1", "live")
    registry.promote("churn@2", "live")
    for ref, days in (("churn@1", range(9, 6, -1)), ("churn@live", range(6, -1, -1))):
        times = np.repeat([MIDNIGHT - timedelta(days=day) for day in days], ROWS)
        x = rng.integers(0, 4, len(times)).astype(float)
        truth = (x > 1).astype(int)
        x += 3 * (times >= MIDNIGHT - timedelta(days=3))
        data = {"x": x, HOSTILE: np.resize(["a", "b"], len(x))}
        monitor.log(ref, data, (x > 1).astype(int), truth, list(times), context=context)
    add(context, "churn@live", "psi(x) > 0.2 for 2 windows", ["webhook:https://a.example/secret"])
    with PredictionLog(log_root(context), "churn") as writing:
        time = microseconds(MIDNIGHT - timedelta(days=9))
        odd = {"version": HOSTILE, "commit": "", "stage": HOSTILE, "time": time}
        writing.put(Entry(id="odd", inputs=np.array([[0.0]]), outputs=np.array([0]), **odd))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """For questions only."""
    with make_shop(tmp_path_factory.mktemp("shop") / "my shop") as registry:
        log_of(registry)
        yield registry


@pytest.fixture
def own_shop(tmp_path):
    """For actions."""
    with make_shop(tmp_path / "my shop") as registry:
        yield registry


@pytest.fixture
def own_log(own_shop):
    """For actions on what is watched."""
    log_of(own_shop)
    return own_shop
