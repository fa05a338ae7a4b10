"""Calls that leave no trace: random states, modes and warning filters are as before."""

from __future__ import annotations

import contextlib
import io
import random
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from nbmodel.predict import outputs
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.frames import builder
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import Call, for_inference, methods_of
from nbmodel.predict.outputs import Outputs
from nbmodel.predict.rows import Rows, copy_rows, count_rows


@dataclass(frozen=True, slots=True)
class Predictor:
    """An object that can be asked: how its rows are read, built and passed.

    Attributes
    ----------
    model : object
    inputs : Inputs
    decoder : Decoder
    methods : mapping of str to callable
        From what `build` makes to an answer of the framework.
    build : callable
        From rows to what the object takes.
    """

    model: Any
    inputs: Inputs
    decoder: Decoder = field(init=False)
    methods: Mapping[str, Call] = field(init=False)
    build: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decoder", Decoder(self.inputs))
        object.__setattr__(self, "methods", methods_of(self.model, self.inputs))
        object.__setattr__(self, "build", builder(self.inputs))

    def answer(self, method: str, rows: Rows) -> Outputs:
        """The outputs of a method, by name, one row for each; `rows` stay as they are.

        Raises
        ------
        WrongRows
            If the object answers with another number of rows.
        Exception
            Whatever the object's own code raises.
        """
        given = self.build(copy_rows(rows))
        return outputs.named_arrays(method, self.methods[method](given), count_rows(rows))


@contextmanager
def without_side_effects(model: Any) -> Iterator[None]:
    """Inside it an object can be asked; afterwards nothing is other than before.

    Random generators of Python, numpy, torch and the object's own parameters, the mode of every
    module, warning filters and standard output and error are restored.
    """
    with ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())
        torch = sys.modules.get("torch")
        if torch is not None and hasattr(torch, "get_rng_state"):
            stack.callback(torch.set_rng_state, torch.get_rng_state())
        for restore in _own_generators(model):
            stack.callback(restore)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(for_inference(model))
        yield


def _own_generators(model: Any) -> Iterator[Any]:
    """Functions that put the random generators among an object's parameters back."""
    read = getattr(model, "get_params", None)
    try:
        values = list(read().values()) if callable(read) else []
    except Exception:  # noqa: BLE001  an object's own code may raise anything
        values = []
    values += list(vars(model).values()) if hasattr(model, "__dict__") else []
    for value in values:
        if isinstance(value, np.random.RandomState):
            yield partial(value.set_state, value.get_state())
        elif isinstance(value, random.Random):
            yield partial(value.setstate, value.getstate())
        elif isinstance(value, np.random.Generator):
            yield partial(setattr, value.bit_generator, "state", value.bit_generator.state)
