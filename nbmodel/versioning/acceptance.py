"""The acceptance rows of a version: a file that the commit wrote, or a note that came later."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbmodel import display
from nbmodel.errors import GitFailed, InvalidValue
from nbmodel.predict import acceptance as files
from nbmodel.predict import input_detection
from nbmodel.predict.acceptance import Acceptance
from nbmodel.predict.acceptance_recording import COMMIT_SECONDS, NO_METHOD, record
from nbmodel.predict.inputs import Inputs
from nbmodel.records import Note
from nbmodel.repo import notes
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.snapshot import Snapshot

FILE = "acceptance.json"
_ATTACHMENT = "acceptance"  # the name of the rows among the attachments of a note
MAX_LATER_SECONDS = 20.0  # that recording may take after the commit


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitAcceptance:
    """The acceptance rows of a commit.

    Attributes
    ----------
    acceptance : Acceptance or None
        None if the object has no method that predicts.
    warnings : tuple of str
    """

    acceptance: Acceptance | None = None
    warnings: tuple[str, ...] = ()


def at_commit(
    context: Context, ref: str, model: Any, data: Any, profile: Mapping[str, Any]
) -> CommitAcceptance:
    """Record the acceptance rows of an object that is being committed with its training data."""
    inputs = input_detection.inputs_of(model, data)
    slow = _slow_before(context, ref)
    if slow:
        # Recording calls the model at least three times: see `_slow_before`.
        why = f"scoring rows would take {math.ceil(3000 * slow)} ms, as at the commit before"
        acceptance = Acceptance(inputs=inputs, why=why, seconds=slow)
    else:
        acceptance = record(model, inputs, profile, data=data, budget=COMMIT_SECONDS)
    if not acceptance.count and not _has_method(acceptance):
        return CommitAcceptance(warnings=_left_out(inputs, data))
    return CommitAcceptance(
        acceptance=acceptance, warnings=(*_left_out(inputs, data), *_warnings(acceptance))
    )


def of_version(context: Context, snapshot: Snapshot) -> Acceptance | None:
    """The acceptance rows of a version; None if it has none that can be read.

    Rows in the snapshot are preferred, then those of the newest note.
    """
    stored = _stored(context, snapshot)
    if stored is not None and stored.count:
        return stored
    for note in reversed(_notes(context, snapshot.info.commit)):
        document = note.attached.get(_ATTACHMENT)
        if document is None:
            continue
        try:
            return files.loads(json.dumps(document).encode(), snapshot.info.ref)
        except (
            InvalidValue,
            RecursionError,
            ValueError,
        ):  # another person wrote it; an older note may be valid
            continue
    return stored


def _notes(context: Context, commit: str) -> list[Note]:
    try:
        return notes.read(context.git, commit)
    except GitFailed:  # `show` reports it
        return []


def summary(context: Context, snapshot: Snapshot) -> str:
    """One line about the acceptance rows of a version; a file that is not valid does not raise."""
    try:
        acceptance = of_version(context, snapshot)
    except InvalidValue as error:
        return error.what
    if acceptance is None:
        return ""
    if not acceptance.count:
        return f"not proved: {acceptance.why}"
    return f"{acceptance.count} rows: {', '.join(acceptance.answers)}"


def add_later(context: Context, snapshot: Snapshot, model: Any) -> Acceptance:
    """Record the rows of a version that has none, and add them as a note.

    If no rows can be drawn, no note is added, and the result says why.
    """
    acceptance = record(model, inputs_of(context, snapshot, model), snapshot.profile(context),
                  budget=MAX_LATER_SECONDS)  # fmt: skip
    if acceptance.count:
        text = f"{acceptance.count} acceptance rows"
        attached = {_ATTACHMENT: files.to_json(acceptance)}
        note = Note(context.identity.person, now(), text, attached=attached)
        notes.add(context.git, snapshot.info.commit, note)
    return acceptance


def inputs_of(context: Context, snapshot: Snapshot, model: Any) -> Inputs:
    """The inputs of a version: as recorded, else as its object and its signature describe them."""
    stored = of_version(context, snapshot)
    recorded = stored.inputs if stored is not None else None
    return input_detection.resolve_inputs(recorded, model, snapshot.manifest.signature)


def _stored(context: Context, snapshot: Snapshot) -> Acceptance | None:
    data = snapshot.tree.read(context.git, FILE)
    return None if data is None else files.loads(data, snapshot.info.ref)


def _slow_before(context: Context, ref: str) -> float:
    """Seconds for one row at the previous commit if that was too long for all rows, else 0."""
    try:
        blob = context.git.read(f"{ref}:{FILE}", limit=files.MAX_READ_BYTES)
        before = None if blob is None else files.loads(blob.data, ref)
    except (GitFailed, InvalidValue):  # the next commit records its own
        return 0.0
    if before is None or before.count:
        return 0.0
    return before.seconds if before.seconds > COMMIT_SECONDS / 3 else 0.0


def _has_method(acceptance: Acceptance) -> bool:
    return bool(acceptance.inputs.columns) and acceptance.why != NO_METHOD


def _left_out(inputs: Inputs, data: Any) -> tuple[str, ...]:
    extra = input_detection.unused_columns(inputs, data)
    if not extra:
        return ()
    names = ", ".join(extra[:5]) + (f" and {len(extra) - 5} more" if len(extra) > 5 else "")
    return (f"Not an input of the model, so left out of its signature: {names}.",)


def _warnings(acceptance: Acceptance) -> tuple[str, ...]:
    warnings = []
    if not acceptance.count:
        warnings.append(
            f"No acceptance rows yet: {acceptance.why}, and a commit spends at most "
            f"{COMMIT_SECONDS * 1000:.0f} ms on it. "
            + display.advice("%model_verify REF --acceptance records them, as %model_release does.")
            if acceptance.seconds
            else f"Not proved: {acceptance.why}"
            f"{f': {acceptance.detail}' if acceptance.detail else ''}."
        )
    if acceptance.random:
        warnings.append(
            f"{', '.join(acceptance.random)} gives random answers. Servers and checkouts compare "
            "only the shape of the answers."
        )
    if acceptance.batch_dependent:
        warnings.append(
            f"The answer of {', '.join(acceptance.batch_dependent)} to a row depends on the other "
            "rows of the call. A server does not combine requests for it."
        )
    refused = {refusal.row for refusal in acceptance.refusals}
    if refused:
        warnings.append(
            f"The model refuses {len(refused)} of {acceptance.count} synthetic rows: "
            f"{acceptance.refusals[0].reason[:120]}"
        )
    return tuple(warnings)
