"""The table of targets of both forms of the campaign."""

from __future__ import annotations

import tempfile
import warnings
from importlib import import_module
from pathlib import Path

from tests.fuzzing.target import Prepared, Target, outcome

_TRUST = ("nbmodel.trust", "nbmodel.flavors")
_TEXTS = (
    "nbmodel.display", "nbmodel.documents", "nbmodel.index", "nbmodel.manifest", "nbmodel.monitor",
    "nbmodel.predict", "nbmodel.provenance", "nbmodel.refs", "nbmodel.repo", "nbmodel.versioning",
    "nbmodel.views",
)  # fmt: skip

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target("ubj", "XGBoost snapshots", "boosters:xgboost", _TRUST, 1 << 15),
        Target("lightgbm", "LightGBM model texts", "boosters:lightgbm", _TRUST),
        Target("torch", "tensors over storages", "tensors:torch", _TRUST),
        Target("keras", "the parts of .keras", "tensors:keras", ("nbmodel", "keras.src.saving")),
        Target(
            "parquet",
            "parts of a prediction log",
            "logs:parquet",
            ("nbmodel.monitor",),
            short_count=10,
        ),
        Target("notes", "git notes of a version", "documents:version_notes", _TEXTS),
        Target("manifest", "model.json", "documents:manifest", _TEXTS),
        Target("profile", "profile.json", "documents:data_profile", _TEXTS),
        Target("acceptance", "acceptance.json", "documents:acceptance", _TEXTS, 1 << 15),
    )
}


def prepare(target: Target) -> Prepared:
    """Import and fit what a target needs; its files are in the current folder."""
    warnings.simplefilter("ignore")
    folder = Path.cwd() / "tmp"
    folder.mkdir(exist_ok=True)
    tempfile.tempdir = str(folder)
    module, _, name = target.prepare.partition(":")
    prepared: Prepared = getattr(import_module(f"tests.fuzzing.{module}"), name)()
    return prepared


def reproduce(name: str, data: bytes) -> None:
    """Read one input in this process, and print the outcome."""
    import os

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        print(name, outcome(prepare(TARGETS[name]), data))
