"""Names that a library prints as they are (G19), or serves as attributes (G1)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from nbmodel.errors import Untrusted
from tests.trust.crafted import reload

COMMANDS = ["a\x1b]52;c;cm0=\x07", "\x9b2J", "\x90x", "\x9dx"]
ODD = ["\ufeffid", "prix €\xa0", "It\x92s", "a\tb", "zwei\nZeilen", "名前"]

MAKERS = [
    lambda name: Pipeline([(name, StandardScaler())]),
    lambda name: FeatureUnion([("a", StandardScaler()), (name, StandardScaler())]),
    lambda name: ColumnTransformer([(name, StandardScaler(), [0])]),
    lambda name: VotingClassifier([(name, LogisticRegression())]),
]


def _named(name: str) -> StandardScaler:
    model = StandardScaler().fit(np.eye(2))
    model.feature_names_in_ = np.array(["a", name], object)
    return model


@pytest.mark.parametrize("make", [*MAKERS, _named])
def test_a_name_commands_no_terminal(make) -> None:
    for name in COMMANDS:
        with pytest.raises(Untrusted, match="a terminal command in"):
            reload(make(name))
    for name in ODD:
        reload(make(name))


@pytest.mark.parametrize("name", ["_repr_html_", "_ipython_display_", "_jupyter_x", *COMMANDS])
@pytest.mark.parametrize("place", ["_modules", "_buffers"])
def test_a_part_of_a_module_has_a_name_that_is_text(name: str, place: str) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(2, 2))
    getattr(module, place)[name] = torch.nn.ReLU() if place == "_modules" else torch.ones(1)
    with pytest.raises(Untrusted, match=r"the name .* in a module"):
        reload(module)
