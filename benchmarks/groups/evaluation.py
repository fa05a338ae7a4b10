"""Judging predictions: metrics with intervals over a million rows, and count metrics by slice."""

from __future__ import annotations

import time

import numpy as np

from benchmarks import customer_rows, memory
from benchmarks.machine import MIB
from benchmarks.measurements import Line
from benchmarks.runner import Bench
from nbmodel.evaluation.evaluation import evaluate_sample
from nbmodel.evaluation.metrics.table import DEFAULTS, choose_metrics
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.slice_columns import slice_column
from nbmodel.evaluation.slices import judge_slices

ROWS = 1_000_000
ROUNDS = 1000
NEEDED_BYTES = 512 * MIB
COLUMNS = (
    "age", "income", "rating", "visits", "orders", "active", "member", "channel", "plan", "region",
)  # fmt: skip
COUNT_METRICS = ("accuracy", "precision", "recall", "f1")


class Judge:
    """Has the predictions of a classifier with two classes, and the columns of its rows."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        actual = (rng.random(ROWS) < 0.3).astype(np.int64)
        chance = 1 / (1 + np.exp(0.5 - rng.normal(size=ROWS) - actual))
        self.sample = Sample(
            task="binary",
            actual=actual,
            predicted=(chance > 0.5).astype(np.int64),
            scores=np.column_stack([1 - chance, chance]),
            scores_are_probabilities=True,
            classes=("no", "yes"),
        )
        self.frame = customer_rows.frame(ROWS, 0)[list(COLUMNS)]
        self.counts = self.frame.assign(
            actual_=actual,
            predicted_=self.sample.predicted,
            hit_=actual * self.sample.predicted,
        )

    def evaluate(self) -> list[float]:
        """Return the seconds for all default metrics, and the peak memory of the process."""
        memory.forget_peak()
        begin = time.perf_counter()
        evaluation = evaluate_sample(self.sample, rounds=ROUNDS)
        seconds = time.perf_counter() - begin
        rounds = {estimate.rounds for estimate in evaluation.metrics.values()}
        if len(evaluation.metrics) != len(DEFAULTS["binary"]) or rounds != {ROUNDS}:
            raise AssertionError(f"{evaluation.metrics}")
        return [seconds, memory.peak()]

    def slices(self) -> list[float]:
        """Return the seconds for count metrics of all slices, from columns of pandas."""
        begin = time.perf_counter()
        columns = [slice_column(name, self.frame[name]) for name in COLUMNS]
        results = judge_slices(self.sample, columns, choose_metrics(COUNT_METRICS, "binary"))
        seconds = time.perf_counter() - begin
        if not all(result.metrics for result in results if not result.reason):
            raise AssertionError(f"{results}")
        return [seconds]

    def groupby(self) -> list[float]:
        """Return the seconds for the counts behind these metrics, by ``groupby``."""
        begin = time.perf_counter()
        for name in COLUMNS:
            groups = self.counts.groupby(name, observed=True, dropna=False)
            groups[["actual_", "predicted_", "hit_"]].sum()
        return [time.perf_counter() - begin]


def measure(bench: Bench) -> list[Line]:
    """Return the lines of this group."""
    with bench.worker("benchmarks.groups.evaluation:Judge") as judge:
        results = bench.in_turn(5, NEEDED_BYTES, ours=lambda: judge.call("evaluate"))["ours"]
        slices = bench.in_turn(
            5,
            NEEDED_BYTES,
            ours=lambda: judge.call("slices"),
            pandas=lambda: judge.call("groupby"),
        )
    work = f"{len(DEFAULTS['binary'])} metrics of {ROWS:,} predictions of two classes"
    return [
        Line("evaluation", f"{work}, {ROUNDS:,} rounds of the bootstrap, curves", "s",
             results[::2], target=5.0),
        Line("evaluation-memory", "the same: highest memory of its process", "B", results[1::2],
             target=1024.0 * MIB),
        Line("evaluation-slices", f"{len(COUNT_METRICS)} count metrics by {len(COLUMNS)} columns",
             "s", slices["ours"], "pandas groupby of each column", slices["pandas"], 3.0),
    ]  # fmt: skip
