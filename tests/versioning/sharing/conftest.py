"""A team: a bare repository, and the clones of two people."""

from __future__ import annotations

import numpy as np
import pytest

import nbmodel
from tests.fixtures.projects import git, make_project


class Team:
    """Ann and Nina, and the repository `remote` that both have as ``origin``."""

    def __init__(self, folder):
        self.folder = folder
        self.remote = folder / "team ü.git"
        git(folder, "init", "--quiet", "--bare", str(self.remote))
        self.ann, self.nina = (self.clone(name) for name in ("Ann", "Nina Simone"))

    def clone(self, name, blobs=""):
        """The registry of a person who begins with nothing."""
        project = make_project(self.folder / name.lower().replace(" ", "-"), {}, author=name)
        registry = nbmodel.open(project)
        registry.add_remote("origin", str(self.remote), blobs)
        return registry

    def close(self):
        self.ann.close()
        self.nina.close()

    def objects(self, root=None):
        """The arrays that the remote has, by digest."""
        top = root or self.remote / "lfs" / "objects"
        return {path.name: path for path in top.rglob("*") if path.is_file()}


@pytest.fixture
def team(tmp_path):
    people = Team(tmp_path)
    yield people
    people.close()


def model(seed, size=200_000):
    """An object with one segment of its own, and one that all share."""
    return {"own": np.random.default_rng(seed).random(size), "shared": np.arange(size)}


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in one)


def refs_of(registry):
    """The references that travel."""
    listed = registry.context.git.run("for-each-ref", "--format=%(refname) %(objectname)")
    return {
        ref: oid
        for ref, _, oid in (line.partition(" ") for line in listed.decode().splitlines())
        if ref.startswith(("refs/heads/models/", "refs/tags/", "refs/notes/", "refs/nbmodel/"))
    }
