"""The endpoints that score: they read a request, choose a version, score the rows and answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbmodel.errors import InvalidInput, NbModelError, NotFound
from nbmodel.predict.outputs import Outputs
from nbmodel.predict.rows import Rows, count_rows
from nbmodel.serve.http.codecs import Codec
from nbmodel.serve.http.metrics import Metrics
from nbmodel.serve.http.middleware import (
    BodyReader,
    BodyTooLarge,
    ClientGone,
    Receive,
    Scope,
    Send,
)
from nbmodel.serve.http.responses import (
    RawResponse,
    ScoringTimeout,
    exception_document,
    read_json,
    send_response,
    status_of,
)
from nbmodel.serve.http.state import AppState
from nbmodel.serve.inference.loaded import LoadedVersion
from nbmodel.serve.inference.slots import Slot, Slots
from nbmodel.serve.protocol import binary
from nbmodel.serve.protocol.v2 import InferenceRequest

if TYPE_CHECKING:
    from nbmodel.serve.http.exchange import Exchange, Headers


@dataclass(slots=True, kw_only=True)
class ScoringCall:
    """One request and what is known of it so far.

    Attributes
    ----------
    model : str
        The name in the path; empty means the only model.
    path_version : str
        The version in the path; empty means that the slot chooses.
    start : float
        When the request started, by `time.perf_counter`.
    document : object
        The JSON of the body.
    tail : bytes
        What follows the JSON.
    slot : Slot
    version : LoadedVersion or None
        The version that scores the rows; None until it is chosen.
    request : InferenceRequest
    rows : Rows
    count : int
        Number of rows.
    time : int
        That is logged, in microseconds since the epoch.
    """

    model: str
    path_version: str
    start: float
    document: Any = None
    tail: binary.Bytes = b""
    slot: Slot = field(init=False)
    version: LoadedVersion | None = None
    request: InferenceRequest = field(init=False)
    rows: Rows = field(init=False)
    count: int = 0
    time: int = 0


class ScoringEndpoint:
    """An endpoint that scores the rows of a request.

    A request runs in a separate task (`__call__`). It needs no task if its outputs come in the
    next iteration of the event loop (`handle_directly`).

    Parameters
    ----------
    state : AppState
    metrics : Metrics
    reader : BodyReader
    codec : Codec
    """

    def __init__(self, state: AppState, metrics: Metrics, reader: BodyReader, codec: Codec) -> None:
        self._slots = state.slots
        self._recorder = state.recorder
        self._limits = state.limits
        self._clock = state.clock
        self._metrics = metrics
        self._reader = reader
        self._codec = codec

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request as ASGI messages."""
        path = scope["path_params"]
        call = ScoringCall(
            model=path.get("model", ""),
            path_version=path.get("version", ""),
            start=time.perf_counter(),
        )
        reserved = 0
        try:
            call.slot = self._slots[call.model or only_model(self._slots)]
            body, reserved = await self._reader.read(receive)
            version = self._read(call, scope["headers"], body)
            async with asyncio.timeout(self._limits.timeout_s):
                outputs = await version.score_all(call.rows, call.request.methods)
            response = self._succeed(call, outputs)
            if call.slot.shadow is not None:
                self._score_shadow(call, call.slot.shadow, version)
        except (NbModelError, BodyTooLarge) as error:
            response = self._refuse(call, error)
        except TimeoutError:
            response = self._refuse(call, ScoringTimeout(self._limits.timeout_s))
        except ClientGone:
            return
        finally:
            self._reader.pending_bytes -= reserved
        await send_response(send, response)

    def handle_directly(
        self, model: str, exchange: Exchange, headers: Headers, body: bytes
    ) -> bool:
        """Answer a request that arrived whole without a task; most requests take this path.

        Returns
        -------
        bool
            False if the request needs a task: the model takes longer, the request names several
            outputs, or a shadow scores it too. Nothing has been done then.
        """
        call = ScoringCall(model=model, path_version="", start=time.perf_counter())
        try:
            call.slot = slot = self._slots[model or only_model(self._slots)]
            if slot.shadow is not None:
                return False
            version = self._read(call, headers, body)
            methods = call.request.methods
            batcher = version.batchers.get(methods[0] or version.default_method)
            if batcher is None or len(methods) > 1:
                return False
            if not batcher.is_quick(call.count):
                return False
            batcher.add(call.rows, call.count, _DirectReceiver(self, call, exchange))
        except (NbModelError, BodyTooLarge) as error:
            exchange.respond(self._refuse(call, error))
        return True

    def _read(
        self, call: ScoringCall, headers: Iterable[tuple[bytes, bytes]], body: binary.Bytes
    ) -> LoadedVersion:
        text, call.tail = binary.split(headers, body)
        call.document = read_json(text)
        call.request = request = self._codec.parse(call.document)
        call.time = self._clock.read(request.time)
        call.version = version = choose_version(call.slot, call.path_version, request.id)
        call.rows = self._codec.decode_rows(version.decoder, call.document, call.tail)
        call.count = count_rows(call.rows)
        if call.count > self._limits.max_rows:
            raise InvalidInput(
                f"The request has {call.count} rows.",
                f"Send at most {self._limits.max_rows} rows per request.",
            )
        return version

    def _succeed(self, call: ScoringCall, outputs: Outputs) -> RawResponse:
        """Encode the outputs, log them and count the request."""
        version = call.version
        if version is None:
            raise RuntimeError("A request was answered before it was read.")
        document, tail = self._codec.encode(version, call.request, outputs)
        response = RawResponse.of(200, document, version.reference, tail)
        latency_s = time.perf_counter() - call.start
        self._record(call, version, outputs, latency_s)
        self._metrics.count(call.slot.plan.name, version, 200, call.count, latency_s)
        return response

    def _refuse(self, call: ScoringCall, error: Exception) -> RawResponse:
        status, version = status_of(error), call.version
        latency_s = time.perf_counter() - call.start
        model = call.model or only_model(self._slots)
        self._metrics.count(model, version, status, call.count, latency_s)
        return RawResponse.of(
            status, exception_document(error), version.reference if version else ""
        )

    def _record(
        self, call: ScoringCall, version: LoadedVersion, outputs: Outputs, latency_s: float
    ) -> None:
        """Log the first output only: an id has one row in the log, and labels join by the id."""
        if self._recorder is not None:
            output, values = next(iter(outputs.items()))
            self._recorder.record(
                call.slot, version, call.request.id, call.rows, values, output,
                latency_s, call.time,
            )  # fmt: skip

    def _score_shadow(
        self, call: ScoringCall, shadow: LoadedVersion, version: LoadedVersion
    ) -> None:
        """Let the shadow score the same rows; no request waits for it; its errors are ignored."""
        start = time.perf_counter()
        try:
            if shadow.decoder != version.decoder:
                call.rows = self._codec.decode_rows(shadow.decoder, call.document, call.tail)
        except InvalidInput:
            return

        def record(task: asyncio.Task[Outputs]) -> None:
            if not task.cancelled() and task.exception() is None:
                self._record(call, shadow, task.result(), time.perf_counter() - start)

        scoring = shadow.score_all(call.rows, call.request.methods[:1])
        asyncio.ensure_future(scoring).add_done_callback(record)


