"""The HTTP face of a server: Open Inference Protocol v2, and plain JSON for people.

Source of the protocol: kserve/open-inference-protocol, "Inference REST protocol".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import numpy as np
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import nbmodel
from nbmodel.errors import (
    InvalidInput,
    MethodMissing,
    NbModelError,
    NotFound,
    Overloaded,
    ScoringFailed,
)
from nbmodel.serve import openapi, protocol
from nbmodel.serve.guards import BodyTooLarge, Limits, Receive, Scope, Send, read_body
from nbmodel.serve.metrics import Metrics
from nbmodel.serve.recording import Recorder
from nbmodel.serve.schema import Matrix, Rows, rows_in
from nbmodel.serve.served import Served
from nbmodel.serve.slots import Slot, Slots

STATUS: Mapping[type[NbModelError], int] = {
    NotFound: 404,
    InvalidInput: 400,
    MethodMissing: 400,
    ScoringFailed: 422,
    Overloaded: 503,
}
VERSION_HEADER = "x-nbmodel-version"
_JSON = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS

Answer = Callable[[Served, str, Matrix, str], Any]


@dataclass(frozen=True, slots=True)
class Serving:
    """What an application works with; without a recorder nothing is logged."""

    slots: Slots
    recorder: Recorder | None = None
    limits: Limits = field(default_factory=Limits)


class Scoring:
    """An endpoint that scores: read, choose a version, score, answer.

    Parameters
    ----------
    serving : Serving
    metrics : Metrics
    read : callable
        Rows, method and request id of a body.
    answer : callable
        The document to answer with.
    """

    def __init__(
        self,
        serving: Serving,
        metrics: Metrics,
        read: Callable[[Slot, Any], tuple[Rows, str, str]],
        answer: Answer,
    ) -> None:
        self._slots = serving.slots
        self._recorder = serving.recorder
        self._limits = serving.limits
        self._metrics = metrics
        self._read = read
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, in ASGI's terms: this path is the hot one."""
        begin = time.perf_counter()
        name = scope["path_params"].get("model") or _only(self._slots)
        served: Served | None = None
        count = 0
        try:
            slot = self._slots[name]
            body = await read_body(receive, self._limits.body)
            rows, method, request = self._read(slot, _document(body))
            count = rows_in(rows)
            self._check_size(count)
            served = _chosen(slot, scope["path_params"].get("version", ""), request)
            async with asyncio.timeout(self._limits.seconds):
                outputs = await served.score(rows, method)
            status, document = 200, self._answer(served, request, outputs, method)
            if self._recorder is not None:
                latency = time.perf_counter() - begin
                self._recorder.note(slot, served, request, rows, outputs, method, latency)
            self._copy_to_shadow(slot, rows, method, request)
        except NbModelError as error:
            status, document = _status(error), {"error": str(error)}
        except BodyTooLarge:
            status, document = 413, {"error": f"A request may have {self._limits.body} bytes."}
        except TimeoutError:
            told = f"There was no answer within {self._limits.seconds:g} s. Send fewer rows."
            status, document = 504, {"error": told}
        self._metrics.count(name, served, status, count, time.perf_counter() - begin)
        await _send(send, status, document, served)

    def _check_size(self, count: int) -> None:
        if count > self._limits.rows:
            raise InvalidInput(
                f"The request has {count} rows.", f"Send at most {self._limits.rows} at once."
            )

    def _copy_to_shadow(self, slot: Slot, rows: Rows, method: str, request: str) -> None:
        shadow, recorder = slot.shadow, self._recorder
        if shadow is None or recorder is None:
            return
        begin = time.perf_counter()

        def note(done: asyncio.Task[Matrix]) -> None:
            # Nobody waits for it: a failure of the shadow is the shadow's alone.
            if not done.cancelled() and done.exception() is None:
                latency = time.perf_counter() - begin
                recorder.note(slot, shadow, request, rows, done.result(), method, latency)

        asyncio.ensure_future(shadow.score(rows, method)).add_done_callback(note)


def application(serving: Serving) -> Starlette:
    """The whole application."""
    metrics = Metrics(serving.slots, serving.recorder)
    infer = Scoring(serving, metrics, _read_v2, _answer_v2)
    predict = Scoring(serving, metrics, _read_records, _answer_records)
    pages = Pages(serving)
    return Starlette(
        routes=[
            Route("/v2/models/{model}/infer", infer, methods=["POST"]),
            Route("/predict", predict, methods=["POST"]),
            Route("/predict/{model}", predict, methods=["POST"]),
            Route("/v2/models/{model}/versions/{version}/infer", infer, methods=["POST"]),
            Route("/feedback", pages.feedback, methods=["POST"]),
            Route("/feedback/{model}", pages.feedback, methods=["POST"]),
            Route("/v2/health/live", pages.live),
            Route("/v2/health/ready", pages.ready),
            Route("/v2", pages.server),
            Route("/v2/models/{model}", pages.model),
            Route("/v2/models/{model}/ready", pages.model_ready),
            Route("/v2/models/{model}/versions/{version}", pages.model),
            Route("/v2/models/{model}/versions/{version}/ready", pages.model_ready),
            Route("/metrics", metrics.page),
            Route("/openapi.json", pages.openapi),
            Route("/", pages.openapi_page),
        ],
        exception_handlers={404: _no_such_page, 405: _wrong_method},
    )


