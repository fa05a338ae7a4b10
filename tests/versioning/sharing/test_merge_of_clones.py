"""Two people train, both push, one merges: federated averaging over clones."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

RNG = np.random.default_rng(1)
X = RNG.normal(size=(200, 3))
Y = np.where(X.sum(axis=1) > 0, "yes", "no")


def fitted(rows):
    return LogisticRegression().fit(X[rows], Y[rows])


def test_lines_that_two_people_began_are_merged_and_shared(team):
    """Without a common ancestor: both committed before the first pull."""
    ann, nina = fitted(slice(0, 80)), fitted(slice(80, 200))
    team.ann.commit(ann, "churn", data=X[:80])
    team.ann.push()
    team.nina.commit(nina, "churn", data=X[80:])
    pulled = team.nina.pull().text()
    assert "%model_merge churn:nina-simone --into churn --how average" in pulled
    done = team.nina.merge("churn:nina-simone", into="churn", how="average", weights="samples")
    assert done.weights == (0.4, 0.6)
    team.nina.push()
    team.ann.pull()
    merged = team.ann.checkout("churn")  # loads without --trust: it contains no code
    np.testing.assert_allclose(merged.coef_, 0.4 * ann.coef_ + 0.6 * nina.coef_, rtol=1e-14)
    assert team.ann.show("churn").version.parents == done.version.parents
    assert team.ann.merge("churn@1", into="churn", how="ours").unchanged


def test_a_vote_of_another_person_loads_without_trust(team):
    for branch, rows in (("main", slice(0, 50)), ("exp", slice(50, 120)), ("eu", slice(120, 200))):
        if branch != "main":
            team.ann.branch("churn", branch)
        team.ann.commit(fitted(rows), "churn", branch=branch)
    team.ann.merge("churn:exp", "churn:eu", into="churn", how="vote")
    team.ann.merge("churn:exp", into="churn:eu", how="stack", data=X, target=Y)
    team.ann.push()
    team.nina.pull()
    for line in ("churn", "churn:eu"):
        loaded = team.nina.checkout(line)
        np.testing.assert_array_equal(loaded.predict(X), team.ann.checkout(line).predict(X))
    assert not team.nina.verify().findings
