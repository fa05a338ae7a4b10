"""Calls of a model without side effects: random states, modes and filters are restored."""

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
    """A model that can be called: its decoder, its container of rows and its methods.

    Attributes
    ----------
    model : object
    inputs : Inputs
    decoder : Decoder
    methods : mapping of str to callable
        Each takes a container of `build` and returns an answer of the framework.
    build : callable
        Makes the container that the model takes from rows.
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
        """Call a method, without a change of `rows`.

        Returns
        -------
        outputs : mapping of str to ndarray
            One row for each of `rows`.

        Raises
        ------
        WrongRows
            If the model answers with a different number of rows.
        Exception
            Any error of the code of the model.
        """
        container = self.build(copy_rows(rows))
        return outputs.named_arrays(method, self.methods[method](container), count_rows(rows))


@contextmanager
def without_side_effects(model: Any) -> Iterator[None]:
    """Call a model in this context; afterwards the state of the process is restored.

    It restores the random generators of Python, numpy, torch and the parameters of the model. It
    also restores the mode of every module, warning filters, and standard output and error.
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
    """Yield functions that restore the random generators among the parameters of a model."""
    read = getattr(model, "get_params", None)
    try:
        values = list(read().values()) if callable(read) else []
    except Exception:  # noqa: BLE001  the code of a model may raise anything
        values = []
    values += list(vars(model).values()) if hasattr(model, "__dict__") else []
    for value in values:
        if isinstance(value, np.random.RandomState):
            yield partial(value.set_state, value.get_state())
        elif isinstance(value, random.Random):
            yield partial(value.setstate, value.getstate())
        elif isinstance(value, np.random.Generator):
            yield partial(setattr, value.bit_generator, "state", value.bit_generator.state)
