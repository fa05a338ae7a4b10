"""Stationary columns of any kind do not alarm; columns that moved are detected."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import nbmodel
from nbmodel.monitor import log
from nbmodel.monitor.drift.binning import Bins
from nbmodel.monitor.drift.counts import WindowCounts
from nbmodel.monitor.drift.detection import detect_drift
from nbmodel.monitor.drift.references import references
from nbmodel.monitor.report.report import make_report
from nbmodel.provenance.data.profile import profile
from nbmodel.records import Column, Signature
from tests.monitor.conftest import DAY, START

TRAINED, COLUMNS, WINDOWS = 2000, 200, 50


def zipf(count):
    weights = 1 / np.arange(1, count + 1)
    return weights / weights.sum()


def choice(weights):
    names = np.array([f"value {n}" for n in range(len(weights))], object)
    return lambda rng, rows: names[rng.choice(len(names), rows, p=weights)]


def sometimes(draw, share):
    return lambda rng, rows: np.where(rng.random(rows) < share, np.nan, draw(rng, rows))


def normal(rng, rows):
    return rng.normal(size=rows)


STATIONARY = {
    "normal": normal,
    "uniform": lambda rng, rows: rng.random(rows),
    "lognormal": lambda rng, rows: rng.lognormal(3, 1.2, rows),
    "pareto": lambda rng, rows: rng.pareto(1.1, rows),
    "cauchy": lambda rng, rows: rng.standard_cauchy(rows),
    "bimodal": lambda rng, rows: rng.normal(np.where(rng.random(rows) < 0.3, 0, 30), 2),
    "counts": lambda rng, rows: rng.poisson(3.2, rows),
    "rare count": lambda rng, rows: rng.integers(0, 3, rows) + 99 * (rng.random(rows) < 0.002),
    "tenths": lambda rng, rows: rng.normal(20, 0.3, rows).round(1),
    "mostly zero": lambda rng, rows: rng.lognormal(2, 1, rows) * (rng.random(rows) < 0.2),
    "constant": lambda rng, rows: np.full(rows, 0.1 + 0.2),
    "float32": lambda rng, rows: rng.normal(size=rows).astype(np.float32),
    "a fifth missing": sometimes(normal, 0.2),
    "a thousandth missing": sometimes(normal, 0.001),
    "rare flag": lambda rng, rows: rng.random(rows) < 0.005,
    "4 categories": choice([0.4, 0.3, 0.2, 0.1]),
    "3 categories and rare ones": choice([0.5, 0.3, 0.19, *[0.001] * 10]),
    "60 categories": choice(np.full(60, 1 / 60)),
    "300 categories, uneven": choice(zipf(300)),
    "1000 categories": choice(np.full(1000, 1 / 1000)),
}  # fmt: skip


def described(frame):
    inputs = tuple(Column(str(name), str(frame[name].dtype), (-1,)) for name in frame)
    return references(profile(frame), Signature(inputs))


def counted(reference, values, start=START):
    """A column of one window, as the log counts it."""
    if reference.kind == "number":
        bins = Bins(reference.edges, 1)
        bins.add(np.asarray(values, float), np.zeros(1, int))
        counts, beyond = bins.counts[0].tolist(), float(bins.beyond[0])
    else:
        known = Counter(values.tolist())
        counts, beyond = [known[value] for value in reference.values], 0.0
        counts.append(len(values) - sum(counts))
    missing = len(values) - sum(counts)
    return WindowCounts(
        reference=reference,
        start=start,
        stage="prod",
        rows=len(values),
        missing=missing,
        counts=tuple(map(float, counts)),
        beyond=beyond,
    )


@pytest.mark.parametrize("rows", [60, 2000])
def test_stationary_columns_do_not_alarm(rows):
    rng = np.random.default_rng(20261127 + rows)
    each = COLUMNS // len(STATIONARY)
    draws = {f"{kind} {n}": draw for kind, draw in STATIONARY.items() for n in range(each)}
    known = described(pd.DataFrame({name: draw(rng, TRAINED) for name, draw in draws.items()}))
    assert len(known) == COLUMNS
    evaluated, alarms = 0, Counter()
    for window in range(WINDOWS):
        findings = detect_drift(
            "m@1", [counted(column, draws[column.name](rng, rows), window) for column in known]
        )
        evaluated += len(findings)
        alarms.update((f.column, f.measure) for f in findings if f.drifted)
    assert evaluated > 3 * COLUMNS * WINDOWS
    assert alarms.total() <= 0.002 * evaluated, alarms.most_common(5)


def test_a_log_of_stationary_columns_does_not_alarm(tmp_path):
    rng = np.random.default_rng(12)
    begin, days, rows = datetime(2026, 3, 2, tzinfo=UTC), 10, 500

    def frame(count):
        return pd.DataFrame({name: draw(rng, count) for name, draw in STATIONARY.items()})

    with nbmodel.open(tmp_path, create=True) as registry:
        registry.commit({"a": "model"}, "m", data=frame(TRAINED))
        when = [begin + timedelta(days=day) for day in range(days) for _ in range(rows)]
        outputs = rng.integers(0, 3, days * rows)
        log("m", frame(days * rows), outputs, when=when, context=registry.context)
        report = make_report(registry.context, "m", now=begin + timedelta(days=days))
    assert report.width == DAY
    assert len({(f.column, f.start) for f in report.findings}) == days * (len(STATIONARY) + 1)
    assert len(report.drifted) <= 0.002 * len(report.findings), report.drifted


def test_categories_of_a_small_profile_are_in_its_list_by_chance():
    rng = np.random.default_rng(4)
    draw = STATIONARY["60 categories"]
    (known,) = described(pd.DataFrame({"x": draw(rng, 200)}))
    assert known.uncertain_rows == 200
    findings = detect_drift(
        "m@1", [counted(known, draw(rng, 2000), window) for window in range(20)]
    )
    assert not [f for f in findings if f.drifted]


def mixed(rng, rows):
    return rng.normal(np.where(rng.random(rows) < 0.3, 0, 5), 1)


SHIFTED = {
    "normal": normal,
    "uniform": STATIONARY["uniform"],
    "exponential": lambda rng, rows: rng.exponential(3, rows),
    "student": lambda rng, rows: rng.standard_t(5, rows),
    "lognormal": lambda rng, rows: rng.lognormal(0, 0.5, rows),
    "bimodal": mixed,
    "float32": STATIONARY["float32"],
    "tenths": lambda rng, rows: rng.normal(20, 2, rows).round(1),
    "a fifth missing": STATIONARY["a fifth missing"],
}


@pytest.mark.parametrize("draw", SHIFTED.values(), ids=SHIFTED)
def test_half_a_standard_deviation_is_detected_among_stationary_columns(draw):
    rng = np.random.default_rng(9)
    detections = 0
    for _ in range(40):
        stationary = {f"x{n}": normal(rng, TRAINED) for n in range(5)}
        before = pd.DataFrame({"moved": draw(rng, TRAINED), **stationary})
        moved, *others = described(before)
        after = draw(rng, 2000) + 0.5 * np.nanstd(before["moved"])
        columns = [
            counted(moved, after),
            *(counted(column, normal(rng, 2000)) for column in others),
        ]
        alarmed = {f.column for f in detect_drift("m@1", columns) if f.drifted}
        detections += "moved" in alarmed
        assert alarmed <= {"moved"}
    assert detections >= 38


@pytest.mark.parametrize("before", [(0.3, 0.7), (0.4, 0.3, 0.2, 0.1)])
def test_shares_that_move_as_far_are_detected(before):
    """The first category by half a standard deviation of its indicator, at the others' cost."""
    rng = np.random.default_rng(10)
    first = before[0] + 0.5 * np.sqrt(before[0] * (1 - before[0]))
    after = [first, *(share * (1 - first) / (1 - before[0]) for share in before[1:])]
    for _ in range(20):
        (known,) = described(pd.DataFrame({"x": choice(before)(rng, TRAINED)}))
        findings = detect_drift("m@1", [counted(known, choice(after)(rng, 2000))])
        assert "chi2" in {f.measure for f in findings if f.drifted}
