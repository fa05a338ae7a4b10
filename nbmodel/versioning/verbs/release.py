"""Release: a version gets a semantic version number, as a GTO tag."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import AlreadyExists, InvalidValue, NbModelError, NotFound
from nbmodel.records import Release, VersionInfo
from nbmodel.repo import tag_trailers, tags
from nbmodel.versioning import acceptance
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.publish import best_effort
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.sharing.fetching import check_purge
from nbmodel.versioning.trusted_versions import is_trusted
from nbmodel.versioning.verbs.checkout import checkout

MAX_RETRIES = 20


@dataclass(frozen=True, repr=False)
class ReleaseResult(Result):
    """A release; `unchanged` if it was made earlier."""

    release: Release
    version: VersionInfo
    proof: str = ""
    warnings: tuple[str, ...] = ()
    unchanged: bool = False

    def text(self) -> str:
        """Tag and version on one line, then what became of its acceptance rows, then warnings."""
        line = f"{self.release.tag}  {self._what()}"
        return "\n  ".join(filter(None, [line, self.proof, *self.warnings]))

    def html(self) -> str:
        """The same lines."""
        tag, rest = self.release.tag, self._what()
        proof = f"<div>{display.escaped(self.proof)}</div>" if self.proof else ""
        line = f"<div><b>{display.escaped(tag)}</b> &ensp;{display.escaped(rest)}</div>"
        return line + proof + display.warned(self.warnings)

    def _what(self) -> str:
        since = f", unchanged since {display.moment(self.release.time)}" if self.unchanged else ""
        return f"{self.version.ref}  {self.version.commit[:7]}{since}"


def release(
    context: Context, reference: str, *, bump: str = "", version: str = "", message: str = ""
) -> ReleaseResult:
    """Tag a version with a semantic version number. A version keeps the release that it has.

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
        If another version has that release, or the version has another one.
    InvalidValue
        If both `bump` and `version` are given, or one of them is not valid.
    VersionPurged
        If its arrays were removed for good.
    """
    context.require_writable("release")
    if bump and version:
        raise InvalidValue("Both a bump and a version were given.", "Give one of them.")
    target = resolve(context, reference)
    release_version = _checked(version) if version else ""
    for _ in range(MAX_RETRIES):
        context.index.refresh()
        if there := _release_of(context, target, release_version):
            return ReleaseResult(
                there, target, warnings=_lost_reason(there, target, message), unchanged=True
            )
        remarks = check_purge(context, target)
        number = release_version or _next_number(context, target.model, bump or "minor")
        try:
            result = _publish(context, target, number, message)
            return replace(result, warnings=(*remarks, *result.warnings))
        except AlreadyExists:
            context.index.refresh()
            _require_readable(context, target.model, number)
            continue  # another writer took the number
    raise AlreadyExists(f"{target.model} is being released by others.", "Repeat the command.")


def deregister(context: Context, ref: refs.Reference, message: str = "") -> tuple[Release, bool]:
    """End a release by GTO's deregister tag; return the tag, and whether it is new.

    Raises
    ------
    NotFound
        If the model has no such release.
    """
    context.index.refresh()
    context.require_model(ref.model)
    event = context.index.last_release_events(ref.model).get(ref.value)
    if event is None:
        names = [release.version for release in context.index.releases(ref.model)]
        raise NotFound("release", ref.value, ref.model, names)
    if event.removed:
        return event, False
    target = resolve(context, f"{ref.model}@{event.commit}")
    text = message.strip() or f"Ends {ref.model} {ref.value}"
    end = replace(
        event, author=context.identity.person, time=tag_time(context, target), message=text,
        removed=True,
    )  # fmt: skip
    before = context.git.resolve(refs.TAG_PREFIX + event.tag) or ""
    message = tag_trailers.join(text, {tag_trailers.PREVIOUS: before})
    tags.create(context.git, end.tag, end.commit, end.author, end.time, message)
    context.index.refresh()
    return end, True


def _lost_reason(there: Release, target: VersionInfo, message: str) -> tuple[str, ...]:
    """What to do about a reason that the release does not have; nothing without one."""
    if message.strip() in ("", there.message):
        return ()
    add = display.advice(f"Add it: %model_annotate {target.ref} -m REASON")
    return (f"The reason was not recorded. {add}",)


def _require_readable(context: Context, model: str, number: str) -> None:
    """Refuse a number whose tag exists but is not a release: no retry makes it free.

    Raises
    ------
    AlreadyExists
    """
    tag = f"{model}@{number}"
    if event := context.index.last_release_events(model).get(number):
        if event.removed:
            when = display.moment(event.time)
            raise AlreadyExists(f"The release {tag} ended on {when}.", "Choose another number.")
        return
    ref = f"{refs.TAG_PREFIX}{tag}"
    why = next((p.why for p in context.index.problems(model) if p.ref == ref), "")
    raise AlreadyExists(
        f"The tag {tag} exists, and cannot be read as a release{f': {why}' if why else ''}.",
        f"Choose another number, or look at it: git show {tag}.",
    )


def _release_of(context: Context, target: VersionInfo, release_version: str) -> Release | None:
    """The release that a version has.

    Raises
    ------
    AlreadyExists
        If it is not the wanted one, or another version has that one.
    """
    for other in context.index.releases(target.model):
        if other.commit == target.commit:
            if release_version not in ("", other.version):
                raise AlreadyExists(
                    f"{target.ref} is released as {other.tag}.", "Use that release."
                )
            return other
        if other.version == release_version:
            raise AlreadyExists(
                f"{other.tag} is another version, {other.commit[:7]}.", "Choose a higher number."
            )
    return None


def _next_number(context: Context, model: str, bump: str) -> str:
    releases, problems = context.index.release_events(model), context.index.problems(model)
    unread = [refs.parse_release_tag(p.ref.removeprefix(refs.TAG_PREFIX)) for p in problems]
    numbers = [*(r.version for r in releases), *(tag[1] for tag in unread if tag)]
    return refs.bump(max(numbers, key=refs.semver_key, default=None), bump)


def _publish(context: Context, target: VersionInfo, number: str, message: str) -> ReleaseResult:
    new_release = Release(
        model=target.model, version=number, commit=target.commit, author=context.identity.person,
        time=tag_time(context, target),
        message=message.strip() or f"Release {target.model} {number}",
    )  # fmt: skip
    warnings = tags.create(
        context.git,
        new_release.tag,
        new_release.commit,
        new_release.author,
        new_release.time,
        new_release.message,
    )
    warnings += best_effort(new_release.tag, "a look at the registry", context.index.refresh)
    return ReleaseResult(new_release, target, _prove(context, target), warnings)


def _prove(context: Context, target: VersionInfo) -> str:
    """Record acceptance rows if this user made the version and it has none; return a message."""
    try:
        snapshot = snapshots.read(context, target)
        rows = acceptance.of_version(context, snapshot)
        if rows is not None and rows.count:
            return ""
        # Code of another person does not run without consent.
        if not is_trusted(context, snapshot):
            return "Not proved: another person committed it, and it has no acceptance rows."
        new_rows = acceptance.add_later(
            context, snapshot, checkout(context, snapshot.info.ref).model
        )
    except NbModelError as error:  # the release stays, with or without acceptance rows
        return f"Not proved: {error.what}"
    except OSError as error:
        return f"Not proved: {error.strerror}."
    return (
        f"Added {new_rows.count} acceptance rows."
        if new_rows.count
        else f"Not proved: {new_rows.why}."
    )


def _checked(version: str) -> str:
    semver = version if version.startswith("v") else f"v{version}"
    try:
        refs.semver_key(semver)
    except InvalidValue as error:
        raise InvalidValue(f"{version!r} is not a version.", error.hint) from None
    return semver


def tag_time(context: Context, target: VersionInfo) -> int:
    """Now, but after every tag of the model: GTO orders a model's tags by time alone."""
    earlier = [event.time for event in context.index.release_events(target.model)]
    earlier += [move.time for move in context.index.moves(target.model)]
    return max([now(), *(time + 1 for time in earlier)])
