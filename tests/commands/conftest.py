"""The model that the tests of the verbs use; each test starts without settings."""

from __future__ import annotations

import pytest

from nbmodel import api
from nbmodel.config import NbModel
from tests.versioning.conftest import data, pipeline

__all__ = ["data", "pipeline"]


@pytest.fixture(autouse=True)
def nothing_stays_configured():
    """Some tests run shell commands in this process, whose ``--repo`` would stay set."""
    yield
    NbModel.clear_instance()
    while api._opened:
        api._opened.popitem()[1].close()
