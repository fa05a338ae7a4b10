"""file: the content of a figure or a file that was attached to a version."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.attachments import kind_of, title_of
from nbmodel.errors import NotFound, TooLarge
from nbmodel.versioning import attached_files
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.resolve import resolve
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmodel.records import Note
    from nbmodel.versioning.registry import Registry
    from nbmodel.versioning.snapshot import Snapshot

MAX_BYTES = 8_000_000  # of a file that a page gets


def file(registry: Registry, *, ref: str, sha256: str) -> Answer:
    """The content of a file of a version, which its digest names, in base64."""
    context = registry.context
    snapshot = snapshots.read(context, resolve(context, ref))
    where = snapshot.info.ref
    files = {f.content.sha256: f for f in attached_files.files_of(context, snapshot)}
    attachment = files.get(sha256)
    if attachment is None:
        raise NotFound("figure or file", sha256[:16], where)
    if attachment.content.size > MAX_BYTES:
        raise TooLarge(
            f"{attachment.name} has {display.size(attachment.content.size)}; a page shows files of "
            f"at most {display.size(MAX_BYTES)}.",
            f"Read it in a notebook: nbmodel.file({where!r}, {attachment.name!r}).",
        )
    content = attached_files.read(context, snapshot, attachment)
    return {"data": base64.b64encode(content).decode()}


def attachments_of(snapshot: Snapshot, notes: Sequence[Note]) -> list[Answer]:
    """The figures and files of a version, without their content."""
    return [
        {
            "name": display.visible(each.name),
            "title": display.visible(title_of(each.name)),
            "kind": kind_of(each.name),
            "size": each.content.size,
            "sha256": each.content.sha256,
            "author": display.visible(each.note.author.name) if each.note else "",
            "time": each.note.time if each.note else snapshot.info.time,
        }
        for each in attached_files.of_version(snapshot, notes)
    ]
