"""Which references travel between clones, and how two tips of one reference are related."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nbmodel import display, refs
from nbmodel.errors import GitFailed, RemoteConflict, RemoteFailed
from nbmodel.records import Release, StageMove
from nbmodel.repo import history, trash
from nbmodel.repo.bulk_reader import NO_OBJECT
from nbmodel.repo.git import Git
from nbmodel.repo.network import Network
from nbmodel.versioning.context import Context

MAX_LISTED = 10  # names in one line
RULES_REF = "refs/nbmodel/alerts"
_CASE = "Names must differ in more than upper and lower case."
PATTERNS = ("refs/heads/models/*", "refs/tags/*", refs.NOTES_REF, RULES_REF)
Relation = Literal["same", "new", "ahead", "behind", "diverged"]


@dataclass(frozen=True, slots=True)
class SharedRefs:
    """References by full name: branches of models, tags, notes and rules."""

    branches: Mapping[str, str]
    tags: Mapping[str, str]
    notes: str = ""
    rules: str = ""

    @property
    def all(self) -> dict[str, str]:
        """All of them: object id by full name."""
        others = {refs.NOTES_REF: self.notes, RULES_REF: self.rules}
        return {**self.branches, **self.tags, **{ref: oid for ref, oid in others.items() if oid}}


def select(names: Mapping[str, str], model: str = "") -> SharedRefs:
    """The references that travel, of one model or of all. Notes and rules belong to all models."""
    return SharedRefs(
        {ref: oid for ref, oid in names.items() if _is_branch(ref, model)},
        {ref: oid for ref, oid in names.items() if _is_tag(ref, model)},
        names.get(refs.NOTES_REF, ""),
        names.get(RULES_REF, ""),
    )


def both_sides(git: Git, network: Network, model: str = "") -> tuple[SharedRefs, SharedRefs]:
    """Our references and those of a remote, whose objects are in this clone afterwards.

    Ours are without the models in the trash.

    Raises
    ------
    RemoteConflict
        If two names differ only in case.
    RemoteFailed
        If the remote cannot be reached, or one of its references is damaged or wrong.
    """
    there = network.names(*PATTERNS)
    theirs = select(there, model)
    require_readable(theirs)
    require_distinct(theirs)
    network.fetch(oid for oid in theirs.all.values() if git.resolve(oid) is None)
    require_kinds(git, theirs)
    here = dict(history.listing(git).items())
    ours = without(select(here, model), trash.hidden_models(here))
    require_one_spelling(ours, select(there))
    require_one_spelling(select(here), theirs)
    return ours, theirs


def without(shared: SharedRefs, models: Collection[str]) -> SharedRefs:
    """The same references, except those of some models."""
    return replace(
        shared,
        branches={r: oid for r, oid in shared.branches.items() if _model_of(r) not in models},
        tags={r: oid for r, oid in shared.tags.items() if _model_of(r) not in models},
    )


def require_one_spelling(ours: SharedRefs, theirs: SharedRefs) -> None:
    """Refuse names that differ only in case, which many file systems cannot keep apart.

    Raises
    ------
    RemoteConflict
    """
    for kind, mine, others in (
        ("model", models_of(ours), models_of(theirs)),
        ("branch", map(line_of, ours.branches), map(line_of, theirs.branches)),
    ):
        spellings = {name.lower(): name for name in mine}
        for name in others:
            if spellings.get(name.lower(), name) != name:
                raise RemoteConflict(
                    f"The remote has a {kind} {name}, and this clone has "
                    f"{spellings[name.lower()]}.",
                    f"{_CASE} Rename one of them: %model_branch, or commit it under another name.",
                )


def require_readable(theirs: SharedRefs) -> None:
    """Refuse a remote with a damaged reference, which git lists without an object.

    Without it, the branch would look like one that was deleted there.

    Raises
    ------
    RemoteFailed
    """
    damaged = [ref for ref, oid in theirs.all.items() if oid == NO_OBJECT]
    if damaged:
        what = f"The remote has a damaged reference: {listed(damaged)}."
        raise RemoteFailed(what, "nbmodel verify in that repository says more.")


def require_kinds(git: Git, theirs: SharedRefs) -> None:
    """Refuse a remote whose references name objects that nbmodel never puts there.

    A clone that took over notes which are not a commit could not write notes any more.

    Parameters
    ----------
    git : Git
        A repository that has the objects.
    theirs : SharedRefs

    Raises
    ------
    RemoteFailed
    """
    expected = {**dict.fromkeys([*theirs.branches, refs.NOTES_REF], "commit"), RULES_REF: "blob"}
    for ref, oid in theirs.all.items():
        kind = (git.measure(oid) or ("",))[0] if ref in expected else ""
        if kind and kind != expected[ref]:
            raise RemoteFailed(
                f"{display.line(ref)} of the remote is a {kind}, and not a {expected[ref]}.",
                "Nothing was taken over. Ask its owner to repair or remove that reference.",
            )


def require_distinct(theirs: SharedRefs) -> None:
    """Refuse a remote in which two names differ only in case.

    Raises
    ------
    RemoteConflict
    """
    for names in (models_of(theirs), [*map(line_of, theirs.branches)]):
        spellings: dict[str, str] = {}
        for name in names:
            if (other := spellings.setdefault(name.lower(), name)) != name:
                raise RemoteConflict(
                    f"The remote has both {other} and {name}.", f"{_CASE} Rename one of them there."
                )


def check_tags(context: Context, ours: Mapping[str, str], theirs: Mapping[str, str]) -> None:
    """Refuse tags that have the same name here and there, and are not the same.

    Raises
    ------
    RemoteConflict
    """
    for ref in ours.keys() & theirs.keys():
        if ours[ref] != theirs[ref]:
            name = ref.removeprefix(refs.TAG_PREFIX)
            here, there = (tag_text(context, name, each[ref]) for each in (ours, theirs))
            raise RemoteConflict(
                f"The tag {name} names {here} here, and {there} at the remote.",
                "Decide which one holds. To take the one of the remote: %model_pull --theirs. "
                "Your label gives way then, with later moves of its stage that were never pushed.",
            )


def tag_text(context: Context, name: str, oid: str) -> str:
    """What a tag names, by whom and when."""
    record = tag_record(context.git, name, oid)
    if record is None:
        return oid[:10]
    when = display.moment(record.time)
    version = context.name_of(record.commit)
    return f"{version} (by {display.line(record.author.name)}, {when})"


def tag_record(git: Git, name: str, oid: str) -> Release | StageMove | None:
    """The release or the move of a stage that a tag records; None if it is damaged."""
    with history.reader(git) as bulk:
        (_, content), *_ = [*history.read_tags(bulk, {name: oid})]
    return content.record


def relation(git: Git, ours: str, theirs: str) -> Relation:
    """How our commit is related to theirs; both are in this clone. An empty id is none."""
    if ours == theirs:
        return "same"
    if not theirs:
        return "new"
    if not ours or is_ancestor(git, ours, theirs):
        return "behind"
    return "ahead" if is_ancestor(git, theirs, ours) else "diverged"


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether a commit is in the history of another, or is that commit."""
    try:
        git.run("merge-base", "--is-ancestor", old, new)
    except GitFailed as error:
        if "no reason given" in error.what:  # exit status 1: it is not
            return False
        raise
    return True


