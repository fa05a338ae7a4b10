"""A registry with logged predictions: one feature drifts, and the metrics get worse."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

import nbmodel
from nbmodel import monitor
from nbmodel.monitor.alerts import store
from nbmodel.monitor.prediction_log.settings import default_root
from nbmodel.versioning.registry import open_registry
from tests.browser import registries

DAYS = 40
MOVED = 24  # days after which the inputs differ
ROWS = 90  # a day
DRIFTED = "mean radius"
RULE = f"psi({DRIFTED}) > 0.25 for 2 windows"


def watched(folder: Path) -> Path:
    """`registries.shop`, with forty days of ``churn@prod``: two versions, drift, a firing alert."""
    registries.shop(folder)
    with nbmodel.open(folder) as registry:
        store.add(registry.context, "churn@prod", RULE)
        store.add(registry.context, "churn@prod", "accuracy < 0.5")
    before = MOVED - 8
    for days, ref in ((range(before), "churn@2"), (range(before, DAYS), "churn@prod")):
        _log(folder, ref, [_rows(day) for day in days])
    return folder


def copied(template: Path, folder: Path) -> Path:
    """A copy of the registry, with its log, in another folder."""
    shutil.copytree(template, folder, symlinks=True)
    carry_log(template, folder)
    return folder


def carry_log(template: Path, folder: Path) -> None:
    """Copy the log too, because a log belongs to the folder of its registry."""
    places = []
    for each in (template, folder):
        with open_registry(each) as registry:
            places.append(default_root(registry.context.location))
    shutil.copytree(*places, dirs_exist_ok=True)


def rows_of(days: Iterable[int]) -> int:
    """The number of rows that `log_day` logs on these days."""
    return sum(ROWS + day % 7 * 8 for day in days)


def log_day(folder: Path, day: int) -> None:
    """Log one day of rows with labels. Days count up to `DAYS`, which is today."""
    _log(folder, "churn@prod", [_rows(day)])


def _rows(day: int) -> pd.DataFrame:
    """The inputs of a day, with the answer, the label and the time of each row."""
    random = np.random.default_rng(day)
    inputs, truth = registries.data()
    chosen = random.choice(len(inputs), rows_of([day]))
    given, true = inputs.iloc[chosen].reset_index(drop=True), truth.to_numpy()[chosen]
    late = max(0, day - MOVED)
    given[DRIFTED] += late * 0.7
    given["mean texture"] += max(0, late - 8) * 0.4
    now = datetime.now(UTC)
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - day)
    lasts = min((now - begin).total_seconds(), 86_000)
    when = [begin + timedelta(seconds=lasts * n / len(given)) for n in range(len(given))]
    said = np.where(random.random(len(true)) < 0.03 + late * 0.015, 1 - true, true)
    return given.assign(said=said, true=true, when=when)


def _log(folder: Path, scored_by: str, days: list[pd.DataFrame]) -> None:
    """Log the rows of several days in one call, which takes as long as one day."""
    rows = pd.concat(days, ignore_index=True)
    given = rows.drop(columns=["said", "true", "when"])
    with open_registry(folder) as registry:
        context = registry.context
        root = default_root(context.location)
        monitor.log(
            scored_by,
            given,
            rows["said"].to_numpy(),
            rows["true"].to_numpy(),
            list(rows["when"]),
            context=context,
            root=root,
        )
