"""Measures of drift compared with scipy and by hand; the counts of the log compared with numpy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from nbmodel.monitor.drift import measures
from nbmodel.monitor.drift.counts import WindowCounts, count_columns, unlogged_columns
from nbmodel.monitor.drift.detection import DRIFT_MEASURES, adjust_p_values, detect_drift
from nbmodel.monitor.drift.outputs import output_counts
from nbmodel.monitor.drift.references import ColumnReference, references
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.prediction_log.writer import PredictionLog
from nbmodel.provenance.data.profile import profile
from nbmodel.records import Column, Signature
from tests.monitor.conftest import DAY, START, entry


def window_counts(
    before, after, *, kind="category", edges=(), std=1.0, missing=(0, 0), beyond=0.0, uncertain=0.0
):
    reference = ColumnReference(
        name="x",
        logged="in.x",
        kind=kind,
        rows=int(sum(before)) + missing[0],
        missing=missing[0],
        edges=edges,
        values=tuple(map(str, range(len(before) - 1))),
        counts=tuple(map(float, before)),
        std=std,
        uncertain_rows=uncertain,
    )
    rows = int(sum(after)) + missing[1]
    return WindowCounts(
        reference=reference,
        start=START,
        stage="prod",
        rows=rows,
        missing=missing[1],
        counts=tuple(map(float, after)),
        beyond=beyond,
    )


def binned(before, after, bins=200):
    """Two samples as a profile and the log have them."""
    edges = np.linspace(before.min(), before.max(), bins + 1)
    inside = np.histogram(before, edges)[0]
    now = np.histogram(np.clip(after, edges[0], edges[-1]), edges)[0]
    low, high = int((after < edges[0]).sum()), int((after > edges[-1]).sum())
    now[0] -= low
    now[-1] -= high
    outside = np.maximum(after - edges[-1], 0).sum() + np.maximum(edges[0] - after, 0).sum()
    return window_counts(
        (0, *inside, 0), (low, *now, high), kind="number", edges=tuple(edges),
        std=float(before.std()), beyond=float(outside),
    )  # fmt: skip


@pytest.fixture(params=[0.0, 0.05, 0.5, 3.0])
def shifted(request):
    rng = np.random.default_rng(11)
    return rng.normal(0, 2, 4000), rng.normal(request.param, 2.4, 3000)


# -- each detector -------------------------------------------------------------


def test_psi_by_hand():
    score = measures.psi(window_counts((500, 300, 200, 0), (400, 300, 300, 0)))
    by_hand = sum((q - p) * math.log(q / p) for p, q in ((0.5, 0.4), (0.3, 0.3), (0.2, 0.3)))
    assert score.value == pytest.approx(by_hand)
    exact = stats.chi2_contingency([(500, 300, 200), (400, 300, 300)], correction=False)
    assert score.p_value == pytest.approx(exact.pvalue)


@pytest.mark.parametrize(("n", "m"), [(5000, 800), (2000, 200), (200, 2000)])
def test_the_p_value_of_psi_is_uniform_without_drift(n, m):
    rng = np.random.default_rng(3)
    shares = np.full(10, 0.1)
    values = []
    for _ in range(400):
        before, after = rng.multinomial(n, shares), rng.multinomial(m, shares)
        window = window_counts(
            (0, *before, 0), (0, *after, 0), kind="number", edges=tuple(range(11))
        )
        values.append(measures.psi(window).p_value)
    assert stats.kstest(values, "uniform").pvalue > 0.01


def test_kolmogorov_smirnov_equals_scipy_up_to_the_bins(shifted):
    exact = stats.ks_2samp(*shifted, method="asymp")
    ours = measures.kolmogorov_smirnov(binned(*shifted, bins=2000))
    assert ours.value <= exact.statistic + 1e-12
    assert ours.value == pytest.approx(exact.statistic, abs=0.005)
    limit = stats.kstwobign.sf(ours.value * math.sqrt(4000 * 3000 / 7000))
    assert ours.p_value == pytest.approx(limit, rel=1e-9, abs=1e-300)


def test_wasserstein_equals_scipy_up_to_the_bins(shifted):
    exact = stats.wasserstein_distance(*shifted) / shifted[0].std()
    ours = measures.wasserstein(binned(*shifted, bins=400))
    assert ours.value == pytest.approx(exact, abs=0.004)


def test_wasserstein_beyond_the_edges_is_exact():
    before, after = np.linspace(0, 1, 1001), np.full(100, 50.0)
    ours = measures.wasserstein(binned(before, after))
    exact = stats.wasserstein_distance(before, after) / before.std()
    assert ours.value == pytest.approx(exact, rel=1e-3)


def test_wasserstein_where_the_functions_cross():
    before, after = np.array([0.0, 10.0]), np.array([5.0, 5.0, 5.0, 5.0])
    number = window_counts(
        (0, 1, 0, 1, 0), (0, 0, 4, 0, 0), kind="number", edges=(0.0, 1.0, 9.0, 10.0)
    )
    uniform = np.concatenate([np.linspace(0, 1, 2001), np.linspace(9, 10, 2001)])
    middle = np.linspace(1, 9, 4002)
    exact = stats.wasserstein_distance(uniform, middle)
    assert measures.wasserstein(number).value == pytest.approx(exact, rel=1e-3)
    assert exact == pytest.approx(stats.wasserstein_distance(before, after), abs=2.6)


def test_jensen_shannon_equals_scipy():
    before, after = (500, 300, 100, 100), (100, 300, 500, 100)
    ours = measures.jensen_shannon(window_counts((*before, 0), (*after, 0)))
    assert ours.value == pytest.approx(jensenshannon(before, after, base=2))
    apart = measures.jensen_shannon(window_counts((10, 10, 0, 0), (0, 0, 0, 20)))
    assert apart.value == pytest.approx(1.0)


def test_chi_square_equals_scipy():
    before, after = (500, 300, 200), (40, 50, 60)
    ours = measures.chi_square(window_counts((*before, 0), (*after, 0)))
    exact = stats.chi2_contingency([before, after], correction=False)
    assert ours.p_value == pytest.approx(exact.pvalue)
    v = stats.contingency.association(np.array([before, after]), method="cramer")
    assert ours.value == pytest.approx(v)


def test_rare_categories_are_counted_together():
    score = measures.chi_square(window_counts((600, 390, 4, 3, 3), (600, 390, 0, 10, 0)))
    assert score.value == pytest.approx(0.0, abs=1e-12)
    assert score.p_value == pytest.approx(1.0)


def test_missing_by_hand():
    score = measures.missing_share(window_counts((950, 0), (80, 0), missing=(50, 20)))
    assert score.value == pytest.approx(0.2)
    assert score.excess == pytest.approx(0.15)
    exact = stats.fisher_exact([[20, 80], [50, 950]], alternative="greater")
    assert score.p_value == pytest.approx(exact.pvalue)
    less = measures.missing_share(window_counts((500, 0), (100, 0), missing=(500, 0)))
    assert less.p_value > 0.999


def test_two_missing_values_are_chance_unlike_in_a_normal_approximation():
    score = measures.missing_share(window_counts((1999, 0), (48, 0), missing=(1, 2)))
    exact = stats.fisher_exact([[2, 48], [1, 1999]], alternative="greater")
    assert score.p_value == pytest.approx(exact.pvalue)
    assert score.p_value > 1e-3


def test_many_missing_values_by_the_normal_approximation():
    million, present = 10**6, 9 * 10**6
    same = measures.missing_share(
        window_counts((present, 0), (present, 0), missing=(million, million))
    )
    assert same.p_value == 1
    more = window_counts((present, 0), (present - 3000, 0), missing=(million, million + 3000))
    both = (2 * million + 3000) / (20 * million)
    z = 3000 / 10**7 / math.sqrt(both * (1 - both) * 2 / 10**7)
    assert measures.missing_share(more).p_value == pytest.approx(stats.norm.sf(z))


def test_the_p_value_of_values_out_of_range_by_simulation():
    rng = np.random.default_rng(8)
    below = 0
    for _ in range(2000):
        before, after = rng.random(300), rng.random(100)
        out = int(((after < before.min()) | (after > before.max())).sum())
        score = measures.out_of_range(
            window_counts((0, 300, 0), (0, 100 - out, out), kind="number", edges=(0.0, 1.0))
        )
        below += score.p_value < 0.05
    assert below <= 0.05 * 2000
    far = measures.out_of_range(
        window_counts((0, 300, 0), (0, 80, 20), kind="number", edges=(0.0, 1.0))
    )
    assert far.p_value < 1e-9


def test_out_of_range_and_new_categories_by_hand():
    number = window_counts((0, 50, 50, 0), (5, 40, 40, 15), kind="number", edges=(0.0, 1.0, 2.0))
    assert measures.out_of_range(number).value == pytest.approx(0.2)
    known = window_counts((90, 0), (60, 40), uncertain=0.0)
    assert measures.new_categories(known).value == pytest.approx(0.4)
    exact = stats.fisher_exact([[40, 60], [0, 90]], alternative="greater")
    assert measures.new_categories(known).p_value == pytest.approx(exact.pvalue)
    partly = window_counts((90, 10), (60, 40), uncertain=10.0)  # a tenth was not listed either
    assert measures.new_categories(partly).value == pytest.approx(0.3)
    cut_off = window_counts((90, 10), (60, 40), uncertain=None)
    assert measures.new_categories(cut_off) is None


def words(**counts):
    return pd.DataFrame(
        {"x": [word for word, count_columns in counts.items() for _ in range(count_columns)]}
    )


@pytest.mark.parametrize(
    ("frame", "rows"),
    [
        (words(a=60, b=40), 0),
        (words(a=60, b=40, c=4), 4),  # c is not listed: a person's, maybe
        (words(a=60, b=40, c=4, d=6), 10),  # and had there been one row less, d were not
        (words(**{f"v{n}": 30 for n in range(50)}), 0),
        (words(**{f"v{n}": 30 for n in range(51)}), None),  # cut off at the 50 most frequent
        (words(**{f"v{n}": 30 for n in range(50)}, rare=3), 3),
    ],
)
def test_uncertain_rows_of_a_list_of_categories(frame, rows):
    (known,) = described(frame)
    assert known.uncertain_rows == rows


def test_rare_and_unknown_categories_are_tested_exactly():
    few = window_counts((1995, 5), (48, 2), uncertain=0.0)
    exact = stats.fisher_exact([[48, 2], [1995, 5]], alternative="less")
    assert measures.chi_square(few).p_value == pytest.approx(2 * exact.pvalue)
    assert measures.psi(few).p_value == pytest.approx(2 * exact.pvalue)
    three = window_counts((1000, 995, 5), (24, 24, 2), uncertain=0.0)
    assert measures.chi_square(three).p_value == pytest.approx(4 * exact.pvalue, rel=0.01)
    gone = window_counts((92, 8), (100_000, 0), uncertain=0.0)
    assert measures.chi_square(gone).p_value < 1e-9


@pytest.mark.parametrize("measure", DRIFT_MEASURES, ids=lambda m: m.name)
def test_every_measure_is_zero_without_change_and_none_without_rows(measure):
    for kind in measure.kinds:
        edges = (0.0, 1.0, 2.0, 3.0) if kind == "number" else ()
        counts = (0, 30, 40, 30, 0) if kind == "number" else (50, 30, 20, 0)
        empty = window_counts(counts, (0,) * len(counts), kind=kind, edges=edges)
        assert measure.function(empty) is None
        same = measure.function(window_counts(counts, counts, kind=kind, edges=edges))
        assert same.value == pytest.approx(0.0, abs=1e-9)
        assert same.p_value is None or same.p_value > 0.4


@pytest.mark.parametrize("measure", DRIFT_MEASURES, ids=lambda m: m.name)
def test_every_measure_names_its_source(measure):
    text = measure.function.__doc__
    assert "Source" in text


# -- many at once --------------------------------------------------------------


def test_benjamini_hochberg_equals_scipy():
    values = (np.random.default_rng(0).random(50) ** 3).tolist()
    assert adjust_p_values(values) == pytest.approx(stats.false_discovery_control(values))
    assert adjust_p_values([]) == []
    assert adjust_p_values([0.04]) == [0.04]


def test_without_drift_nothing_alarms_and_with_it_the_right_column_does():
    rng = np.random.default_rng(5)
    columns = []
    for number in range(40):
        after = rng.normal(1.5 if number == 7 else 0, 1, 400)
        window = binned(rng.normal(0, 1, 5000), after, bins=20)
        columns.append(
            WindowCounts(
                reference=ColumnReference(
                    name=f"x{number}",
                    logged="",
                    kind="number",
                    rows=5000,
                    missing=0,
                    edges=window.reference.edges,
                    values=(),
                    counts=window.reference.counts,
                    std=window.reference.std,
                ),
                start=START,
                stage="prod",
                rows=400,
                missing=0,
                counts=window.counts,
                beyond=window.beyond,
            )
        )
    findings = detect_drift("churn@1", columns)
    assert {f.column for f in findings if f.drifted} == {"x7"}
    assert {f.measure for f in findings if f.drifted} >= {"psi", "ks", "wasserstein", "js"}


def test_a_window_of_few_rows_does_not_drift():
    findings = detect_drift("churn@1", [window_counts((500, 500, 0), (0, 40, 0))])
    assert findings
    assert not any(f.drifted for f in findings)


# -- from profile and log ------------------------------------------------------


def logged(root, frame, **fields):
    with PredictionLog(root, "churn") as log:
        values = {name: frame[name].to_numpy() for name in frame}
        ids = [f"{fields.get('time', 0)}-{n}" for n in range(len(frame))]
        log.put(entry(id=ids, inputs=values, names=(), outputs=np.zeros(len(frame)), **fields))


def described(frame):
    inputs = tuple(Column(str(name), str(frame[name].dtype), (-1,)) for name in frame)
    return references(profile(frame), Signature(inputs))


def test_counts_equal_numpy_also_on_the_edges(root):
    """Whole numbers lie exactly on the edges of bins: none may slip to its neighbor."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "whole": rng.integers(0, 41, 3000),
            "tenths": rng.integers(0, 101, 3000) / 10,
            "months": rng.integers(1, 13, 3000),
            "normal": rng.normal(size=3000),
        }
    )
    logged(root, frame, time=START)
    with open_log(root, "churn") as log:
        for window in count_columns(log, "churn@1", described(frame), DAY):
            histogram = window.reference.counts[1:-1]
            assert window.counts == (0, *histogram, 0)
            assert window.beyond == 0


