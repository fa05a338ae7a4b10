"""What tells about the server, or hears of labels, and does not score."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from nbmodel._version import __version__
from nbmodel.display import visible
from nbmodel.errors import InvalidInput, NbModelError
from nbmodel.predict.families import PROTOCOL_DTYPES
from nbmodel.records import Column
from nbmodel.serve.http import openapi
from nbmodel.serve.http.endpoint import chosen, only
from nbmodel.serve.http.metrics import TYPE, Metrics
from nbmodel.serve.http.middleware import BodyTooLarge, ClientGone, Intake
from nbmodel.serve.http.responses import as_error, as_json, read_json
from nbmodel.serve.http.state import Serving
from nbmodel.serve.inference.loaded import Served
from nbmodel.serve.inference.slots import Slot
from nbmodel.serve.protocol import v2


class Pages:
    """What tells about the server, or hears of labels, and does not score."""

    def __init__(self, serving: Serving, metrics: Metrics, intake: Intake) -> None:
        self._slots = serving.slots
        self._recorder = serving.recorder
        self._gather = serving.gather
        self._metrics = metrics
        self._intake = intake
        self._clock = serving.clock

    async def feedback(self, request: Request) -> Response:
        """Labels, by the id of the answer that they are about."""
        held = 0
        try:
            slot = self._slots[request.path_params.get("model") or only(self._slots)]
            if self._recorder is None:
                raise InvalidInput(
                    "This server keeps no log of predictions.", "Start it without --no-log."
                )
            body, held = await self._intake.read(request.receive)
            document = read_json(body)
            when = self._clock.read(document.get("time") if isinstance(document, dict) else None)
            count = self._recorder.label(slot.plan.name, document, when)
        except (NbModelError, BodyTooLarge) as error:
            return as_error(error)
        except ClientGone:
            return Response()  # which nobody hears
        finally:
            self._intake.pending -= held
        return as_json({"model": slot.plan.name, "labels": count}, 202)

    async def live(self, _: Request) -> Response:
        """Whether the process answers."""
        return as_json({"live": True})

    async def ready(self, _: Request) -> Response:
        """Whether every model is in memory; a server does not listen before."""
        return as_json({"ready": True})

    async def server(self, _: Request) -> Response:
        """Name, version, extensions."""
        told = {"name": "nbmodel", "version": __version__}
        return as_json(told | {"extensions": v2.EXTENSIONS})

    async def model(self, request: Request) -> Response:
        """What a model takes and gives."""
        try:
            slot, served = self._find(request)
        except NbModelError as error:
            return as_error(error)
        versions = {v.name: v for v in (slot.primary, slot.canary) if v is not None}
        return as_json(
            {
                "name": slot.plan.name,
                "versions": [str(v.version.number) for v in versions.values()],
                "platform": f"nbmodel_{served.version.flavor}",
                "inputs": v2.metadata(_inputs(served)),
                "outputs": v2.metadata(served.outputs),
                "parameters": {
                    "methods": list(served.batchers),
                    "version": served.name,
                    "proof": _proof(served),
                    **({"problem": visible(slot.problem)} if slot.problem else {}),
                },
            }
        )

    async def model_ready(self, request: Request) -> Response:
        """Whether a model answers."""
        try:
            slot, _ = self._find(request)
        except NbModelError as error:
            return as_error(error)
        return as_json({"name": slot.plan.name, "ready": True})

    async def metrics(self, _: Request) -> Response:
        """What Prometheus scrapes; of all workers, whichever is asked."""
        text = self._metrics.text()
        return Response(await self._gather(text) if self._gather else text, media_type=TYPE)

    async def openapi(self, _: Request) -> Response:
        """The description that tools read."""
        return as_json(openapi.document(self._slots))

    async def openapi_page(self, _: Request) -> Response:
        """The description that people read."""
        return openapi.page(self._slots)

    def _find(self, request: Request) -> tuple[Slot, Served]:
        slot = self._slots[request.path_params["model"]]
        return slot, chosen(slot, request.path_params.get("version", ""), "")


def _inputs(served: Served) -> list[Column]:
    """What a version takes, by the types that its rows are read as."""
    decoder = served.decoder
    return [
        Column(column.name, PROTOCOL_DTYPES.get(kind.family, kind.dtype.name), column.shape)
        for column, kind in zip(decoder.inputs.columns, decoder.types, strict=True)
    ]


def _proof(served: Served) -> dict[str, object]:
    proof = served.proof
    return {
        "state": proof.state,
        "rows": proof.rows,
        "bit_for_bit": proof.exact,
        "detail": visible(proof.detail),
    }
