"""Status: the content decides whether a model changed, and odd objects do not stop it."""

from __future__ import annotations

import gc
import json
import weakref

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from traitlets.config import Config

import nbmodel
from nbmodel.magics import load, unload
from nbmodel.provenance.notebook import session
from nbmodel.versioning.verbs import status as status_module
from nbmodel.versioning.verbs.status import status

X, Y = make_classification(200, random_state=0)


@pytest.fixture
def shell(project, monkeypatch):
    """A shell with the extension in a new registry; cells run as in a kernel."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.chdir(project)
    made = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    load(made)
    made.user_ns.update(X=X, Y=Y, LogisticRegression=LogisticRegression, SGD=SGDClassifier)
    yield made
    unload(made)


def run(shell, source):
    result = shell.run_cell(source, store_history=True)
    assert result.success, result
    return result.result


def states(shell):
    return {m.variable: (m.state, m.ref) for m in status(session.current()).models}


def test_the_state_follows_commits_and_changes(shell):
    run(shell, "clf = LogisticRegression().fit(X, Y)")
    assert states(shell) == {"clf": ("new", "")}
    run(shell, "%model_commit clf --name churn")
    assert states(shell) == {"clf": ("committed", "churn@1")}
    run(shell, "clf.C = 2.0")
    assert states(shell) == {"clf": ("changed", "churn@1")}
    run(shell, "clf.C = 1.0")
    assert states(shell) == {"clf": ("committed", "churn@1")}
    run(shell, "clf = LogisticRegression(C=0.5).fit(X, Y)")
    assert states(shell) == {"clf": ("changed", "churn@1")}
    run(shell, "%model_commit clf")
    assert states(shell) == {"clf": ("committed", "churn@2")}


def test_the_content_decides_the_state_and_not_the_cells(shell):
    run(shell, "clf = SGD(random_state=0).fit(X, Y)\n%model_commit clf")
    run(shell, "clf.predict(X)")
    run(shell, "clf = SGD(random_state=0).fit(X, Y)")
    assert states(shell)["clf"] == ("committed", "clf@1")
    run(shell, "def train():\n    clf.partial_fit(X[:9], Y[:9])")
    run(shell, "alias = [clf]")
    assert states(shell)["clf"][0] == "committed"
    run(shell, "train()")
    assert states(shell)["clf"][0] == "changed"


def test_a_change_in_the_running_cell_is_noticed_by_the_next_status(shell):
    run(shell, "clf = SGD(random_state=0).fit(X, Y)\n%model_commit clf")
    run(shell, "found = get_ipython().run_line_magic('model_status', '')\nclf.partial_fit(X, Y)")
    assert [m.state for m in shell.user_ns["found"].models] == ["committed"]
    assert states(shell)["clf"][0] == "changed"


def test_models_checked_out_by_magic_or_api_are_recognized(shell):
    run(shell, "clf = LogisticRegression().fit(X, Y)\n%model_commit clf --name churn")
    run(shell, "del clf\n%model_checkout churn@1 --as old")
    assert states(shell) == {"old": ("committed", "churn@1")}
    run(shell, "old.C = 3")
    assert states(shell) == {"old": ("changed", "churn@1")}
    run(shell, "import nbmodel\nother = nbmodel.checkout('churn')")
    assert states(shell)["other"] == ("committed", "churn@1")
    run(shell, "other.C = 3")
    assert states(shell)["other"] == ("changed", "churn@1")


def test_a_change_outside_of_arrays_counts(shell):
    words = CountVectorizer().fit(["a red car", "a blue car"])
    run(shell, "1")
    shell.user_ns["words"] = words
    run(shell, "%model_commit words")
    run(shell, "words.fit(['another thing', 'and more'])")
    assert states(shell)["words"] == ("changed", "words@1")


class Strange:
    """Raises at every turn."""

    __module__ = "sklearn.strange"
    fit = get_params = None

    def __init__(self):
        self.__dict__["coef_"] = 1

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __reduce_ex__(self, protocol):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None


class Spoof:
    __module__ = "keras.models"


class Slots(LogisticRegression):
    @property
    def __dict__(self):  # type: ignore[override]
        raise RuntimeError("no")


def test_only_fitted_models_are_listed_and_odd_objects_raise_nothing(shell):
    fitted = StandardScaler().fit(X)
    shell.user_ns.update(
        strange=Strange(), spoof=Spoof(), slots=Slots(), kind=LogisticRegression, data=X,
        unfitted=LogisticRegression(), half=make_pipeline(fitted, LogisticRegression()),
        whole=make_pipeline(fitted, LogisticRegression()).fit(X, Y), _hidden=fitted,
        scaler=fitted, same=fitted, plot=ConfusionMatrixDisplay(np.eye(2)), items=[fitted],
    )  # fmt: skip
    models = states(shell)
    assert set(models) == {"strange", "whole", "scaler"}
    assert models["strange"] == ("new", "")
    assert isinstance(str(run(shell, "%model_status")), str)


def test_boosters_modules_and_keras_models_are_found(shell, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    import keras
    import lightgbm
    import torch
    import xgboost

    data = xgboost.DMatrix(X, Y)
    shell.user_ns.update(
        booster=xgboost.train({}, data, 2), data=data, unfitted=xgboost.XGBClassifier(),
        wrapper=xgboost.XGBClassifier(n_estimators=2).fit(X, Y), loss=torch.nn.MSELoss(),
        light=lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, Y),
        net=torch.nn.Sequential(torch.nn.Linear(3, 2)), tensor=torch.ones(3),
        deep=keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)]),
        layer=keras.layers.Dense(2),
    )  # fmt: skip
    assert set(states(shell)) == {"booster", "wrapper", "light", "net", "deep"}
    for name in ("booster", "wrapper", "light", "net", "deep"):
        run(shell, f"%model_commit {name}")
    assert {state for state, _ in states(shell).values()} == {"committed"}
    run(shell, "import torch\nwith torch.no_grad():\n    net[0].weight += 1")
    run(shell, "deep.set_weights([w + 1 for w in deep.get_weights()])")
    changed = {name for name, (state, _) in states(shell).items() if state == "changed"}
    assert changed == {"net", "deep"}


def test_a_large_object_is_judged_by_the_cells_and_says_so(shell, monkeypatch):
    monkeypatch.setattr(status_module, "MAX_HASHED_BYTES", 100)
    monkeypatch.setattr("nbmodel.versioning.payload.MAX_HASHED_BYTES", 100)
    run(shell, "clf = LogisticRegression().fit(X, Y)")
    run(shell, "%model_commit clf")
    run(shell, "y = 1")
    assert states(shell)["clf"] == ("committed", "clf@1")
    run(shell, "clf.fit(X, Y)")
    result = status(session.current())
    assert (result.models[0].state, result.models[0].certain) == ("changed", False)
    assert "perhaps changed" in str(result)


def test_a_costly_digest_is_kept_until_a_cell_touches_the_variable(shell, monkeypatch):
    monkeypatch.setattr(status_module, "SLOW_DIGEST_SECONDS", -1.0)
    dumps = []
    dump = status_module.dump
    monkeypatch.setattr(status_module, "dump", lambda obj: dumps.append(obj) or dump(obj))
    run(shell, "clf = LogisticRegression().fit(X, Y)")
    states(shell)
    run(shell, "y = 1")
    states(shell)
    assert len(dumps) == 1
    run(shell, "def f():\n    clf.C = 7\nf()")
    states(shell)
    assert len(dumps) == 2


def test_status_holds_no_reference_to_a_model(shell):
    shell.user_ns["clf"] = RandomForestClassifier(2).fit(X, Y)
    gone = weakref.ref(shell.user_ns["clf"])
    states(shell)
    del shell.user_ns["clf"]
    gc.collect()
    assert gone() is None


def test_the_status_that_jupyterlab_requests(shell):
    status = json.loads(nbmodel.kernel_status())
    assert status["models"] == []
    assert status["registry"].endswith(".git")
    run(shell, "clf = LogisticRegression().fit(X, Y)\n%model_commit clf --branch main")
    [model] = json.loads(nbmodel.kernel_status())["models"]
    assert model == {
        "variable": "clf", "type": "sklearn.linear_model._logistic.LogisticRegression",
        "summary": "LogisticRegression", "model": "clf", "branch": "main", "state": "committed",
        "ref": "clf@1", "certain": True,
    }  # fmt: skip


def test_without_the_extension_no_model_is_listed():
    nothing = {"registry": None, "models": [], "metrics": {}, "data": []}
    assert json.loads(nbmodel.kernel_status()) == nothing
