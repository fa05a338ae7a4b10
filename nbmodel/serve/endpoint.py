"""The endpoints that score: tensors of the protocol, or records for people."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

from nbmodel.errors import InvalidInput, NbModelError, NotFound
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.outputs import Outputs, listed
from nbmodel.predict.rows import Rows, rows_in
from nbmodel.serve import binary, protocol
from nbmodel.serve.answers import read_json, send_document, status_of
from nbmodel.serve.guards import BodyTooLarge, ClientGone, Intake, Receive, Scope, Send
from nbmodel.serve.metrics import Metrics
from nbmodel.serve.protocol import Asked, method_name, request_id
from nbmodel.serve.served import Served
from nbmodel.serve.serving import Serving
from nbmodel.serve.slots import Slot, Slots


class Dialect(Protocol):
    """How requests and answers are written."""

    def wishes(self, document: Any) -> Asked:
        """What a request asks for."""

    def rows(self, decoder: Decoder, document: Any, behind: binary.Bytes) -> Rows:
        """Its rows."""

    def answer(self, served: Served, asked: Asked, outputs: Outputs) -> tuple[Any, bytes]:
        """The document to answer with, and bytes behind it."""


class Scoring:
    """An endpoint that scores: read, choose a version, score, answer.

    Parameters
    ----------
    serving : Serving
    metrics : Metrics
    intake : Intake
    dialect : Dialect
    """

    def __init__(
        self, serving: Serving, metrics: Metrics, intake: Intake, dialect: Dialect
    ) -> None:
        self._slots = serving.slots
        self._recorder = serving.recorder
        self._limits = serving.limits
        self._clock = serving.clock
        self._metrics = metrics
        self._intake = intake
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, in ASGI's terms: this path is the hot one."""
        begin = time.perf_counter()
        name = scope["path_params"].get("model") or only(self._slots)
        served: Served | None = None
        count = held = 0
        behind = b""
        try:
            slot = self._slots[name]
            body, held = await self._intake.read(receive)
            text, tail = binary.split(scope["headers"], body)
            given = read_json(text)
            asked = self._dialect.wishes(given)
            when = self._clock.read(asked.when)
            served = chosen(slot, scope["path_params"].get("version", ""), asked.request)
            rows = self._dialect.rows(served.decoder, given, tail)
            count = rows_in(rows)
            self._check_size(count)
            async with asyncio.timeout(self._limits.seconds):
                outputs = await served.answer(rows, asked.methods)
            document, behind = self._dialect.answer(served, asked, outputs)
            status = 200
            self._note(slot, served, asked, rows, outputs, time.perf_counter() - begin, when)
            if slot.shadow is not None:
                self._copy(slot, slot.shadow, served, asked, rows, (given, tail), when)
        except (NbModelError, BodyTooLarge) as error:
            status, document = status_of(error), {"error": str(error)}
        except TimeoutError:
            told = f"There was no answer within {self._limits.seconds:g} s. Send fewer rows."
            status, document = 504, {"error": told}
        except ClientGone:
            return
        finally:
            self._intake.pending -= held
        self._metrics.count(name, served, status, count, time.perf_counter() - begin)
        await send_document(send, status, document, served.name if served else "", behind)

    def _check_size(self, count: int) -> None:
        if count > self._limits.rows:
            raise InvalidInput(
                f"The request has {count} rows.", f"Send at most {self._limits.rows} at once."
            )

    def _note(
        self, slot: Slot, served: Served, asked: Asked, rows: Rows, outputs: Outputs,
        latency: float, when: int,
    ) -> None:  # fmt: skip
        """Log the first output: an id has one row in the log, and labels join by it."""
        if self._recorder is not None:
            output, values = next(iter(outputs.items()))
            self._recorder.note(slot, served, asked.request, rows, values, output, latency, when)

    def _copy(
        self, slot: Slot, shadow: Served, served: Served, asked: Asked, rows: Rows,
        given: tuple[Any, binary.Bytes], when: int,
    ) -> None:  # fmt: skip
        """Let the shadow score it too: nobody waits, and a failure is the shadow's alone."""
        begin = time.perf_counter()
        try:
            if shadow.decoder != served.decoder:
                rows = self._dialect.rows(shadow.decoder, *given)
        except InvalidInput:
            return

        def note(done: asyncio.Task[Outputs]) -> None:
            if not done.cancelled() and done.exception() is None:
                latency = time.perf_counter() - begin
                self._note(slot, shadow, asked, rows, done.result(), latency, when)

        answer = shadow.answer(rows, asked.methods[:1])
        asyncio.ensure_future(answer).add_done_callback(note)


class Tensors:
    """Open Inference Protocol v2."""

    def wishes(self, document: Any) -> Asked:
        """What a request asks for."""
        return protocol.read_wishes(document)

    def rows(self, decoder: Decoder, document: Any, behind: binary.Bytes) -> Rows:
        """Its rows."""
        return protocol.read_inputs(decoder, document, behind)

    def answer(self, served: Served, asked: Asked, outputs: Outputs) -> tuple[Any, bytes]:
        """One tensor an output."""
        binaries = {name or served.default for name in asked.binary}
        tensors = [
            protocol.tensor(name, values, as_bytes=name in binaries)
            for name, values in outputs.items()
        ]
        return {
            "model_name": served.version.model,
            "model_version": str(served.version.number),
            "id": asked.request,
            "outputs": [told for told, _ in tensors],
            "parameters": {"version": served.name},
        }, b"".join(blob for _, blob in tensors)


class Records:
    """Plain JSON: ``[{"column": value}]``, or ``{"records": [...], "method": ..., "id": ...}``."""

    def wishes(self, document: Any) -> Asked:
        """What a request asks for."""
        if not _is_envelope(document):
            return Asked(request_id(None))
        method = method_name(document.get("method"))
        return Asked(request_id(document.get("id")), (method,), when=document.get("time"))

    def rows(self, decoder: Decoder, document: Any, behind: binary.Bytes) -> Rows:
        """Its rows; a single record stands for a list of one."""
        records = document["records"] if _is_envelope(document) else document
        if isinstance(records, dict):
            records = [records]
        if not isinstance(records, list) or behind:
            raise InvalidInput(
                "The request holds no records.", 'Send [{"column": value, ...}, ...].'
            )
        return decoder.from_records(records)

    def answer(self, served: Served, asked: Asked, outputs: Outputs) -> tuple[Any, bytes]:
        """The outputs as a list, by the name of the method."""
        document = {
            "model": served.version.model,
            "version": served.name,
            "id": asked.request,
            **{name: listed(values) for name, values in outputs.items()},
        }
        return document, b""


def _is_envelope(document: Any) -> bool:
    """Whether rows stand in ``records``: a column of that name holds no list."""
    return isinstance(document, dict) and isinstance(document.get("records"), list | dict)


def chosen(slot: Slot, version: str, request: str) -> Served:
    """The version that answers: the one in the path, else the slot's choice.

    Raises
    ------
    NotFound
        If another version is in the path than is served.
    """
    if not version:
        return slot.choose(request)
    here = [held for held in (slot.primary, slot.canary) if held is not None]
    for held in here:
        if version in (str(held.version.number), held.name, held.version.commit):
            return held
    known = [str(held.version.number) for held in here]
    raise NotFound("version", version[:80], f"what is served of {slot.plan.name}", known)


def only(slots: Slots) -> str:
    """The name of the one model; empty if there are several."""
    return next(iter(slots.all())) if len(slots.all()) == 1 else ""
