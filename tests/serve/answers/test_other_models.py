"""imbalanced-learn, category_encoders, statsmodels and plain Python objects."""

from __future__ import annotations

import category_encoders
import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.serve.answers.cases import Case, Cases
from tests.serve.answers.compare import differences
from tests.serve.answers.data import incomes, matrix, numbers, people, strangers, target
from tests.serve.answers.rows import Frame, Matrix

CASES = Cases()
X, Y, A, B = numbers(), target(), matrix(), matrix(5, seed=7)
NEW_ROWS = numbers(5, seed=7)
PEOPLE, INCOMES = people(), incomes(people())


@CASES.add
def sampling_pipeline():
    model = make_sampling_pipeline(
        StandardScaler(), RandomOverSampler(random_state=0), LogisticRegression()
    )
    return Case(model.fit(X, Y), X, Frame(NEW_ROWS), ("predict", "predict_proba"))


@CASES.add
def encoded_by_target():
    model = make_pipeline(category_encoders.TargetEncoder(cols=["city"]), Ridge())
    return Case(model.fit(PEOPLE, INCOMES), PEOPLE, Frame(strangers()))


@CASES.add
def encoded_by_digits():
    model = category_encoders.BinaryEncoder(cols=["city"]).fit(PEOPLE, INCOMES)
    return Case(model, PEOPLE, Frame(strangers()), ("transform",))


@CASES.add
def least_squares():
    frame, rows = (
        sm.add_constant(X / 100),
        sm.add_constant(NEW_ROWS / 100, has_constant="add"),
    )
    return Case(sm.OLS(A[:, 0], frame).fit(), frame, Frame(rows))


@CASES.add
def least_squares_on_array():
    return Case(sm.OLS(A[:, 0] * 2 + 1, A).fit(), A, Matrix(B))


@CASES.add
def formula():
    frame = PEOPLE.assign(income=INCOMES).dropna()
    model = smf.ols("income ~ C(city) * np.log(age)", frame).fit()
    rows = strangers().dropna().query("city != '東京'").reset_index(drop=True)
    return Case(model, frame[["city", "age"]], Frame(rows))


@CASES.add
def formula_of_a_logit():
    frame = X.assign(bad=np.where(np.arange(120) % 7, Y, 1 - Y))
    model = smf.logit("bad ~ age + income", frame).fit(disp=False)
    return Case(model, frame[["age", "income"]], Frame(NEW_ROWS[["age", "income"]]))


@CASES.add
def plain_object():
    class Rule:
        """Takes its rows as a frame, text and all."""

        def predict(self, frame):
            return np.where(frame["city"].isna(), -1.0, frame["age"] / 7)

    return Case(Rule(), PEOPLE, Frame(strangers()))


@CASES.add
def plain_object_that_answers_texts():
    class Greeting:
        def predict(self, frame):
            return [f"{row.city} {row.age + 1}" for row in frame.itertuples()]

    return Case(Greeting(), PEOPLE.dropna(), Frame(strangers().dropna()))


@CASES.add
def plain_object_that_answers_a_frame():
    class Interval:
        def predict(self, frame):
            return pd.DataFrame({"low": frame["age"] - 1.5, "high": frame["age"] + 1.5})

    return Case(Interval(), X, Frame(NEW_ROWS))


@CASES.add
def columns_of_one_name():
    class Weighted:
        """scikit-learn does not take two columns of one name; own objects do."""

        def predict(self, frame):
            assert list(frame.columns) == ["age", "age", "debt", "debt"]
            return frame.to_numpy() @ [1.0, 10.0, 100.0, 1000.0]

    names = ["age", "age", "debt", "debt"]
    frame, rows = pd.DataFrame(A, columns=names), pd.DataFrame(B, columns=names)
    return Case(Weighted(), frame, Frame(rows))


def test_every_kind_of_request_gets_the_outputs_of_the_notebook(served, case):
    assert differences(served, case) == {}