class Pages:
    """What tells about the server, or hears of labels, and does not score."""

    def __init__(self, serving: Serving) -> None:
        self._slots = serving.slots
        self._recorder = serving.recorder
        self._limits = serving.limits

    async def feedback(self, request: Request) -> Response:
        """Labels, by the id of the answer that they are about."""
        try:
            slot = self._slots[request.path_params.get("model") or _only(self._slots)]
            if self._recorder is None:
                raise InvalidInput(
                    "This server keeps no log of predictions.", "Start it without --no-log."
                )
            body = await read_body(request.receive, self._limits.body)
            count = self._recorder.label(slot.plan.name, _document(body))
        except NbModelError as error:
            return _json({"error": str(error)}, _status(error))
        except BodyTooLarge:
            told = f"A request may have {self._limits.body} bytes."
            return _json({"error": told}, 413)
        return _json({"model": slot.plan.name, "labels": count}, 202)

    async def live(self, _: Request) -> Response:
        """Whether the process answers."""
        return _json({"live": True})

    async def ready(self, _: Request) -> Response:
        """Whether every model is in memory; a server does not listen before."""
        return _json({"ready": True})

    async def server(self, _: Request) -> Response:
        """Name, version, extensions."""
        return _json({"name": "nbmodel", "version": nbmodel.__version__, "extensions": []})

    async def model(self, request: Request) -> Response:
        """What a model takes and gives."""
        try:
            slot, served = self._find(request)
        except NbModelError as error:
            return _json({"error": str(error)}, _status(error))
        versions = {v.name: v for v in (slot.primary, slot.canary) if v is not None}
        return _json(
            {
                "name": slot.plan.name,
                "versions": [str(v.version.number) for v in versions.values()],
                "platform": f"nbmodel_{served.version.flavor}",
                "inputs": protocol.metadata(served.signature.inputs),
                "outputs": protocol.metadata(served.signature.outputs),
                "parameters": {"methods": list(served.batchers), "version": served.name},
            }
        )

    async def model_ready(self, request: Request) -> Response:
        """Whether a model answers."""
        try:
            slot, _ = self._find(request)
        except NbModelError as error:
            return _json({"error": str(error)}, _status(error))
        return _json({"name": slot.plan.name, "ready": True})

    async def openapi(self, _: Request) -> Response:
        """The description that tools read."""
        return _json(openapi.document(self._slots))

    async def openapi_page(self, _: Request) -> Response:
        """The description that people read."""
        return openapi.page(self._slots)

    def _find(self, request: Request) -> tuple[Slot, Served]:
        slot = self._slots[request.path_params["model"]]
        return slot, _chosen(slot, request.path_params.get("version", ""), "")


# -- reading and answering ---------------------------------------------------


def _read_v2(slot: Slot, document: Any) -> tuple[Rows, str, str]:
    rows = protocol.read_inputs(slot.primary.schema, document)
    parameters = document.get("parameters") or {}
    method = parameters.get("method", "") if isinstance(parameters, dict) else ""
    return rows, str(method), str(document.get("id") or "") or token_hex(8)


def _answer_v2(served: Served, request: str, outputs: Matrix, method: str) -> Any:
    return {
        "model_name": served.version.model,
        "model_version": str(served.version.number),
        "id": request,
        "outputs": [protocol.tensor(method or served.default, outputs)],
        "parameters": {"version": served.name},
    }


def _read_records(slot: Slot, document: Any) -> tuple[Rows, str, str]:
    method, request, records = "", "", document
    if isinstance(document, dict) and "records" in document:
        method, request = document.get("method", ""), document.get("id", "")
        records = document["records"]
    if isinstance(records, dict):
        records = [records]
    if not isinstance(records, list):
        raise InvalidInput("The request holds no records.", 'Send [{"column": value, ...}, ...].')
    rows = slot.primary.schema.from_records(records)
    return rows, str(method or ""), str(request or "") or token_hex(8)


def _answer_records(served: Served, request: str, outputs: Matrix, method: str) -> Any:
    return {
        "model": served.version.model,
        "version": served.name,
        "id": request,
        method or served.default: outputs.tolist(),
    }


def _document(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise InvalidInput(f"The body is not JSON: {error}.", "Send a JSON document.") from None


def _chosen(slot: Slot, version: str, request: str) -> Served:
    if not version:
        return slot.choose(request)
    here = [held for held in (slot.primary, slot.canary) if held is not None]
    for held in here:
        if version in (str(held.version.number), held.name, held.version.commit):
            return held
    known = [str(held.version.number) for held in here]
    raise NotFound("version", version, f"what is served of {slot.plan.name}", known)


def _only(slots: Slots) -> str:
    return next(iter(slots.all())) if len(slots.all()) == 1 else ""


def _status(error: NbModelError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document, option=_JSON), status, media_type="application/json")


async def _send(send: Send, status: int, document: Any, served: Served | None) -> None:
    try:
        body = orjson.dumps(document, option=_JSON)
    except TypeError:  # a dtype that orjson does not write
        body = orjson.dumps(document, option=_JSON, default=_plain)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if served is not None:
        headers.append((VERSION_HEADER.encode(), served.name.encode()))
    if status == 503:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


async def _no_such_page(request: Request, _: Exception) -> Response:
    return _json({"error": f"There is nothing at {request.url.path}. See /openapi.json."}, 404)


async def _wrong_method(request: Request, _: Exception) -> Response:
    return _json({"error": f"{request.method} is not for {request.url.path}."}, 405)
