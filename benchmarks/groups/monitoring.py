"""Monitoring: a drift report over ten million logged rows, logging in batches, and a long log."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sklearn.dummy import DummyClassifier

from benchmarks import customer_rows, memory, peers, registries
from benchmarks.machine import MIB
from benchmarks.measurements import Line
from benchmarks.runner import Bench
from nbmodel.monitor import log
from nbmodel.monitor.alerts.store import add
from nbmodel.monitor.report.alert_history import alert_periods
from nbmodel.monitor.report.health import health
from nbmodel.monitor.report.report import make_report

MODEL = "customers"
FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
DAYS, DAILY_ROWS = 10, 1_000_000
SMALL_ROWS = 100_000  # rows in a small batch
TRAINING_ROWS = 100_000  # rows of training data
SHARED_ROWS = 200_000  # rows that Evidently reports on too; a million would take minutes
LONG_DAYS, FEW_ROWS = 2400, 5  # of a log of years with few rows a day
NEEDED_BYTES = 1024 * MIB  # memory of a report or a batch, with cached files


class Batches:
    """Commits a version with a data profile, and logs batches of predictions."""

    def __init__(self, folder: str) -> None:
        path = Path(folder)
        self.registry = registries.fresh(path / "kept")
        data = customer_rows.frame(TRAINING_ROWS, 0)
        data.to_parquet(path / "reference.parquet")
        # Its predictions are not used.
        model = DummyClassifier().fit(data, customer_rows.outcome(TRAINING_ROWS, 0))
        self.registry.commit(model, MODEL, data=data)

    def log(self, root: str, day: int, count: int) -> list[float]:
        """Return the rows per second of one batch over one day; they are on disk at the end."""
        data, outputs = customer_rows.frame(count, day), customer_rows.outcome(count, day)
        start = np.datetime64((FIRST_DAY + timedelta(days=day - 1)).replace(tzinfo=None), "us")
        when = start + np.arange(count) * np.timedelta64(86_400_000_000 // count, "us")
        begin = time.perf_counter()
        log(f"{MODEL}@1", data, outputs, when=when, context=self.registry.context, root=root)
        return [count / (time.perf_counter() - begin)]

    def log_years(self, root: str) -> list[float]:
        """Log a few labeled rows on each of many days, for a version with rules in a stage."""
        self.registry.promote(f"{MODEL}@1", "prod")
        column = customer_rows.frame(1, 0).columns[0]
        for rule in (f"psi({column}) > 0.2 for 2 windows", "accuracy < 0.7", "volume < 1"):
            add(self.registry.context, MODEL, rule)
        for day in range(LONG_DAYS):
            data, truth = customer_rows.frame(FEW_ROWS, day), customer_rows.outcome(FEW_ROWS, day)
            when = FIRST_DAY - timedelta(days=LONG_DAYS - day)
            log(f"{MODEL}@prod", data, truth, truth, when, context=self.registry.context, root=root)
        return []


class Looks:
    """Asks for the health of a model, or for its alerts, in a fresh process."""

    def __init__(self, folder: str, root: str) -> None:
        self.registry = registries.opened(Path(folder) / "kept")
        self.root = root

    def health(self) -> list[float]:
        """Return the seconds until the health of the stages is known."""
        begin = time.perf_counter()
        verdicts = health(self.registry.context, MODEL, root=self.root, now=FIRST_DAY)
        seconds = time.perf_counter() - begin
        if [verdict.stage for verdict in verdicts] != ["prod"]:
            raise RuntimeError(f"{verdicts}")
        return [seconds]

    def alerts(self) -> list[float]:
        """Return the seconds until it is known when alerts fired."""
        begin = time.perf_counter()
        alert_periods(self.registry.context, MODEL, root=self.root, now=FIRST_DAY)
        return [time.perf_counter() - begin]


class Reports:
    """Makes reports in a fresh process: imports count, and its memory is that of the report."""

    def __init__(self, folder: str, root: str, days: int) -> None:
        self.registry = registries.opened(Path(folder) / "kept")
        self.root = root
        self.days = days

    def report(self) -> list[float]:
        """Return the seconds of a report by days, and the peak memory of the process."""
        memory.forget_peak()
        begin = time.perf_counter()
        report = make_report(
            self.registry.context,
            MODEL,
            root=self.root,
            window="1d",
            now=FIRST_DAY + timedelta(days=self.days),
        )
        report.text()
        seconds = time.perf_counter() - begin
        evaluated = {(finding.column, finding.start) for finding in report.findings}
        if report.warnings or len(evaluated) < customer_rows.COLUMNS * self.days:
            raise RuntimeError(f"{len(evaluated)} columns and days; {report.warnings}")
        return [seconds, memory.peak()]


def measure(bench: Bench) -> list[Line]:
    """Return the lines of this group."""
    folder = bench.folder("monitoring")
    with bench.worker("benchmarks.groups.monitoring:Batches", folder=folder) as batches:
        days = iter(range(1, DAYS + 1))
        large = [
            batches.call("log", root=f"{folder}/log", day=day, count=DAILY_ROWS)[0] for day in days
        ]
        numbers = iter(range(1, 1000))
        small = bench.in_turn(
            10,
            NEEDED_BYTES,
            ours=lambda: batches.call(
                "log", root=f"{folder}/small", day=next(numbers), count=SMALL_ROWS
            ),
        )["ours"]
        batches.call("log", root=f"{folder}/shared", day=1, count=SHARED_ROWS)
        batches.call("log_years", root=f"{folder}/long")
    lines = [*_reports(bench, folder), *_long_log(bench, folder), *_evidently(bench, folder)]
    shutil.rmtree(folder)
    return [
        *lines,
        Line("monitoring-log",
             f"monitor.log, batches of {DAILY_ROWS:,} rows x {customer_rows.COLUMNS} columns",
             "rows/s", large[1:], target=500_000.0, at_least=True),
        Line("monitoring-log-small", f"the same, batches of {SMALL_ROWS:,} rows", "rows/s", small,
             target=500_000.0, at_least=True),
    ]  # fmt: skip


def _once(bench: Bench, folder: str, name: str, days: int) -> list[float]:
    with bench.worker(
        "benchmarks.groups.monitoring:Reports", folder=folder, root=f"{folder}/{name}", days=days
    ) as worker:
        result: list[float] = worker.call("report")
    return result


def _reports(bench: Bench, folder: str) -> list[Line]:
    results = bench.in_turn(5, NEEDED_BYTES, ours=lambda: _once(bench, folder, "log", DAYS))["ours"]
    seconds, peaks = results[::2], results[1::2]
    size = f"{DAYS * DAILY_ROWS:,} logged rows x {customer_rows.COLUMNS} columns in {DAYS} days"
    return [
        Line("monitoring-report", f"drift report over {size}", "s", seconds, target=4.0),
        Line("monitoring-memory", "the same: highest memory of its process", "B", peaks,
             target=1536.0 * MIB),
    ]  # fmt: skip


def _long_log(bench: Bench, folder: str) -> list[Line]:
    def look(question: str) -> list[float]:
        with bench.worker(
            "benchmarks.groups.monitoring:Looks", folder=folder, root=f"{folder}/long"
        ) as worker:
            result: list[float] = worker.call(question)
        return result

    seconds = bench.in_turn(
        5, NEEDED_BYTES, health=lambda: look("health"), alerts=lambda: look("alerts")
    )
    size = f"{LONG_DAYS:,} days of {FEW_ROWS} rows"
    return [
        Line("monitoring-health", f"health of a model with {size}, in a new process", "s",
             seconds["health"], target=2.0),
        Line("monitoring-alerts", "the same: when its alerts fired", "s", seconds["alerts"],
             target=3.0),
    ]  # fmt: skip


def _evidently(bench: Bench, folder: str) -> list[Line]:
    parts = f"{folder}/shared/model={MODEL}/kind=predictions"

    def evidently(tests: str) -> list[float]:
        with bench.worker(
            "benchmarks.evidently_side:Evidently", peers.evidently(),
            log=parts, reference=f"{folder}/reference.parquet",
        ) as worker:  # fmt: skip
            result: list[float] = worker.call("report", tests=tests)
        return result

    seconds = bench.in_turn(
        2,
        NEEDED_BYTES,
        ours=lambda: _once(bench, folder, "shared", 1)[:1],
        default=lambda: evidently("default"),
        all=lambda: evidently("all"),
    )
    size = f"{SHARED_ROWS:,} logged rows x {customer_rows.COLUMNS} columns in a day"
    return [
        Line("monitoring-evidently", f"drift report over {size}, 5 measures", "s",
             seconds["ours"], "Evidently, the 1 that it chooses", seconds["default"]),
        Line("monitoring-evidently-all", "the same", "s",
             seconds["ours"], "Evidently, the same 5", seconds["all"]),
    ]  # fmt: skip
