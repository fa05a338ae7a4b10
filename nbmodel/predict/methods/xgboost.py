"""Boosters of XGBoost, which take a DMatrix or, without a copy, an array or a frame."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import xgboost

from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import Call

INSTEAD: Mapping[str, str] = {}


def methods_of(model: Any, inputs: Inputs) -> dict[str, Call]:
    """Return `predict`, which does not build a DMatrix if the booster has trees."""
    del inputs

    def in_place(container: Any) -> Any:
        return model.inplace_predict(container, validate_features=False)

    def by_matrix(container: Any) -> Any:
        data = xgboost.DMatrix(container, enable_categorical=True)
        return model.predict(data, validate_features=False)

    linear = _kind_of(model) == "gblinear"  # which cannot predict in place
    return {"predict": by_matrix if linear else in_place}


def _kind_of(model: Any) -> str:
    config = json.loads(model.save_config())
    return str(config["learner"]["gradient_booster"]["name"])


@contextmanager
def for_inference(model: Any) -> Iterator[None]:
    """Do nothing: boosters have no modes."""
    del model
    yield
