"""Every scikit-learn estimator predicts the same in another process after commit and checkout.

Each is loaded by the user who committed it (trusted), and by another user (the validating loader).
"""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys

import pytest
from sklearn.utils import all_estimators

import nbmodel
from tests.estimators import fitted_estimators

READER = """
import pickle, sys, warnings
import numpy as np
from scipy import sparse
import nbmodel
from nbmodel.errors import NbModelError

warnings.simplefilter("ignore")


def same(one, two):
    if sparse.issparse(one):
        return (one != two).nnz == 0
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    one, two = np.asarray(one), np.asarray(two)
    return np.array_equal(one, two, equal_nan=one.dtype.kind == "f")


registry = nbmodel.open(sys.argv[1])
with open(sys.argv[2], "rb") as file:
    cases = pickle.load(file)
for reference, label, method, X, expected in cases:
    try:
        model = registry.checkout(reference)
        outcome = "ok" if method is None or same(expected, getattr(model, method)(X)) else "differs"
    except NbModelError as error:
        outcome = f"refused: {error.what}"
    print(f"{label}: {outcome}")
"""


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A registry of all estimators, and what each answered here."""
    folder = tmp_path_factory.mktemp("estimators")
    cases = []
    with nbmodel.open(folder, create=True) as registry:
        for number, (label, estimator, X, method) in enumerate(fitted_estimators()):
            name = re.sub("[^A-Za-z0-9]+", "-", label).strip("-")[:50] + f"-{number}"
            version = registry.commit(estimator, name).version
            # The reader gets X through pickle too: BLAS adds up another layout in another order.
            X = pickle.loads(pickle.dumps(X))
            expected = getattr(estimator, method)(X) if method else None
            cases.append((version.ref, label, method, X, expected))
    answers = folder / "answers.pickle"
    answers.write_bytes(pickle.dumps(cases))
    return folder, answers, [label for _, label, *_ in cases]


def read(committed, **environment):
    folder, answers, labels = committed
    done = subprocess.run(
        [sys.executable, "-c", READER, str(folder), str(answers)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    outcomes = dict(
        line.rsplit(": ok", 1) if line.endswith(": ok") else (line, "bad")
        for line in done.stdout.splitlines()
    )
    assert len(done.stdout.splitlines()) == len(labels)
    return [line for line, rest in outcomes.items() if rest == "bad"]


def test_no_estimator_is_left_out(committed):
    labels = committed[2]
    for name, _ in all_estimators():
        assert any(re.match(rf"{name}\b", label) for label in labels), name


def test_the_committing_user_gets_the_same_outputs(committed):
    assert read(committed) == []


def test_another_user_gets_the_same_outputs(committed, tmp_path):
    assert read(committed, XDG_DATA_HOME=str(tmp_path)) == []
