"""A version in memory, ready to answer: its model, schema and methods."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel.errors import InvalidInput, MethodMissing, NbModelError, ScoringFailed
from nbmodel.records import Column, Signature, VersionInfo
from nbmodel.serve.batching import Batcher
from nbmodel.serve.schema import Matrix, Rows, Schema
from nbmodel.serve.scoring import methods_of

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

QUICK = 0.002  # seconds; a call below that is made in the event loop itself


@dataclass(frozen=True, slots=True)
class Served:
    """One version that answers.

    Attributes
    ----------
    version : VersionInfo
    signature : Signature
    schema : Schema
    outputs : tuple of Column
        What each method gives, as far as it is known.
    batchers : mapping of str to Batcher
        By method; the first is asked by default.
    classes : tuple of str
        Of a classifier, in the order of its probabilities.
    """

    version: VersionInfo
    signature: Signature
    schema: Schema
    outputs: tuple[Column, ...]
    batchers: Mapping[str, Batcher]
    classes: tuple[str, ...] = ()

    @property
    def default(self) -> str:
        """The method that is called unless another is asked for."""
        return next(iter(self.batchers))

    @property
    def name(self) -> str:
        """Its exact reference."""
        return self.version.ref

    async def score(self, rows: Rows, method: str = "") -> Matrix:
        """The outputs for rows.

        Raises
        ------
        MethodMissing, ScoringFailed, Overloaded
        """
        chosen = method or self.default
        batcher = self.batchers.get(chosen)
        if batcher is None:
            raise MethodMissing(chosen, self.name, list(self.batchers))
        try:
            return await batcher.submit(rows)
        except NbModelError:
            raise
        except Exception as error:
            raise ScoringFailed(self.name, _in_a_line(error)) from error


def load(registry: Registry, reference: str, executor: Executor, *, trust: bool = False) -> Served:
    """Load, check and warm a version.

    Raises
    ------
    NotFound, Untrusted, SegmentMissing, SegmentDamaged
        As a checkout does.
    InvalidInput
        If nothing can be asked of the object.
    """
    loaded = registry.load(reference, trust=trust)
    shown = registry.show(f"{loaded.version.model}@{loaded.version.commit}")
    schema = Schema.of(shown.manifest.signature)
    sample = _sample(schema, shown.profile)
    methods = methods_of(loaded.model, schema, sample)
    if not methods:
        raise InvalidInput(
            f"{loaded.version.ref} is a {loaded.version.type}, which cannot predict.",
            "Serve a model that has predict or transform.",
        )
    tried = {name: _try(call, sample) for name, call in methods.items()}
    batchers = {
        name: Batcher(call, None if tried[name].seconds < QUICK else executor)
        for name, call in methods.items()
    }
    signature = shown.manifest.signature
    outputs = _outputs({name: tried[name].output for name in methods}, signature)
    return Served(loaded.version, signature, schema, outputs, batchers, _classes(loaded.model))


def _classes(model: Any) -> tuple[str, ...]:
    found = getattr(model, "classes_", ())
    return tuple(map(str, found)) if np.ndim(found) == 1 else ()


@dataclass(frozen=True, slots=True)
class _Try:
    """What a call with one row gave, and how long the second one took."""

    output: Matrix | None = None
    seconds: float = math.inf


def _try(call: Callable[[Rows], Matrix], sample: Rows | None) -> _Try:
    if sample is None:
        return _Try()
    try:
        call(sample)  # warms it
        begin = time.perf_counter()
        output = call(sample)
    except Exception:  # noqa: BLE001  an invented row may not suit the model; that is no fault
        return _Try()
    return _Try(output, time.perf_counter() - begin)


def _outputs(tried: Mapping[str, Matrix | None], signature: Signature) -> tuple[Column, ...]:
    """The default method's output as the signature has it, the others' as they were seen."""
    default, *others = tried
    told = signature.outputs[0] if signature.outputs else None
    found = tried[default]
    first = Column(default, "", (-1,)) if told is None else replace(told, name=default)
    columns = [first if found is None else _column(default, found)]
    return (*columns, *(_column(n, o) for n in others if (o := tried[n]) is not None))


def _column(name: str, output: Matrix) -> Column:
    return Column(name, output.dtype.name, (-1, *output.shape[1:]))


def _sample(schema: Schema, profile: Mapping[str, Any]) -> Rows | None:
    """A row as the training data had them in the middle, else of zeros."""
    if not schema.numeric:
        return None
    if not schema.names:
        if not schema.shape or any(n < 0 for n in schema.shape[1:]):
            return None
        return np.zeros((1, *schema.shape[1:]))
    columns = profile.get("columns", ())
    medians = {
        c.get("name"): (c.get("quantiles") or {}).get("0.5") for c in columns if isinstance(c, dict)
    }
    return np.array([[float(medians.get(name) or 0.0) for name in schema.names]])


def _in_a_line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0][:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
