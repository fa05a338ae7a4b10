"""Labels that differ here and at a remote, and give way to those of the remote.

Two people may move a stage, or release a version, before they know of each other. Then two objects
have the name of one tag. A push and a pull refuse that. The user may let the label of this clone
give way, if it was never shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbmodel import display, refs
from nbmodel.errors import RemoteConflict
from nbmodel.records import StageMove
from nbmodel.repo.remote_settings import Remote
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing import tracking
from nbmodel.versioning.sharing.shared import SharedRefs, tag_record, tag_text


def labels_to_drop(
    context: Context, place: Remote, ours: SharedRefs, theirs: SharedRefs
) -> dict[str, str]:
    """The labels of this clone that give way: object id by full name.

    Of a stage, these are the first move that differs and the later ones, because each names the
    move before it. Of a release, it is the release with its end. A label that both had stays.

    Parameters
    ----------
    context : Context
    place : Remote
    ours, theirs : SharedRefs

    Raises
    ------
    RemoteConflict
        If the remote has changed a label that both had at the last push or pull.
    """
    shared = tracking.common_labels(context.git, place)
    firsts: dict[tuple[str, ...], int] = {}
    for ref in sorted(ours.tags.keys() & theirs.tags.keys()):
        name, oid = ref.removeprefix(refs.TAG_PREFIX), ours.tags[ref]
        if oid == theirs.tags[ref]:
            continue
        if shared.get(name) == oid:
            raise RemoteConflict(
                f"The tag {name} was changed at {place.name} after the last push or pull.",
                f"Ask who did it: %model_audit {refs.model_of(name)} says what this clone has.",
            )
        subject, counter = _subject(name)
        firsts[subject] = min(counter, firsts.get(subject, counter))
    result = {}
    for ref, oid in ours.tags.items():
        name = ref.removeprefix(refs.TAG_PREFIX)
        subject, counter = _subject(name)
        is_own = theirs.tags.get(ref) != oid and shared.get(name) != oid
        if is_own and subject in firsts and counter >= firsts[subject]:
            result[ref] = oid
    return result


def remarks(context: Context, labels: Mapping[str, str]) -> Iterator[str]:
    """What each label that gave way was, and how to set it again."""
    for ref, oid in labels.items():
        name = ref.removeprefix(refs.TAG_PREFIX)
        yield f"{name} of this clone gave way. It named {tag_text(context, name, oid)}."
    commands = dict.fromkeys(filter(None, (_again(context, *label) for label in labels.items())))
    if commands:
        yield f"To set your labels again, after those of the remote: {', '.join(commands)}"


def _again(context: Context, ref: str, oid: str) -> str:
    """The command that sets a label again; empty for the end of one."""
    record = tag_record(context.git, ref.removeprefix(refs.TAG_PREFIX), oid)
    if record is None or record.removed:
        return ""
    version = context.name_of(record.commit)
    if isinstance(record, StageMove):
        return display.advice(f"%model_promote {version} {record.stage}")
    return display.advice(f"%model_release {version}")


def _subject(name: str) -> tuple[tuple[str, ...], int]:
    """What a label is about, and which of its labels it is, in order: a counter for stages."""
    if stage := refs.parse_stage_tag(name):
        return ("stage", stage[0], stage[1]), stage[3]
    release = refs.parse_release_tag(name) or refs.parse_release_end(name)
    return ("release", *(release or (name,))), 0
