"""Registries to measure in: a user's repository with a notebook in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import nbmodel
from nbmodel import Registry

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


def fresh(path: Path) -> Registry:
    """An empty registry in a new git repository with one commit; what was there goes."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    (path / "train.ipynb").write_text(NOTEBOOK)
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "A notebook")):
        subprocess.run(["git", *words], cwd=path, check=True)
    return nbmodel.open(path)


def opened(path: Path) -> Registry:
    """The registry that `fresh` made."""
    return nbmodel.open(path)


def stored_bytes(registry: Registry) -> int:
    """Bytes of all segments that the registry holds."""
    objects = registry.path / "lfs" / "objects"
    return sum(path.stat().st_size for path in objects.rglob("*") if path.is_file())
