"""The variables that a commit dialog offers as metrics and as data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from nbmodel.provenance.notebook.candidates import (
    MAX_METRICS,
    data_candidates,
    metric_candidates,
)


def test_numbers_with_a_fraction_are_metrics():
    namespace = {
        "acc": 0.93, "auc": np.float64(0.9), "small": np.float32(0.5), "n": 3, "flag": True,
        "bad": float("nan"), "far": float("inf"), "_hidden": 0.5, "text": "0.5",
    }  # fmt: skip
    assert metric_candidates(namespace) == {"acc": 0.93, "auc": 0.9, "small": 0.5}


def test_the_newest_metrics_are_offered():
    namespace = {f"m{number}": number + 0.5 for number in range(50)}
    assert list(metric_candidates(namespace))[-1] == "m49"
    assert len(metric_candidates(namespace)) == MAX_METRICS


def test_tables_are_data():
    namespace = {
        "X": pd.DataFrame({"a": [1]}), "grid": np.zeros((2, 2)), "line": np.zeros(2),
        "arrow": pa.table({"a": [1]}), "kind": pd.DataFrame, "_X": pd.DataFrame(),
        "y": pd.Series([1]),
    }  # fmt: skip
    assert data_candidates(namespace) == ["X", "grid", "arrow"]


def test_the_code_of_another_class_with_the_same_name_does_not_run():
    class DataFrame:
        @property
        def shape(self):
            raise AssertionError("asked")

    assert data_candidates({"trap": DataFrame()}) == []
