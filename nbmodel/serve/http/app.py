"""The HTTP face of a server: Open Inference Protocol v2, and plain JSON for people.

Source of the protocol: kserve/open-inference-protocol, "Inference REST protocol".
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nbmodel.serve.http.admin import Pages
from nbmodel.serve.http.codecs import Records, Tensors
from nbmodel.serve.http.dispatch import Front
from nbmodel.serve.http.endpoint import Scoring
from nbmodel.serve.http.metrics import Metrics
from nbmodel.serve.http.middleware import Intake
from nbmodel.serve.http.responses import as_json, mistake
from nbmodel.serve.http.state import Serving


def application(serving: Serving, metrics: Metrics) -> Front:
    """The whole application."""
    intake = Intake(serving.limits)
    infer = Scoring(serving, metrics, intake, Tensors())
    predict = Scoring(serving, metrics, intake, Records())
    pages = Pages(serving, metrics, intake)
    others = Starlette(
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
            Route("/metrics", pages.metrics),
            Route("/openapi.json", pages.openapi),
            Route("/", pages.openapi_page),
        ],
        exception_handlers={404: _no_such_page, 405: _wrong_method, Exception: _mistake},
    )
    return Front(others, infer, predict, serving.slots.all())


async def _no_such_page(request: Request, _: Exception) -> Response:
    path = request.url.path[:200]
    return as_json({"error": f"There is nothing at {path}. See /openapi.json."}, 404)


async def _wrong_method(request: Request, error: Exception) -> Response:
    """Say which methods are right, as RFC 9110 (15.5.6) asks."""
    headers = error.headers if isinstance(error, HTTPException) else None
    told = f"{request.method} is not for {request.url.path[:200]}."
    return as_json({"error": told}, 405, headers)


async def _mistake(_: Request, error: Exception) -> Response:
    """Starlette raises it again afterwards, so that it stands in the server's log."""
    return as_json({"error": mistake(error)}, 500)
