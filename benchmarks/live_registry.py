"""A large registry in use: 40 held stages, serving logs, alerts, odd texts, a long timeline.

python -m benchmarks.live_registry PATH [--models 1000] [--versions 100]
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbmodel
from benchmarks import synthetic_registry
from nbmodel import monitor
from nbmodel.monitor.alerts import store
from nbmodel.monitor.prediction_log.settings import default_root
from nbmodel.versioning.registry import open_registry
from tests.browser.registries import data

STAGES = 40  # that versions hold
EVENTS = 1000
EVENTFUL = "weekly-forecast"  # the model with so many events
LONG = "customer-churn-of-the-north-east-region-for-quarterly-planning"
MONITORED = (LONG, "fraud", "price", "demand", "returns", "upsell", "energy")
DAYS = 20
ROWS = 400  # a day
FEATURES = 10
MOVED = 12  # days after which the inputs differ
RULES = ("psi({column}) > 0.25 for 2 windows", "accuracy < 0.5")


def make(path: Path, models: int = 1000, versions: int = 100) -> None:
    """Write the registry to `path`, with its log in the user's folder."""
    own = STAGES - 2 * len(MONITORED) - 2  # of models that are not monitored
    synthetic_registry.make(path, models, versions, staged=-(-models // own))
    synthetic_registry.make_events(path, EVENTFUL, EVENTS)
    for name in MONITORED:
        _monitored(path, name)


def _monitored(path: Path, name: str) -> None:
    """Two versions, one for each stage, and days of predictions; the inputs drift."""
    inputs, truth = data()
    inputs = inputs.iloc[:, :FEATURES]
    with nbmodel.open(path) as registry:
        for number, reason in enumerate(synthetic_registry.REASONS[2:4], 1):
            model = make_pipeline(StandardScaler(), LogisticRegression(C=number / 100))
            model.fit(inputs, truth)
            metrics = {"accuracy": model.score(inputs, truth), "loss": 1 / number}
            registry.commit(model, name, reason, metrics=metrics, data=inputs)
        registry.promote(f"{name}@1", "prod", synthetic_registry.REASONS[1])
        registry.promote(f"{name}@2", "prod", synthetic_registry.REASONS[2])
        registry.promote(f"{name}@1", "staging", synthetic_registry.REASONS[3])
        for rule in RULES:
            store.add(registry.context, f"{name}@prod", rule.format(column=inputs.columns[0]))
    for day in range(DAYS):
        _log_day(path, name, day)


def _log_day(path: Path, name: str, day: int) -> None:
    random = np.random.default_rng(day)
    inputs, truth = data()
    places = random.choice(len(inputs), ROWS)
    rows = inputs.iloc[places, :FEATURES].reset_index(drop=True)
    rows.iloc[:, 0] += max(0, day - MOVED) * 0.7
    true = truth.to_numpy()[places]
    begin = datetime.now(UTC) - timedelta(days=DAYS - day)
    times = [begin + timedelta(seconds=86_000 * n / ROWS) for n in range(ROWS)]
    answers = np.where(random.random(ROWS) < 0.05, 1 - true, true)
    with open_registry(path) as registry:
        context = registry.context
        root = default_root(context.location)
        stage = "staging" if day % 3 == 0 else "prod"
        monitor.log(f"{name}@{stage}", rows, answers, true, times, context=context, root=root)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=100)
    options = parser.parse_args()
    make(options.path, options.models, options.versions)
