"""How the models of each framework are called; one file a framework.

=============  ==========================================================
estimators     scikit-learn's conventions: predict, predict_proba, ...
torch          modules: tensors in, tensors out
xgboost        boosters: a DMatrix in
=============  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from nbmodel.serve.schema import Matrix, Rows, Schema

Methods = Mapping[str, Callable[[Rows], Matrix]]

# Class by full name to the file that calls it; others follow scikit-learn's conventions.
_CALLERS = {
    "torch.nn.modules.module.Module": "nbmodel.serve.scoring.torch",
    "xgboost.core.Booster": "nbmodel.serve.scoring.xgboost",
}
_ESTIMATORS = "nbmodel.serve.scoring.estimators"


def methods_of(model: Any, schema: Schema, sample: Rows | None) -> Methods:
    """What can be asked of a model, the first being what it is asked by default.

    Parameters
    ----------
    model : object
    schema : Schema
    sample : rows, optional
        To find out in which form the model takes its rows.
    """
    names = [f"{parent.__module__}.{parent.__qualname__}" for parent in type(model).__mro__]
    file = next((_CALLERS[name] for name in names if name in _CALLERS), _ESTIMATORS)
    methods: Methods = import_module(file).methods_of(model, schema, sample)
    return methods
