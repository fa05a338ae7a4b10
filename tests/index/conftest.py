"""An index over a real repository, and ways to look at all of it."""

from __future__ import annotations

import pytest

from nbmodel.index import Index


@pytest.fixture
def index(bare_repo, tmp_path):
    opened = Index(tmp_path / "cache" / "deep" / "index.sqlite", bare_repo.git)
    yield opened
    opened.close()