def test_windows_stages_and_versions_are_counted_separately(root):
    frame = pd.DataFrame({"age": np.arange(100.0)})
    logged(root, frame, time=START)
    logged(root, frame + 50, time=START + DAY)
    logged(root, frame + 1000, time=START + DAY, stage="canary")
    logged(root, frame, time=START, version="churn@2")
    with open_log(root, "churn") as log:
        found_ = count_columns(log, "churn@1", described(frame), DAY)
    assert [(f.start, f.stage, f.rows) for f in found_] == [
        (START, "prod", 100), (START + DAY, "canary", 100), (START + DAY, "prod", 100),
    ]  # fmt: skip
    assert found_[1].counts[-1] == 100
    assert found_[1].beyond == pytest.approx(sum(n + 1000 - 99 for n in range(100)))
    assert found_[2].counts[-1] == 50


def test_categories_booleans_missing_and_hostile_values(root):
    ugly = "o'brien\"; DROP TABLE x --"
    frame = pd.DataFrame(
        {
            "word": ["red"] * 60 + ["", ugly] * 15 + [None] * 10,
            "flag": [True, False] * 50,
            "in \"quotes'": ["a"] * 100,
        }
    )
    logged(root, frame, time=START)
    logged(root, frame.replace({ugly: "new"}), time=START + DAY)
    with open_log(root, "churn") as log:
        found_ = {
            (f.reference.name, f.start): f
            for f in count_columns(log, "churn@1", described(frame), DAY)
        }
    word = found_["word", START]
    assert dict(zip((*word.reference.values, None), word.counts, strict=True)) == {
        "red": 60, "": 15, ugly: 15, None: 0,
    }  # fmt: skip
    assert word.missing == 10
    assert found_["word", START + DAY].counts[-1] == 15
    assert found_["flag", START].counts == (50, 50, 0)
    assert found_["in \"quotes'", START].counts == (100, 0)
    findings = detect_drift("churn@1", list(found_.values()))
    assert {(f.column, f.start) for f in findings if f.measure == "new" and f.drifted} == {
        ("word", START + DAY)
    }


