"""A version in memory: how its rows are read, its methods, and the proof of its outputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from nbmodel.errors import InvalidInput, MethodMissing, NbModelError, ScoringFailed
from nbmodel.predict.acceptance import Acceptance, decode_rows
from nbmodel.predict.acceptance_replay import one_line
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.methods import for_inference, supported_inputs
from nbmodel.predict.outputs import Outputs, classes_of
from nbmodel.predict.predictor import Predictor
from nbmodel.predict.rows import Array, Rows
from nbmodel.records import Column, Signature, VersionInfo
from nbmodel.serve.inference.batching import Batcher
from nbmodel.serve.inference.diagnosis import find_cause
from nbmodel.serve.inference.methods import call_of, scorers, try_out
from nbmodel.versioning import acceptance as proofs
from nbmodel.versioning import snapshot as snapshots

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

_MAX_SAMPLE_VALUES = 1 << 20  # of the row with which the model is timed


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofState:
    """Whether a server has shown that its outputs are those of the version at commit.

    Attributes
    ----------
    state : str
        ``proved``, ``not proved`` or ``differs``.
    rows : int
        Acceptance rows that were compared.
    exact : bool
        Whether every output was equal bit for bit.
    detail : str
        Why there is no proof, or what differs.
    """

    state: str = "not proved"
    rows: int = 0
    exact: bool = False
    detail: str = "the version has no acceptance rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedVersion:
    """One version in memory.

    Attributes
    ----------
    info : VersionInfo
    signature : Signature
    decoder : Decoder
        Reads the rows of a request.
    outputs : tuple of Column
        The outputs of each method that are known.
    batchers : mapping of str to Batcher
        By method; the first method is the default.
    classes : mapping of str to tuple of str
        By output of a classifier: the class of each column of probabilities.
    acceptance : Acceptance or None
    proof : ProofState
    mode : context manager
        Keeps the model in inference mode.
    reference : str
        Exact, such as ``churn@7``.
    default_method : str
        The method that is called if a request names none.
    """

    info: VersionInfo
    signature: Signature
    decoder: Decoder
    outputs: tuple[Column, ...]
    batchers: Mapping[str, Batcher]
    classes: Mapping[str, tuple[str, ...]]
    acceptance: Acceptance | None
    mode: AbstractContextManager[None] = field(repr=False)
    proof: ProofState = field(default_factory=ProofState)
    reference: str = field(init=False)
    default_method: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reference", self.info.ref)
        object.__setattr__(self, "default_method", next(iter(self.batchers)))

    def with_proof(self, proof: ProofState) -> LoadedVersion:
        """The same version with the state of its proof."""
        return replace(self, proof=proof)

    async def score(self, rows: Rows, method: str = "") -> Outputs:
        """Call one method; its outputs by name.

        Raises
        ------
        MethodMissing, ScoringFailed, Overloaded
        """
        name = method or self.default_method
        batcher = self.batchers.get(name)
        if batcher is None:
            raise MethodMissing(name, self.reference, list(self.batchers))
        try:
            return await batcher.submit(rows)
        except NbModelError:
            raise
        except Exception as error:
            raise self.explain(error, rows) from error

    def explain(self, error: Exception, rows: Rows) -> NbModelError:
        """Turn an error of the model into one of ours, with its cause if that is known."""
        if isinstance(error, NbModelError):
            return error
        cause = find_cause(error, rows, self.decoder)
        return ScoringFailed(self.reference, one_line(error), cause)

    async def score_all(self, rows: Rows, names: Sequence[str]) -> Outputs:
        """The outputs that a request names, in the order of the request.

        Parameters
        ----------
        rows : Rows
        names : sequence of str
            Methods, or single outputs such as ``predict_proba.1``; an empty name means the
            default method.

        Raises
        ------
        MethodMissing, ScoringFailed, Overloaded
        """
        result: dict[str, Array] = {}
        for name in (name or self.default_method for name in names):
            method = name if name in self.batchers else name.partition(".")[0]
            outputs = await self.score(rows, method)
            if name != method and name not in outputs:
                raise MethodMissing(name, self.reference, [*self.batchers, *outputs])
            result |= outputs if name == method else {name: outputs[name]}
        return result


def load(
    registry: Registry, reference: str, executor: Executor, *, trust: bool = False
) -> LoadedVersion:
    """Load, check and warm a version.

    Raises
    ------
    NotFound, Untrusted, SegmentMissing, SegmentDamaged
        As a checkout does.
    InvalidInput
        If the object has no method that can be served.
    """
    loaded = registry.load(reference, trust=trust)
    snapshot = snapshots.read(registry.context, loaded.version)
    acceptance = proofs.of_version(registry.context, snapshot)
    inputs = proofs.inputs_of(registry.context, snapshot, loaded.model)
    predictor = Predictor(loaded.model, supported_inputs(loaded.model, inputs))
    if not predictor.methods:
        raise InvalidInput(
            f"{loaded.version.ref} is a {loaded.version.type}, which cannot predict.",
            "Serve a model that has the method predict or transform.",
        )
    mode = for_inference(loaded.model)
    mode.__enter__()  # as long as the version is served
    sample = _sample(predictor.decoder, acceptance)
    calls = {method: call_of(predictor, method, acceptance) for method in predictor.methods}
    compiled = scorers(predictor, acceptance, calls, snapshot.profile(registry.context))
    trials = {method: try_out(compiled.get(method), calls[method], sample) for method in calls}
    separate = acceptance.batch_dependent if acceptance is not None else ()
    signature = snapshot.manifest.signature
    columns = _outputs({method: trials[method].outputs for method in calls}, signature)
    return LoadedVersion(
        info=loaded.version,
        signature=signature,
        decoder=predictor.decoder,
        outputs=columns,
        batchers={
            method: Batcher(
                compiled[method].call if method in compiled else call,
                executor,
                trials[method].quick_rows,
                call if method in compiled else None,
                names=predictor.decoder.names,
                together=method not in separate,
            )
            for method, call in calls.items()
        },
        classes=classes_of(loaded.model, [column.name for column in columns]),
        acceptance=acceptance,
        mode=mode,
    )


def _outputs(trials: Mapping[str, Outputs | None], signature: Signature) -> tuple[Column, ...]:
    """Outputs of the trial calls; for the default method, else those of the signature."""
    columns: list[Column] = []
    for index, (method, outputs) in enumerate(trials.items()):
        if outputs is not None:
            columns += [
                Column(name, values.dtype.name, (-1, *values.shape[1:]))
                for name, values in outputs.items()
            ]
        elif index == 0:
            first = signature.outputs[0] if signature.outputs else Column(method, "", (-1,))
            columns.append(replace(first, name=method))
    return tuple(columns)


def _sample(decoder: Decoder, acceptance: Acceptance | None) -> Rows | None:
    """One acceptance row; else a row of zeros if all inputs are numbers."""
    if acceptance is not None and acceptance.count:
        first = next(iter(acceptance.answers))
        return decode_rows(decoder, acceptance.rows, acceptance.accepted(first)[:1])
    if not decoder.numeric or not decoder.inputs.columns:
        return None
    shape = decoder.shape or (-1, len(decoder.names))
    # The signature of another person's version may state any width.
    if any(n < 0 for n in shape[1:]) or math.prod(shape[1:]) > _MAX_SAMPLE_VALUES:
        return None
    return np.zeros((1, *shape[1:]), decoder.dtype)
