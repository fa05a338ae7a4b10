"""The alerts of a registry, which are stored in the registry itself.

They are one JSON document: a blob under the ref ``refs/nbmodel/alerts``. A clone that fetches the
ref has the alerts, and no version changes. If two writers change alerts at once, both succeed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbmodel import refs
from nbmodel.errors import (
    AlreadyExists,
    GitFailed,
    InvalidValue,
    LostRace,
    NbModelError,
    NotFound,
    close_names,
)
from nbmodel.monitor.alerts import notify, rules
from nbmodel.monitor.alerts.alert import Alert, AlertsResult
from nbmodel.monitor.alerts.channels.table import check_notifier, missing_plugin
from nbmodel.monitor.alerts.columns import check_rule
from nbmodel.records import Person
from nbmodel.repo import ref_updates
from nbmodel.versioning.context import Context, now

ALERTS_REF = "refs/nbmodel/alerts"
FORMAT = 1
MAX_RETRIES = 20
_ID_RE = re.compile("[0-9a-f]{8}")
MAX_ALERTS = 1000  # in one registry
MAX_DOCUMENT_BYTES = 1 << 22  # of the JSON document


def add(context: Context, reference: str, rule: str, notifiers: Sequence[str] = ()) -> AlertsResult:
    """Set an alert for a model (``churn``) or one of its stages (``churn@prod``).

    Raises
    ------
    InvalidValue, InvalidReference
        If the rule, a notifier or the reference is not valid, or if no version that serves has
        what the rule measures.
    NotFound
        If there is no such model.
    AlreadyExists
        If the same alert is already set with other notifiers.
    ReadOnlyRegistry, LostRace
    """
    context.require_writable("set an alert")
    model, stage = _subject(reference)
    context.require_model(model)
    for notifier in notifiers:
        check_notifier(notifier)
    alert = Alert(model, rules.parse(rule), stage, tuple(notifiers), context.identity.person, now())

    def change(alerts: list[Alert]) -> list[Alert]:
        same = [a for a in alerts if a.id == alert.id]
        if same and set(same[0].notify) == set(alert.notify):
            return alerts
        if same:
            raise AlreadyExists(
                f"{reference} already has the alert {alert.rule}.", f"Remove it first: {alert.id}."
            )
        if len(alerts) >= MAX_ALERTS:
            raise InvalidValue(
                f"The registry has {MAX_ALERTS} alerts, the maximum.", "Remove some first."
            )
        return [*alerts, alert]

    warnings = check_rule(context, model, stage, alert.rule)
    stored = next(a for a in _change(context, change) if a.id == alert.id)
    for notifier in notifiers:
        notify.allow(notifier)
    is_new = stored is alert
    message = f"Rule added for {reference}." if is_new else f"{reference} has this rule already."
    return AlertsResult((stored,), message, warnings=warnings)


def remove(context: Context, reference: str, id_or_rule: str) -> AlertsResult:
    """Remove an alert of a model (``churn``), of one of its stages (``churn@prod``), or of any.

    An alert that is not set needs no removal.

    Parameters
    ----------
    context : Context
    reference : str
    id_or_rule : str
        Id of the alert, or the text of its rule.

    Raises
    ------
    InvalidValue, InvalidReference
        If the reference is not valid.
    NotFound
        If the text is neither a rule nor an id, or is the id of another alert or close to one.
    """
    context.require_writable("remove an alert")
    model, stage = _subject(reference) if reference else ("", "")
    names = {id_or_rule, _usual_form(id_or_rule)}
    removed_alerts: list[Alert] = []

    def change(alerts: list[Alert]) -> list[Alert]:
        candidates = [a for a in alerts if _is_of(a, model, stage)]
        removed_alerts[:] = [a for a in candidates if names & {a.id, str(a.rule)}]
        ids = [a.id for a in candidates]
        elsewhere = id_or_rule in (a.id for a in alerts)
        slip = elsewhere or close_names(id_or_rule, ids) or not _names_alert(id_or_rule)
        if not removed_alerts and slip:
            raise NotFound("alert", id_or_rule, reference or "this registry", ids)
        return [a for a in alerts if a not in removed_alerts]

    if model:
        context.index.refresh()
        context.require_model(model)
    _change(context, change)
    absent = f"No rule {id_or_rule} is set for {reference or 'any model'}: nothing to remove."
    return _result(removed_alerts, "Rule removed:" if removed_alerts else absent)


def list_alerts(context: Context, reference: str = "") -> AlertsResult:
    """Return the alerts of a model (``churn``), of a stage (``churn@prod``), or of all models.

    Raises
    ------
    InvalidValue, InvalidReference
        If the reference is not valid.
    ReferenceDamaged, ReferenceGone
        If the alerts cannot be read, or existed earlier and are gone.
    """
    context.require_never(ALERTS_REF)
    model, stage = _subject(reference) if reference else ("", "")
    stored = _read(context)[1]
    alerts = [a for a in stored if _is_of(a, model, stage)]
    message = "" if alerts else f"No rules are set for {reference or 'any model'}."
    if stage and not alerts and any(_is_of(a, model, "") for a in stored):
        message = f"No rules are set for {reference} alone. List all rules: alert {model}."
    return _result(alerts, message)


def _subject(reference: str) -> tuple[str, str]:
    """Return the model and the stage that alerts of a reference watch; the stage may be empty."""
    ref = refs.parse(reference)
    if ref.branch or ref.back or (ref.kind != "stage" and ref.value):
        raise InvalidValue(
            f"{reference!r} names a version; alerts watch the versions that serve.",
            f"Use {ref.model}, or one of its stages: {ref.model}@prod.",
        )
    return ref.model, ref.value if ref.kind == "stage" else ""


def _is_of(alert: Alert, model: str, stage: str) -> bool:
    return model in ("", alert.model) and stage in ("", alert.stage)


def _names_alert(text: str) -> bool:
    """Whether a text is a rule, or can be an id: such an alert may be removed already."""
    return _ID_RE.fullmatch(text) is not None or _is_rule(text)


def _is_rule(text: str) -> bool:
    try:
        rules.parse(text, any_metric=True)
    except InvalidValue:
        return False
    return True


def _usual_form(rule: str) -> str:
    """Return a rule as the list shows it; any other text unchanged."""
    try:
        return str(rules.parse(rule, any_metric=True))
    except InvalidValue:
        return rule


def _result(alerts: Sequence[Alert], message: str) -> AlertsResult:
    return AlertsResult(
        tuple(a for a in alerts if not a.missing_plugin),
        message,
        unavailable=tuple(a for a in alerts if a.missing_plugin),
    )


def _change(context: Context, change: Callable[[list[Alert]], list[Alert]]) -> list[Alert]:
    """Change the alerts of a registry and return them; nothing is written without a change."""
    git = context.git
    for _ in range(MAX_RETRIES):
        before, alerts, unreadable = _read(context)
        # Alerts of plug-ins that are not installed here are written last.
        new_alerts = sorted(change(alerts), key=lambda alert: bool(alert.missing_plugin))
        if new_alerts == sorted(alerts, key=lambda alert: bool(alert.missing_plugin)):
            return new_alerts
        data = _dumps(new_alerts, unreadable)
        blob = git.run("hash-object", "-w", "--stdin", data=data).decode().strip()
        try:
            ref_updates.move(git, ALERTS_REF, blob, before)
        except GitFailed:
            if git.resolve(ALERTS_REF) == (before or None):
                raise  # nobody moved the ref, so git has another reason
            continue
        return new_alerts
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

    The id is empty if there is no document. Other entries are written again.

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
            rules.parse(entry["rule"], any_metric=True),
            refs.check_name("stage", stage) if stage else "",
            tuple(
                notifier if missing_plugin(notifier) else check_notifier(notifier)
                for notifier in entry["notify"]
            ),
            Person(str(entry["who"]), str(entry["email"])),
            int(entry["time"]),
        )
    except (NbModelError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
