"""A model with two branches, labels and a note, and one more model."""

from __future__ import annotations

import pytest

from tests.versioning.sharing.conftest import Team, model

__all__ = ["Team", "model"]

# The record of a purge, as anyone can write it into a note.
FORGED = (
    '{"attached": {"purge": {"previous": [], "segments": 2, "size": 1}}, "email": "e@x", '
    '"metrics": {}, "text": "forged", "time": 1, "who": "Eve"}\n'
)


@pytest.fixture
def filled(registry):
    """``churn`` with three versions, ``churn:exp`` with two more, and ``price``."""
    for number in range(3):
        registry.commit({"weight": number}, "churn", f"number {number}", metrics={"auc": 0.9})
    registry.branch("churn", "exp")
    for number in range(2):
        registry.commit({"weight": 10 + number}, "churn", branch="exp")
    registry.promote("churn@2", "prod")
    registry.promote("churn:exp@5", "staging")
    registry.release("churn@2", version="1.0.0")
    registry.annotate("churn@1", "too slow")
    registry.commit({"weight": 0.5}, "price")
    return registry


@pytest.fixture
def team(tmp_path):
    people = Team(tmp_path)
    yield people
    people.close()


def refs_below(registry, *prefixes):
    """Object id by full name of the references below some prefixes."""
    listed = registry.context.git.run("for-each-ref", "--format=%(refname) %(objectname)")
    pairs = (line.partition(" ") for line in listed.decode().splitlines())
    return {ref: oid for ref, _, oid in pairs if ref.startswith(prefixes)}


def labels(registry):
    return refs_below(registry, "refs/heads/models/", "refs/tags/", "refs/notes/")
