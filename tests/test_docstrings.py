"""The examples in docstrings run, and every public verb has one."""

from __future__ import annotations

import doctest
import importlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

import nbmodel
from nbmodel import api, monitor
from nbmodel.config import NbModel
from tests.fixtures.projects import git

PACKAGE = Path(nbmodel.__file__).parent
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [module_of(p) for p in sorted(PACKAGE.rglob("*.py")) if ">>> " in p.read_text()]
TESTS = [
    test
    for name in MODULES
    for test in doctest.DocTestFinder().find(importlib.import_module(name))
    if test.examples
]
VERBS = [getattr(nbmodel.Registry, name) for name in dir(nbmodel.Registry) if name[0] != "_"]
PUBLIC: list[Callable[..., Any]] = [
    *(verb for verb in VERBS if callable(verb) and verb.__name__ != "close"),
    nbmodel.open,
    nbmodel.clone,
    nbmodel.load_folder,
    api.default_registry,
    api.choose_registry,
    api.kernel_status,
    monitor.log,
    monitor.label,
    monitor.monitor,
    monitor.distribution,
    monitor.allow,
]


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> dict[str, Any]:
    """A registry with ``iris@1`` and ``iris@2``, which holds ``prod``; the model and its data."""
    folder = tmp_path_factory.mktemp("examples") / "template"
    folder.mkdir()
    X, y = load_iris(return_X_y=True, as_frame=True)
    X = X.set_axis(["sepal_length", "sepal_width", "petal_length", "petal_width"], axis=1)
    with nbmodel.open(folder, create=True) as registry:
        for C, accuracy in ((0.1, 0.94), (1.0, 0.96)):
            clf = LogisticRegression(C=C, max_iter=500).fit(X, y)
            metrics = {"accuracy": accuracy}
            ref = registry.commit(clf, "iris", f"C={C}", metrics=metrics, data=X).version.ref
            registry.promote(ref, "prod")
    key = folder.parent / "key"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(words, check=True)
    return {"folder": folder, "clf": clf, "X": X, "y": y, "key": key}


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_an_example_gives_what_it_shows(template, test, tmp_path, monkeypatch):
    folder = tmp_path / "registry"
    shutil.copytree(template["folder"], folder)
    backup = tmp_path / "backup.git"
    git(tmp_path, "init", "--quiet", "--bare", str(backup))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NBMODEL_LOG", str(tmp_path / "log"))
    monkeypatch.setattr(NbModel.instance(), "signing_key", str(template["key"]))
    shown: list[str] = []
    chosen = NbModel.instance().repo
    try:
        with nbmodel.open(folder) as registry:
            test.globs.update(template, nbmodel=nbmodel, registry=registry, backup=str(backup))
            failed, _ = doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=shown.append)
    finally:
        NbModel.instance().repo = chosen
        for opened in api._opened.values():
            opened.close()
        api._opened.clear()
    assert failed == 0, "".join(shown)


def documented(function: Callable[..., Any], section: str) -> bool:
    return section in map(str.strip, (function.__doc__ or "").splitlines())


@pytest.mark.parametrize("function", PUBLIC, ids=lambda function: function.__qualname__)
def test_a_public_function_has_an_example(function):
    assert documented(function, "Examples")
    if function.__annotations__["return"] != "None":
        assert documented(function, "Returns")
