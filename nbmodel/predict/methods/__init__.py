"""How the objects of each framework are called; one file a framework.

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

    #: Kinds of input that its objects do not take, to the kind that they take instead.
    INSTEAD: Mapping[str, str]

    def methods_of(self, model: Any, inputs: Inputs) -> dict[str, Call]:
        """What can be asked of an object; the first is asked by default."""

    def for_inference(self, model: Any) -> AbstractContextManager[None]:
        """Inside it the object answers as after training; then it is as it was."""


# Calls objects of every class that no row of `nbmodel.plugins` names.
_ESTIMATORS = "nbmodel.predict.methods.estimators"


def methods_of(model: Any, inputs: Inputs) -> dict[str, Call]:
    """What can be asked of an object, the first being what it is asked by default.

    Parameters
    ----------
    model : object
    inputs : Inputs
        What it takes; each method is called with what `frames.builder` makes of it.
    """
    found = _caller(model).methods_of(model, inputs)
    return {name: _contained(call) for name, call in found.items()}


def for_inference(model: Any) -> AbstractContextManager[None]:
    """Inside it the object answers as after training; then it is as it was."""
    return _caller(model).for_inference(model)


def supported_inputs(model: Any, inputs: Inputs) -> Inputs:
    """The inputs in a kind that the object's framework takes."""
    instead = _caller(model).INSTEAD.get(inputs.kind)
    return inputs if instead is None else replace(inputs, kind=instead)


def _contained(call: Call) -> Call:
    """The call with what is not an `Exception` as one: a panic of Rust, ``sys.exit``.

    Otherwise it would end the loop that answers everybody. Ctrl-C stays what it is.
    """

    def ask(given: Any) -> Any:
        try:
            return call(given)
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise RuntimeError(f"{type(error).__name__}: {error}") from error

    return ask


def _caller(model: Any) -> Caller:
    names = [f"{parent.__module__}.{parent.__qualname__}" for parent in type(model).__mro__]
    callers = plugins.callers()
    file = next((callers[name] for name in names if name in callers), _ESTIMATORS)
    return cast(Caller, import_module(file))
