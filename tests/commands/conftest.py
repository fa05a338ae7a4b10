"""The registries of the verbs' own tests; what a command configures ends with its test."""

from __future__ import annotations

import pytest

from nbmodel import api
from nbmodel.config import NbModel
from tests.versioning.conftest import data, pipeline, project, registry

__all__ = ["data", "pipeline", "project", "registry"]


@pytest.fixture(autouse=True)
def nothing_stays_configured():
    """Some run the shell's commands in this process: ``--repo`` would go on to other files."""
    yield
    NbModel.clear_instance()
    while api._opened:
        api._opened.popitem()[1].close()
