"""The Python API: an opened registry with one method for each verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbmodel import refs
from nbmodel.attachments import Files
from nbmodel.config import NbModel
from nbmodel.display import line
from nbmodel.errors import RegistryNotFound
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
from nbmodel.versioning.verbs.files import read_file
from nbmodel.versioning.verbs.gc import GRACE_DAYS, GcResult, gc
from nbmodel.versioning.verbs.list_models import PAGE as LIST_PAGE
from nbmodel.versioning.verbs.list_models import ListResult, list_versions
from nbmodel.versioning.verbs.log import PAGE, LogResult, log
from nbmodel.versioning.verbs.release import ReleaseResult, release
from nbmodel.versioning.verbs.show import ShowResult, show
from nbmodel.versioning.verbs.stages import StageResult, promote, remove_stage, rollback
from nbmodel.versioning.verbs.status import note_version
from nbmodel.versioning.verbs.timeline import PAGE as TIMELINE_PAGE
from nbmodel.versioning.verbs.timeline import Timeline, timeline
from nbmodel.versioning.verbs.verify import VerifyResult, verify
from nbmodel.versioning.verbs.verify_acceptance import AcceptanceResult, verify_acceptance


class Registry:
    """The models of one git repository.

    Use `nbmodel.open` to get one. Every method may raise `NbModelError`; the modules of
    `nbmodel.versioning.verbs` say which. `nbmodel.commit` and the like are the same methods for the
    registry of the working folder.
    """

    def __init__(self, context: Context) -> None:
        self.context = context

    @property
    def path(self) -> Path:
        """Folder of the git repository that holds the models."""
        return self.context.location.git_dir

    def __repr__(self) -> str:
        mode = ", read-only" if self.context.read_only else ""
        return f"<nbmodel registry {line(self.context.location.name)}{mode}>"

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the git processes and close the index."""
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
        lower_is_better: Sequence[str] = (),
        figures: Mapping[str, Any] | None = None,
        files: Files = (),
        variable: str = "",
        again: bool = True,
    ) -> CommitResult:
        """Store an object as the next version of model `name`.

        Parameters
        ----------
        obj : object
            Anything that can be pickled. Objects of known frameworks are described in detail.
        name, message : str
        branch : str
            The branch of the model. A new one starts at the latest version of main.
        metrics : mapping of str to float, optional
        params : mapping, optional
            Parameters beside those of the object itself.
        tags : mapping of str to str, optional
        data : DataFrame or array, optional
            Training data. Its aggregates are stored, never a row.
        uses : sequence of str
            References of the versions that this one was made from.
        lower_is_better : sequence of str
            Metrics of which less is better, such as ``cost``, if their names do not say so. They
            hold for the whole registry.
        figures : mapping of str to object, optional
            Figures of plotly or matplotlib, by name.
        files : sequence of path, or mapping of str to path
            Files to attach, of at most 32 MB each.
        variable : str
            Name of the variable in the notebook; if empty, nbmodel looks for it.
        again : bool
            Make a version even if the object, and what is stated of it, are the latest one's.
            `%model_commit` passes False, so that a cell can run twice.

        Returns
        -------
        CommitResult
            `version` is the new version, or the latest one if `unchanged`.

        Examples
        --------
        >>> done = registry.commit(clf, "iris", "baseline", metrics={"accuracy": 0.97}, data=X)
        >>> done.version.ref
        'iris@3'
        """
        running = session.current()
        origin = Origin(variable) if running is None else running.origin(obj, variable)
        metadata = UserMetadata(
            message=message,
            metrics=metrics or {},
            params=params or {},
            tags=tags or {},
            uses=uses,
            data=data,
            lower_is_better=lower_is_better,
            figures=figures or {},
            files=files,
            again=again,
        )
        result = commit(self.context, obj, name, branch, metadata, origin)
        if running is not None:
            note_version(running, obj, origin.variable, result.version, result.content)
        return result

    def checkout(self, reference: str, *, trust: bool = False) -> Any:
        """Load the object of a version.

        Parameters
        ----------
        reference : str
            Such as ``iris``, ``iris@3``, ``iris@prod`` or ``iris:trial~1``.
        trust : bool
            Load the version of another person even if that runs its code.

        Returns
        -------
        object
            The object. `load` returns the version too.

        Examples
        --------
        >>> model = registry.checkout("iris@prod")
        >>> bool((model.predict(X) == clf.predict(X)).all())
        True
        """
        return self.load(reference, trust=trust).model

    def load(self, reference: str, *, trust: bool = False) -> CheckoutResult:
        """Load the object of a version, and what is recorded of the version.

        Parameters
        ----------
        reference : str
        trust : bool
            Load the version of another person even if that runs its code.

        Returns
        -------
        CheckoutResult
            `model` is the object, `version` the version that the reference names.

        Examples
        --------
        >>> loaded = registry.load("iris@prod")
        >>> loaded.version.ref, type(loaded.model).__name__
        ('iris@2', 'LogisticRegression')
        """
        result = checkout(self.context, reference, trust=trust)
        running = session.current()
        if running is not None:
            version = result.version
            running.recorder.note_object(result.model, version.model, version.commit)
            note_version(running, result.model, "", version)
        return result

    def export(self, reference: str, path: str | Path) -> ExportResult:
        """Write the files of a version into a new folder, with its large arrays.

        Returns
        -------
        ExportResult
            `path` is the folder. `nbmodel.load_folder` reads it.

        Examples
        --------
        >>> registry.export("iris@1", "exported").path.name
        'exported'
        >>> type(nbmodel.load_folder("exported")).__name__
        'LogisticRegression'
        """
        return export(self.context, reference, Path(path))

    def log(
        self, reference: str, *, limit: int = PAGE, before: str = "", graph: bool = False
    ) -> LogResult:
        """List the versions of a branch, newest first.

        Parameters
        ----------
        reference : str
            A model, a branch such as ``iris:trial``, or the version to start at.
        limit : int
            Maximum number of versions.
        before : str
            Reference of a version: only older ones are listed.
        graph : bool
            Draw all branches.

        Returns
        -------
        LogResult
            A sequence of `VersionInfo`. Its `figure` draws the metrics.

        Examples
        --------
        >>> [version.ref for version in registry.log("iris")]
        ['iris@2', 'iris@1']
        >>> registry.log("iris")[0].metrics["accuracy"]
        0.96
        """
        return log(self.context, reference, limit=limit, before=before, graph=graph)

    def timeline(self, model: str, *, limit: int = TIMELINE_PAGE) -> Timeline:
        """List what happened to a model, newest first, and which version held each stage.

        Parameters
        ----------
        model : str
        limit : int
            Maximum number of events.

        Returns
        -------
        Timeline

        Examples
        --------
        >>> sorted({event.kind for event in registry.timeline("iris").events})
        ['commit', 'stage']
        >>> [span.move.stage for span in registry.timeline("iris").spans]
        ['prod', 'prod']
        """
        return timeline(self.context, model, limit=limit)

    def list(
        self,
        query: str = "",
        *,
        limit: int = LIST_PAGE,
        offset: int = 0,
        sort: str = "",
        all_versions: bool = False,
    ) -> ListResult:
        """List the latest version of each model, or the versions that fit a query.

        Parameters
        ----------
        query : str
            Words, conditions and an order, such as ``metrics.accuracy > 0.9 and stage = prod
            order by metrics.accuracy desc``.
        limit, offset : int
            Which page of the result.
        sort : str
            Field to sort by, before those of the query; ``-`` in front for descending order.
        all_versions : bool
            List every version.

        Returns
        -------
        ListResult
            A sequence of `VersionInfo`.

        Examples
        --------
        >>> [version.ref for version in registry.list("metrics.accuracy > 0.95")]
        ['iris@2']
        """
        return list_versions(
            self.context, query, limit=limit, offset=offset, sort=sort, all_versions=all_versions
        )

    def show(self, reference: str, *sections: str) -> ShowResult:
        """Read everything that is recorded of a version, without loading it.

        Parameters
        ----------
        reference : str
        *sections : {"cells", "modules", "env", "data", "files"}
            What the result displays; the overview if empty.

        Returns
        -------
        ShowResult

        Examples
        --------
        >>> shown = registry.show("iris@1")
        >>> shown.manifest.params["C"], shown.profile["rows"]
        (0.1, 150)
        """
        return show(self.context, reference, sections)

    def diff(self, before: str, after: str) -> DiffResult:
        """Compare two versions: parameters, metrics, data, cells, packages and arrays.

        Returns
        -------
        DiffResult
            `sections` maps a title to the changes. It is false if nothing differs.

        Examples
        --------
        >>> changes = registry.diff("iris@1", "iris@2").sections["parameters"]
        >>> [(change.name, change.before, change.after) for change in changes]
        [('C', '0.1', '1')]
        """
        return diff(self.context, before, after)

    def compare(self, *references: str) -> CompareResult:
        """Compare the metrics and parameters of 2 to 20 versions.

        Returns
        -------
        CompareResult
            `versions` holds each version once. Its `figure` draws them side by side.

        Examples
        --------
        >>> registry.compare("iris@1", "iris@prod").versions[1].ref
        'iris@2'
        """
        return compare(self.context, references)

    def branch(self, model: str, branch: str = "", start: str = "") -> BranchResult:
        """Create a branch at a version, or list the branches of a model.

        Parameters
        ----------
        model : str
        branch : str
            Name of the new branch; if empty, the branches are listed.
        start : str
            Reference of the version to start at; the latest of main if empty.

        Returns
        -------
        BranchResult
            `branches` maps each branch to its latest version.

        Examples
        --------
        >>> registry.branch("iris", "trial", "iris@1").created
        'trial'
        >>> sorted(registry.branch("iris").branches)
        ['main', 'trial']
        """
        if not branch:
            return branches(self.context, model)
        return create_branch(self.context, model, branch, start)

    def release(
        self, reference: str, *, bump: str = "", version: str = "", message: str = ""
    ) -> ReleaseResult:
        """Give a version a semantic version number, as a tag of git.

        Parameters
        ----------
        reference : str
        bump : {"", "major", "minor", "patch"}
            Which part of the number increases; the default is the patch.
        version : str
            The number itself, such as ``1.4.0``, in place of `bump`.
        message : str

        Returns
        -------
        ReleaseResult
            `release` has the tag.

        Examples
        --------
        >>> registry.release("iris@2", version="1.0.0").release.tag
        'iris@v1.0.0'
        """
        return release(self.context, reference, bump=bump, version=version, message=message)

    def promote(
        self, reference: str, stage: str, message: str = "", *, new_stage: bool = False
    ) -> StageResult:
        """Give a stage such as ``prod`` to a version. The version that held it loses it.

        Nothing is changed if the version holds the stage.

        Parameters
        ----------
        reference, stage, message : str
        new_stage : bool
            Confirm that no version of the registry has had the stage: a slip such as ``prodd`` is
            refused. The first stage of a registry and usual names need no confirmation.

        Returns
        -------
        StageResult
            `version` holds the stage now; `before` held it until now, or is None.

        Examples
        --------
        >>> moved = registry.promote("iris@1", "prod", "fewer false alarms")
        >>> moved.version.ref, moved.before.ref
        ('iris@1', 'iris@2')
        """
        return promote(self.context, reference, stage, message, new_stage=new_stage)

    def remove_stage(self, reference: str, stage: str = "", message: str = "") -> StageResult:
        """Take a stage from the version that holds it.

        Parameters
        ----------
        reference : str
            A model such as ``iris``, or ``iris@prod``.
        stage : str
            May be left out if the reference names it.
        message : str

        Returns
        -------
        StageResult
            `version` held the stage. Nothing is changed if no version holds it any more.

        Examples
        --------
        >>> registry.remove_stage("iris", "prod", "retired").version.ref
        'iris@2'
        """
        return remove_stage(self.context, reference, stage, message)

    def rollback(self, reference: str, message: str = "") -> StageResult:
        """Give a stage back to the version that held it before.

        Returns
        -------
        StageResult

        Examples
        --------
        >>> registry.rollback("iris@prod", "worse on new data").version.ref
        'iris@1'
        """
        return rollback(self.context, reference, message)

    def annotate(
        self,
        reference: str,
        text: str = "",
        metrics: Mapping[str, float] | None = None,
        *,
        figures: Mapping[str, Any] | None = None,
        files: Files = (),
    ) -> NoteResult:
        """Add a note to a version: text, metrics or figures that came after the commit.

        Parameters
        ----------
        reference, text : str
        metrics : mapping of str to float, optional
        figures : mapping of str to object, optional
            Figures of plotly or matplotlib, by name.
        files : sequence of path, or mapping of str to path
            Files to attach, of at most 32 MB each.

        Returns
        -------
        NoteResult

        Examples
        --------
        >>> registry.annotate("iris@2", "checked by Ann", {"accuracy_2026": 0.94}).note.text
        'checked by Ann'
        """
        return annotate(self.context, reference, text, metrics, figures=figures, files=files)

    def file(self, reference: str, name: str) -> bytes:
        """Read a figure or a file that was attached to a version.

        Parameters
        ----------
        reference : str
        name : str
            As `show` lists it: ``report.html``, or ``roc.plotly.json`` for a figure of plotly.

        Returns
        -------
        bytes
            The content, after its digest was checked.

        Examples
        --------
        >>> from pathlib import Path
        >>> Path("report.html").write_text("<h1>Checked</h1>")
        16
        >>> noted = registry.annotate("iris@2", "report of the audit", files=["report.html"])
        >>> registry.file("iris@2", "report.html")
        b'<h1>Checked</h1>'
        """
        return read_file(self.context, reference, name)

    def card(self, reference: str) -> CardResult:
        """Read the model card of a version.

        Returns
        -------
        CardResult
            `card` is Markdown.

        Examples
        --------
        >>> "0.94" in registry.card("iris@1").card
        True
        """
        return card(self.context, reference)

    def edit_card(self, reference: str, text: str, message: str = "") -> CardResult:
        r"""Change the parts of a model card that people write, as the next version of the branch.

        Parameters
        ----------
        reference : str
            A branch or its latest version.
        text : str
            The whole card, edited.
        message : str

        Returns
        -------
        CardResult
            `version` is the new version; the same one if nothing was changed.

        Examples
        --------
        >>> text = registry.card("iris").card + "\n## Limits\n\nThree species only.\n"
        >>> registry.edit_card("iris", text, "say what it is for").version.ref
        'iris@3'
        """
        return edit_card(self.context, reference, text, message)

    def verify(self, reference: str = "") -> VerifyResult:
        """Check every byte of a version, or of all versions.

        Returns
        -------
        VerifyResult
            `findings` is empty if nothing is damaged.

        Examples
        --------
        >>> registry.verify().findings
        []
        """
        return verify(self.context, reference)

    def verify_acceptance(self, reference: str, *, trust: bool = False) -> AcceptanceResult:
        """Check whether a version still gives the answers that were stored at commit.

        If it has no acceptance rows, rows are made now and stored in a note.

        Returns
        -------
        AcceptanceResult
            `differences` is empty if the answers are the same.

        Examples
        --------
        >>> list(registry.verify_acceptance("iris@2").differences)
        []
        """
        return verify_acceptance(self.context, reference, trust=trust)

    def gc(
        self, *, force: bool = False, grace: float = GRACE_DAYS, forget: Sequence[str] = ()
    ) -> GcResult:
        """List large files that no version uses any more, and remove them if `force` is set.

        Parameters
        ----------
        force : bool
            Remove them.
        grace : float
            Days for which an unused file stays.
        forget : sequence of str
            Branches, tags or stages that were deleted on purpose.

        Returns
        -------
        GcResult
            `garbage` holds the name, the size in bytes and the age in seconds of each file.

        Examples
        --------
        >>> registry.gc().garbage
        []
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
        Make ``.nbmodel.git`` in the folder if it is not in a repository.
    read_only : bool
        Refuse every change.

    Returns
    -------
    Registry
        A context manager, which closes the registry at its end.

    Raises
    ------
    RegistryNotFound
        If there is no registry, and `create` is not set.

    Examples
    --------
    >>> with nbmodel.open(read_only=True) as models:
    ...     print(models.checkout("iris@prod"))
    LogisticRegression(max_iter=500)
    """
    try:
        folder = Path(path).expanduser() if path is not None else Path.cwd()
    except FileNotFoundError:
        raise RegistryNotFound("the working folder, which was deleted") from None
    place = location.find_or_create(folder) if create else location.at(folder)
    return Registry(Context.open(place, read_only=read_only))


def configured_registry(*, create: bool = False) -> Registry:
    """Open the configured registry, else that of the working folder; the caller closes it.

    Parameters
    ----------
    create : bool
        Make a repository if there is none, unless the settings refuse changes.

    Returns
    -------
    Registry

    Raises
    ------
    RegistryNotFound
        If there is no registry, and `create` is not set or the settings refuse changes.
    """
    settings = NbModel.instance()
    read_only = settings.refuses_changes()
    return open_registry(
        settings.chosen_repo() or None, create=create and not read_only, read_only=read_only
    )
