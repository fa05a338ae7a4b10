"""Find the version that a reference names."""

from __future__ import annotations

from nbmodel import display, manifest, refs
from nbmodel.errors import AmbiguousReference, NotFound, ReferenceDamaged
from nbmodel.index.problems import Problem
from nbmodel.records import VersionInfo
from nbmodel.refs import Reference
from nbmodel.versioning.context import Context, require_readable, trouble


def resolve(context: Context, reference: str | Reference) -> VersionInfo:
    """Find the version that a reference names.

    Raises
    ------
    InvalidReference
        If the text is not in the grammar.
    NotFound
        If there is no such model, branch, version, release or stage.
    AmbiguousReference
        If a shortened commit id names several versions.
    ReferenceDamaged, ReferenceGone
        If what it names cannot be read, or was there at an earlier look and is gone.
    """
    ref = refs.parse(reference) if isinstance(reference, str) else reference
    version = _FINDERS[ref.kind](context, ref)
    if not ref.back:
        return version
    ancestor = context.index.ancestor(version.model, version.commit, ref.back)
    if ancestor is None:
        _require_history(context, ref)
        raise NotFound("version", str(reference), f"{ref.model}: {version.ref} has fewer ancestors")
    return ancestor


def _require_history(context: Context, ref: Reference) -> None:
    """Raise if the version may be hidden by a commit that cannot be read."""
    if gap := context.index.unreadable_commit(ref.model):
        raise ReferenceDamaged(
            str(ref), f"the commit {gap} in the history of {ref.model} is missing or damaged"
        )


def _by_commit(context: Context, commit: str, ref: Reference) -> VersionInfo:
    """The version made by exactly this commit."""
    versions = context.index.by_commit(commit)
    if not versions:
        context.index.refresh()
        versions = context.index.by_commit(commit)
    if not versions:
        _explain_unreadable(context, commit, ref)
        raise NotFound("version", str(ref), context.location.name)
    return versions[0]


def _explain_unreadable(context: Context, commit: str, ref: Reference) -> None:
    """Raise the error in the manifest of a commit that the index could not read."""
    blob = context.git.read(f"{commit}:model.json")
    if blob is not None:
        manifest.loads(blob[2], str(ref))


def _branch_tip(context: Context, ref: Reference) -> str:
    branch = ref.branch or refs.DEFAULT_BRANCH
    name = refs.branch_ref(ref.model, branch)
    tip = context.git.resolve(name)  # raises if the reference exists and cannot be read
    if tip is None:
        context.index.refresh()
        context.require_model(ref.model)
        require_readable(_problems_of(context, ref.model, name))
        context.require_kept(ref.model, branch)
        context.require_local(ref.model, branch)
        raise _no_branch(context, ref.model, branch)
    return tip


def _no_branch(context: Context, model: str, branch: str) -> NotFound:
    what = ""
    if branch in context.index.stages(model):
        subject = refs.stage_reference(model, branch)
        what = f"{model} has no branch {branch!r}. It has the stage {subject}."
    return NotFound("branch", branch, model, context.index.branches(model), what=what)


def _problems_of(context: Context, model: str, name: str) -> list[Problem]:
    return [problem for problem in context.index.problems(model) if problem.ref == name]


def _latest(context: Context, ref: Reference) -> VersionInfo:
    return _by_commit(context, _branch_tip(context, ref), ref)


def _number(context: Context, ref: Reference) -> VersionInfo:
    tip = _branch_tip(context, ref)
    latest = _by_commit(context, tip, ref)
    branch = ref.branch or refs.DEFAULT_BRANCH
    newest = context.index.latest(ref.model, branch)
    if newest is None or newest.commit != tip:
        context.index.refresh()
    version = context.index.find(ref.model, branch, int(ref.value))
    if version is None:
        _require_history(context, ref)
        where = f"{ref.model}:{branch}"
        what = f"{where} has no version {ref.value}; its latest is {latest.number}."
        raise NotFound("version", ref.value, where, what=what)
    return version


def _release(context: Context, ref: Reference) -> VersionInfo:
    context.index.refresh()
    name = f"refs/tags/{ref.model}@{ref.value}"
    require_readable(_problems_of(context, ref.model, name))
    commit = context.git.resolve(f"{name}^{{commit}}")
    context.require_model(ref.model)
    if commit is not None:
        _require_open(context, ref)
    else:
        names = [release.version for release in context.index.releases(ref.model)]
        raise NotFound("release", ref.value, ref.model, names)
    return _by_commit(context, commit, ref)


def _require_open(context: Context, ref: Reference) -> None:
    """Raise if a release has ended."""
    event = context.index.last_release_events(ref.model).get(ref.value)
    if event is not None and event.removed:
        who = display.line(event.author.name)
        what = f"The release {ref} ended on {display.moment(event.time)} (by {who})."
        names = [release.version for release in context.index.releases(ref.model)]
        raise NotFound("release", ref.value, ref.model, names, what=what)


def _commit(context: Context, ref: Reference) -> VersionInfo:
    versions = context.index.by_commit(ref.value, ref.model)
    if not versions:
        context.index.refresh()
        context.require_model(ref.model)
        versions = context.index.by_commit(ref.value, ref.model)
    if not versions:
        raise NotFound("version", ref.value, ref.model)
    if len(versions) > 1:
        raise AmbiguousReference(str(ref), [f"{v.model}@{v.commit[:12]}" for v in versions])
    return versions[0]


def _stage(context: Context, ref: Reference) -> VersionInfo:
    context.index.refresh()
    doubts = context.index.doubtful_stages(ref.model)
    if ref.value in doubts:
        raise trouble(doubts[ref.value])
    context.require_model(ref.model)
    holders = context.index.stages(ref.model)
    if ref.value not in holders:
        raise NotFound("stage", ref.value, ref.model, holders or ("latest",))
    return _by_commit(context, holders[ref.value].commit, ref)


_FINDERS = {
    "latest": _latest,
    "number": _number,
    "release": _release,
    "commit": _commit,
    "stage": _stage,
}
