"""Methods of `Registry` that write and read versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbmodel import refs
from nbmodel.attachments import Files
from nbmodel.provenance.notebook import session
from nbmodel.provenance.notebook.session import Origin
from nbmodel.versioning.context import Context
from nbmodel.versioning.user_metadata import UserMetadata
from nbmodel.versioning.verbs.annotate import NoteResult, annotate
from nbmodel.versioning.verbs.card import CardResult, card, edit_card
from nbmodel.versioning.verbs.checkout import CheckoutResult, checkout
from nbmodel.versioning.verbs.commit import CommitResult, commit
from nbmodel.versioning.verbs.export import ExportResult, export
from nbmodel.versioning.verbs.files import read_file
from nbmodel.versioning.verbs.status import note_version


class SnapshotMethods:
    """Methods of `Registry` that write and read versions."""

    context: Context

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

    def checkout(self, reference: str, *, trust: bool = False, offline: bool = False) -> Any:
        """Load the object of a version.

        Parameters
        ----------
        reference : str
            Such as ``iris``, ``iris@3``, ``iris@prod`` or ``iris:trial~1``.
        trust : bool
            Load the version of another person even if that runs its code.
        offline : bool
            Do not fetch arrays that are not in this clone from a remote.

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
        return self.load(reference, trust=trust, offline=offline).model

    def load(self, reference: str, *, trust: bool = False, offline: bool = False) -> CheckoutResult:
        """Load the object of a version, and what is recorded of the version.

        Parameters
        ----------
        reference : str
        trust : bool
            Load the version of another person even if that runs its code.
        offline : bool
            Do not fetch arrays that are not in this clone from a remote.

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
        result = checkout(self.context, reference, trust=trust, offline=offline)
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
