"""Alerts: the rules of a registry, kept in it.

They are one JSON document, a blob under a ref of its own, ``refs/nbmodel/alerts``: whoever
fetches that ref has them, and no version changes. Two writers at once both land.
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
from nbmodel.repo import moving
from nbmodel.versioning.context import Context, now

ALERTS_REF = "refs/nbmodel/alerts"
FORMAT = 1
MAX_RETRIES = 20
MAX_ALERTS = 1000  # alerts of a registry
MAX_DOCUMENT_BYTES = 1 << 22  # bytes of the document that are read


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that somebody set for a model.

    Attributes
    ----------
    model : str
    rule : Rule
    stage : str
        That it watches; all stages if empty, the latest version if there is none.
    notify : tuple of str
        ``webhook:URL``, ``log:``.
    author : Person
    time : int
        When it was set, seconds since the epoch.
    """

    model: str
    rule: AlertRule
    stage: str
    notify: tuple[str, ...]
    author: Person
    time: int

    @property
    def id(self) -> str:
        """Names it in commands: eight hex digits of what it watches."""
        what = f"{self.model}#{self.stage} {self.rule}"
        return hashlib.sha256(what.encode(errors="backslashreplace")).hexdigest()[:8]


@dataclass(frozen=True, repr=False)
class AlertsResult(Result):
    """Alerts, newest last; `said` is what just happened."""

    alerts: tuple[Alert, ...]
    message: str = ""

    def text(self) -> str:
        """What happened, and a table."""
        return "\n".join(filter(None, [self.message, self._table().text() if self.alerts else ""]))

    def html(self) -> str:
        """The same."""
        said = f"<div>{display.escaped(self.message)}</div>" if self.message else ""
        return said + (self._table().html() if self.alerts else "")

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


# -- keeping ---------------------------------------------------------------------


def add(context: Context, reference: str, rule: str, notifying: Sequence[str] = ()) -> AlertsResult:
    """Set an alert for a model (``churn``) or one of its stages (``churn#prod``).

    Raises
    ------
    InvalidValue, InvalidReference
        If the rule, a notifier or the reference are not in their grammar.
    NotFound
        If there is no such model.
    AlreadyExists
        If that rule is set already.
    ReadOnlyRegistry, LostRace
    """
    context.require_writable("set an alert")
    ref = refs.parse(reference)
    if ref.branch or ref.back or (ref.kind != "stage" and ref.value):
        raise InvalidValue(
            f"{reference!r} names a version; alerts watch whatever serves.",
            f"Name {ref.model}, or a stage of it: {ref.model}#prod.",
        )
    context.require_model(ref.model)
    stage = ref.value if ref.kind == "stage" else ""
    for one in notifying:
        notify.check_notifier(one)
    alert = Alert(
        ref.model, rules.parse(rule), stage, tuple(notifying), context.identity.person, now()
    )

    def change(known: list[Alert]) -> list[Alert]:
        if alert.id in {a.id for a in known}:
            raise AlreadyExists(
                f"{reference} is watched for {alert.rule} already.", f"Remove it first: {alert.id}."
            )
        if len(known) >= MAX_ALERTS:
            raise InvalidValue(f"There are {MAX_ALERTS} alerts.", "Remove some first.")
        return [*known, alert]

    _change(context, change)
    for one in notifying:
        notify.allow(one)
    return AlertsResult((alert,), f"{reference} is watched.")


def remove(context: Context, model: str, which: str) -> AlertsResult:
    """Remove an alert of a model by its id or its rule.

    Raises
    ------
    NotFound
        If there is none.
    """
    context.require_writable("remove an alert")
    gone: list[Alert] = []

    def change(known: list[Alert]) -> list[Alert]:
        gone[:] = [a for a in known if a.model == model and which in (a.id, str(a.rule))]
        if not gone:
            names = [a.id for a in known if a.model == model]
            raise NotFound("alert", which, model, names)
        return [a for a in known if a not in gone]

    _change(context, change)
    return AlertsResult(tuple(gone), "No longer watched:")


def list_alerts(context: Context, model: str = "") -> AlertsResult:
    """The alerts of a model, or all.

    Raises
    ------
    ReferenceDamaged, ReferenceGone
        If they cannot be read, or were there at an earlier look and are gone.
    """
    context.require_never(ALERTS_REF)
    return AlertsResult(tuple(a for a in _read(context)[1] if model in ("", a.model)))


def _change(context: Context, change: Callable[[list[Alert]], list[Alert]]) -> None:
    git = context.git
    for _ in range(MAX_RETRIES):
        before, known = _read(context)
        data = _dumps(change(known))
        blob = git.run("hash-object", "-w", "--stdin", data=data).decode().strip()
        try:
            moving.move(git, ALERTS_REF, blob, before)
        except GitFailed:
            if git.resolve(ALERTS_REF) == (before or None):
                raise  # nobody moved it: git has another reason
            continue
        return
    raise LostRace(f"{ALERTS_REF} is being moved by other writers.", "Repeat the command.")


def _dumps(alerts: Iterable[Alert]) -> bytes:
    document = {
        "format": FORMAT,
        "alerts": [
            {
                "model": a.model, "stage": a.stage, "rule": str(a.rule), "notify": list(a.notify),
                "who": a.author.name, "email": a.author.email, "time": a.time,
            }
            for a in alerts
        ],
    }  # fmt: skip
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _read(context: Context) -> tuple[str, list[Alert]]:
    """The blob's id, empty if there is none, and the alerts in it that make sense.

    Raises
    ------
    InvalidValue
        If the document is of a later format: changing it would lose what is not known here.
    """
    found = context.git.read(ALERTS_REF, MAX_DOCUMENT_BYTES)
    if found is None:
        return "", []
    try:
        document = json.loads(found.data)
        entries = document["alerts"]
        newer = int(document["format"]) > FORMAT
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InvalidValue(
            f"{ALERTS_REF} holds no alerts.", f"Remove it: git update-ref -d {ALERTS_REF}."
        ) from None
    if newer:
        raise InvalidValue(
            "The alerts of this registry are of a newer nbmodel.",
            "Upgrade: pip install -U nbmodel.",
        )
    read = (_alert(entry) for entry in (entries if isinstance(entries, list) else [])[:MAX_ALERTS])
    return found.oid, [alert for alert in read if alert is not None]


def _alert(entry: Any) -> Alert | None:
    """An alert as a stranger may have written it; None if it makes no sense."""
    try:
        stage = str(entry["stage"])
        return Alert(
            refs.check_name("model", entry["model"]),
            rules.parse(entry["rule"]),
            refs.check_name("stage", stage) if stage else "",
            tuple(notify.check_notifier(one) for one in entry["notify"]),
            Person(str(entry["who"]), str(entry["email"])),
            int(entry["time"]),
        )
    except (NbModelError, ValueError, TypeError, KeyError, OverflowError):
        return None
