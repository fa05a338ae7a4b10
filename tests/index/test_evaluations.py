"""Metrics of evaluations, which notes have, are search fields; the newest evaluation counts."""

from __future__ import annotations

import pytest

from nbmodel.index import Index
from nbmodel.layout import EVALUATION_NOTE
from nbmodel.records import Note, Person
from nbmodel.refs import NOTES_REF
from nbmodel.repo import notes
from tests.builder import Builder
from tests.fixtures.projects import git

ANN = Person("Ann", "ann@example.org")


@pytest.fixture
def repo(tmp_path):
    builder = Builder(tmp_path / "r.git")
    yield builder
    builder.git.close()


@pytest.fixture
def index(repo, tmp_path):
    opened = Index(tmp_path / "index", repo.git)
    yield opened
    opened.close()


def evaluate(repo, commit, time=1, **metrics):
    notes.add(repo.git, commit, Note(ANN, time, "", metrics, {EVALUATION_NOTE: {"format": 1}}))


def find(index, query):
    index.refresh()
    return [version.ref for version in index.list(query, all_versions=True)]


def test_a_search_by_the_newest_evaluation(repo, index):
    first = repo.version()
    second = repo.version(number=2, parents=[first], metrics={"roc_auc": 0.7})
    assert find(index, "eval.roc_auc > 0") == []
    evaluate(repo, first, roc_auc=0.9, f1=0.5)
    evaluate(repo, second, roc_auc=0.8)
    assert find(index, "eval.roc_auc > 0.85") == ["churn@1"]
    assert find(index, "order by -eval.roc_auc") == ["churn@1", "churn@2"]
    evaluate(repo, first, time=2, roc_auc=0.6)
    assert find(index, "eval.roc_auc > 0.85") == []
    assert find(index, "eval.f1 > 0") == []  # of the older evaluation
    assert find(index, "metrics.roc_auc = 0.7") == ["churn@2"]


def test_lists_have_the_metrics_with_the_main_one_first(repo, index):
    document = {"metrics": [["roc_auc", {"value": 0.9}], ["f1", {"value": 0.5}], 7, ["x"]]}
    metrics = {"brier": 0.1, "f1": 0.5, "roc_auc": 0.9}
    note = Note(ANN, 1, "", metrics, {EVALUATION_NOTE: document})
    notes.add(repo.git, repo.version(), note)
    index.refresh()
    assert list(index.list("")[0].evaluation.items()) == [
        ("roc_auc", 0.9), ("f1", 0.5), ("brier", 0.1),
    ]  # fmt: skip


def test_other_notes_are_not_evaluations(repo, index):
    commit = repo.version()
    notes.add(repo.git, commit, Note(ANN, 1, "load test", {"p99": 20.0}))
    assert find(index, "eval.p99 > 0") == []


def test_notes_that_arrive_before_their_version(repo, index):
    first = repo.version()
    index.refresh()
    later = repo.version(number=2, parents=[first], branch="exp")
    git(repo.git.git_dir, "update-ref", "-d", "refs/heads/models/churn/exp")
    evaluate(repo, later, roc_auc=0.9)
    assert find(index, "eval.roc_auc > 0") == []
    git(repo.git.git_dir, "update-ref", "refs/heads/models/churn/exp", later)
    assert find(index, "eval.roc_auc > 0") == ["churn:exp@2"]


def test_notes_that_are_deleted_do_not_count(repo, index):
    commit = repo.version()
    evaluate(repo, commit, roc_auc=0.9)
    assert find(index, "eval.roc_auc > 0") == ["churn@1"]
    git(repo.git.git_dir, "update-ref", "-d", NOTES_REF)
    assert find(index, "eval.roc_auc > 0") == []


def test_numbers_that_are_not_finite_and_long_names_are_left_out(repo, index):
    commit = repo.version()
    metrics = {"nan": float("nan"), "large": float("inf"), "x" * 500: 1.0, "f1": 0.5}
    notes.add(repo.git, commit, Note(ANN, 1, "", metrics, {EVALUATION_NOTE: {}}))
    index.refresh()
    assert index.list("")[0].evaluation == {"f1": 0.5}


def test_damaged_notes_do_not_stop_lists(repo, index):
    commit = repo.version()
    evaluate(repo, commit, roc_auc=0.9)
    blob = git(repo.git.git_dir, "rev-parse", f"{NOTES_REF}:{commit}").strip()
    (repo.git.git_dir / "objects" / blob[:2] / blob[2:]).unlink(missing_ok=True)
    for pack in (repo.git.git_dir / "objects" / "pack").glob("*"):
        pack.unlink()
    index.refresh()
    assert [version.ref for version in index.list("")] in (["churn@1"], [])


def test_a_name_that_no_evaluation_has(repo, index):
    evaluate(repo, repo.version(), roc_auc=0.9)
    index.refresh()
    assert "eval.roc_auc" in index.unused_names("eval.rocauc > 0")
