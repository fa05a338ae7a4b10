"""The description of a server: an OpenAPI 3.1 document, and one page for people."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from nbmodel._version import __version__
from nbmodel.display import escaped
from nbmodel.predict.acceptance import records
from nbmodel.serve.protocol.binary import DATATYPES
from nbmodel.serve.protocol.v2 import MAX_ID_CHARS

if TYPE_CHECKING:
    from nbmodel.serve.inference.loaded import LoadedVersion
    from nbmodel.serve.inference.slots import Slots

Document = dict[str, Any]
_MAX_EXAMPLE_CHARS = 2_000
_SCALARS: Document = {"type": ["number", "string", "boolean", "null"]}


def document(slots: Slots) -> Document:
    """The OpenAPI document for the models that are served."""
    paths: Document = {
        "/v2": {"get": _get("Server metadata", "Server")},
        "/v2/health/live": {"get": _get("Whether the process answers", "Live", token=False)},
        "/v2/health/ready": {"get": _get("Whether every model is in memory", "Ready", token=False)},
        "/metrics": {"get": _text("Metrics in Prometheus' text format")},
    }
    for name in slots.all():
        base = f"/v2/models/{name}"
        paths |= {
            base: {"get": _get("The model's inputs and outputs", "Model", named=True)},
            f"{base}/ready": {"get": _get("Whether the model answers", "ModelReady", named=True)},
            f"{base}/infer": {"post": _post("Score tensors", "InferRequest", "InferResponse")},
            f"{base}/versions/{{version}}": {
                "get": _get("A version's inputs and outputs", "Model", _VERSION)
            },
            f"{base}/versions/{{version}}/ready": {
                "get": _get("Whether a version answers", "ModelReady", _VERSION)
            },
            f"{base}/versions/{{version}}/infer": {
                "post": _post("Score with a version", "InferRequest", "InferResponse", _VERSION)
            },
            f"/predict/{name}": {"post": _post("Score records", f"{name}.Request", "Prediction")},
            f"/feedback/{name}": {"post": _post("Send labels", "Labels", "Kept", status="202")},
        }
    schemas = {f"{n}.Request": _request(slot.primary) for n, slot in slots.all().items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "nbmodel", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {**_SCHEMAS, **schemas},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def page(slots: Slots) -> Response:
    """A page without scripts: the served models, and a request to each."""
    blocks = "".join(
        f"<h2>{escaped(name)}</h2><p>{escaped(slot.primary.reference)}: "
        f"{escaped(slot.primary.info.summary)}</p><pre>{escaped(_example(name, slot.primary))}"
        "</pre>"
        for name, slot in slots.all().items()
    )
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>nbmodel</title>'
        "<style>body{font:15px/1.5 system-ui;max-width:52em;margin:2em auto;padding:0 1em}"
        "pre{overflow:auto;padding:1em;border:1px solid #8884;border-radius:6px}"
        ":root{color-scheme:light dark}</style>"
        f'<h1>Models of this server</h1>{blocks}<p><a href="openapi.json">openapi.json</a> · '
        '<a href="metrics">metrics</a></p></html>'
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return Response(html, media_type="text/html", headers={"content-security-policy": policy})


def _example(name: str, version: LoadedVersion) -> str:
    """A request to copy, with an acceptance row if the version has any."""
    acceptance = version.acceptance
    if acceptance is not None and acceptance.count:
        method = next(iter(acceptance.answers))
        first = acceptance.accepted(method)[:1]
        row = json.dumps(records(acceptance, first), ensure_ascii=False)
        if len(row) <= _MAX_EXAMPLE_CHARS:
            return f"curl -d {shlex.quote(row)} http://HOST:PORT/predict/{name}"
    columns = version.decoder.names[:3]
    more = ", ..." if len(version.decoder.names) > len(columns) else ""
    record = "{" + ", ".join(f'"{column}": 0' for column in columns) + more + "}"
    return f"curl -d '[{record if columns else '[0, 0, ...]'}]' http://HOST:PORT/predict/{name}"


def _request(version: LoadedVersion) -> Document:
    """The schema of a request: records alone, or an object that has them."""
    names = version.decoder.names
    row: Document = {"type": "array", "minItems": 1}
    if names:
        columns: Document = {
            "type": "object",
            "properties": dict.fromkeys(names, _SCALARS),
            "required": list(names),
            "additionalProperties": False,
        }
        row = {"anyOf": [columns, {**row, "items": _SCALARS, "minItems": len(names)}]}
    rows = {"type": "array", "items": row, "minItems": 1}
    envelope = {
        "type": "object",
        "required": ["records"],
        "properties": {
            "records": rows,
            "method": {"enum": [*version.batchers, "", None]},
            "id": _ID,
        },
    }
    return {"anyOf": [rows, envelope]}


def _get(
    summary: str, response: str, *parameters: Document, named: bool = False, token: bool = True
) -> Document:
    """Describe a GET; `named` if its path names a model, `token` if it asks for the token."""
    codes = {"401": token, "404": named or bool(parameters), "421": True, "503": True}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": _responses(
            response, tuple(code for code, applies in codes.items() if applies)
        ),
    }


def _text(summary: str) -> Document:
    text = {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}}
    responses = _responses("Error", ("401", "421", "503"))
    return {"summary": summary, "responses": responses | {"200": text}}


def _post(
    summary: str, request: str, response: str, *parameters: Document, status: str = "200"
) -> Document:
    body = {"application/json": {"schema": {"$ref": f"#/components/schemas/{request}"}}}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "requestBody": {"required": True, "content": body},
        "responses": _responses(response, tuple(_ERRORS), status),
    }


def _responses(name: str, errors: tuple[str, ...], status: str = "200") -> Document:
    def response(name: str, text: str) -> Document:
        schema = {"$ref": f"#/components/schemas/{name}"}
        return {"description": text, "content": {"application/json": {"schema": schema}}}

    refusals = {code: response("Error", _ERRORS[code]) for code in errors}
    return {status: response(name, "OK")} | refusals


_ERRORS = {
    "400": "The request is not valid",
    "401": "The token is missing or wrong",
    "404": "No such model or version",
    "408": "The request did not arrive in time",
    "413": "The body is too large",
    "421": "The host name is not that of this server",
    "422": "The model refused the rows",
    "503": "The server is overloaded; repeat after Retry-After",
    "504": "The model did not answer in time",
}
_ID: Document = {"type": ["string", "null"], "maxLength": MAX_ID_CHARS}
_VERSION: Document = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9]+$"},
}
_PARAMETERS: Document = {"type": ["object", "null"]}
_SHAPE: Document = {"type": "array", "items": {"type": "integer", "minimum": 0}}
_TENSOR: Document = {
    "type": "object",
    "required": ["name", "shape", "datatype"],
    "properties": {
        "name": {"type": "string"},
        "shape": _SHAPE,
        "datatype": {"enum": list(DATATYPES)},
        "parameters": _PARAMETERS,
        "data": {"type": "array"},
    },
}
_METADATA: Document = {
    "type": "object",
    "required": ["name", "shape", "datatype"],
    "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": -1}},
        "datatype": {"enum": list(DATATYPES)},
    },
}
_LABEL: Document = {
    "type": "object",
    "required": ["id", "label"],
    "properties": {
        "id": {"type": "string"},
        "label": {"anyOf": [_SCALARS, {"type": "array", "items": _SCALARS}]},
    },
}
_LABELS: Document = {"type": "array", "items": _LABEL, "minItems": 1}


def _object(**properties: Document) -> Document:
    return {"type": "object", "required": list(properties), "properties": properties}


_STRING: Document = {"type": "string"}
_TRUTH: Document = {"type": "boolean"}
_OUTPUT: Document = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": _STRING, "parameters": _PARAMETERS},
}
_SCHEMAS: Document = {
    "Error": _object(error=_STRING, code=_STRING),
    "Live": _object(live=_TRUTH),
    "Ready": _object(ready=_TRUTH),
    "Server": _object(
        name=_STRING, version=_STRING, extensions={"type": "array", "items": _STRING}
    ),
    "Model": _object(
        name=_STRING,
        versions={"type": "array", "items": _STRING},
        platform=_STRING,
        inputs={"type": "array", "items": _METADATA},
        outputs={"type": "array", "items": _METADATA},
    ),
    "ModelReady": _object(name=_STRING, ready=_TRUTH),
    "InferRequest": {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": _ID,
            "parameters": _PARAMETERS,
            "inputs": {"type": "array", "items": _TENSOR, "minItems": 1},
            "outputs": {"type": ["array", "null"], "items": _OUTPUT},
        },
    },
    "InferResponse": _object(
        model_name=_STRING,
        model_version=_STRING,
        id=_STRING,
        outputs={"type": "array", "items": _TENSOR},
    ),
    "Prediction": _object(model=_STRING, version=_STRING, id=_STRING),
    "Labels": {"anyOf": [_LABEL, _LABELS, _object(labels=_LABELS)]},
    "Kept": _object(model=_STRING, labels={"type": "integer"}),
}
