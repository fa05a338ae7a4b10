"""An index over a real repository, and functions that read all of it."""

from __future__ import annotations

import pytest

from nbmodel.index import Index
from tests.index.dump import dump


@pytest.fixture
def index(bare_repo, tmp_path):
    opened = Index(tmp_path / "cache" / "deep" / "index.sqlite", bare_repo.git)
    yield opened
    opened.close()


@pytest.fixture
def compare(index, bare_repo, tmp_path):
    """Refresh, and compare with an index made from nothing; returns the versions."""

    def run():
        index.refresh()
        fresh = Index(tmp_path / f"fresh-{bare_repo.tick()}", bare_repo.git)
        fresh.refresh()
        assert dump(index) == dump(fresh)
        fresh.close()
        return index.list(all_versions=True)

    return run
