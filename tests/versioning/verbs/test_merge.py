"""Merge: which versions are combined, what is recorded, and what is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from torch import nn

import nbmodel
from nbmodel import manifest
from nbmodel.errors import (
    AlreadyExists,
    CannotMerge,
    InvalidValue,
    LostRace,
    ManifestInvalid,
    NotFound,
    ReadOnlyRegistry,
    Untrusted,
)
from tests.fixtures.projects import git

RNG = np.random.default_rng(3)
X = pd.DataFrame(RNG.normal(size=(300, 3)), columns=["age", "income", "größe"])
Y = np.where(X.age + X.income > 0, "stays", "leaves")
NUMBERS = X.age * 3 - X.income
MAIN = "refs/heads/models/churn/main"


def fitted(start, stop):
    return LogisticRegression().fit(X[start:stop], Y[start:stop])


@pytest.fixture
def members(registry):
    """``churn@1``, from which ``churn:exp`` and ``churn:eu`` were developed."""
    models = {"main": fitted(0, 60), "exp": fitted(60, 160), "eu": fitted(160, 300)}
    rows = {"exp": X[60:160], "eu": X[160:300]}
    registry.commit(models["main"], "churn", "first", data=X[:60], variable="clf")
    for branch, data in rows.items():
        registry.branch("churn", branch)
        registry.commit(models[branch], "churn", branch=branch, data=data)
    return models


def manifest_of(project, ref=MAIN):
    return json.loads(git(project, "show", f"{ref}:model.json"))


def tips(project):
    return git(project, "for-each-ref", "--format=%(refname) %(objectname)")


# -- what is combined ----------------------------------------------------------------


def test_the_sources_are_averaged_and_all_are_parents(registry, project, members):
    before = git(project, "rev-parse", MAIN, "models/churn/exp", "models/churn/eu").split()
    done = registry.merge("churn:exp", "churn:eu", into="churn", how="average")
    assert done.version.ref == "churn@3"
    assert git(project, "rev-list", "--parents", "-1", MAIN).split()[1:] == before
    assert [member.ref for member in done.members] == ["churn:exp@2", "churn:eu@2"]
    model = registry.checkout("churn")
    exact = (members["exp"].coef_ + members["eu"].coef_) / 2
    np.testing.assert_allclose(model.coef_, exact, rtol=1e-14)
    assert model.classes_.tolist() == ["leaves", "stays"]
    assert model.feature_names_in_.tolist() == list(X.columns)
    git(project, "fsck", "--strict")
    assert not registry.verify().findings


def test_a_branch_that_went_on_is_a_member_too(registry, members):
    registry.commit(fitted(0, 100), "churn", "more rows")
    done = registry.merge("churn:exp", into="churn", how="average", weights=[1, 3])
    assert [member.ref for member in done.members] == ["churn@2", "churn:exp@2"]
    exact = 0.25 * fitted(0, 100).coef_ + 0.75 * members["exp"].coef_
    np.testing.assert_allclose(registry.checkout("churn").coef_, exact, rtol=1e-14)


def test_weights_by_the_rows_of_each_member(registry, project, members):
    done = registry.merge("churn:exp", "churn:eu", into="churn", how="average", weights="samples")
    assert done.weights == pytest.approx((100 / 240, 140 / 240))
    exact = np.average([members["exp"].coef_, members["eu"].coef_], axis=0, weights=[100, 140])
    np.testing.assert_allclose(registry.checkout("churn").coef_, exact, rtol=1e-14)
    recorded = manifest_of(project)["merge"]
    assert recorded["method"] == "average"
    assert [m["weight"] for m in recorded["members"]] == list(done.weights)


def test_ours_and_theirs_keep_an_object_bit_for_bit(registry, project, members):
    ours = registry.merge("churn:exp", into="churn", how="ours")
    assert (registry.checkout("churn").coef_ == members["main"].coef_).all()
    assert [member.ref for member in ours.members] == ["churn@1"]
    theirs = registry.merge("churn:eu", into="churn", how="theirs")
    assert (registry.checkout("churn").coef_ == members["eu"].coef_).all()
    assert theirs.version.number == 4
    assert git(project, "rev-list", "--count", MAIN).strip() == "5"


def test_a_function_of_the_user_gets_the_fitted_members(registry, project, members):
    def best(models):
        return max(models, key=lambda model: model.score(X, Y))

    registry.merge("churn:exp", "churn:eu", into="churn", how=best)
    assert manifest_of(project)["merge"]["method"] == "best"
    expected = best([members["exp"], members["eu"]])
    assert (registry.checkout("churn").coef_ == expected.coef_).all()


def test_a_torch_model_comes_back_as_its_average(registry):
    torch.manual_seed(0)
    models = [nn.Sequential(nn.Linear(64, 300), nn.BatchNorm1d(300)) for _ in range(3)]
    models[2](torch.randn(8, 64))  # one batch: its counter is 1
    registry.commit(models[0], "net")
    for branch, model in zip(("a", "b"), models[1:], strict=True):
        registry.branch("net", branch)
        registry.commit(model, "net", branch=branch)
    registry.merge("net:a", "net:b", into="net", how="average")
    mean = registry.checkout("net")
    for name, value in mean.state_dict().items():
        values = [model.state_dict()[name].double().numpy() for model in models[1:]]
        if name.endswith("num_batches_tracked"):
            assert value == 1
        else:
            exact = np.mean(values, axis=0).astype("f4")
            np.testing.assert_array_equal(value.numpy(), exact)


# -- scores --------------------------------------------------------------------------


def test_members_and_result_are_scored_before_the_commit(registry, project, members):
    done = registry.merge("churn:exp", "churn:eu", into="churn", how="average", data=X, target=Y)
    model = registry.checkout("churn")
    for ref, each in {
        "churn:exp@2": members["exp"],
        "churn:eu@2": members["eu"],
        "merged": model,
    }.items():
        assert done.scores[ref]["accuracy"] == pytest.approx(accuracy_score(Y, each.predict(X)))
    assert manifest_of(project)["metrics"] == done.scores["merged"]
    shown = done.text()
    assert "churn:exp@2" in shown
    assert "roc_auc" in shown
    assert "churn@3" in shown


def test_a_stack_is_scored_on_rows_that_it_was_not_trained_on(registry, members):
    done = registry.merge("churn:exp", "churn:eu", into="churn", how="stack", data=X, target=Y)
    model = registry.checkout("churn")
    assert done.scores["merged"]["accuracy"] == pytest.approx(
        accuracy_score(Y[1::2], model.predict(X[1::2]))
    )


def test_regressions_with_several_outputs(registry):
    targets = np.column_stack([NUMBERS, -NUMBERS])
    registry.commit(Ridge().fit(X[:50], targets[:50]), "price")
    registry.branch("price", "b")
    registry.commit(Ridge().fit(X[50:], targets[50:]), "price", branch="b")
    registry.commit(Ridge().fit(X[:150], targets[:150]), "price")
    done = registry.merge("price:b", into="price", how="average", data=X, target=targets)
    expected = root_mean_squared_error(targets, registry.checkout("price").predict(X))
    assert done.scores["merged"]["rmse"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"data": X}, "needed together"),
        ({"target": Y}, "needed together"),
        ({"data": X, "target": Y[:-1]}, "300 rows and 299 true answers"),
        ({"data": X, "target": np.where(Y == "stays", "1", "0")}, "labels that are not classes"),
        ({"data": X, "target": Y, "weights": [1, 2, 3]}, "2 members and 3 weights"),
        ({"weights": "many"}, "are not numbers"),
        ({"how": "stack"}, "trains on rows"),
        ({"how": "stack", "data": X, "target": Y, "weights": [1, 2]}, "takes no weights"),
        ({"how": "ours", "weights": [1, 2]}, "takes no weights"),
        ({"how": "mean"}, "no method of merging 'mean'"),
        ({"how": 3}, "neither the name of a method nor a function"),
    ],
)
def test_what_cannot_be_done_commits_nothing(registry, project, members, arguments, says):
    before = tips(project)
    with pytest.raises(InvalidValue, match=says):
        registry.merge("churn:exp", "churn:eu", into="churn", **{"how": "average", **arguments})
    assert tips(project) == before


# -- which versions ------------------------------------------------------------------


def test_a_repeat_says_so_and_changes_nothing(registry, project, members):
    registry.merge("churn:exp", "churn:eu", into="churn", how="average")
    before = tips(project)
    again = registry.merge("churn:exp", "churn:eu", into="churn", how="average")
    assert again.unchanged
    assert again.text() == "Nothing to merge: churn@3 contains churn:exp@2, churn:eu@2 already."
    assert tips(project) == before
    back = registry.merge("churn@1", into="churn:exp", how="ours")
    assert back.unchanged


def test_a_source_that_another_one_contains_is_left_out(registry, project, members):
    registry.commit(fitted(0, 200), "churn", branch="exp")
    done = registry.merge("churn:exp@2", "churn:exp", "churn:eu", into="churn", how="average")
    assert [version.ref for version in done.left_out] == ["churn:exp@2"]
    assert len(done.version.parents) == 3
    assert "Left out, because another one contains it: churn:exp@2." in done.text()


def test_a_federated_round_follows_another(registry, members):
    registry.merge("churn:exp", "churn:eu", into="churn", how="average")
    for branch, rows in (("r2a", slice(0, 150)), ("r2b", slice(150, 300))):
        registry.branch("churn", branch)
        registry.commit(LogisticRegression().fit(X[rows], Y[rows]), "churn", branch=branch)
    done = registry.merge("churn:r2a", "churn:r2b", into="churn", how="average")
    assert [member.ref for member in done.members] == ["churn:r2a@4", "churn:r2b@4"]
    assert done.version.ref == "churn@5"


def test_one_source_developed_from_the_branch_is_nothing_to_average(registry, members):
    with pytest.raises(CannotMerge, match="nothing to average") as refused:
        registry.merge("churn:exp", into="churn", how="average")
    assert "--how theirs" in refused.value.hint


@pytest.mark.parametrize(
    ("sources", "into", "error", "says"),
    [
        ([], "churn", InvalidValue, "No version to merge"),
        (["churn:exp"], "churn@1", InvalidValue, "A merge goes into a branch"),
        (["churn:exp"], "churn~1", InvalidValue, "A merge goes into a branch"),
        (["churn:exp"], "churn:new", NotFound, "no branch 'new'"),
        (["churn:epx"], "churn", NotFound, "epx"),
        (["price"], "churn", InvalidValue, "is a version of another model"),
        (["churn:exp", "churn:exp@2"], "churn", InvalidValue, "is named twice"),
    ],
)
def test_a_version_that_cannot_be_merged_is_named(registry, members, sources, into, error, says):
    registry.commit(fitted(0, 50), "price")
    with pytest.raises(error, match=says):
        registry.merge(*sources, into=into, how="ours")


def test_theirs_needs_one_source(registry, members):
    with pytest.raises(CannotMerge, match="one source, and there are 2: churn:exp@2, churn:eu@2"):
        registry.merge("churn:exp", "churn:eu", into="churn", how="theirs")


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda models: None, "returned nothing"),
        (lambda models: models[5], "raised IndexError"),
        (lambda: None, "raised TypeError"),
    ],
)
def test_a_function_that_fails_commits_nothing(registry, project, members, function, says):
    before = tips(project)
    with pytest.raises(CannotMerge, match=says):
        registry.merge("churn:exp", into="churn", how=function)
    assert tips(project) == before


# -- safety --------------------------------------------------------------------------


def test_a_branch_that_moves_meanwhile_refuses_the_merge(registry, project, members):
    def slow(models):
        with nbmodel.open(project) as other:
            other.commit(fitted(0, 80), "churn", "while they merge")
        return models[0]

    with pytest.raises(LostRace, match="Nothing was committed"):
        registry.merge("churn:exp", into="churn", how=slow)
    assert manifest_of(project)["number"] == 2
    assert "merge" not in manifest_of(project)


def test_a_member_of_a_stranger_is_loaded_by_the_rules_of_a_checkout(
    registry, project, members, tmp_path, monkeypatch
):
    class Odd(LogisticRegression):
        """A class of the notebook: code of its author."""

    registry.commit(Odd().fit(X, Y), "churn", branch="exp")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data of another person"))
    with nbmodel.open(project) as stranger:
        before = tips(project)
        with pytest.raises(Untrusted):
            stranger.merge("churn:exp", into="churn", how="theirs")
        assert tips(project) == before
        assert stranger.merge("churn:eu", into="churn", how="theirs").version.number == 3
        assert stranger.merge("churn:exp", into="churn", how="theirs", trust=True).version


def test_a_read_only_registry_and_a_branch_that_is_checked_out(registry, project, members):
    with nbmodel.open(project, read_only=True) as reader, pytest.raises(ReadOnlyRegistry):
        reader.merge("churn:exp", into="churn", how="ours")
    git(project, "checkout", "--quiet", "--force", "models/churn/main")
    with pytest.raises(AlreadyExists, match="checked out"):
        registry.merge("churn:exp", into="churn", how="ours")


KILLED = """
import os, signal, sys
import nbmodel
from nbmodel.repo.fast_import import FastImport

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "function":
    how = die
