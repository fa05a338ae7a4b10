"""Branch: create or list the branches of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbmodel import display, refs
from nbmodel.display import Result, Table
from nbmodel.errors import AlreadyExists, GitFailed, NotFound, OnlyAtRemote, VersionPurged
from nbmodel.records import VersionInfo
from nbmodel.repo import ref_updates
from nbmodel.repo.remotes import commands, remote_lines
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.sharing.fetching import check_purge


@dataclass(frozen=True, repr=False)
class BranchResult(Result):
    """A model's branches by name, each with its latest version."""

    model: str
    branches: dict[str, VersionInfo]
    created: str = ""
    unchanged: bool = False
    warnings: tuple[str, ...] = ()

    def text(self) -> str:
        """A table; a new branch is named first. Then warnings."""
        first = [f"{self.model}:{self.created} {self._what()}"] if self.created else []
        return "\n".join([*first, self._table().text(), *(f"  {w}" for w in self.warnings)])

    def html(self) -> str:
        """The same table."""
        first = f"<div>{display.escaped(f'{self.model}:{self.created} {self._what()}')}</div>"
        table = self._table().html() + display.warned(self.warnings)
        return (first if self.created else "") + table

    def _what(self) -> str:
        return "exists already" if self.unchanged else "created"

    def _table(self) -> Table:
        rows = [
            (name, v.ref, v.commit[:7], display.moment(v.time), display.first_line(v.message))
            for name, v in self.branches.items()
        ]
        return Table(("branch", "latest", "commit", "date", "message"), rows)


def branches(context: Context, model: str) -> BranchResult:
    """List a model's branches.

    Raises
    ------
    NotFound
        If there is no such model.
    """
    context.index.refresh()
    context.require_model(model)
    names = context.index.branches(model)
    return BranchResult(model, {name: resolve(context, f"{model}:{name}") for name in names})


def create_branch(context: Context, model: str, branch: str, start: str = "") -> BranchResult:
    """Begin a branch at a version: `start`, else the latest of main.

    A branch that exists and has `start` in its history does not change.

    Raises
    ------
    AlreadyExists
        If the model has a branch of that name that does not go back to `start`.
    NotFound
        If `start` is a version of another model.
    """
    context.require_writable("create a branch")
    ref = refs.branch_ref(model, branch)
    version = resolve(context, start or model)
    if version.model != model:
        raise NotFound("version", start, f"the model {model}")
    try:
        ref_updates.move(context.git, ref, version.commit, "")
    except GitFailed as error:
        tip = context.git.resolve(ref)
        if tip is None:
            raise
        if not start or not context.git.run("rev-list", "-1", f"{tip}..{version.commit}"):
            return replace(branches(context, model), created=branch, unchanged=True)
        raise AlreadyExists(
            f"{model} has a branch {branch!r}.",
            f"Commit to it: %model_commit VARIABLE --name {model} --branch {branch}.",
        ) from error
    return replace(
        branches(context, model), created=branch, warnings=_without_arrays(context, version)
    )


def _without_arrays(context: Context, start: VersionInfo) -> tuple[str, ...]:
    """A warning if the branch begins at a purged version: commits work, a checkout does not."""
    try:
        return check_purge(context, start)
    except VersionPurged as purged:
        return (purged.what,)


def track_remote_branch(context: Context, model: str, branch: str) -> None:
    """Create the local branch that tracks a remote's, or a remote's main if `branch` is new.

    As in ``git switch``, exactly one remote must have it. Without the local branch, a commit would
    begin a second history of the same name, which could not be pushed. A message says so.

    Raises
    ------
    OnlyAtRemote
        If several remotes have different branches of that name.
    """
    lines = remote_lines(context.git, model)
    for name in (branch, refs.DEFAULT_BRANCH):
        matches = [line for line in lines if line.branch == name]
        if len({line.commit for line in matches}) > 1:
            raise OnlyAtRemote(model, [line.name for line in matches], commands(matches))
        if matches:
            ref = refs.branch_ref(model, name)
            try:
                ref_updates.move(context.git, ref, matches[0].commit, "")
            except GitFailed:
                if context.git.resolve(ref) is None:  # otherwise another process made it
                    raise
            context.tell(f"models/{model}/{name} was made here from {matches[0].name}.")
            return
