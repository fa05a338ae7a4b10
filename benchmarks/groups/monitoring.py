"""Watching: a drift report over ten million logged rows, and logging them in batches."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sklearn.dummy import DummyClassifier

from benchmarks import memory, peers, registries, rows
from benchmarks.lines import Line
from benchmarks.machine import MIB
from benchmarks.runner import Bench
from nbmodel.monitor import log
from nbmodel.monitor.report.report import make_report

MODEL = "customers"
FIRST = datetime(2026, 3, 1, tzinfo=UTC)  # day 1
DAYS, DAILY = 10, 1_000_000
SMALL = 100_000  # rows of a small batch
TRAINED = 100_000  # rows that the model was trained on
SHARED = 200_000  # rows that Evidently too is given: it takes minutes for a million
NEEDED = 1024 * MIB  # bytes of memory that a report or a batch takes, files included


class Batches:
    """Commits a version with the profile of its data, and logs what it scored."""

    def __init__(self, folder: str) -> None:
        place = Path(folder)
        self.registry = registries.fresh(place / "kept")
        data = rows.frame(TRAINED, 0)
        data.to_parquet(place / "reference.parquet")
        model = DummyClassifier().fit(data, rows.outcome(TRAINED, 0))  # what it says is made up
        self.registry.commit(model, MODEL, data=data)

    def log(self, root: str, day: int, count: int) -> list[float]:
        """Rows a second of one batch, scored through one day; they are on disk then."""
        data, outputs = rows.frame(count, day), rows.outcome(count, day)
        start = np.datetime64((FIRST + timedelta(days=day - 1)).replace(tzinfo=None), "us")
        when = start + np.arange(count) * np.timedelta64(86_400_000_000 // count, "us")
        begin = time.perf_counter()
        log(f"{MODEL}@1", data, outputs, when=when, context=self.registry.context, root=root)
        return [count / (time.perf_counter() - begin)]


class Reports:
    """Reports in a process that did nothing before: imports count, and its memory is theirs."""

    def __init__(self, folder: str, root: str, days: int) -> None:
        self.registry = registries.opened(Path(folder) / "kept")
        self.root = root
        self.days = days

    def report(self) -> list[float]:
        """Seconds of a report by days, and the highest resident memory of the process."""
        memory.forget_peak()
        begin = time.perf_counter()
        found = make_report(
            self.registry.context,
            MODEL,
            root=self.root,
            window="1d",
            now=FIRST + timedelta(days=self.days),
        )
        found.text()
        seconds = time.perf_counter() - begin
        judged = {(finding.column, finding.start) for finding in found.findings}
        if found.warnings or len(judged) < rows.COLUMNS * self.days:
            raise RuntimeError(f"{len(judged)} columns and days; {found.warnings}")
        return [seconds, memory.peak()]


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("monitoring")
    with bench.worker("benchmarks.groups.monitoring:Batches", folder=folder) as batches:
        days = iter(range(1, DAYS + 1))
        large = [batches.call("log", root=f"{folder}/log", day=day, count=DAILY)[0] for day in days]
        turns = iter(range(1, 1000))
        small = bench.in_turn(
            10,
            NEEDED,
            ours=lambda: batches.call("log", root=f"{folder}/small", day=next(turns), count=SMALL),
        )["ours"]
        batches.call("log", root=f"{folder}/shared", day=1, count=SHARED)
    lines = [*_reports(bench, folder), *_evidently(bench, folder)]
    shutil.rmtree(folder)
    return [
        *lines,
        Line("monitoring-log", f"monitor.log, batches of {DAILY:,} rows x {rows.COLUMNS} columns",
             "rows/s", large[1:], target=500_000.0, at_least=True),
        Line("monitoring-log-small", f"the same, batches of {SMALL:,} rows", "rows/s", small,
             target=500_000.0, at_least=True),
    ]  # fmt: skip


def _once(bench: Bench, folder: str, name: str, days: int) -> list[float]:
    with bench.worker(
        "benchmarks.groups.monitoring:Reports", folder=folder, root=f"{folder}/{name}", days=days
    ) as side:
        found: list[float] = side.call("report")
    return found


def _reports(bench: Bench, folder: str) -> list[Line]:
    found = bench.in_turn(5, NEEDED, ours=lambda: _once(bench, folder, "log", DAYS))["ours"]
    seconds, peaks = found[::2], found[1::2]
    size = f"{DAYS * DAILY:,} logged rows x {rows.COLUMNS} columns in {DAYS} days"
    return [
        Line("monitoring-report", f"drift report over {size}", "s", seconds, target=4.0),
        Line("monitoring-memory", "the same: highest memory of its process", "B", peaks,
             target=1536.0 * MIB),
    ]  # fmt: skip


def _evidently(bench: Bench, folder: str) -> list[Line]:
    parts = f"{folder}/shared/model={MODEL}/kind=predictions"

    def theirs(tests: str) -> list[float]:
        with bench.worker(
            "benchmarks.evidently_side:Evidently", peers.evidently(),
            log=parts, reference=f"{folder}/reference.parquet",
        ) as side:  # fmt: skip
            found: list[float] = side.call("report", tests=tests)
        return found

    seconds = bench.in_turn(
        2,
        NEEDED,
        ours=lambda: _once(bench, folder, "shared", 1)[:1],
        default=lambda: theirs("default"),
        all=lambda: theirs("all"),
    )
    size = f"{SHARED:,} logged rows x {rows.COLUMNS} columns in a day"
    return [
        Line("monitoring-evidently", f"drift report over {size}, 5 measures", "s",
             seconds["ours"], "Evidently, the 1 that it chooses", seconds["default"]),
        Line("monitoring-evidently-all", "the same", "s",
             seconds["ours"], "Evidently, the same 5", seconds["all"]),
    ]  # fmt: skip
