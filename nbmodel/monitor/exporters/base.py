"""What an exporter is, and the way through any of them: make the document, show or bring it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from nbmodel import refs
from nbmodel.display import Result
from nbmodel.errors import InvalidValue, NotFound, WriteFailed
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.store import Alert
from nbmodel.monitor.exporters import EXPORTERS
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
        Judges the log when it is called: not every system asks for it.
    """

    model: str
    alerts: tuple[Alert, ...]
    report: Callable[[], MonitorReport]


@dataclass(frozen=True, slots=True)
class Exporter:
    """A system.

    Attributes
    ----------
    what : str
        The document, for people.
    document : callable
        Makes it.
    send : callable, optional
        Brings it to a URL, and says what it did.
    """

    title: str
    document: Callable[[ExportSubject], str]
    send: Callable[[str, str], str] | None = None


@dataclass(frozen=True, repr=False)
class MonitoringExport(Result):
    """A document for another system; `said` where it went instead of showing it."""

    document: str
    message: str = ""

    def text(self) -> str:
        """Where it went, else the document itself."""
        return self.message or self.document.rstrip("\n")


def export(
    context: Context, reference: str, system: str, to: str, report: Callable[[], MonitorReport]
) -> MonitoringExport:
    """Write a model's alerts or series as another system reads them.

    Parameters
    ----------
    context : Context
    reference : str
        Model, or a stage of it.
    system : str
        A name from `EXPORTERS`.
    to : str
        File, or URL if the system takes one; empty to show the document.
    report : callable
        Judges the log.

    Raises
    ------
    NotFound
        If there is no such model or system.
    InvalidValue, WriteFailed
        If the document cannot be brought to where it should go.
    ExtraMissing
        If a library is missing.
    """
    if system not in EXPORTERS:
        raise NotFound("system", system, "nbmodel.monitor.exporters", EXPORTERS)
    exporter: Exporter = import_module(EXPORTERS[system]).EXPORTER
    if "://" in to and exporter.send is None:
        raise InvalidValue(
            f"{exporter.title} are a file; {system} has no address that takes them.",
            "Write --to FILE, and let the system read it.",
        )
    parsed = refs.parse(reference)
    model = context.require_model(parsed.model)
    stage = parsed.value if parsed.kind == "stage" else ""
    known = store.list_alerts(context, model).alerts
    chosen = tuple(one for one in known if stage in ("", one.stage) or not one.stage)
    document = exporter.document(ExportSubject(model, chosen, report))
    if "://" in to and exporter.send is not None:
        return MonitoringExport(document, exporter.send(document, to))
    if not to:
        return MonitoringExport(document)
    return MonitoringExport(document, f"{exporter.title} of {model}: {_written(to, document)}")


def _written(to: str, document: str) -> str:
    path = Path(to).expanduser()
    try:
        path.write_text(document, "utf-8", errors="replace")
    except OSError as error:
        raise WriteFailed(
            f"Could not write {path}: {error.strerror}.", "Choose another file: --to FILE."
        ) from error
    return str(path)
