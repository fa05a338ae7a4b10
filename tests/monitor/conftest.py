"""A log in a folder, and the rows that tests write into it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import nbmodel
from nbmodel.monitor.common.windows import UNITS, microseconds
from nbmodel.monitor.prediction_log.entries import Entry
from nbmodel.monitor.prediction_log.reader import open_log

COMMIT = "c" * 40
START = microseconds(datetime(2026, 3, 2, tzinfo=UTC))  # a Monday
DAY, HOUR = UNITS["d"], UNITS["h"]


def entry(number=0, **fields):
    """One row of two numbers, answered with their sum."""
    defaults = {
        "id": f"r{number}",
        "inputs": np.array([[float(number), 1.0]]),
        "outputs": np.array([number + 1.0]),
        "version": "churn@1",
        "commit": COMMIT,
        "time": START + number,
        "stage": "prod",
        "latency": 0.001,
        "names": ("age", "income"),
    }
    return Entry(**(defaults | fields))


def query_log(root, query, model="churn"):
    """Return the rows of a query over a log, and the warnings of the reader."""
    with open_log(root, model, threads=2) as log:
        return log.rows(query), log.warnings


@pytest.fixture
def root(tmp_path):
    return tmp_path / "log ü"


@contextmanager
def churn_registry(folder, people):
    """A registry with ``churn@1`` and ``churn@2``, both once in prod, with profiles."""
    frame, truth = people
    model = LogisticRegression(max_iter=1000).fit(frame, truth)
    with nbmodel.open(folder, create=True) as opened:
        for number in (1, 2):
            opened.commit(model, "churn", data=frame)
            opened.promote(f"churn@{number}", "prod")
        yield opened


@pytest.fixture(scope="session")
def people():
    """Rows with a number, a heavy tail, a category and a class."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, 4000),
            "income": rng.lognormal(3, 1, 4000),
        }
    )
    return frame, (frame.age + rng.normal(0, 5, 4000) > 42).astype(int)


@pytest.fixture
def registry(tmp_path, people):
    """``churn@1`` and ``churn@2``, both once in prod, with profiles."""
    with churn_registry(tmp_path, people) as opened:
        yield opened
