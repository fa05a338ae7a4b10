"""The server's own description: OpenAPI 3.1 for tools, one plain page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

import nbmodel
from nbmodel.display import escaped
from nbmodel.serve.protocol import DATATYPES

if TYPE_CHECKING:
    from nbmodel.serve.served import Served
    from nbmodel.serve.slots import Slots

Document = dict[str, Any]
_SCALARS: Document = {"type": ["number", "string", "boolean", "null"]}


def document(slots: Slots) -> Document:
    """The description of what is served now."""
    paths: Document = {
        "/v2": {"get": _get("Server metadata", "Server")},
        "/v2/health/live": {"get": _get("Whether the process answers", "Anything")},
        "/v2/health/ready": {"get": _get("Whether every model is in memory", "Anything")},
        "/metrics": {"get": _text("Counters in Prometheus' text format")},
    }
    for name, slot in slots.all().items():
        base = f"/v2/models/{name}"
        paths |= {
            f"{base}/infer": {"post": _post("Infer", "InferRequest", "InferResponse")},
            base: {"get": _get("What the model takes and gives", "Anything")},
            f"{base}/ready": {"get": _get("Whether the model answers", "Anything")},
            f"/predict/{name}": {"post": _post("Score records", name, "Prediction")},
        }
        del slot
    schemas = {name: _records(slot.primary) for name, slot in slots.all().items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "nbmodel", "version": nbmodel.__version__},
        "paths": paths,
        "components": {"schemas": {**_SCHEMAS, **schemas}},
    }


def page(slots: Slots) -> Response:
    """One page without script: what is served, and how to ask."""
    blocks = "".join(
        f"<h2>{escaped(name)}</h2><p>{escaped(slot.primary.name)}: "
        f"{escaped(slot.primary.version.summary)}</p><pre>{escaped(_example(name, slot.primary))}"
        "</pre>"
        for name, slot in slots.all().items()
    )
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>nbmodel</title>'
        "<style>body{font:15px/1.5 system-ui;max-width:52em;margin:2em auto;padding:0 1em}"
        "pre{overflow:auto;padding:1em;border:1px solid #8884;border-radius:6px}"
        ":root{color-scheme:light dark}</style>"
        f'<h1>Models served here</h1>{blocks}<p><a href="openapi.json">openapi.json</a> · '
        '<a href="metrics">metrics</a></p></html>'
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return Response(html, media_type="text/html", headers={"content-security-policy": policy})


def _example(name: str, served: Served) -> str:
    columns = served.schema.names[:3]
    more = ", ..." if len(served.schema.names) > len(columns) else ""
    record = "{" + ", ".join(f'"{column}": 0' for column in columns) + more + "}"
    return f"curl -d '[{record if columns else '[0, 0, ...]'}]' .../predict/{name}"


def _records(served: Served) -> Document:
    names = served.schema.names
    row: Document = {"type": "array", "items": _SCALARS}
    if names:
        row = {
            "type": "object",
            "properties": dict.fromkeys(names, _SCALARS),
            "required": list(names),
            "additionalProperties": False,
        }
    return {"type": "array", "items": row, "minItems": 1}


def _get(summary: str, answer: str) -> Document:
    return {"summary": summary, "responses": _responses(answer)}


def _text(summary: str) -> Document:
    return {
        "summary": summary,
        "responses": {
            "200": {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}}
        },
    }


def _post(summary: str, asks: str, answer: str) -> Document:
    body = {"application/json": {"schema": {"$ref": f"#/components/schemas/{asks}"}}}
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": body},
        "responses": _responses(answer),
    }


def _responses(answer: str) -> Document:
    def told(name: str, text: str) -> Document:
        schema = {"$ref": f"#/components/schemas/{name}"}
        return {"description": text, "content": {"application/json": {"schema": schema}}}

    return {
        "200": told(answer, "OK"),
        "400": told("Error", "The request does not fit"),
        "404": told("Error", "No such model or version"),
        "413": told("Error", "The body is too large"),
        "422": told("Error", "The model refused the rows"),
        "503": told("Error", "Too much at once"),
    }


_TENSOR: Document = {
    "type": "object",
    "required": ["name", "shape", "datatype", "data"],
    "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        "datatype": {"enum": list(DATATYPES)},
        "data": {"type": "array"},
    },
}
_SCHEMAS: Document = {
    "Anything": {"type": "object"},
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string"}},
    },
    "Server": {
        "type": "object",
        "required": ["name", "version", "extensions"],
        "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
    },
    "InferRequest": {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {"type": "string"},
            "parameters": {"type": "object"},
            "inputs": {"type": "array", "items": _TENSOR, "minItems": 1},
        },
    },
    "InferResponse": {
        "type": "object",
        "required": ["model_name", "outputs"],
        "properties": {"outputs": {"type": "array", "items": _TENSOR}},
    },
    "Prediction": {"type": "object", "required": ["model", "version", "id"]},
}
