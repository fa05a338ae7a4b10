r"""Series in InfluxDB's line protocol, and requests to a server of version 1.

Source: InfluxDB OSS v1 documentation, "Line protocol reference" and "API reference", ``/write``.

In measurements, tags and field keys, a backslash escapes a comma, an equals sign and a space; any
other backslash stands for itself. Values that the protocol cannot hold are changed. Line ends and
other controls become visible escapes (``\n``), and an empty value becomes no tag. A backslash at
the end of a value would join it to the next value, so a full stop follows it. A point that is
written again replaces the earlier one.
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
PRECISION = "u"  # microseconds, as in the log
BATCH_POINTS = 5000  # points in one request, as InfluxDB's documentation recommends
TIMEOUT_SECONDS = 30.0

_SPECIAL = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n", "\t": r"\t"})


def document(subject: ExportSubject) -> str:
    """Return one line for each point, with times in microseconds."""
    report = subject.report()
    points = [line for series in report.series for line in lines(subject.model, series)]
    return "\n".join([*points, ""])


def lines(model: str, series: Series) -> Iterator[str]:
    """Return the points of a series; infinite values and NaN, which have no form, are left out."""
    metric, _, column = series.metric.partition("(")
    tags = {
        "column": column.removesuffix(")"), "metric": metric, "model": model,
        "stage": series.stage, "version": series.version,
    }  # fmt: skip
    tag_text = "".join(f",{key}={_value(text)}" for key, text in tags.items() if text)
    for time, value in zip(series.times, series.values, strict=True):
        if isfinite(value):
            yield f"{MEASUREMENT}{tag_text} value={value!r} {time}"


def _value(text: str) -> str:
    visible_text = visible(text)
    return (f"{visible_text}." if visible_text.endswith("\\") else visible_text).translate(_SPECIAL)


# -- sending -------------------------------------------------------------------------


def send(text: str, address: str) -> str:
    """Write lines to a server; the URL names the database: ``http://host:8086/write?db=models``.

    Returns
    -------
    str
        A message.

    Raises
    ------
    InvalidValue
        If the URL is not valid.
    WriteFailed
        If the server does not accept the lines.
    """
    target, headers, label = _target(address)
    points = text.splitlines()
    for start in range(0, len(points), BATCH_POINTS):
        batch = points[start : start + BATCH_POINTS]
        try:
            status, response = post(target, "\n".join(batch).encode(), headers, TIMEOUT_SECONDS)
        except (OSError, HTTPException) as error:
            raise WriteFailed(f"{label} does not answer: {error}.", "Check the address.") from error
        if status >= 300:
            raise WriteFailed(
                f"{label} refused the points: {_error(status, response)}.", _advice(status)
            )
    return f"{len(points):,} points written to {label}"


def _target(address: str) -> tuple[str, dict[str, str], str]:
    """Return the URL to call, its headers, and its host for messages, without the password."""
    if not is_http_url(address):
        raise InvalidValue(f"{address[:80]!r} is not an address.", "Use an http or https URL.")
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | {"precision": PRECISION}
    if not query.get("db"):
        raise InvalidValue(
            "The address has no database.", "Use --to 'http://host:8086/write?db=models'."
        )
    host = parts.netloc.rpartition("@")[2]
    path = parts.path.rstrip("/")
    target = path if path.endswith("/write") else f"{path}/write"
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if parts.username:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    return urlunsplit((parts.scheme, host, target, urlencode(query), "")), headers, host


def _error(status: int, response: bytes) -> str:
    try:
        return visible(json.loads(response)["error"])[:300].rstrip(".")
    except (ValueError, KeyError, TypeError):
        return f"status {status}"


def _advice(status: int) -> str:
    return {
        401: "Add name and password to the address: http://name:password@host:8086/...",
        403: "Use a user who may write to the database.",
        404: "Create the database: influx -execute 'CREATE DATABASE models'.",
    }.get(status, "See the log of the server.")


EXPORTER = Exporter("Points", document, send)
