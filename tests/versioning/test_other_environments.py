"""Acceptance rows of models of an older scikit-learn, scored under the installed one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import nbmodel
from benchmarks import peers
from nbmodel.errors import LoadFailed

HERE = Path(__file__).resolve()
pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def registry(isolated_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("older")
    subprocess.run(
        [peers.older_scikit_learn(), HERE.parent / "older_commit.py", folder],
        check=True, env=dict(os.environ, PYTHONPATH=str(HERE.parents[2])),
    )  # fmt: skip
    with nbmodel.open(folder) as opened:
        yield opened


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("name", ["linear", "forest", "texts"])
def test_a_model_predicts_the_same_under_another_release(registry, name):
    checked = registry.verify_acceptance(name)
    assert checked.acceptance.count == 32
    assert any("1.5.2 at commit" in change for change in checked.changes)
    assert bool(checked), str(checked)
    assert "same answers as at commit" in str(checked)


def test_a_model_that_cannot_be_built_names_the_release_that_made_it(registry):
    """A ColumnTransformer of 1.5 holds a class that scikit-learn removed later."""
    with pytest.raises(LoadFailed, match=r"made with .*scikit-learn 1\.5\.2"):
        registry.verify_acceptance("columns")
