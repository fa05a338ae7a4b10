"""A small registry with all features, equal in every run, and its answers to questions."""

from __future__ import annotations

import itertools
import shutil
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np

import nbmodel
from nbmodel.errors import NbModelError
from tests.fixtures.projects import git

LAYOUTS = ("loose", "packed", "half")
START = 1_700_000_000


@contextmanager
def the_same_each_time():
    """Give commits and tags the same bytes in every run, with a counter as clock and nonces."""
    clock = itertools.count(START, 60)
    nonce = itertools.count(1)
    names = ("landing", "release", "annotate")
    with (
        patch("nbmodel.versioning.publish.token_hex", lambda _: f"{next(nonce):016x}"),
        patch("nbmodel.versioning.publish.now", lambda: next(clock)),
        patch("nbmodel.versioning.verbs.release.now", lambda: next(clock)),
        patch("nbmodel.versioning.verbs.annotate.now", lambda: next(clock)),
    ):
        yield names


def build(folder: Path, layout: str) -> Path:
    """Make the registry below `folder`; return the project of the user.

    Parameters
    ----------
    folder : Path
    layout : {"loose", "packed", "half"}
        References and objects as commits write them; packed as by ``git gc``; or with the older
        half packed.
    """
    project = folder / "project"
    project.mkdir(parents=True)
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "config", "user.name", "Ann")
    git(project, "config", "user.email", "ann@example.org")
    with the_same_each_time(), nbmodel.open(project) as registry:
        for number in range(1, 3):
            _commit(registry, "churn", number)
        registry.promote("churn@1", "prod", "first")
        registry.promote("churn@2", "prod", "better")
        registry.promote("churn@2", "staging")
        registry.release("churn@1", message="one")
        _commit(registry, "price", 1)
        registry.annotate("churn@2", "looked at", {"auc": 0.5})
        if layout == "half":
            _pack(project)
        for number in range(3, 5):
            _commit(registry, "churn", number)
        registry.promote("churn@3", "prod", "third")
        registry.release("churn@3", message="two")
        registry.branch("churn", "exp")
        registry.commit({"e": 1}, "churn", branch="exp")
        registry.promote("price@1", "prod")
        registry.annotate("churn@3", "approved")
    if layout == "packed":
        _pack(project)
    return project


def _commit(registry, name, number):
    made = {"weights": np.arange(1024.0) * number, "number": number, "name": name}
    registry.commit(made, name, metrics={"auc": number / 10}, message=f"the {number}.")


def _pack(project: Path) -> None:
    git(project, "pack-refs", "--all")
    git(project, "repack", "-a", "-d", "-q")


REFERENCES = (
    *(f"churn@{number}" for number in range(1, 5)),
    *("churn", "churn~1", "churn:exp", "churn@v0.1.0", "churn@v0.2.0", "churn@prod"),
    *("churn@staging", "price", "price@1", "price@prod"),
)


def _resolve(reference):
    return lambda registry: registry.show(reference).version.commit


def _notes(registry):
    shown = [registry.show(f"churn@{number}") for number in (2, 3)]
    if left_out := "".join(part.left_out for part in shown):
        raise NbModelError(left_out)
    return [note.text for part in shown for note in part.notes]


def _content(registry):
    shown = registry.show("churn@prod")
    return shown.manifest.metrics, shown.version.message, sorted(shown.files)


def _list(registry):
    found = registry.list(all_versions=True)
    labels = {commit: sorted(words) for commit, words in found.labels.items() if words}
    return sorted((v.ref, v.commit) for v in found), labels


def _checkout(registry):
    made = registry.checkout("churn@prod")
    return made["number"], made["name"], made["weights"].tobytes()


def _resolved(reference):
    from nbmodel.versioning.resolve import resolve

    return lambda registry: resolve(registry.context, reference).commit


QUESTIONS = {
    **{f"resolve {reference}": _resolved(reference) for reference in REFERENCES},
    "list": _list,
    "show churn@prod": _content,
    "notes": _notes,
    "checkout churn@prod": _checkout,
}


def answers(project: Path, questions=None) -> dict[str, object]:
    """Return the answer of a registry to each question; an `NbModelError` is an answer too."""
    found: dict[str, object] = {}
    try:
        registry = nbmodel.open(project)
    except NbModelError as error:
        return dict.fromkeys([*(questions or QUESTIONS), "verify"], error)
    with registry:
        for name in questions or QUESTIONS:
            found[name] = _asked(QUESTIONS[name], registry)
        found["verify"] = _asked(lambda r: r.verify(), registry)
        try:
            listed = registry.list()
        except NbModelError:
            found["remarks"] = True
        else:
            found["remarks"] = bool(listed.unreadable or listed.problems)
    return found


def _asked(question, registry):
    try:
        return question(registry)
    except NbModelError as error:
        return error
    except Exception as error:  # noqa: BLE001  what is not ours is what is looked for
        return Raw(error)


class Raw:
    """An error that is not an `NbModelError`."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __repr__(self) -> str:
        return f"raw {type(self.error).__name__}: {self.error}"


def copy(source: Path, target: Path) -> None:
    """Replace a registry by a copy of another."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
