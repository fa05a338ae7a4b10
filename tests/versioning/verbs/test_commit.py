"""Commit: what is stored, what is recorded, and what is refused."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

import nbmodel
from nbmodel import manifest
from nbmodel.errors import (
    AlreadyExists,
    InvalidName,
    InvalidValue,
    NameTaken,
    NotFound,
    NotPicklable,
    NotRecordable,
    ReadOnlyRegistry,
)
from tests.fixtures.projects import git
from tests.flavors.other_process import notebook


def test_a_commit_is_one_git_commit_with_the_files_of_the_design(registry, project, pipeline, data):
    result = registry.commit(pipeline, "churn", "baseline", metrics={"auc": 0.98}, data=data[0])
    listed = git(project, "ls-tree", "-r", "--name-only", "refs/heads/models/churn/main").split()
    assert listed == [
        ".gitattributes", "README.md", "acceptance.json", "model.json", "payload/skeleton",
        "profile.json", "requirements.txt",
    ]  # fmt: skip
    assert result.version.ref == "churn@1"
    assert result.version.commit == git(project, "rev-parse", "models/churn/main").strip()
    assert git(project, "log", "-1", "--format=%an <%ae> %s", "models/churn/main").strip() == (
        "Ann <ann@example.org> baseline"
    )


def test_the_manifest_describes_the_object(registry, project, pipeline, data):
    registry.commit(pipeline, "churn", "baseline", metrics={"auc": 0.98}, tags={"team": "risk"})
    document = json.loads(git(project, "show", "models/churn/main:model.json"))
    assert document["format"] == 2
    assert document["object"]["type"] == "sklearn.pipeline.Pipeline"
    assert document["params"]["logisticregression__C"] == 1.0
    assert document["metrics"] == {"auc": 0.98}
    assert document["tags"] == {"team": "risk"}
    assert [column["name"] for column in document["signature"]["inputs"]] == list(data[0].columns)
    assert document["code"]["commit"] == git(project, "rev-parse", "HEAD").strip()
    assert document["code"]["dirty"] is True
    assert "scikit-learn" in document["environment"]["distributions"]


def test_the_users_repository_is_left_alone(registry, project, pipeline):
    def state():
        status = git(project, "status", "--porcelain=v2", "--branch")
        return status, (project / ".git/index").read_bytes(), (project / ".git/HEAD").read_text()

    before = state()
    registry.commit(pipeline, "churn")
    registry.promote("churn@1", "prod")
    assert state() == before


def test_versions_are_numbered_along_a_branch_that_begins_at_main(registry, pipeline):
    for _ in range(3):
        registry.commit(pipeline, "churn")
    assert registry.commit(pipeline, "churn", branch="exp").version.ref == "churn:exp@4"
    assert registry.commit(pipeline, "churn").version.ref == "churn@4"
    assert registry.commit(pipeline, "churn", again=False).unchanged
    assert registry.show("churn:exp@2").version.ref == "churn@2"


def test_an_unchanged_large_array_is_stored_once(registry):
    weights = {"w": np.random.default_rng(0).random(1 << 18), "b": np.zeros(4)}
    first = registry.commit(weights, "net")
    weights["b"] = np.ones(4)
    second = registry.commit(weights, "net")
    assert first.stored > weights["w"].nbytes
    assert second.stored < 8192
    assert second.shared == weights["w"].nbytes


@pytest.mark.parametrize("name", ["", "-x", "a/b", "a b", "ä", "x" * 65, "--upload-pack=x", "a\n"])
def test_a_bad_name_is_refused(registry, pipeline, name):
    with pytest.raises(InvalidName):
        registry.commit(pipeline, name)


def test_a_name_that_differs_in_case_is_refused(registry, pipeline):
    registry.commit(pipeline, "churn")
    with pytest.raises(NameTaken, match="churn"):
        registry.commit(pipeline, "Churn")


def test_the_part_that_cannot_be_pickled_is_named(registry, project):
    with pytest.raises(
        NotPicklable, match=r"^clf\['steps'\]\[1\] cannot be stored: a _thread.lock cannot"
    ):
        registry.commit({"steps": [1, threading.Lock()]}, "churn", variable="clf")
    assert git(project, "for-each-ref", "refs/heads/models") == ""


def test_a_metric_that_is_not_a_number_is_refused(registry, pipeline):
    with pytest.raises(InvalidValue, match="auc"):
        registry.commit(pipeline, "churn", metrics={"auc": "high"})


def test_read_only_refuses_every_change(project, pipeline, registry):
    registry.commit(pipeline, "churn")
    with nbmodel.open(project, read_only=True) as reader:
        for change in (
            lambda: reader.commit(pipeline, "churn"),
            lambda: reader.branch("churn", "exp"),
            lambda: reader.release("churn@1"),
            lambda: reader.promote("churn@1", "prod"),
            lambda: reader.rollback("churn@prod", "why"),
            lambda: reader.annotate("churn@1", "fine"),
            lambda: reader.gc(force=True),
        ):
            with pytest.raises(ReadOnlyRegistry):
                change()
        assert reader.checkout("churn@1").steps[0][0] == "standardscaler"


def test_what_a_version_was_made_from_is_recorded(registry, pipeline):
    base = registry.commit(pipeline, "base").version
    registry.commit(pipeline, "churn", uses=["base@1"])
    uses = registry.show("churn@1").manifest.uses
    assert [(use.model, use.commit) for use in uses] == [("base", base.commit)]
    with pytest.raises(NotFound):
        registry.commit(pipeline, "churn", uses=["nowhere@1"])


def test_a_branch_of_ours_that_is_checked_out_is_not_moved(registry, project, pipeline):
    registry.commit(pipeline, "churn")
    git(project, "stash", "--quiet")
    git(project, "checkout", "--quiet", "models/churn/main")
    with pytest.raises(AlreadyExists, match="checked out"):
        registry.commit(pipeline, "churn")


def test_without_an_identity_the_commit_names_the_fallback(tmp_path, pipeline, monkeypatch):
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    with nbmodel.open(tmp_path, create=True) as fresh:
        result = fresh.commit(pipeline, "churn")
    assert "git does not know your name" in result.text()
    assert "@" in result.version.author.email


def test_the_result_reads_as_the_readme_shows_it(registry, pipeline):
    result = registry.commit(pipeline, "churn", metrics={"auc": 0.981})
    line = str(result)
    assert line.startswith(f"churn@1  {result.version.commit[:7]}  auc 0.981  sklearn Pipeline  ")
    assert " KB stored  " in line
    assert line.endswith(" ms")


def test_a_search_over_grids_with_other_parameters_is_committed(registry):
    grids = [{"kernel": ["rbf"], "gamma": [0.1, 1.0]}, {"kernel": ["linear"]}]
    X = np.arange(24.0).reshape(12, 2)
    search = GridSearchCV(SVC(), grids, cv=2).fit(X, [0, 1] * 6)
    assert np.ma.is_masked(search.cv_results_["param_gamma"])
    registry.commit(search, "search")
    again = registry.checkout("search")
    assert again.cv_results_["param_gamma"].tolist() == [0.1, 1.0, None]


@pytest.mark.parametrize(
    ("array", "changed"),
    [
        (np.ma.array([1, 2, 3], mask=[0, 1, 0]), np.ma.array([1, 2, 3], mask=[1, 0, 0])),
        (np.ma.array(np.ones(100), mask=[1] + 99 * [0]), np.ma.ones(100)),
        (np.array([1, 2], np.longdouble), np.array([1, 3], np.longdouble)),
        (np.ones(100, np.clongdouble), np.full(100, 2, np.clongdouble)),
        (np.eye(2).view(np.matrix), np.ones((2, 2)).view(np.matrix)),
    ],
)
def test_arrays_of_every_kind_are_described_and_compared(registry, project, array, changed):
    model = LogisticRegression()
    notes = []
    for value in (array, array.copy(), changed):
        model.coef_ = value
        registry.commit(model, "m")
        document = json.loads(git(project, "show", "models/m/main:model.json"))
        notes.append(document["object"]["arrays"]["coef_"])
    assert notes[0] == notes[1] != notes[2]


def test_metadata_that_could_not_be_read_back_is_not_committed(
    registry, project, pipeline, monkeypatch
):
    registry.commit(pipeline, "churn")
    dumps = manifest.dumps
    monkeypatch.setattr(
        manifest, "dumps", lambda m: dumps(m).replace(b'"number": 2', b'"number": "2"')
    )
    with pytest.raises(NotRecordable, match=r"(?s)churn@2 was not.*defect of nbmodel"):
        registry.commit(pipeline, "churn", "again")
    assert "all is well" in str(registry.verify())
    assert git(project, "fsck", "--unreachable", "--no-reflogs") == ""


def test_a_metric_beyond_floating_point_is_refused(registry, pipeline):
    with pytest.raises(InvalidValue, match="'likelihood' is larger than any"):
        registry.commit(pipeline, "churn", metrics={"likelihood": 10**400})


def test_the_notice_names_the_code_of_the_user(registry):
    names = notebook("def month(day):\n    return day // 30\n")
    notice = registry.commit(names["month"], "net").notice
    assert notice == "Others will need --trust to load it: it contains code of yours: month."


def test_a_name_that_was_set_since_the_first_commit_is_the_author(registry, project, pipeline):
    registry.commit(pipeline, "churn", "before")
    git(project, "config", "user.name", "Zoë Ødegård")
    registry.commit(pipeline, "churn", "after")
    authors = git(project, "log", "--format=%an", "models/churn/main").split("\n")
    assert authors[:2] == ["Zoë Ødegård", "Ann"]
