"""The endpoints that do not score: health, metadata, metrics, labels."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from nbmodel._version import __version__
from nbmodel.display import visible
from nbmodel.errors import InvalidInput, NbModelError
from nbmodel.predict.column_types import PROTOCOL_DTYPES
from nbmodel.records import Column
from nbmodel.serve.http import openapi
from nbmodel.serve.http.endpoint import choose_version, only_model
from nbmodel.serve.http.metrics import CONTENT_TYPE, Metrics
from nbmodel.serve.http.middleware import BodyReader, BodyTooLarge, ClientGone
from nbmodel.serve.http.responses import error_response, json_response, read_json
from nbmodel.serve.http.state import AppState
from nbmodel.serve.inference.loaded import LoadedVersion
from nbmodel.serve.inference.slots import Slot
from nbmodel.serve.protocol import tensors, v2


class AdminEndpoints:
    """The endpoints that do not score.

    Parameters
    ----------
    state : AppState
    metrics : Metrics
    reader : BodyReader
    """

    def __init__(self, state: AppState, metrics: Metrics, reader: BodyReader) -> None:
        self._slots = state.slots
        self._recorder = state.recorder
        self._gather = state.gather
        self._metrics = metrics
        self._reader = reader
        self._clock = state.clock

    async def feedback(self, request: Request) -> Response:
        """Log labels, by the id of the answer to which they belong."""
        reserved = 0
        try:
            slot = self._slots[request.path_params.get("model") or only_model(self._slots)]
            if self._recorder is None:
                raise InvalidInput(
                    "This server does not log predictions.", "Start it without --no-log."
                )
            body, reserved = await self._reader.read(request.receive)
            document = read_json(body)
            micros = self._clock.read(document.get("time") if isinstance(document, dict) else None)
            count = self._recorder.record_labels(slot.plan.name, document, micros)
        except (NbModelError, BodyTooLarge) as error:
            return error_response(error)
        except ClientGone:
            return Response()  # the client does not receive it
        finally:
            self._reader.pending_bytes -= reserved
        return json_response({"model": slot.plan.name, "labels": count}, 202)

    async def live(self, _: Request) -> Response:
        """Whether the process answers."""
        return json_response({"live": True})

    async def ready(self, _: Request) -> Response:
        """Whether every model is in memory; the server does not answer before that."""
        return json_response({"ready": True})

    async def server(self, _: Request) -> Response:
        """Describe the server: its name, version and protocol extensions."""
        document = {"name": "nbmodel", "version": __version__, "extensions": v2.EXTENSIONS}
        return json_response(document)

    async def model(self, request: Request) -> Response:
        """Describe the inputs and outputs of a model."""
        try:
            slot, version = self._find(request)
        except NbModelError as error:
            return error_response(error)
        versions = {v.reference: v for v in (slot.primary, slot.canary) if v is not None}
        return json_response(
            {
                "name": slot.plan.name,
                "versions": [str(v.info.number) for v in versions.values()],
                "platform": f"nbmodel_{version.info.flavor}",
                "inputs": tensors.describe(_inputs(version)),
                "outputs": tensors.describe(version.outputs),
                "parameters": {
                    "methods": list(version.batchers),
                    "version": version.reference,
                    "proof": _proof(version),
                    **({"problem": visible(slot.problem)} if slot.problem else {}),
                },
            }
        )

    async def model_ready(self, request: Request) -> Response:
        """Whether a model answers."""
        try:
            slot, _ = self._find(request)
        except NbModelError as error:
            return error_response(error)
        return json_response({"name": slot.plan.name, "ready": True})

    async def metrics(self, _: Request) -> Response:
        """The metrics that Prometheus scrapes, of all workers together."""
        text = self._metrics.text()
        return Response(await self._gather(text) if self._gather else text, media_type=CONTENT_TYPE)

    async def openapi(self, _: Request) -> Response:
        """The OpenAPI document."""
        return json_response(openapi.document(self._slots))

    async def openapi_page(self, _: Request) -> Response:
        """A page for people."""
        return openapi.page(self._slots)

    def _find(self, request: Request) -> tuple[Slot, LoadedVersion]:
        slot = self._slots[request.path_params["model"]]
        return slot, choose_version(slot, request.path_params.get("version", ""), "")


def _inputs(version: LoadedVersion) -> list[Column]:
    """The inputs of a version, with the types as which its rows are read."""
    decoder = version.decoder
    return [
        Column(column.name, PROTOCOL_DTYPES.get(kind.family, kind.dtype.name), column.shape)
        for column, kind in zip(decoder.inputs.columns, decoder.types, strict=True)
    ]


def _proof(version: LoadedVersion) -> dict[str, object]:
    proof = version.proof
    return {
        "state": proof.state,
        "rows": proof.rows,
        "bit_for_bit": proof.exact,
        "detail": visible(proof.detail),
    }
