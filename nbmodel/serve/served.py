"""A version in memory, ready to answer: its model, schema and methods."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel.errors import InvalidInput, MethodMissing, NbModelError, ScoringFailed
from nbmodel.records import Signature, VersionInfo
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
    batchers : mapping of str to Batcher
        By method; the first is asked by default.
    classes : tuple of str
        Of a classifier, in the order of its probabilities.
    """

    version: VersionInfo
    signature: Signature
    schema: Schema
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
    batchers = {
        name: Batcher(call, None if _is_quick(call, sample) else executor)
        for name, call in methods.items()
    }
    return Served(
        loaded.version, shown.manifest.signature, schema, batchers, _classes(loaded.model)
    )


def _classes(model: Any) -> tuple[str, ...]:
    found = getattr(model, "classes_", ())
    return tuple(map(str, found)) if np.ndim(found) == 1 else ()


def _is_quick(call: Any, sample: Rows | None) -> bool:
    """Whether one more call, the first having warmed it, takes less than `QUICK`."""
    if sample is None:
        return False
    try:
        call(sample)
        begin = time.perf_counter()
        call(sample)
    except Exception:  # noqa: BLE001  an invented row may not suit the model; that is no fault
        return False
    return time.perf_counter() - begin < QUICK


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
