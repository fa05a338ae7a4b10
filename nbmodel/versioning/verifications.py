"""Whether versions, releases and stage moves were signed by a key that the user allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from nbmodel import refs
from nbmodel.records import Release, StageMove, Verification, VersionInfo
from nbmodel.repo import verification
from nbmodel.versioning.context import Context


def of_versions(context: Context, versions: Iterable[VersionInfo]) -> Mapping[str, Verification]:
    """The state of the signature of each version, by commit."""
    commits = dict.fromkeys(version.commit for version in versions)
    return verification.verify(context.git, commits, _memory(context), around(context))


def of_tags(context: Context, records: Iterable[Release | StageMove]) -> Mapping[str, Verification]:
    """The state of the signature of each release and stage move, by the name of its tag."""
    names = {f"{refs.TAG_PREFIX}{record.tag}": record.tag for record in records}
    states = verification.verify(context.git, names, _memory(context), around(context))
    return {names[name]: state for name, state in states.items()}


def of_objects(context: Context, oids: Iterable[str]) -> Mapping[str, Verification]:
    """The state of the signature of commits and tags, by the id of the object."""
    return verification.verify(context.git, dict.fromkeys(oids), _memory(context), around(context))


def _memory(context: Context) -> Path:
    return context.location.cache / "verifications"


def around(context: Context) -> list[Path]:
    """The folders of the registry, in which a pull may write."""
    place = context.location
    return [place.git_dir] if place.work_tree is None else [place.git_dir, place.work_tree]
