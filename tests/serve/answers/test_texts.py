"""Models of texts: one-dimensional input, a column of a frame, dicts of features."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union

from tests.serve.answers.cases import Case, Cases
from tests.serve.answers.compare import differences
from tests.serve.answers.rows import Frame, Objects, Values

CASES = Cases()
WORDS = ["good", "fine", "great", "superb", "bad", "awful", "größer", "好", "the", "a", "of"]
LONG = [" ".join(WORDS[(n * k) % len(WORDS)] for k in range(1, 5)) for n in range(60)]
Y = np.array([int(text.count("bad") + text.count("awful") > 0) for text in LONG])
NEW_ROWS = ["good good bad", "", 'größer 好\n"quoted"', "never seen", "awful"]
SOFT = ("predict", "predict_proba")


@CASES.add
def series():
    texts = pd.Series(LONG, name="review")
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, Y)
    return Case(model, texts, Values(pd.Series(NEW_ROWS, name="review")), SOFT)


@CASES.add
def listed():
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression())
    model.fit(LONG, np.array(["praise", "blame"])[Y])
    return Case(model, LONG, Values(NEW_ROWS), (*SOFT, "decision_function"))


@CASES.add
def array_of_objects():
    texts = np.array(LONG, dtype=object)
    model = make_pipeline(CountVectorizer(analyzer="char"), MultinomialNB()).fit(texts, Y)
    return Case(model, texts, Values(np.array(NEW_ROWS, dtype=object)), SOFT)


@CASES.add
def array_of_texts():
    model = make_pipeline(TfidfVectorizer(), Ridge()).fit(np.array(LONG), Y)
    return Case(model, np.array(LONG), Values(np.array(NEW_ROWS)))


@CASES.add
def series_without_name():
    texts = pd.Series(LONG, dtype="string")
    model = make_pipeline(TfidfVectorizer(), Ridge()).fit(texts, Y)
    return Case(model, texts, Values(pd.Series(NEW_ROWS, dtype="string")))


@CASES.add
def without_data():
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(LONG, Y)
    return Case(model, None, Values(NEW_ROWS, "text"), SOFT)


@CASES.add
def hashed_without_data():
    model = make_pipeline(HashingVectorizer(n_features=64), SGDClassifier(random_state=0))
    return Case(
        model.fit(LONG, Y),
        None,
        Values(NEW_ROWS, "text"),
        ("predict", "decision_function"),
    )


@CASES.add
def sparse_answer():
    model = make_union(TfidfVectorizer(), make_pipeline(CountVectorizer(), TfidfTransformer()))
    return Case(model.fit(LONG), LONG, Values(NEW_ROWS), ("transform",))


@CASES.add
def several_labels():
    model = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression()))
    labels = np.stack([Y, [int("the" in text) for text in LONG]], axis=1)
    return Case(model.fit(LONG, labels), LONG, Values(NEW_ROWS), SOFT)


@CASES.add
def beside_numbers():
    frame = pd.DataFrame({"review": LONG, "stars": np.arange(60) % 5})
    parts = make_column_transformer((TfidfVectorizer(), "review"), remainder="passthrough")
    model = make_pipeline(parts, LogisticRegression()).fit(frame, Y)
    rows = pd.DataFrame({"review": NEW_ROWS, "stars": [5, 4, 3, 2, 1]})
    return Case(model, frame, Frame(rows), SOFT)


@CASES.add
def two_texts():
    frame = pd.DataFrame({"title": LONG[::-1], "review": LONG})
    parts = make_column_transformer((TfidfVectorizer(), "review"), (CountVectorizer(), "title"))
    model = make_pipeline(parts, Ridge()).fit(frame, Y)
    rows = pd.DataFrame({"title": NEW_ROWS[::-1], "review": NEW_ROWS})
    return Case(model, frame, Frame(rows))


@CASES.add
def features_of_dicts():
    dicts = [{"word": text.split()[0], "length": len(text)} for text in LONG]
    model = make_pipeline(DictVectorizer(), LogisticRegression(max_iter=999)).fit(dicts, Y)
    rows = [{"word": "bad", "length": 3}, {"length": 11}, {"word": "好", "other": 2.5}, {}]
    return Case(model, dicts, Objects(rows), SOFT)


def test_every_kind_of_request_gets_the_outputs_of_the_notebook(served, case):
    assert differences(served, case) == {}
