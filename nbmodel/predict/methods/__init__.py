"""How the models of each framework are called; one file for each framework.

=============  ==========================================================
`estimators`   scikit-learn's conventions: predict, predict_proba, ...
`torch`        modules: tensors in, tensors out
`keras`        models: arrays in, arrays out
`xgboost`      boosters: a DMatrix, or a frame without a copy
=============  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, cast

from nbmodel import plugins
from nbmodel.predict.inputs import Inputs

Call = Callable[[Any], Any]


class Caller(Protocol):
    """What each file of this folder defines."""

    #: From a kind of input that its models do not take, to the kind that they take instead.
    INSTEAD: Mapping[str, str]

    def methods_of(self, model: Any, inputs: Inputs) -> dict[str, Call]:
        """Return the methods of a model; the first is the default."""

    def for_inference(self, model: Any) -> AbstractContextManager[None]:
        """Put the model into inference mode in this context, and restore its mode."""


# For models of all classes that no row of `nbmodel.plugins` names.
_ESTIMATORS = "nbmodel.predict.methods.estimators"


def methods_of(model: Any, inputs: Inputs) -> dict[str, Call]:
    """Return the methods of a model; the first is the default.

    Parameters
    ----------
    model : object
    inputs : Inputs
        Each method is called with a container that `frames.builder` makes of them.

    Returns
    -------
    methods : dict of str to callable
    """
    methods = _caller(model).methods_of(model, inputs)
    return {name: _contained(call) for name, call in methods.items()}


def for_inference(model: Any) -> AbstractContextManager[None]:
    """Put the model into inference mode in this context, and restore its mode."""
    return _caller(model).for_inference(model)


def supported_inputs(model: Any, inputs: Inputs) -> Inputs:
    """Return the inputs in a kind that the framework of the model takes."""
    instead = _caller(model).INSTEAD.get(inputs.kind)
    return inputs if instead is None else replace(inputs, kind=instead)


def _contained(call: Call) -> Call:
    """Convert errors that are not an `Exception`, such as ``sys.exit`` or a panic of Rust.

    They would end the loop of the server. Ctrl-C is not converted.
    """

    def contained(container: Any) -> Any:
        try:
            return call(container)
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise RuntimeError(f"{type(error).__name__}: {error}") from error

    return contained


def _caller(model: Any) -> Caller:
    names = [f"{parent.__module__}.{parent.__qualname__}" for parent in type(model).__mro__]
    callers = plugins.callers()
    file = next((callers[name] for name in names if name in callers), _ESTIMATORS)
    return cast(Caller, import_module(file))
