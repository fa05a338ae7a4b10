"""The alerts of a registry, which are stored in the registry itself.

They are one JSON document: a blob under the ref ``refs/nbmodel/alerts``. A clone that fetches the
ref has the alerts, and no version changes. If two writers change alerts at once, both succeed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nbmodel import display, refs
from nbmodel.display import Result, Table
from nbmodel.errors import AlreadyExists, GitFailed, InvalidValue, LostRace, NbModelError, NotFound
from nbmodel.monitor.alerts import notify, rules
from nbmodel.monitor.alerts.rules import AlertRule
from nbmodel.records import Person
from nbmodel.repo import ref_updates
from nbmodel.versioning.context import Context, now

ALERTS_REF = "refs/nbmodel/alerts"
FORMAT = 1
MAX_RETRIES = 20
MAX_ALERTS = 1000  # in one registry
MAX_DOCUMENT_BYTES = 1 << 22  # of the JSON document


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that is set for a model.

    Attributes
    ----------
    model : str
    rule : AlertRule
    stage : str
        The stage that the rule watches. If empty, it watches every stage, or the latest version if
        there is no stage.
    notify : tuple of str
        Notifiers: ``webhook:URL``, ``log:``.
    author : Person
    time : int
        When the alert was set, seconds since the epoch.
    """

    model: str
    rule: AlertRule
    stage: str
    notify: tuple[str, ...]
    author: Person
    time: int

    @property
    def id(self) -> str:
        """Eight hex digits that name the alert in commands."""
        text = f"{self.model}#{self.stage} {self.rule}"
        return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:8]


@dataclass(frozen=True, repr=False)
class AlertsResult(Result):
    """Alerts, the newest last; `message` says what was changed."""

    alerts: tuple[Alert, ...]
    message: str = ""

    def text(self) -> str:
        """Return the message and a table."""
        return "\n".join(filter(None, [self.message, self._table().text() if self.alerts else ""]))

    def html(self) -> str:
        """Return the message and a table as HTML."""
        message = f"<div>{display.escaped(self.message)}</div>" if self.message else ""
        return message + (self._table().html() if self.alerts else "")

    def _table(self) -> Table:
        return Table(
            ("id", "watches", "rule", "notifies", "set by", "date"),
            [
                (
                    a.id, f"{a.model}#{a.stage}" if a.stage else a.model, str(a.rule),
                    " ".join(a.notify), a.author.name, display.moment(a.time),
                )
                for a in self.alerts
            ],
        )  # fmt: skip


# -- storing ---------------------------------------------------------------------


def add(context: Context, reference: str, rule: str, notifiers: Sequence[str] = ()) -> AlertsResult:
    """Set an alert for a model (``churn``) or one of its stages (``churn#prod``).

    Raises
    ------
    InvalidValue, InvalidReference
        If the rule, a notifier or the reference is not valid.
    NotFound
        If there is no such model.
    AlreadyExists
        If the same alert is already set.
    ReadOnlyRegistry, LostRace
    """
    context.require_writable("set an alert")
    ref = refs.parse(reference)
    if ref.branch or ref.back or (ref.kind != "stage" and ref.value):
        raise InvalidValue(
            f"{reference!r} names a version; alerts watch the versions that serve.",
            f"Use {ref.model}, or one of its stages: {ref.model}#prod.",
        )
    context.require_model(ref.model)
    stage = ref.value if ref.kind == "stage" else ""
    for notifier in notifiers:
        notify.check_notifier(notifier)
    alert = Alert(
        ref.model, rules.parse(rule), stage, tuple(notifiers), context.identity.person, now()
    )

    def change(alerts: list[Alert]) -> list[Alert]:
        if alert.id in {a.id for a in alerts}:
            raise AlreadyExists(
                f"{reference} already has the alert {alert.rule}.", f"Remove it first: {alert.id}."
            )
        if len(alerts) >= MAX_ALERTS:
            raise InvalidValue(
                f"The registry has {MAX_ALERTS} alerts, the maximum.", "Remove some first."
            )
        return [*alerts, alert]

    _change(context, change)
    for notifier in notifiers:
        notify.allow(notifier)
    return AlertsResult((alert,), f"{reference} is watched.")


