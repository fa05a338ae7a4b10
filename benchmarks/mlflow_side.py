"""MLflow's side: runs in its own environment, with a SQLite store and files beside it."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import mlflow.sklearn

from benchmarks import models

METRICS = {"auc": 0.987}


def _store(folder: Path) -> str:
    return f"sqlite:///{folder}/mlflow.db"


class MlflowWriter:
    """Writes a folder that ``mlflow models serve`` takes."""

    def save(self, folder: str) -> None:
        """save_model with an input example, as its docs show: the signature comes from it."""
        x, y = models.breast_cancer()
        rows = x.to_numpy()
        mlflow.sklearn.save_model(models.pipeline_of(rows, y), folder, input_example=rows[:2])


class MlflowReader:
    """Loads in a process that logged nothing."""

    def __init__(self, folder: str) -> None:
        mlflow.set_tracking_uri(_store(Path(folder)))

    def load(self, uri: str) -> list[float]:
        """load_model."""
        begin = time.perf_counter()
        mlflow.sklearn.load_model(uri)
        return [time.perf_counter() - begin]


class MlflowSide:
    """Logs and loads scikit-learn models inside one run.

    Parameters
    ----------
    folder : str
        For its database and files.
    """

    def __init__(self, folder: str) -> None:
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(_store(place))
        artifacts = (place / "artifacts").as_uri()
        mlflow.set_experiment(
            experiment_id=mlflow.create_experiment("bench", artifact_location=artifacts)
        )
        mlflow.start_run()
        self.requirements = [
            f"{name}=={version(name)}" for name in ("scikit-learn", "numpy", "cloudpickle")
        ]
        self.uri = ""

    # -- the small model -------------------------------------------------------

    def log_pipeline(self, times: int, pinned: bool) -> list[float]:
        """log_model of newly fitted pipelines, with or without requirements given by hand."""
        options = {"pip_requirements": self.requirements} if pinned else {}
        return [self._log(models.pipeline(1.0 + n), options) for n in range(times)]

    # -- the forest ------------------------------------------------------------

    def fit_forest(self) -> None:
        """Make the forest."""
        self.forest = models.forest()

    def log_forest(self) -> list[float]:
        """log_model as it can take a forest: by cloudpickle, requirements given by hand."""
        options = {"pip_requirements": self.requirements, "serialization_format": "cloudpickle"}
        return [self._log(self.forest, options)]

    # -- both ------------------------------------------------------------------

    def load(self, times: int) -> list[float]:
        """load_model of what was logged last."""
        seconds = []
        for _ in range(times):
            begin = time.perf_counter()
            mlflow.sklearn.load_model(self.uri)
            seconds.append(time.perf_counter() - begin)
        return seconds

    def last(self) -> str:
        """Where what was logged last is."""
        return self.uri

    def _log(self, model: Any, options: dict[str, Any]) -> float:
        begin = time.perf_counter()
        logged = mlflow.sklearn.log_model(model, name="model", **options)
        mlflow.log_metrics(METRICS, model_id=logged.model_id)
        seconds = time.perf_counter() - begin
        self.uri = logged.model_uri
        return seconds
