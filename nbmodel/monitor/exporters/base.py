"""The contract of exporters, and `export`, which writes or sends the document of any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from nbmodel import plugins, refs
from nbmodel.display import Result
from nbmodel.errors import InvalidValue, NotFound, WriteFailed
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.exporters import EXPORTERS, exporter_names
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.versioning.context import Context


@dataclass(frozen=True, slots=True)
class ExportSubject:
    """What is exported.

    Attributes
    ----------
    model : str
    alerts : tuple of Alert
    report : callable
        Makes the report when it is called. Not every exporter needs it.
    unavailable : tuple of Alert
        Alerts that are not evaluated here: nothing can be said about them. A document that lists
        alerts names these in a comment.
    """

    model: str
    alerts: tuple[Alert, ...]
    report: Callable[[], MonitorReport]
    unavailable: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Exporter:
    """An exporter for one system.

    Attributes
    ----------
    title : str
        What the document is, for people.
    document : callable
        Makes the document.
    send : callable, optional
        Sends the document to a URL, and returns a message.
    """

    title: str
    document: Callable[[ExportSubject], str]
    send: Callable[[str, str], str] | None = None


@dataclass(frozen=True, repr=False)
class MonitoringExport(Result):
    """A document for another system, and a message if it was written or sent."""

    document: str
    message: str = ""

    def text(self) -> str:
        """Return the message, else the document itself."""
        return self.message or self.document.rstrip("\n")


def export(
    context: Context, reference: str, system: str, to: str, report: Callable[[], MonitorReport]
) -> MonitoringExport:
    """Write a model's alerts or series in the format of another system.

    Parameters
    ----------
    context : Context
    reference : str
        A model, or one of its stages.
    system : str
        A name from `exporter_names`.
    to : str
        A file, or a URL if the system accepts one; empty to return the document.
    report : callable
        Makes the report.

    Returns
    -------
    MonitoringExport

    Raises
    ------
    NotFound
        If there is no such model or system.
    InvalidValue, WriteFailed
        If the document cannot be written or sent.
    ExtraMissing
        If a library is missing.
    """
    exporter = _exporter(system)
    if "://" in to and exporter.send is None:
        raise InvalidValue(
            f"{exporter.title} can only be written to a file, not sent to {system}.",
            "Use --to FILE, and load the file there.",
        )
    parsed = refs.parse(reference)
    model = context.require_model(parsed.model)
    stage = parsed.value if parsed.kind == "stage" else ""
    listed = store.list_alerts(context, model)
    alerts = tuple(alert for alert in listed.alerts if alert.applies_to(stage))
    unavailable = tuple(alert for alert in listed.unavailable if alert.applies_to(stage))
    document = exporter.document(ExportSubject(model, alerts, report, unavailable))
    if "://" in to and exporter.send is not None:
        return MonitoringExport(document, exporter.send(document, to))
    if not to:
        return MonitoringExport(document)
    return MonitoringExport(document, f"{exporter.title} of {model}: {_written(to, document)}")


def _exporter(system: str) -> Exporter:
    if system in EXPORTERS:
        exporter: Exporter = import_module(EXPORTERS[system]).EXPORTER
        return exporter
    if system not in exporter_names():
        raise NotFound("system", system, "nbmodel.monitor.exporters", exporter_names())
    plugin = plugins.load_plugin(plugins.EXPORTER_GROUP, system, Exporter)
    if plugin is None:
        raise InvalidValue(
            f"The plug-in for {system} cannot be loaded.", "The log of nbmodel.plugins says why."
        )
    return plugin


def _written(to: str, document: str) -> str:
    path = Path(to).expanduser()
    try:
        path.write_text(document, "utf-8", errors="replace")
    except OSError as error:
        raise WriteFailed(
            f"Could not write {path}: {error.strerror}.", "Choose another file: --to FILE."
        ) from error
    return str(path)
