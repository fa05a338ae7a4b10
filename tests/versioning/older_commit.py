"""Commits models in another environment, whose interpreter runs it with a folder."""

import sys

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import nbmodel

RNG = np.random.default_rng(0)
TEXTS = pd.DataFrame(
    {"city": RNG.choice(["Rome", "Oslo", "Lima"], 300), "grade": RNG.choice(["a", "b"], 300)}
)
NUMBERS = pd.DataFrame({"age": RNG.integers(18, 90, 300), "income": RNG.normal(size=300)})
LABELS = (NUMBERS["age"] > 50).astype(int)
MODELS = {
    "linear": (make_pipeline(StandardScaler(), LogisticRegression()), NUMBERS),
    "forest": (RandomForestClassifier(9, random_state=0), NUMBERS),
    "texts": (make_pipeline(OneHotEncoder(), LogisticRegression()), TEXTS),
    "columns": (make_column_transformer((StandardScaler(), ["age"])), NUMBERS),
}

with nbmodel.open(sys.argv[1], create=True) as registry:
    for name, (model, data) in MODELS.items():
        registry.commit(model.fit(data, LABELS), name, data=data)
        registry.verify_acceptance(name)  # draws them if the machine was too slow
