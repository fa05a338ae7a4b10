"""A stranger's models: what it costs to hold every attribute against the rules of its class."""

from __future__ import annotations

import pickle
import shutil
import time
import warnings
from typing import Any

from benchmarks import models
from benchmarks.measurements import Line
from benchmarks.runner import Bench
from nbmodel.flavors.pickling import dump
from nbmodel.trust.loader import load_untrusted
from tests.estimators import fitted_estimators

Parts = tuple[bytes, list[bytearray]]


class Foreign:
    """Holds every estimator of scikit-learn, and a forest of 80 MB, taken apart."""

    def __init__(self, folder: str) -> None:
        warnings.simplefilter("ignore")
        self.estimators = [_apart(fitted) for _, fitted, _, _ in fitted_estimators()]
        self.forest = [_apart(models.forest())]
        self.checked("estimators")

    def checked(self, what: str) -> list[float]:
        """Load as a stranger's."""
        begin = time.perf_counter()
        for skeleton, buffers in getattr(self, what):
            load_untrusted(skeleton, [memoryview(buffer) for buffer in buffers], "model@1")
        return [time.perf_counter() - begin]

    def trusted(self, what: str) -> list[float]:
        """Load as one's own."""
        begin = time.perf_counter()
        for skeleton, buffers in getattr(self, what):
            pickle.loads(skeleton, buffers=[memoryview(buffer) for buffer in buffers])
        return [time.perf_counter() - begin]


def _apart(model: Any) -> Parts:
    parts = dump(model)
    return parts.skeleton, [bytearray(buffer) for buffer in parts.buffers]


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("foreign")
    with bench.worker("benchmarks.groups.foreign:Foreign", folder=folder) as ours:
        estimators, forest = (
            bench.in_turn(
                10,
                ours=lambda what=what: ours.call("checked", what=what),
                theirs=lambda what=what: ours.call("trusted", what=what),
            )
            for what in ("estimators", "forest")
        )
    shutil.rmtree(folder, ignore_errors=True)
    return [
        Line("foreign-estimators", "every scikit-learn estimator: load as a stranger's", "s",
             estimators["ours"], "the same as one's own", estimators["theirs"]),
        Line("foreign-forest", "forest of 80 MB: load as a stranger's", "s", forest["ours"],
             "the same as one's own", forest["theirs"], target=2.0),
    ]  # fmt: skip
