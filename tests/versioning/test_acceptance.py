"""Acceptance rows of versions: in the snapshot, as a note, and scored again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbmodel
from nbmodel.errors import InvalidValue, ReadOnlyRegistry
from nbmodel.predict import acceptance as files
from nbmodel.repo import notes
from nbmodel.versioning import acceptance, snapshot
from nbmodel.versioning.resolve import resolve

X, Y = load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """However busy the machine is, a commit has the time for its rows."""
    monkeypatch.setattr(acceptance, "COMMIT_SECONDS", 60.0)


def fitted(strength: float = 1.0):
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(X, Y)


def rows_of(registry, reference):
    context = registry.context
    return acceptance.of_version(context, snapshot.read(context, resolve(context, reference)))


def test_a_commit_with_data_contains_acceptance_rows(registry):
    result = registry.commit(fitted(), "churn", data=X)
    assert result.warnings == registry.context.news() or "proved" not in str(result)
    rows = rows_of(registry, "churn")
    assert rows.count == 32
    checked = registry.verify_acceptance("churn@1")
    assert bool(checked)
    assert str(checked).startswith("churn@1  32 acceptance rows: same answers as at commit")


def test_the_target_among_the_data_is_left_out_with_a_warning(registry):
    result = registry.commit(fitted(), "churn", data=X.assign(sick=Y))
    assert "Not an input of the model, so left out of its signature: sick." in str(result)
    named = [c.name for c in registry.show("churn").manifest.signature.inputs]
    assert named == list(X.columns)


def test_without_data_the_release_adds_the_rows_as_a_note(registry):
    registry.commit(fitted(), "churn")
    assert rows_of(registry, "churn") is None
    assert "Added 32 acceptance rows." in str(registry.release("churn@1"))
    assert rows_of(registry, "churn@1").count == 32
    assert bool(registry.verify_acceptance("churn@v0.1.0"))
    commit = resolve(registry.context, "churn@1").commit
    assert [n.text for n in notes.read(registry.context.git, commit)] == ["32 acceptance rows"]


def test_verify_draws_missing_rows_once(registry):
    registry.commit(fitted(), "churn")
    first = registry.verify_acceptance("churn")
    assert first.drawn
    assert "recorded; there were none" in str(first)
    assert not registry.verify_acceptance("churn").drawn


def test_a_different_output_is_shown_with_its_row(registry):
    registry.commit(fitted(), "churn")
    registry.verify_acceptance("churn")
    falsify(registry, "churn@1")
    checked = registry.verify_acceptance("churn")
    assert not checked
    text = str(checked)
    assert "3 outputs differ from those at commit" in text
    assert "predict_proba" in text


def falsify(registry, reference):
    """Note the answers of another model as this version's."""
    info = resolve(registry.context, reference)
    other = acceptance.record(fitted(0.001), rows_of(registry, reference).inputs, {})
    note = notes.read(registry.context.git, info.commit)[0]
    attached = {"acceptance": files.to_json(other)}
    line = nbmodel.records.Note(note.author, note.time + 1, "others", attached=attached)
    notes.add(registry.context.git, info.commit, line)


def test_a_model_with_random_outputs_is_reported(registry):
    result = registry.commit(DummyClassifier(strategy="uniform").fit(X, Y), "coin", data=X)
    assert "predict gives random answers" in str(result)
    assert "same shapes as at commit; predict gives random answers" in str(
        registry.verify_acceptance("coin")
    )


def test_a_branch_with_slow_commits_gets_its_rows_at_release(registry, monkeypatch):
    monkeypatch.setattr(acceptance, "COMMIT_SECONDS", 0.0)
    first = registry.commit(fitted(), "churn", data=X)
    assert "No acceptance rows yet: scoring rows would take" in str(first)
    second = registry.commit(fitted(2), "churn", data=X)
    assert "ms, as at the commit before, and a commit spends" in str(second)
    assert rows_of(registry, "churn@2").count == 0
    registry.release("churn@2")
    assert rows_of(registry, "churn@2").count == 32
    assert rows_of(registry, "churn@2").inputs.names == tuple(X.columns)


def test_an_object_that_cannot_predict_is_committed_without_a_warning(registry):
    result = registry.commit({"a": np.arange(3)}, "table", data=X)
    assert "proved" not in str(result)
    assert rows_of(registry, "table") is None
    assert "no method that predicts" in str(registry.verify_acceptance("table"))


def test_a_read_only_registry_is_not_written(registry):
    registry.commit(fitted(), "churn")
    with nbmodel.open(registry.path, read_only=True) as reader, pytest.raises(ReadOnlyRegistry):
        reader.verify_acceptance("churn")


def test_verify_acceptance_names_what_it_lacks(registry):
    registry.commit(fitted(), "churn")
    with pytest.raises(InvalidValue, match="No version is named"):
        registry.verify_acceptance("")


def test_the_file_is_json_and_a_note_of_another_program_is_ignored(registry):
    registry.commit(fitted(), "churn", data=X)
    version = resolve(registry.context, "churn")
    tree = snapshot.read(registry.context, version).tree
    document = json.loads(tree.read(registry.context.git, "acceptance.json"))
    assert document["format"] == 1
    registry.commit(fitted(), "bare")
    info = resolve(registry.context, "bare")
    author = registry.context.identity.person
    odd = nbmodel.records.Note(author, 1, "odd", attached={"acceptance": {"format": 1}})
    notes.add(registry.context.git, info.commit, odd)
    assert rows_of(registry, "bare") is None
