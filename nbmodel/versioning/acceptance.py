"""The acceptance rows of versions: made at commit, or later as a note; read from either place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbmodel.errors import GitFailed, InvalidValue
from nbmodel.predict import acceptance as files
from nbmodel.predict import input_detection
from nbmodel.predict.acceptance import Acceptance
from nbmodel.predict.acceptance_recording import COMMIT_SECONDS, record
from nbmodel.predict.inputs import Inputs
from nbmodel.records import Note
from nbmodel.repo import notes
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.snapshot import Snapshot

FILE = "acceptance.json"
_KIND = "acceptance"  # of what a note has attached
LATER = 20.0  # seconds that rows made after the commit may take


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitProof:
    """What a commit says of its answers.

    Attributes
    ----------
    acceptance : Acceptance or None
        None if the object cannot be asked.
    warnings : tuple of str
    """

    acceptance: Acceptance | None = None
    warnings: tuple[str, ...] = ()


def at_commit(
    context: Context, ref: str, model: Any, data: Any, profile: Mapping[str, Any]
) -> CommitProof:
    """The acceptance rows of an object that is being committed with its training data."""
    inputs = input_detection.inputs_of(model, data)
    slow = _slow_before(context, ref)
    if slow:
        why = f"one row took {slow * 1000:.0f} ms at the commit before"
        found = Acceptance(inputs=inputs, why=why, seconds=slow)
    else:
        found = record(model, inputs, profile, data=data, budget=COMMIT_SECONDS)
    if not found.count and not _can_be_asked(found):
        return CommitProof(warnings=_left_out(inputs, data))
    return CommitProof(acceptance=found, warnings=(*_left_out(inputs, data), *_warnings(found)))


def of_version(context: Context, snapshot: Snapshot) -> Acceptance | None:
    """The acceptance rows of a version; None if it has none that can be read.

    Rows of the snapshot come first, then the newest that were added as a note.
    """
    stored = _stored(context, snapshot)
    if stored is not None and stored.count:
        return stored
    for note in reversed(_notes(context, snapshot.info.commit)):
        document = note.attached.get(_KIND)
        if document is None:
            continue
        try:
            return files.loads(json.dumps(document).encode(), snapshot.info.ref)
        except (InvalidValue, RecursionError, ValueError):  # of somebody else; an older may do
            continue
    return stored


def _notes(context: Context, commit: str) -> list[Note]:
    try:
        return notes.read(context.git, commit)
    except GitFailed:  # who shows the version says so
        return []


def summary(context: Context, snapshot: Snapshot) -> str:
    """The acceptance rows of a version in a line; never raises for a stranger's file."""
    try:
        found = of_version(context, snapshot)
    except InvalidValue as error:
        return error.what
    if found is None:
        return ""
    if not found.count:
        return f"not proved: {found.why}"
    return f"{found.count} rows: {', '.join(found.answers)}"


def add_later(context: Context, snapshot: Snapshot, model: Any) -> Acceptance:
    """Draw the rows of a version that has none, and note them.

    Nothing is noted if none can be drawn: the result says why.
    """
    found = record(model, inputs_of(context, snapshot, model), snapshot.profile(context),
                  budget=LATER)  # fmt: skip
    if found.count:
        text = f"{found.count} acceptance rows"
        attached = {_KIND: files.to_json(found)}
        note = Note(context.identity.person, now(), text, attached=attached)
        notes.add(context.git, snapshot.info.commit, note)
    return found


def inputs_of(context: Context, snapshot: Snapshot, model: Any) -> Inputs:
    """What a version takes: as it was recorded, else as its object and signature say."""
    stored = of_version(context, snapshot)
    recorded = stored.inputs if stored is not None else None
    return input_detection.resolve_inputs(recorded, model, snapshot.manifest.signature)


def _stored(context: Context, snapshot: Snapshot) -> Acceptance | None:
    data = snapshot.tree.read(context.git, FILE)
    return None if data is None else files.loads(data, snapshot.info.ref)


def _slow_before(context: Context, ref: str) -> float:
    """Seconds that one row took at the commit before, if that was too long; else 0."""
    try:
        found = context.git.read(f"{ref}:{FILE}", limit=files.MAX_READ_BYTES)
        before = None if found is None else files.loads(found.data, ref)
    except (GitFailed, InvalidValue):  # it says nothing of this commit
        return 0.0
    if before is None or before.count:
        return 0.0
    return before.seconds if before.seconds > COMMIT_SECONDS / 3 else 0.0


def _can_be_asked(found: Acceptance) -> bool:
    return bool(found.inputs.columns) and found.why != "the object has no method to ask"


def _left_out(inputs: Inputs, data: Any) -> tuple[str, ...]:
    extra = input_detection.unused_columns(inputs, data)
    if not extra:
        return ()
    shown = ", ".join(extra[:5]) + (f" and {len(extra) - 5} more" if len(extra) > 5 else "")
    return (f"Not an input of the model, so left out of its signature: {shown}.",)


def _warnings(found: Acceptance) -> tuple[str, ...]:
    said = []
    if not found.count:
        said.append(
            f"Not proved yet: {found.why}, and a commit spends at most "
            f"{COMMIT_SECONDS * 1000:.0f} ms on answers. "
            "%model_verify REF --acceptance draws its rows, and so does %model_release."
            if found.seconds
            else f"Not proved: {found.why}{f': {found.detail}' if found.detail else ''}."
        )
    if found.random:
        said.append(
            f"{', '.join(found.random)} answers at random: servers and checkouts compare only "
            "the shape of its answers."
        )
    if found.batch_dependent:
        said.append(
            f"The answers of {', '.join(found.batch_dependent)} to a row depend on the other rows "
            "asked with it: a server answers each request by itself."
        )
    refused = {refusal.row for refusal in found.refusals}
    if refused:
        said.append(
            f"The model refuses {len(refused)} of {found.count} synthetic rows: "
            f"{found.refusals[0].reason[:120]}"
        )
    return tuple(said)