class _DirectReceiver:
    """Receives the outcome of a request that has no task, and answers it."""

    __slots__ = ("_call", "_endpoint", "_exchange")

    def __init__(self, endpoint: ScoringEndpoint, call: ScoringCall, exchange: Exchange) -> None:
        self._endpoint = endpoint
        self._call = call
        self._exchange = exchange

    def done(self) -> bool:
        """Whether the client has disconnected."""
        return self._exchange.abandoned()

    def set_result(self, outputs: Outputs, /) -> None:
        """Answer with the outputs."""
        try:
            response = self._endpoint._succeed(self._call, outputs)
        except Exception as error:  # noqa: BLE001  logged and answered, as in a task
            self._exchange.fail(error)
        else:
            self._exchange.respond(response)

    def set_exception(self, error: Exception, /) -> None:
        """Answer with the error."""
        try:
            version = self._call.version
            cause = error if version is None else version.explain(error, self._call.rows)
            response = self._endpoint._refuse(self._call, cause)
        except Exception as failure:  # noqa: BLE001  logged and answered, as in a task
            self._exchange.fail(failure)
        else:
            self._exchange.respond(response)


def choose_version(slot: Slot, path_version: str, request_id: str) -> LoadedVersion:
    """The version that answers: the one in the path, or the one that the slot chooses.

    Raises
    ------
    NotFound
        If the version in the path is not served.
    """
    if not path_version:
        return slot.choose(request_id)
    versions = [version for version in (slot.primary, slot.canary) if version is not None]
    for version in versions:
        if path_version in (str(version.info.number), version.reference, version.info.commit):
            return version
    numbers = [str(version.info.number) for version in versions]
    where = f"the served versions of {slot.plan.name}"
    raise NotFound("version", path_version[:80], where, numbers)


def only_model(slots: Slots) -> str:
    """The name of the only model; empty if there are several."""
    return next(iter(slots.all())) if len(slots.all()) == 1 else ""