def test_booleans_logged_as_numbers_match_a_profile_of_booleans(root):
    frame = pd.DataFrame({"flag": [True] * 70 + [False] * 30})
    logged(root, frame.astype(float), time=START)
    with open_log(root, "churn") as log:
        (window,) = count_columns(log, "churn@1", described(frame), DAY)
    assert window.counts == (70, 30, 0)


def test_a_number_logged_as_text_counts_where_it_is_one(root):
    frame = pd.DataFrame({"age": np.arange(100.0)})
    logged(root, pd.DataFrame({"age": ["5", "oops", "7"]}), time=START)
    with open_log(root, "churn") as log:
        (window,) = count_columns(log, "churn@1", described(frame), DAY)
    assert (sum(window.counts), window.missing) == (2, 1)


def delayed(rng, rows, scale, late):
    """Minutes of delay: whole, mostly zero, now and then of many hours."""
    return np.floor(rng.exponential(scale, rows) ** 1.3) * (rng.random(rows) < late)


HEAVY = {
    "pareto": lambda rng, rows, x: rng.pareto(1.5, rows) * (1 + 0.5 * x),
    "very heavy": lambda rng, rows, x: rng.pareto(1.1, rows) * (1 + 0.5 * x),
    "lognormal": lambda rng, rows, x: rng.lognormal(0.4 * x, 2, rows),
    "both sides": lambda rng, rows, x: rng.standard_t(2, rows) * (1 + 0.4 * x),
    "delays": lambda rng, rows, x: delayed(rng, rows, 30 + 15 * x, 0.4 + 0.1 * x),
    "clipped": lambda rng, rows, x: np.minimum(rng.lognormal(0.4 * x, 2, rows), 50),
}


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_a_heavy_tail_is_measured_as_scipy_measures_the_raw_values(root, name, shift):
    rng = np.random.default_rng(2)
    before, after = HEAVY[name](rng, 20_000, 0.0), HEAVY[name](rng, 4000, shift)
    logged(root, pd.DataFrame({"x": after}), time=START)
    with open_log(root, "churn") as log:
        (window,) = count_columns(log, "churn@1", described(pd.DataFrame({"x": before})), DAY)
    by_measure = {f.measure: f for f in detect_drift("churn@1", [window])}
    ks = stats.ks_2samp(before, after).statistic
    assert by_measure["ks"].value == pytest.approx(ks, abs=0.01)
    assert by_measure["ks"].value <= ks + 1e-12
    distance = stats.wasserstein_distance(before, after) / before.std()
    assert by_measure["wasserstein"].value == pytest.approx(distance, rel=0.2, abs=0.01)
    cuts = np.unique(np.quantile(before, np.linspace(0, 1, 21), method="nearest"))
    edges = [-np.inf, *cuts[1:-1], np.inf]
    p, q = (np.histogram(some, edges)[0] / len(some) for some in (before, after))
    index = float(np.sum((q - p) * np.log(q / p)))
    assert by_measure["psi"].value == pytest.approx(index, rel=0.2, abs=0.005)
    assert by_measure["js"].value == pytest.approx(jensenshannon(p, q, base=2), abs=0.02)
    outside = np.mean((after < before.min()) | (after > before.max()))
    assert by_measure["range"].value == pytest.approx(outside)
    drifted = {f.measure for f in by_measure.values() if f.drifted}
    assert drifted >= {"ks"} if ks > 0.1 else not drifted or shift


