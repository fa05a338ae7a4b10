"""Evidently's side: runs in its own environment, and reads the Parquet that nbmodel logged."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

INPUT = "in."  # before the names of inputs in the log
# One test a column, which Evidently chooses by itself from 1,000 rows on: Wasserstein's
# distance and Jensen-Shannon's; or those that nbmodel's report makes of each column.
TESTS = {
    "default": [{}],
    "all": [{}, {"method": "psi"}, {"num_method": "ks", "cat_method": "chisquare"}],
}


class Evidently:
    """Compares what was logged with what the model was trained on.

    Parameters
    ----------
    log : str
        Folder with parts of predictions.
    reference : str
        A Parquet file.
    """

    def __init__(self, log: str, reference: str) -> None:
        self.log = Path(log)
        self.reference = Path(reference)

    def report(self, tests: str) -> list[float]:
        """From the files to the numbers; some of `TESTS`."""
        begin = time.perf_counter()
        reference = pd.read_parquet(self.reference)
        columns = [f"{INPUT}{name}" for name in reference]
        current = pd.read_parquet(self.log, columns=columns).set_axis(reference.columns, axis=1)
        numbers = reference.select_dtypes("number").columns
        definition = DataDefinition(
            numerical_columns=list(numbers),
            categorical_columns=[name for name in reference if name not in numbers],
        )
        snapshot = Report([DataDriftPreset(**options) for options in TESTS[tests]]).run(
            Dataset.from_pandas(current, data_definition=definition),
            Dataset.from_pandas(reference, data_definition=definition),
        )
        figures = snapshot.dict()["metrics"]
        seconds = time.perf_counter() - begin
        if len(figures) < len(columns):
            raise RuntimeError(
                f"Evidently returned {len(figures)} figures of {len(columns)} columns"
            )
        return [seconds]
