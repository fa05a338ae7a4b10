"""Release: a version gets a semantic version number, as a GTO tag."""

from __future__ import annotations

from dataclasses import dataclass

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import AlreadyExists, InvalidValue, NbModelError
from nbmodel.records import Release, VersionInfo
from nbmodel.repo import tags
from nbmodel.versioning import acceptance
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.publish import best_effort
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.verbs.checkout import checkout


@dataclass(frozen=True, repr=False)
class ReleaseResult(Result):
    """A release just made."""

    release: Release
    version: VersionInfo
    proof: str = ""
    warnings: tuple[str, ...] = ()

    def text(self) -> str:
        """Tag and version on one line, then what became of its acceptance rows, then warnings."""
        line = f"{self.release.tag}  {self.version.ref}  {self.version.commit[:7]}"
        return "\n  ".join(filter(None, [line, self.proof, *self.warnings]))

    def html(self) -> str:
        """The same lines."""
        tag, rest = self.release.tag, f"{self.version.ref}  {self.version.commit[:7]}"
        proof = f"<div>{display.escaped(self.proof)}</div>" if self.proof else ""
        line = f"<div><b>{display.escaped(tag)}</b> &ensp;{display.escaped(rest)}</div>"
        return line + proof + display.warned(self.warnings)


def release(
    context: Context, reference: str, *, bump: str = "", version: str = "", message: str = ""
) -> ReleaseResult:
    """Tag a version with a semantic version number.

    Parameters
    ----------
    context : Context
    reference : str
    bump : {"major", "minor", "patch"}, optional
        Which part of the model's highest release to increase. Default: minor.
    version : str, optional
        The number itself, ``v1.2.0``, instead of `bump`.
    message : str, optional

    Raises
    ------
    AlreadyExists
        If the model has that release, or the version is released already.
    InvalidValue
        If both `bump` and `version` are given, or one of them is not valid.
    """
    context.require_writable("release")
    if bump and version:
        raise InvalidValue("Both a bump and a version were given.", "Give one of them.")
    target = resolve(context, reference)
    context.index.refresh()
    there = context.index.releases(target.model)
    for other in there:
        if other.commit == target.commit:
            raise AlreadyExists(f"{target.ref} is released as {other.tag}.", "Use that release.")
    problems = context.index.problems(target.model)
    unread = [refs.parse_release_tag(p.ref.removeprefix(refs.TAG_PREFIX)) for p in problems]
    numbers = [*(r.version for r in there), *(found[1] for found in unread if found)]
    highest = max(numbers, key=refs.semver_key, default=None)
    chosen = _checked(version) if version else refs.bump(highest, bump or "minor")
    made = Release(
        target.model, chosen, target.commit, context.identity.person, tag_time(context, target),
        message.strip() or f"Release {target.model} {chosen}",
    )  # fmt: skip
    said = tags.create(context.git, made.tag, made.commit, made.author, made.time, made.message)
    said += best_effort(made.tag, "a look at the registry", context.index.refresh)
    return ReleaseResult(made, target, _prove(context, target), said)


def _prove(context: Context, target: VersionInfo) -> str:
    """Record acceptance rows if this user made the version and it has none; return a message."""
    try:
        found = snapshots.read(context, target)
        known = acceptance.of_version(context, found)
        if known is not None and known.count:
            return ""
        # Code of another person does not run without consent.
        if not context.trusted_commits.has(found.raw_manifest):
            return "Not proved: another person committed it, and it has no acceptance rows."
        made = acceptance.add_later(context, found, checkout(context, found.info.ref).model)
    except NbModelError as error:  # the release stays, with or without acceptance rows
        return f"Not proved: {error.what}"
    except OSError as error:
        return f"Not proved: {error.strerror}."
    return f"Added {made.count} acceptance rows." if made.count else f"Not proved: {made.why}."


def _checked(version: str) -> str:
    chosen = version if version.startswith("v") else f"v{version}"
    try:
        refs.semver_key(chosen)
    except InvalidValue as error:
        raise InvalidValue(f"{version!r} is not a version.", error.hint) from None
    return chosen


def tag_time(context: Context, target: VersionInfo) -> int:
    """Now, but after every tag of the model: GTO orders a model's tags by time alone."""
    earlier = [r.time for r in context.index.releases(target.model)]
    earlier += [move.time for move in context.index.moves(target.model)]
    return max([now(), *(time + 1 for time in earlier)])