def test_an_older_profile_has_quantiles_only():
    tail = np.random.default_rng(2).pareto(1.1, 5000)
    document = profile(pd.DataFrame({"tail": tail, "delays": np.floor(tail * 10)}))
    for column in document["columns"]:
        del column["bins"]
    inputs = tuple(Column(name, "float64", (-1,)) for name in ("tail", "delays"))
    tailed, delays = references(document, Signature(inputs))
    assert len(tailed.edges) == 11
    assert sum(tailed.counts) == pytest.approx(5000)
    assert len(delays.edges) == 21  # the share of a value that repeats is not known


def test_redacted_columns_are_named_and_not_evaluated(root):
    frame = pd.DataFrame({"age": np.arange(100.0), "gone": np.arange(100.0)})
    logged(root, frame[["age"]], time=START)
    with open_log(root, "churn") as log:
        assert unlogged_columns(log, described(frame)) == ["gone"]
        assert [f.reference.name for f in count_columns(log, "churn@1", described(frame), DAY)] == [
            "age"
        ]


@pytest.mark.parametrize(
    "column",
    [
        {"kind": "number", "missing": 0, "histogram": {"edges": [0, 1], "counts": [1, 2]}},
        {"kind": "number", "missing": 0, "histogram": {"edges": [1, 0], "counts": [1]}, "std": 1},
        {"kind": "number", "missing": 0, "std": 1,
         "histogram": {"edges": [0, float("inf")], "counts": [1]}},
        {"kind": "number", "missing": 0, "std": 1, "histogram": {"edges": [0, 1], "counts": [-1]}},
        {"kind": "number", "missing": 0, "std": 1, "histogram": "DROP TABLE"},
        {"kind": "number", "missing": 0, "std": 1, "bins": {"edges": [0, 0, 1], "counts": [1, 1]},
         "histogram": {"edges": [0, 1], "counts": [2]}},
        {"kind": "number", "missing": 0, "std": 1, "bins": "fine",
         "histogram": {"edges": [0, 1], "counts": [2]}},
        {"kind": "category", "missing": 0, "top": [[["a"], 1]]},
        {"kind": "category", "missing": 0, "top": [["a", "many"]]},
        {"kind": "category", "missing": 0, "top": [["a", 1], ["a", 1]]},
        {"kind": "category", "missing": -1, "top": []},
        {"kind": "category", "missing": 0},
    ],
)  # fmt: skip
def test_an_invalid_profile_is_left_out(column):
    document = {"rows": 10, "columns": [{"name": "x", **column}]}
    assert references(document, Signature((Column("x", "float64", (-1,)),))) == []


def test_outputs_are_compared_with_their_first_window(root):
    rng = np.random.default_rng(4)
    with PredictionLog(root, "churn") as log:
        for day, shift in enumerate((0.0, 0.0, 0.4)):
            p = np.clip(rng.random(500) * 0.6 + shift, 0, 1)
            log.put(
                entry(
                    id=f"d{day}", time=START + day * DAY, inputs=np.zeros((500, 2)),
                    outputs=np.column_stack([1 - p, p]), method="predict_proba",
                )
            )  # fmt: skip
    with open_log(root, "churn") as log:
        findings = detect_drift("churn@1", output_counts(log, "churn@1", DAY))
    assert {f.column for f in findings} == {"out.predict_proba.1"}
    assert {f.start for f in findings if f.drifted and f.measure == "psi"} == {START + 2 * DAY}
