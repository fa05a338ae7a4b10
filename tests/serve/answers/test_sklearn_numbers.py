"""scikit-learn on numbers: each kind of task, of input and of output."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.serve.answers.cases import Case, Cases
from tests.serve.answers.compare import differences
from tests.serve.answers.data import classes, matrix, numbers, target
from tests.serve.answers.rows import Frame, Matrix, Values

X, NEW_ROWS = numbers(), numbers(5, seed=7)
A, B = matrix(), matrix(5, seed=7)
Y, Y3 = target(), classes()
CASES = Cases()
SOFT = ("predict", "predict_proba", "decision_function")


def scaled(model):
    return make_pipeline(StandardScaler(), model)


@CASES.add
def logistic():
    return Case(scaled(LogisticRegression()).fit(X, Y), X, Frame(NEW_ROWS), SOFT)


@CASES.add
def logistic_on_array():
    return Case(scaled(LogisticRegression()).fit(A, Y3), A, Matrix(B), SOFT)


@CASES.add
def classes_that_look_like_numbers():
    names = np.array(["01", "1", "1.0"])[Y3]
    model = RandomForestClassifier(9, max_depth=4, random_state=0).fit(X, names)
    return Case(model, X, Frame(NEW_ROWS), ("predict", "predict_proba"))


@CASES.add
def classes_of_objects():
    model = DecisionTreeClassifier(max_depth=3).fit(X, np.array(["", "à", "b"], object)[Y3])
    return Case(model, X, Frame(NEW_ROWS), ("predict", "predict_proba"))


@CASES.add
def boolean_classes():
    model = scaled(LogisticRegression()).fit(X, Y.astype(bool))
    return Case(model, X, Frame(NEW_ROWS), ("predict", "predict_proba"))


@CASES.add
def sparse_integer_classes():
    model = KNeighborsClassifier(3).fit(X, np.array([-5, 10**12, 7])[Y3])
    return Case(model, X, Frame(NEW_ROWS), ("predict", "predict_proba"))


@CASES.add
def small_integers():
    frame = pd.DataFrame(
        {"i": (A[:, 0] * 9).astype(np.int8), "u": (A[:, 1] > 0).astype(np.uint16), "b": Y == 1}
    )
    rows = frame.head(4).assign(i=np.array([-128, 127, 0, 3], np.int8))
    return Case(RandomForestRegressor(5, random_state=0).fit(frame, A[:, 0]), frame, Frame(rows))


@CASES.add
def float32_frame():
    frame, rows = X.astype(np.float32), NEW_ROWS.astype(np.float32)
    model = scaled(Ridge()).fit(frame, A[:, :2].sum(axis=1))
    return Case(model, frame, Frame(rows))


@CASES.add
def float32_network():
    a = StandardScaler().fit_transform(A).astype(np.float32)
    model = MLPRegressor(hidden_layer_sizes=(6,), max_iter=30, random_state=0).fit(a, a[:, 0])
    return Case(model, a, Matrix((B / 1000).astype(np.float32)))


@CASES.add
def two_numbers_a_row():
    return Case(LinearRegression().fit(X, A[:, :2]), X, Frame(NEW_ROWS))


@CASES.add
def targets_of_equal_classes():
    model = MultiOutputClassifier(LogisticRegression(max_iter=500))
    small, rows = X / [1, 10, 100, 1000], NEW_ROWS / [1, 10, 100, 1000]
    model.fit(small, np.stack([Y, Y3 % 2], axis=1))
    names = ("predict_proba.0", "predict_proba.1")
    return Case(
        model, small, Frame(rows), ("predict", "predict_proba"), names={"predict_proba": names}
    )


@CASES.add
def targets_of_different_classes():
    model = RandomForestClassifier(5, max_depth=4, random_state=0)
    model.fit(X, np.stack([np.array(["no", "yes"])[Y], np.array(["a", "b", "c"])[Y3]], axis=1))
    names = ("predict_proba.0", "predict_proba.1")
    return Case(
        model,
        X,
        Frame(NEW_ROWS),
        ("predict", "predict_proba"),
        names={"predict_proba": names},
    )


@CASES.add
def several_labels_a_row():
    model = OneVsRestClassifier(LogisticRegression())
    model.fit(StandardScaler().fit_transform(A), np.stack([Y, 1 - Y, Y3 == 1], axis=1))
    return Case(model, A, Matrix(B / 100), SOFT)


@CASES.add
def clusters():
    model = KMeans(3, n_init=1, random_state=0).fit(X)
    return Case(model, X, Frame(NEW_ROWS), ("predict", "transform"))


@CASES.add
def mixture():
    model = GaussianMixture(2, random_state=0).fit(X)
    return Case(model, X, Frame(NEW_ROWS), ("predict", "predict_proba"))


@CASES.add
def anomalies():
    rows = pd.concat([NEW_ROWS, NEW_ROWS * 50])
    model = IsolationForest(n_estimators=20, random_state=0).fit(X)
    return Case(model, X, Frame(rows), ("predict", "decision_function"))


@CASES.add
def novelties():
    model = LocalOutlierFactor(5, novelty=True).fit(A)
    return Case(model, A, Matrix(np.vstack([B, B * 50])), ("predict", "decision_function"))


@CASES.add
def components():
    return Case(scaled(PCA(2)).fit(X), X, Frame(NEW_ROWS), ("transform",))


@CASES.add
def components_as_pandas():
    model = scaled(PCA(3)).set_output(transform="pandas").fit(X)
    return Case(model, X, Frame(NEW_ROWS), ("transform",))


@CASES.add
def columns_chosen_by_name():
    model = make_pipeline(
        make_column_transformer((StandardScaler(), ["debt", "age"]), remainder="drop"),
        LinearRegression(),
    )
    return Case(model.fit(X, A[:, 0]), None, Frame(NEW_ROWS))


@CASES.add
def calibrated():
    model = CalibratedClassifierCV(LogisticRegression(max_iter=999), cv=2).fit(X, Y)
    return Case(model, X, Frame(NEW_ROWS), ("predict", "predict_proba"))


@CASES.add
def stacked():
    parts = [("tree", DecisionTreeClassifier(max_depth=3)), ("line", scaled(LogisticRegression()))]
    model = StackingClassifier(parts, LogisticRegression(), cv=2).fit(X, Y)
    return Case(model, X, Frame(NEW_ROWS), (*SOFT, "transform"))


@CASES.add
def voted():
    parts = [("tree", DecisionTreeClassifier(max_depth=3)), ("line", scaled(LogisticRegression()))]
    model = VotingClassifier(parts, voting="soft").fit(X, np.array(["x", "y"])[Y])
    return Case(model, X, Frame(NEW_ROWS), ("predict", "predict_proba"))


@CASES.add
def searched():
    model = GridSearchCV(scaled(Ridge()), {"ridge__alpha": [0.1, 1.0]}, cv=2).fit(X, A[:, 0])
    return Case(model, X, Frame(NEW_ROWS))


@CASES.add
def target_on_another_scale():
    model = TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1)
    return Case(model.fit(X, np.abs(A[:, 0])), X, Frame(NEW_ROWS))


@CASES.add
def one_against_one():
    model = scaled(SVC(decision_function_shape="ovo")).fit(A, Y3)
    return Case(model, A, Matrix(B), ("predict", "decision_function"))


@CASES.add
def missing_numbers():
    model = HistGradientBoostingClassifier(max_iter=5).fit(X.mask(X > 50), Y)
    rows = NEW_ROWS.mask(NEW_ROWS.to_numpy() % 1 > 0.6)
    return Case(model, X.mask(X > 50), Frame(rows), ("predict", "predict_proba"))


@CASES.add
def missing_numbers_in_array():
    model = DecisionTreeRegressor(max_depth=4).fit(np.where(A > 50, np.nan, A), A[:, 1])
    return Case(model, A, Matrix(np.where(B % 1 > 0.6, np.nan, B)))


@CASES.add
def sparse_matrix():
    few = sparse.csr_matrix(np.where(A > 0, A, 0))
    rows = sparse.csr_matrix(np.where(B > 0, B, 0))
    return Case(Ridge().fit(few, A[:, 0]), few, Matrix(rows))


@CASES.add
def sparse_answer():
    codes = np.abs(A[:, :2]).astype(int) % 4
    model = OneHotEncoder(handle_unknown="ignore").fit(codes)
    return Case(model, codes, Matrix(np.array([[0, 1], [3, 9], [2, 2]])), ("transform",))


@CASES.add
def numbered_columns():
    frame = pd.DataFrame(A)
    return Case(scaled(Ridge()).fit(frame, Y), frame, Frame(pd.DataFrame(B)))


@CASES.add
def columns_in_two_levels():
    names = pd.MultiIndex.from_product([["now", "before"], ["age", "income"]])
    frame, rows = pd.DataFrame(A, columns=names), pd.DataFrame(B, columns=names)
    return Case(DecisionTreeRegressor(max_depth=4).fit(frame, A[:, 3]), frame, Frame(rows))


@CASES.add
def columns_named_as_the_protocol():
    names = ["records", "inputs", "id", "method"]
    frame, rows = pd.DataFrame(A, columns=names), pd.DataFrame(B, columns=names)
    return Case(scaled(LogisticRegression()).fit(frame, Y), frame, Frame(rows), SOFT)


@CASES.add
def one_column():
    rows = NEW_ROWS[["debt"]]
    return Case(DecisionTreeRegressor(max_depth=2).fit(X[["debt"]], Y), X[["debt"]], Frame(rows))


@CASES.add
def one_dimension():
    model = IsotonicRegression(out_of_bounds="clip").fit(A[:, 0], A[:, 0] ** 3)
    return Case(model, A[:, 0], Values(B[:, 0]), ("predict", "transform"))


@CASES.add
def sparse_columns():
    kind = pd.SparseDtype("float64", 0.0)
    frame, rows = X.clip(0).astype(kind), NEW_ROWS.clip(0).astype(kind)
    return Case(Ridge().fit(frame, Y), frame, Frame(rows))


@CASES.add
def no_columns_known():
    return Case(scaled(LogisticRegression()).fit(A, Y), None, Matrix(B), SOFT)


def test_every_kind_of_request_gets_the_outputs_of_the_notebook(served, case):
    assert differences(served, case) == {}
