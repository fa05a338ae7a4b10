"""Whether a commit would repeat the latest version of its branch, so that a cell can run twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbmodel import refs
from nbmodel.errors import NbModelError
from nbmodel.records import Attachment, Module, Payload, VersionInfo
from nbmodel.versioning import purges
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.snapshot import Snapshot
from nbmodel.versioning.user_metadata import UserMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a commit would store: the object's bytes, its modules, files and profile of the data."""

    payload: Payload
    modules: Sequence[Module]
    files: Sequence[Attachment]
    profile: Mapping[str, Any] | None


def repeated_version(
    context: Context, ref: str, metadata: UserMetadata, candidate: Candidate
) -> VersionInfo | None:
    """The latest version of a branch, if a commit would add nothing to it.

    What the user does not state is not new: without metrics, those of the version stay. A purged
    version is not repeated: the new one has its arrays.
    """
    parsed, tip = refs.parse_branch_ref(ref), context.git.resolve(ref)
    if tip is None or parsed is None or purges.first_of(context, tip):
        return None
    try:
        latest = snapshots.read(context, resolve(context, f"{parsed[0]}@{tip}"))
        same = _is_same(context, latest, metadata, candidate)
    except NbModelError:  # a version that cannot be read must not prevent a commit
        return None
    return latest.info if same else None


def _is_same(
    context: Context, latest: Snapshot, metadata: UserMetadata, candidate: Candidate
) -> bool:
    before = latest.manifest
    return (
        before.payload == candidate.payload
        and tuple(before.modules) == tuple(candidate.modules)
        and metadata.message.strip() in ("", latest.info.message.strip())
        and _contains(before.metrics, metadata.metrics)
        and _contains(before.params, metadata.params)
        and _contains(before.tags, metadata.tags)
        and {use.commit for use in before.uses}
        >= {resolve(context, reference).commit for reference in metadata.uses}
        and all(file in before.files for file in candidate.files)
        and _is_same_data(latest.profile(context), candidate.profile)
    )


def _contains(before: Mapping[str, Any], stated: Mapping[str, Any]) -> bool:
    """Whether all stated values are there; NaN equals NaN."""
    absent = object()
    return all(
        (old := before.get(name, absent)) == new or (old != old and new != new)
        for name, new in stated.items()
    )


def _is_same_data(before: Mapping[str, Any], now: Mapping[str, Any] | None) -> bool:
    if now is None:
        return True
    keys = ("rows", "fingerprint") if "fingerprint" in now else tuple(now)
    return all(before.get(key) == now[key] for key in keys if key in now)