else:  # the objects are with git, and its branch would be next
    how = "average"
    FastImport.moving = die
with nbmodel.open(".") as registry:
    registry.merge("churn:exp", "churn:eu", into="churn", how=how)
"""


@pytest.mark.parametrize("moment", ["function", "moving"])
def test_a_merge_that_is_killed_leaves_nothing_visible(registry, project, members, moment):
    before = tips(project)
    done = subprocess.run([sys.executable, "-c", KILLED, moment], cwd=project, check=False)
    assert done.returncode == -signal.SIGKILL
    assert tips(project) == before
    assert registry.log("churn")[0].ref == "churn@1"
    again = registry.merge("churn:exp", "churn:eu", into="churn", how="average")
    assert again.version.ref == "churn@3"
    assert not registry.verify().findings


# -- what is shown -------------------------------------------------------------------


def test_show_log_diff_and_lineage_name_all_parents(registry, members):
    done = registry.merge("churn:exp", "churn:eu", into="churn", how="average", weights=[1, 3])
    shown = registry.show("churn").text()
    assert "churn@1  churn:exp@2  churn:eu@2" in shown
    assert "average of churn:exp@2 (0.25), churn:eu@2 (0.75)" in shown
    exp, eu = (registry.show(f"churn:{branch}").version.commit[:7] for branch in ("exp", "eu"))
    assert f"(merges {exp}, {eu})" in registry.log("churn").text()
    assert {version.ref for version in registry.log("churn", graph=True)} == {
        "churn@3", "churn:exp@2", "churn:eu@2", "churn@1"
    }  # fmt: skip
    changes = {c.name: c.after for c in registry.diff("churn@1", "churn@3").sections["merge"]}
    assert changes == {
        "method": "average", "parents": "churn@1, churn:exp@2, churn:eu@2",
        "share of churn:exp@2": "0.25", "share of churn:eu@2": "0.75",
    }  # fmt: skip
    graph = registry.context.index.lineage(done.version, 60)
    assert {version.ref for version in graph.versions} >= {"churn@3", "churn:exp@2", "churn:eu@2"}
    assert [version.ref for version in registry.log("churn")] == ["churn@3", "churn@1"]
    assert registry.show("churn").manifest.variable == "clf"


def test_the_signature_of_the_members_stays(registry, members):
    registry.merge("churn:exp", "churn:eu", into="churn", how="average")
    inputs = registry.show("churn").manifest.signature.inputs
    assert [column.name for column in inputs] == list(X.columns)


@pytest.mark.parametrize("how", ["average", "vote", "stack"])
def test_a_merge_keeps_the_types_of_the_training_data(registry, how):
    city = pd.Series(["Köln", "Łódź", None, "Köln"] * 20, dtype="category")
    calls = pd.array([1, None, 3, 4] * 20, dtype="Int64")
    frame = pd.DataFrame({"city": city, "calls": calls, "since": pd.Timestamp("2026-01-01")})
    answers = np.resize(["stays", "leaves", "leaves"], 80)
    encode = make_column_transformer((OneHotEncoder(), ["city"]), (SimpleImputer(), ["calls"])).fit(
        frame
    )
    for branch, rows in (("main", slice(0, 40)), ("exp", slice(0, 60)), ("eu", slice(20, 80))):
        line = LogisticRegression().fit(encode.transform(frame[rows]), answers[rows])
        model = make_pipeline(encode, line)
        if branch != "main":
            registry.branch("shop", branch)
        registry.commit(model, "shop", branch=branch, data=frame[rows] if branch != "eu" else None)
    rows = {"data": frame, "target": answers} if how == "stack" else {}
    registry.merge("shop:exp", "shop:eu", into="shop", how=how, **rows)
    shown = registry.show("shop").manifest
    types = {column.name: column.dtype for column in shown.signature.inputs}
    assert types == {"city": "category", "calls": "Int64", "since": str(frame["since"].dtype)}
    assert shown.signature.outputs[0].name == "label"
    registry.release("shop")
    assert "32 rows" in registry.show("shop").text()
    proved = registry.verify_acceptance("shop")
    assert proved, proved.text()


def test_members_with_different_types_leave_the_type_open(registry):
    frame = X.astype({"age": "float32"})
    for branch, data in (("main", X), ("exp", frame), ("eu", X)):
        if branch != "main":
            registry.branch("churn", branch)
        registry.commit(fitted(0, 60), "churn", branch=branch, data=data, again=True)
    registry.merge("churn:exp", "churn:eu", into="churn", how=lambda models: {"of": models})
    inputs = registry.show("churn").manifest.signature.inputs
    assert [column.dtype for column in inputs] == ["", "float64", "float64"]


def test_a_manifest_of_a_merge_is_read_back(registry, project, members):
    registry.merge("churn:exp", "churn:eu", into="churn", how="average", weights=[1, 1])
    document = manifest_of(project)
    loads = manifest.loads
    assert loads(json.dumps(document).encode(), "churn@3").merge.method == "average"
    for bad in (
        {"method": 3, "members": []},
        {"method": "average", "members": [{"commit": "xyz"}]},
        {"method": "average", "members": [{"commit": "0" * 40, "weight": "much"}]},
        {"method": "average", "members": [{"commit": "0" * 40}] * 10_001},
        [],
    ):
        with pytest.raises(ManifestInvalid):
            loads(json.dumps({**document, "merge": bad}).encode(), "churn@3")