def remove(context: Context, model: str, id_or_rule: str) -> AlertsResult:
    """Remove an alert of a model by its id or its rule.

    Raises
    ------
    NotFound
        If there is no such alert.
    """
    context.require_writable("remove an alert")
    removed: list[Alert] = []

    def change(alerts: list[Alert]) -> list[Alert]:
        removed[:] = [a for a in alerts if a.model == model and id_or_rule in (a.id, str(a.rule))]
        if not removed:
            names = [a.id for a in alerts if a.model == model]
            raise NotFound("alert", id_or_rule, model, names)
        return [a for a in alerts if a not in removed]

    _change(context, change)
    return AlertsResult(tuple(removed), "No longer watched:")


def list_alerts(context: Context, model: str = "") -> AlertsResult:
    """Return the alerts of a model, or of all models.

    Raises
    ------
    ReferenceDamaged, ReferenceGone
        If the alerts cannot be read, or existed earlier and are gone.
    """
    context.require_never(ALERTS_REF)
    return AlertsResult(tuple(a for a in _read(context)[1] if model in ("", a.model)))


def _change(context: Context, change: Callable[[list[Alert]], list[Alert]]) -> None:
    git = context.git
    for _ in range(MAX_RETRIES):
        before, alerts, unreadable = _read(context)
        data = _dumps(change(alerts), unreadable)
        blob = git.run("hash-object", "-w", "--stdin", data=data).decode().strip()
        try:
            ref_updates.move(git, ALERTS_REF, blob, before)
        except GitFailed:
            if git.resolve(ALERTS_REF) == (before or None):
                raise  # nobody moved the ref, so git has another reason
            continue
        return
    raise LostRace(f"Other writers keep changing {ALERTS_REF}.", "Repeat the command.")


def _dumps(alerts: Iterable[Alert], unreadable: Sequence[Any]) -> bytes:
    document = {
        "format": FORMAT,
        "alerts": [
            {
                "model": a.model, "stage": a.stage, "rule": str(a.rule), "notify": list(a.notify),
                "who": a.author.name, "email": a.author.email, "time": a.time,
            }
            for a in alerts
        ] + [*unreadable],
    }  # fmt: skip
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _read(context: Context) -> tuple[str, list[Alert], list[Any]]:
    """Return the id of the document's blob, its valid alerts, and its other entries.

    The id is empty if there is no document. Other entries are written again: their rule or notifier
    may belong to a plug-in that is not installed here.

    Raises
    ------
    InvalidValue
        If the document has a later format: changing it would lose fields of that format.
    """
    blob = context.git.read(ALERTS_REF, MAX_DOCUMENT_BYTES)
    if blob is None:
        return "", [], []
    try:
        document = json.loads(blob.data)
        entries = document["alerts"]
        is_newer = int(document["format"]) > FORMAT
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InvalidValue(
            f"{ALERTS_REF} does not contain alerts.", f"Remove it: git update-ref -d {ALERTS_REF}."
        ) from None
    if is_newer:
        raise InvalidValue(
            "The alerts of this registry were written by a newer nbmodel.",
            "Upgrade: pip install -U nbmodel.",
        )
    entries = entries[:MAX_ALERTS] if isinstance(entries, list) else []
    read = [(_alert(entry), entry) for entry in entries]
    alerts = [alert for alert, _ in read if alert is not None]
    return blob.oid, alerts, [e for alert, e in read if alert is None and isinstance(e, dict)]


def _alert(entry: Any) -> Alert | None:
    """Return an alert from an entry that another user may have written; None if it is not valid."""
    try:
        stage = str(entry["stage"])
        return Alert(
            refs.check_name("model", entry["model"]),
            rules.parse(entry["rule"]),
            refs.check_name("stage", stage) if stage else "",
            tuple(notify.check_notifier(notifier) for notifier in entry["notify"]),
            Person(str(entry["who"]), str(entry["email"])),
            int(entry["time"]),
        )
    except (NbModelError, ValueError, TypeError, KeyError, OverflowError):
        return None
