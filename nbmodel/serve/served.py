"""A version in memory, ready to answer: its model, how rows are read, its methods, its proof."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from nbmodel.errors import InvalidInput, MethodMissing, NbModelError, ScoringFailed
from nbmodel.predict.acceptance import Acceptance, decoded
from nbmodel.predict.asking import Asked
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.methods import acceptable, for_inference
from nbmodel.predict.outputs import Outputs, classes_of
from nbmodel.predict.proving import in_a_line
from nbmodel.predict.rows import Array, Rows
from nbmodel.records import Column, Signature, VersionInfo
from nbmodel.serve.batching import Batcher
from nbmodel.serve.calls import call_of, scorers, try_out
from nbmodel.serve.causes import cause_of
from nbmodel.versioning import proof as proofs
from nbmodel.versioning import snapshot as snapshots

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

_MAX_SAMPLE_VALUES = 1 << 20  # of the one row that tells how fast the model is


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofState:
    """Whether a server showed that it answers as the version did at commit.

    Attributes
    ----------
    state : str
        ``proved``, ``not proved`` or ``differs``.
    rows : int
        Acceptance rows that were compared.
    exact : bool
        Whether every answer agreed bit for bit.
    detail : str
        Why it is not proved, or what differs.
    """

    state: str = "not proved"
    rows: int = 0
    exact: bool = False
    detail: str = "the version has no acceptance rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One version that answers.

    Attributes
    ----------
    version : VersionInfo
    signature : Signature
    decoder : Decoder
        Reads the rows of a request.
    outputs : tuple of Column
        What each method gives, as far as it is known.
    batchers : mapping of str to Batcher
        By method; the first is asked by default.
    classes : mapping of str to tuple of str
        Of a classifier, by output: what the columns of its probabilities stand for.
    acceptance : Acceptance or None
    proof : ProofState
    mode : context manager
        Holds the model in the mode in which it answers.
    name : str
        Its exact reference.
    default : str
        The method that is called unless another is named.
    """

    version: VersionInfo
    signature: Signature
    decoder: Decoder
    outputs: tuple[Column, ...]
    batchers: Mapping[str, Batcher]
    classes: Mapping[str, tuple[str, ...]]
    acceptance: Acceptance | None
    mode: AbstractContextManager[None] = field(repr=False)
    proof: ProofState = field(default_factory=ProofState)
    name: str = field(init=False)
    default: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.version.ref)
        object.__setattr__(self, "default", next(iter(self.batchers)))

    def proved(self, proof: ProofState) -> Served:
        """The same version with what a proof found."""
        return replace(self, proof=proof)

    async def score(self, rows: Rows, method: str = "") -> Outputs:
        """The outputs of a method for rows, by name.

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
            raise self.explained(error, rows) from error

    def explained(self, error: Exception, rows: Rows) -> NbModelError:
        """What a call with these rows raised as one of our errors, with the cause if known."""
        if isinstance(error, NbModelError):
            return error
        return ScoringFailed(self.name, in_a_line(error), cause_of(error, rows, self.decoder))

    async def answer(self, rows: Rows, names: Sequence[str]) -> Outputs:
        """The outputs that a request names, in its order: of whole methods, or single ones.

        Parameters
        ----------
        rows : Rows
        names : sequence of str
            Methods, an empty one for the default, or outputs such as ``predict_proba.1``.

        Raises
        ------
        MethodMissing, ScoringFailed, Overloaded
        """
        found: dict[str, Array] = {}
        for name in names:
            wanted = name or self.default
            method = wanted if wanted in self.batchers else wanted.partition(".")[0]
            answers = await self.score(rows, method)
            if wanted != method and wanted not in answers:
                raise MethodMissing(wanted, self.name, [*self.batchers, *answers])
            found |= answers if wanted == method else {wanted: answers[wanted]}
        return found


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
    snapshot = snapshots.read(registry.context, loaded.version)
    acceptance = proofs.of_version(registry.context, snapshot)
    inputs = proofs.inputs_of(registry.context, snapshot, loaded.model)
    asked = Asked(loaded.model, acceptable(loaded.model, inputs))
    if not asked.methods:
        raise InvalidInput(
            f"{loaded.version.ref} is a {loaded.version.type}, which cannot predict.",
            "Serve a model that has predict or transform.",
        )
    mode = for_inference(loaded.model)
    mode.__enter__()  # for as long as it is served
    sample = _sample(asked.decoder, acceptance)
    calls = {method: call_of(asked, method, acceptance) for method in asked.methods}
    compiled = scorers(asked, acceptance, calls, snapshot.profile(registry.context))
    tried = {method: try_out(compiled.get(method), calls[method], sample) for method in calls}
    separate = acceptance.batch_dependent if acceptance is not None else ()
    signature = snapshot.manifest.signature
    columns = _outputs({method: tried[method].answer for method in calls}, signature)
    return Served(
        version=loaded.version,
        signature=signature,
        decoder=asked.decoder,
        outputs=columns,
        batchers={
            method: Batcher(
                compiled[method].call if method in compiled else call,
                executor,
                tried[method].quick_rows,
                call if method in compiled else None,
                names=asked.decoder.names,
                together=method not in separate,
            )
            for method, call in calls.items()
        },
        classes=classes_of(loaded.model, [column.name for column in columns]),
        acceptance=acceptance,
        mode=mode,
    )


def _outputs(tried: Mapping[str, Outputs | None], signature: Signature) -> tuple[Column, ...]:
    """Outputs as they were seen; the default method's as the signature has it if it was not."""
    columns: list[Column] = []
    for place, (method, answer) in enumerate(tried.items()):
        if answer is not None:
            columns += [
                Column(name, values.dtype.name, (-1, *values.shape[1:]))
                for name, values in answer.items()
            ]
        elif place == 0:
            first = signature.outputs[0] if signature.outputs else Column(method, "", (-1,))
            columns.append(replace(first, name=method))
    return tuple(columns)


def _sample(decoder: Decoder, acceptance: Acceptance | None) -> Rows | None:
    """One acceptance row; without any, zeros where all inputs are numbers."""
    if acceptance is not None and acceptance.count:
        first = next(iter(acceptance.answers))
        return decoded(decoder, acceptance.rows, acceptance.accepted(first)[:1])
    if not decoder.numeric or not decoder.inputs.columns:
        return None
    shape = decoder.shape or (-1, len(decoder.names))
    # A stranger's signature may state any width.
    if any(n < 0 for n in shape[1:]) or math.prod(shape[1:]) > _MAX_SAMPLE_VALUES:
        return None
    return np.zeros((1, *shape[1:]), decoder.dtype)
