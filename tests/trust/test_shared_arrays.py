"""One array in several places: what is checked of it in one must hold as long as the other works.

The kind of G3: a position in a count that goes on in place; and of G12 and G14: one long array that
many small parts hold, each of which looks through it.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.ensemble import VotingRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder, StandardScaler

from nbmodel.errors import Untrusted
from tests.trust.crafted import reload

ROWS = np.arange(12.0).reshape(4, 3)


def _scaler() -> StandardScaler:
    gaps = ROWS.copy()
    gaps[0, 0] = np.nan
    return StandardScaler(with_mean=False, with_std=False).fit(gaps)


def test_a_count_is_not_also_a_position() -> None:
    positions = np.array([0, 1, 2])
    matrix = sp.csr_matrix((np.ones(3), positions, np.array([0, 3])), shape=(1, 3))
    scaler = _scaler()
    matrix.indices = scaler.n_samples_seen_ = positions
    matrix.indptr = matrix.indptr.astype(positions.dtype)
    with pytest.raises(Untrusted, match="n_samples_seen_ that is also part of another object"):
        reload([scaler, matrix])
    with pytest.raises(Untrusted, match="n_samples_seen_ that is also part of another object"):
        reload([matrix, scaler])


def test_a_count_of_its_own_goes_on() -> None:
    scaler = reload(_scaler()).partial_fit(ROWS)
    assert scaler.n_samples_seen_.tolist() == [7, 8, 8]


def test_categories_are_not_also_counts() -> None:
    encoder = OneHotEncoder(handle_unknown="ignore").fit(ROWS)
    counts = GaussianNB().fit(ROWS, [0, 1, 2, 3])
    assert reload([encoder, counts])[0].transform(ROWS).sum() == ROWS.size
    counts.class_count_ = encoder.categories_[0]
    with pytest.raises(Untrusted, match="categories_ that is also part of another object"):
        reload([encoder, counts])


def _binarizers(count: int) -> list[object]:
    classes = np.arange(30_000)
    models = [MultiLabelBinarizer() for _ in range(count)]
    for model in models:
        model.classes_ = classes
    return models


def _matrices(count: int) -> list[object]:
    values, columns, ends = np.ones(20_000), np.zeros(20_000, "i4"), np.arange(20_001, dtype="i4")
    matrices = [sp.csr_matrix((20_000, 1 + width)) for width in range(count)]
    for matrix in matrices:
        matrix.data, matrix.indices, matrix.indptr = values, columns, ends
    return matrices


@pytest.mark.parametrize("make", [_binarizers, _matrices])
def test_what_is_looked_through_is_bounded_by_what_is_there(make) -> None:
    assert len(reload(make(5))) == 5
    with pytest.raises(Untrusted, match="shared parts"):
        reload(make(600))


def test_models_that_share_their_samples_load() -> None:
    samples = np.random.default_rng(0).random((3000, 20))
    target = samples[:, 0]
    models = [(f"k{number}", KNeighborsRegressor(3)) for number in range(10)]
    voting = VotingRegressor(models).fit(samples, target)
    for model in voting.estimators_:
        model._fit_X = samples
    loaded = reload(voting)
    assert np.array_equal(loaded.predict(samples[:5]), voting.predict(samples[:5]))
