r"""Series as InfluxDB's line protocol, and the way to a server of version 1.

Source: InfluxDB OSS v1 documentation, "Line protocol reference" and "API reference", ``/write``.
In measurements, tags and field keys a backslash goes before comma, equals sign and space; a
backslash of its own stands for itself. What the protocol cannot hold is made so that it can: a
line end and other controls become visible escapes (``\n``), an empty value is no tag, and behind
a backslash at the end of a value, which would join it to the next, comes a full stop. A point
that is written again replaces itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from http.client import HTTPException
from math import isfinite
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from nbmodel.display import visible
from nbmodel.errors import InvalidValue, WriteFailed
from nbmodel.monitor.alerts.http import is_http_url, post
from nbmodel.monitor.exporters.base import Exporter, ExportSubject
from nbmodel.monitor.quality.timeseries import Series

MEASUREMENT = "nbmodel"
PRECISION = "u"  # microseconds, as the log counts
BATCH_POINTS = 5000  # points of a request: what InfluxDB's documentation advises
TIMEOUT_SECONDS = 30.0

_SPECIAL = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n", "\t": r"\t"})


def document(subject: ExportSubject) -> str:
    """A line for each point; times in microseconds."""
    report = subject.report()
    found = [line for one in report.series for line in lines(subject.model, one)]
    return "\n".join([*found, ""])


def lines(model: str, series: Series) -> Iterator[str]:
    """The points of a series; those that are no number are left out, as there is none for them."""
    metric, _, rest = series.metric.partition("(")
    tags = {
        "column": rest.removesuffix(")"), "metric": metric, "model": model,
        "stage": series.stage, "version": series.version,
    }  # fmt: skip
    named = "".join(f",{key}={_value(text)}" for key, text in tags.items() if text)
    for time, value in zip(series.times, series.values, strict=True):
        if isfinite(value):
            yield f"{MEASUREMENT}{named} value={value!r} {time}"


def _value(text: str) -> str:
    shown = visible(text)
    return (f"{shown}." if shown.endswith("\\") else shown).translate(_SPECIAL)


# -- sending -------------------------------------------------------------------------


def send(text: str, address: str) -> str:
    """Write lines to a server; the URL names the database: ``http://host:8086/write?db=models``.

    Raises
    ------
    InvalidValue
        If the URL makes no sense.
    WriteFailed
        If the server does not take them.
    """
    target, headers, shown = _target(address)
    points = text.splitlines()
    for begin in range(0, len(points), BATCH_POINTS):
        batch = points[begin : begin + BATCH_POINTS]
        try:
            status, answer = post(target, "\n".join(batch).encode(), headers, TIMEOUT_SECONDS)
        except (OSError, HTTPException) as error:
            raise WriteFailed(f"{shown} does not answer: {error}.", "Check the address.") from error
        if status >= 300:
            raise WriteFailed(f"{shown} refuses: {_told(status, answer)}.", _advice(status))
    return f"{len(points):,} points written to {shown}"


def _target(address: str) -> tuple[str, dict[str, str], str]:
    """The URL to call, its headers, and what may be said of it: no name, no password."""
    if not is_http_url(address):
        raise InvalidValue(f"{address[:80]!r} is no address.", "Give an http or https URL.")
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | {"precision": PRECISION}
    if not query.get("db"):
        raise InvalidValue(
            "The address names no database.", "Write --to 'http://host:8086/write?db=models'."
        )
    place = parts.netloc.rpartition("@")[2]
    path = parts.path.rstrip("/")
    target = path if path.endswith("/write") else f"{path}/write"
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return urlunsplit((parts.scheme, place, target, urlencode(query), "")), headers, place


def _told(status: int, answer: bytes) -> str:
    try:
        return visible(json.loads(answer)["error"])[:300].rstrip(".")
    except (ValueError, KeyError, TypeError):
        return f"status {status}"


def _advice(status: int) -> str:
    return {
        401: "Put name and password into the address: http://name:password@host:8086/...",
        403: "That user may not write to the database.",
        404: "Make the database: influx -execute 'CREATE DATABASE models'.",
    }.get(status, "See what the server's own log says.")


EXPORTER = Exporter("Points", document, send)
