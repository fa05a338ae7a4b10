"""The Python API: an opened registry with one method for each verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbmodel import refs
from nbmodel.config import NbModel
from nbmodel.display import line
from nbmodel.provenance.notebook import session
from nbmodel.provenance.notebook.session import Origin
from nbmodel.repo import location
from nbmodel.versioning.context import Context
from nbmodel.versioning.user_metadata import UserMetadata
from nbmodel.versioning.verbs.annotate import NoteResult, annotate
from nbmodel.versioning.verbs.branch import BranchResult, branches, create_branch
from nbmodel.versioning.verbs.card import CardResult, card, edit_card
from nbmodel.versioning.verbs.checkout import CheckoutResult, checkout
from nbmodel.versioning.verbs.commit import CommitResult, commit
from nbmodel.versioning.verbs.compare import CompareResult, compare
from nbmodel.versioning.verbs.diff import DiffResult, diff
from nbmodel.versioning.verbs.export import ExportResult, export
from nbmodel.versioning.verbs.gc import GRACE, GcResult, gc
from nbmodel.versioning.verbs.list_models import PAGE as LIST_PAGE
from nbmodel.versioning.verbs.list_models import ListResult, list_versions
from nbmodel.versioning.verbs.log import PAGE, LogResult, log
from nbmodel.versioning.verbs.release import ReleaseResult, release
from nbmodel.versioning.verbs.show import ShowResult, show
from nbmodel.versioning.verbs.stages import StageResult, promote, rollback
from nbmodel.versioning.verbs.status import note_version
from nbmodel.versioning.verbs.verify import VerifyResult, verify
from nbmodel.versioning.verbs.verify_acceptance import AcceptanceResult, verify_acceptance


class Registry:
    """The models of one git repository.

    Use `nbmodel.open` to get one. Every method may raise `NbModelError`; the
    verbs in `nbmodel.versioning` say which.
    """

    def __init__(self, context: Context) -> None:
        self.context = context

    @property
    def path(self) -> Path:
        """The git directory that holds it."""
        return self.context.location.git_dir

    def __repr__(self) -> str:
        mode = ", read-only" if self.context.read_only else ""
        return f"<nbmodel registry {line(self.context.location.name)}{mode}>"

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End helper processes and close the index."""
        self.context.close()

    def commit(
        self,
        obj: Any,
        name: str,
        message: str = "",
        *,
        branch: str = refs.DEFAULT_BRANCH,
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        data: Any = None,
        uses: Sequence[str] = (),
        variable: str = "",
    ) -> CommitResult:
        """Store an object as the next version of model `name`.

        Parameters
        ----------
        obj : object
            Anything that can be pickled; frameworks are recognized.
        name, message : str
        branch : str
            Line of versions; a new one begins at the latest of main.
        metrics : mapping of str to float, optional
        params : mapping, optional
            Added to the parameters that the object itself tells.
        tags : mapping of str to str, optional
        data : DataFrame or array, optional
            Training data: its aggregates are kept, never a row.
        uses : sequence of str
            References of the versions that this one was made from.
        variable : str
            The notebook's name for the object; found by itself if empty.
        """
        running = session.current()
        origin = Origin(variable) if running is None else running.origin(obj, variable)
        metadata = UserMetadata(message, metrics or {}, params or {}, tags or {}, uses, data)
        result = commit(self.context, obj, name, branch, metadata, origin)
        if running is not None:
            note_version(running, obj, origin.variable, result.version, result.content)
        return result

    def checkout(self, reference: str, *, trust: bool = False) -> Any:
        """The object of a version; `load` also tells which version it was."""
        return self.load(reference, trust=trust).model

    def load(self, reference: str, *, trust: bool = False) -> CheckoutResult:
        """Load a version; `trust` lets somebody else's run its own code."""
        result = checkout(self.context, reference, trust=trust)
        running = session.current()
        if running is not None:
            version = result.version
            running.recorder.note_object(result.model, version.model, version.commit)
            note_version(running, result.model, "", version)
        return result

    def export(self, reference: str, path: str | Path) -> ExportResult:
        """Write a version's files, segments in full, into a new folder."""
        return export(self.context, reference, Path(path))

    def log(
        self, reference: str, *, limit: int = PAGE, before: str = "", graph: bool = False
    ) -> LogResult:
        """History of a model's branch, newest first."""
        return log(self.context, reference, limit=limit, before=before, graph=graph)

    def list(
        self,
        query: str = "",
        *,
        limit: int = LIST_PAGE,
        offset: int = 0,
        sort: str = "-time",
        all_versions: bool = False,
    ) -> ListResult:
        """Models, or the versions that a query finds."""
        return list_versions(
            self.context, query, limit=limit, offset=offset, sort=sort, all_versions=all_versions
        )

    def show(self, reference: str, *sections: str) -> ShowResult:
        """All that is recorded of a version; `sections` of cells, env, data, files."""
        return show(self.context, reference, sections)

    def diff(self, before: str, after: str) -> DiffResult:
        """What changed between two versions."""
        return diff(self.context, before, after)

    def compare(self, *references: str) -> CompareResult:
        """Several versions side by side, by their metrics and parameters."""
        return compare(self.context, references)

    def branch(self, model: str, branch: str = "", start: str = "") -> BranchResult:
        """Begin a branch at a version, or list the branches if none is named."""
        if not branch:
            return branches(self.context, model)
        return create_branch(self.context, model, branch, start)

    def release(
        self, reference: str, *, bump: str = "", version: str = "", message: str = ""
    ) -> ReleaseResult:
        """Give a version a semantic version number."""
        return release(self.context, reference, bump=bump, version=version, message=message)

    def promote(self, reference: str, stage: str, message: str = "") -> StageResult:
        """Give a stage to a version."""
        return promote(self.context, reference, stage, message)

    def rollback(self, reference: str, message: str = "") -> StageResult:
        """Give a stage back to the version that held it before."""
        return rollback(self.context, reference, message)

    def annotate(
        self, reference: str, text: str = "", metrics: Mapping[str, float] | None = None
    ) -> NoteResult:
        """Note a fact learned after the commit."""
        return annotate(self.context, reference, text, metrics)

    def card(self, reference: str) -> CardResult:
        """The model card of a version."""
        return card(self.context, reference)

    def edit_card(self, reference: str, text: str, message: str = "") -> CardResult:
        """Commit the own words of a text as the card of a branch's next version."""
        return edit_card(self.context, reference, text, message)

    def verify(self, reference: str = "") -> VerifyResult:
        """Check every byte of a version, or of all."""
        return verify(self.context, reference)

    def verify_acceptance(self, reference: str, *, trust: bool = False) -> AcceptanceResult:
        """Ask a version its acceptance rows; draw and note them if it has none."""
        return verify_acceptance(self.context, reference, trust=trust)

    def gc(
        self, *, force: bool = False, grace: float = GRACE, forget: Sequence[str] = ()
    ) -> GcResult:
        """List segments that nothing names for `grace` days; remove them with `force`.

        `forget` names references that were deleted on purpose.
        """
        return gc(self.context, force=force, grace=grace, forget=forget)


def open_registry(
    path: str | Path | None = None, *, create: bool = False, read_only: bool = False
) -> Registry:
    """Open the registry of a folder.

    Parameters
    ----------
    path : path, optional
        A repository, or a folder in one; the working folder by default.
    create : bool
        Make ``.nbmodel.git`` in the folder if no repository encloses it.
    read_only : bool
        Refuse every change.

    Raises
    ------
    RegistryNotFound
        If there is none, and none is to be made.
    """
    folder = Path(path).expanduser() if path is not None else Path.cwd()
    place = location.find_or_create(folder) if create else location.at(folder)
    return Registry(Context.open(place, read_only=read_only))


def configured_registry(*, create: bool = False) -> Registry:
    """Open the configured registry, else that of the working folder; the caller closes it.

    Parameters
    ----------
    create : bool
        Make a repository if there is none, unless the settings refuse changes.

    Raises
    ------
    RegistryNotFound
        If there is none, and none is to be made.
    """
    settings = NbModel.instance()
    read_only = settings.refuses_changes()
    return open_registry(
        settings.chosen_repo() or None, create=create and not read_only, read_only=read_only
    )
