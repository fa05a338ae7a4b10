"""The routes of a server: Open Inference Protocol v2, and plain JSON for people.

Source of the protocol: kserve/open-inference-protocol, "Inference REST protocol".
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nbmodel.serve.http.admin import AdminEndpoints
from nbmodel.serve.http.codecs import RecordCodec, TensorCodec
from nbmodel.serve.http.dispatch import Dispatcher
from nbmodel.serve.http.endpoint import ScoringEndpoint
from nbmodel.serve.http.metrics import Metrics
from nbmodel.serve.http.middleware import BodyReader, error_document
from nbmodel.serve.http.responses import internal_error_text, json_response
from nbmodel.serve.http.state import AppState


def application(state: AppState, metrics: Metrics) -> Dispatcher:
    """The whole application, without the access checks in front of it."""
    reader = BodyReader(state.limits)
    infer = ScoringEndpoint(state, metrics, reader, TensorCodec())
    predict = ScoringEndpoint(state, metrics, reader, RecordCodec())
    admin = AdminEndpoints(state, metrics, reader)
    router = Starlette(
        routes=[
            Route("/v2/models/{model}/infer", infer, methods=["POST"]),
            Route("/predict", predict, methods=["POST"]),
            Route("/predict/{model}", predict, methods=["POST"]),
            Route("/v2/models/{model}/versions/{version}/infer", infer, methods=["POST"]),
            Route("/feedback", admin.feedback, methods=["POST"]),
            Route("/feedback/{model}", admin.feedback, methods=["POST"]),
            Route("/v2/health/live", admin.live),
            Route("/v2/health/ready", admin.ready),
            Route("/v2", admin.server),
            Route("/v2/models/{model}", admin.model),
            Route("/v2/models/{model}/ready", admin.model_ready),
            Route("/v2/models/{model}/versions/{version}", admin.model),
            Route("/v2/models/{model}/versions/{version}/ready", admin.model_ready),
            Route("/metrics", admin.metrics),
            Route("/openapi.json", admin.openapi),
            Route("/", admin.openapi_page),
        ],
        exception_handlers={404: _not_found, 405: _wrong_method, Exception: _internal_error},
    )
    return Dispatcher(router, infer, predict, state.slots.all())


async def _not_found(request: Request, _: Exception) -> Response:
    path = request.url.path[:200]
    return json_response(
        error_document(404, f"There is nothing at {path}. See /openapi.json."), 404
    )


async def _wrong_method(request: Request, error: Exception) -> Response:
    """Name the right methods in the header Allow, as RFC 9110 (15.5.6) requires."""
    headers = error.headers if isinstance(error, HTTPException) else None
    text = f"{request.url.path[:200]} does not accept {request.method}; see the header Allow."
    return json_response(error_document(405, text), 405, headers)


async def _internal_error(_: Request, error: Exception) -> Response:
    """Starlette raises the error again afterwards, so that the server logs it."""
    return json_response(error_document(500, internal_error_text(error)), 500)