def slug(name: str) -> str:
    """The name of a person as a name of a branch: ``Nina Simone`` is ``nina-simone``.

    Examples
    --------
    >>> slug("Nina Simone"), slug("Ümit"), slug("名")
    ('nina-simone', 'mit', 'mine')
    """
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return words[:40].strip("-") or "mine"


def line_of(ref: str) -> str:
    """``churn`` or ``churn:exp`` for the ref of a branch; empty for another ref.

    Examples
    --------
    >>> line_of("refs/heads/models/churn/exp"), line_of("refs/tags/churn@v1.0.0")
    ('churn:exp', '')
    """
    parsed = refs.parse_branch_ref(ref)
    if parsed is None:
        return ""
    model, branch = parsed
    return model if branch == refs.DEFAULT_BRANCH else f"{model}:{branch}"


def listed(items: Sequence[str]) -> str:
    """The first of many names, for one line."""
    more = f" and {len(items) - MAX_LISTED:,} more" if len(items) > MAX_LISTED else ""
    return ", ".join(map(display.line, items[:MAX_LISTED])) + more


def _model_of(ref: str) -> str:
    branch = refs.parse_branch_ref(ref)
    return branch[0] if branch else refs.model_of(ref.removeprefix(refs.TAG_PREFIX))


def models_of(shared: SharedRefs) -> Iterable[str]:
    """The models that have a branch, each once."""
    return dict.fromkeys(
        parsed[0] for ref in shared.branches if (parsed := refs.parse_branch_ref(ref))
    )


def _is_branch(ref: str, model: str) -> bool:
    parsed = refs.parse_branch_ref(ref)
    return parsed is not None and model in ("", parsed[0])


def _is_tag(ref: str, model: str) -> bool:
    name = ref.removeprefix(refs.TAG_PREFIX)
    if name == ref or not refs.is_label(name):
        return False
    return model in ("", refs.model_of(name))
