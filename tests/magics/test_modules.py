"""A model whose class is in a file of the project: the file changes, and the kernel restarts."""

from __future__ import annotations

import shutil

import pytest

from tests.fixtures.kernels import Kernel
from tests.fixtures.projects import make_project
from tests.fixtures.servers import serving

SCALE = """
from sklearn.base import BaseEstimator, RegressorMixin

FACTOR = {factor}

class Scale(RegressorMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_features_in_ = 1
        return self

    def predict(self, X):
        from steps import shift
        return [shift(row[0] * FACTOR) for row in X]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A notebook's folder in which an earlier kernel committed a version."""
    folder = make_project(tmp_path_factory.mktemp("with modules ü"))
    (folder / "scale.py").write_text(SCALE.format(factor=2))
    (folder / "steps.py").write_text("def shift(x): return x + 1\n")
    with Kernel(folder) as author:
        author.run("from scale import Scale\nmodel = Scale().fit([[1]])")
        author.result("%model_commit model")
        assert author.result("model.predict([[3]])") == "[7]"
    return folder


@pytest.fixture
def kernel(folder):
    with Kernel(folder) as running:
        yield running


def test_a_loaded_version_predicts_as_at_commit_after_its_file_changed(folder, kernel):
    (folder / "scale.py").write_text(SCALE.format(factor=50))
    kernel.run("import scale")
    kernel.result("%model_checkout model@1 --as old")
    assert kernel.result("old.predict([[3]])") == "[7]"
    assert kernel.result("scale.Scale().predict([[3]])") == "[151]"
    kernel.run("model = scale.Scale().fit([[1]])")
    kernel.result("%model_commit model")
    assert "-FACTOR = 2\n+FACTOR = 50" in kernel.result("%model_diff model@1 model@2")
    assert "def shift(x)" in kernel.result("%model_show model@1 --modules")
    assert kernel.result("old.predict([[3]])") == "[7]"


def test_a_server_needs_neither_the_folder_nor_the_file(folder, tmp_path, monkeypatch):
    for name in ("scale.py", "steps.py"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    monkeypatch.chdir(tmp_path)
    with serving(folder, "model@1", log=tmp_path / "log") as client:
        answer = client.ask("/predict/model", [[3.0], [4.0]])
        assert (answer.status, answer.json["predict"]) == (200, [7.0, 9.0])
