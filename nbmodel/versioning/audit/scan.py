"""The references, tags and commits of one model, read once for an audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nbmodel import refs
from nbmodel.errors import GitFailed
from nbmodel.records import VersionInfo
from nbmodel.repo import deletion_log, history, notes, trash
from nbmodel.repo.deletion_log import DeletionRecord
from nbmodel.repo.history import TagContent
from nbmodel.repo.summaries import CommitSummary
from nbmodel.repo.trash import TrashEntry
from nbmodel.versioning.context import Context


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the model: its short name, the id of its object, and its content."""

    name: str
    oid: str
    content: TagContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What git has of one model.

    Attributes
    ----------
    context : Context
    model : str
    branches : mapping of str to str
        Commit id by full name.
    tags : mapping of str to Tag
        By short name.
    trash : tuple of TrashEntry
    deletions : tuple of DeletionRecord
        The log of deletions, the newest first.
    log_problems : tuple of str
        Why commits of the log cannot be read.
    commits : mapping of str to CommitSummary
        By id: all that branches, tags and the trash lead to, also of other models.
    names : mapping of str to str
        References of versions, by commit id.
    unreadable : mapping of str to str
        Full names of references that git cannot read, with the reason.
    noted : frozenset of str
        Commits with notes, also of other models; empty if git cannot list them.
    """

    context: Context
    model: str
    branches: Mapping[str, str]
    tags: Mapping[str, Tag]
    trash: tuple[TrashEntry, ...]
    deletions: tuple[DeletionRecord, ...]
    log_problems: tuple[str, ...]
    commits: Mapping[str, CommitSummary]
    names: Mapping[str, str]
    unreadable: Mapping[str, str]
    noted: frozenset[str]

    @property
    def versions(self) -> list[VersionInfo]:
        """The versions of the model."""
        summaries = self.commits.values()
        return [each.info for each in summaries if each.info.model == self.model]

    def name_of(self, commit: str) -> str:
        """The reference of a version, else its short id."""
        return self.names.get(commit) or commit[:7]


def scan(context: Context, model: str) -> Scan:
    """Read a model from git.

    Raises
    ------
    NotFound
        If the registry has no such model, not even in the trash.
    GitFailed, ReadFailed
        If the references cannot be listed.
    """
    refs.check_name("model", model)
    listed = history.listing(context.git)
    branches = {r: oid for r, oid in history.branches(listed).items() if _model(r) == model}
    oids = {n: oid for n, oid in history.tags(listed).items() if refs.model_of(n) == model}
    entries = tuple(entry for entry in trash.entries(context.git) if entry.model == model)
    if not (branches or entries):
        context.require_model(model)
    with history.reader(context.git) as bulk:
        contents = dict(history.read_tags(bulk, oids))
        log = list(history.read_commits(bulk, deletion_log.commits(context.git)))
    records = [record for commit in log for record in deletion_log.records_of(commit)]
    tags = {name: Tag(name, oids[name], content) for name, content in contents.items()}
    tips = {*branches.values(), *(entry.tip for entry in entries if entry.tip)}
    tips |= {tag.content.record.commit for tag in tags.values() if tag.content.record}
    commits = {each.info.commit: each for each in history.versions(context.git, tips)}
    context.index.refresh()
    unreadable = {r: why for r, why in listed.problems.items() if _model(r) == model}
    noted: frozenset[str] = frozenset()
    try:
        noted = notes.commits(context.git)
    except GitFailed as error:
        unreadable[refs.NOTES_REF] = error.what
    return Scan(
        context=context,
        model=model,
        branches=branches,
        tags=tags,
        trash=entries,
        deletions=tuple(record for record in records if record.model == model),
        log_problems=tuple(commit.why for commit in log if commit.why),
        commits=commits,
        names={v.commit: v.ref for v in context.index.versions_of(model, commits)},
        unreadable=unreadable,
        noted=noted,
    )


def _model(ref: str) -> str:
    """The model of a branch or a label; empty for another reference."""
    if branch := refs.parse_branch_ref(ref):
        return branch[0]
    tag = ref.removeprefix(refs.TAG_PREFIX)
    return refs.model_of(tag) if tag != ref and refs.is_label(tag) else ""
