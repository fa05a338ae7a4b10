"""Methods of `Registry` that delete and restore."""

from __future__ import annotations

from nbmodel.refs import TRASH_DAYS
from nbmodel.versioning.context import Context
from nbmodel.versioning.verbs.delete import DeleteResult, delete
from nbmodel.versioning.verbs.purge import PurgeResult, look_ahead
from nbmodel.versioning.verbs.restore import RestoreResult, TrashResult, list_trash, restore
from nbmodel.versioning.verbs.stages import StageResult


class DeletionMethods:
    """Methods of `Registry` that delete and restore."""

    context: Context

    def delete(
        self,
        reference: str,
        message: str = "",
        days: float = TRASH_DAYS,
        *,
        force: bool = False,
        remote: str | None = None,
    ) -> DeleteResult | StageResult | PurgeResult:
        """Delete a model, a branch, a release or a stage; or purge a version for good.

        Parameters
        ----------
        reference : str
            ``churn`` is the whole model, ``churn:exp`` a branch, ``churn@v1.2.0`` a release and
            ``churn@prod`` a stage. All of these can be undone. ``churn@4`` is one version: its
            arrays are gone for good, and what is in git stays.
        message : str
            Why.
        days : float
            For how many days a branch or a model can be restored.
        force : bool
            Purge a version although it holds a stage or a release, or others were made from it.
        remote : str, optional
            Remove the arrays of a version from the store of this remote too: those that are older
            than 14 days, and that no reference of the remote names. Empty for the only remote, or
            ``origin``.

        Returns
        -------
        DeleteResult, StageResult or PurgeResult
            `entries` are in the trash now. A `StageResult` if a stage was taken from its version,
            and a `PurgeResult` if a version was purged.

        Raises
        ------
        VersionInUse
            If a version holds a label, or others were made from it, and `force` is not set.

        Examples
        --------
        >>> registry.branch("iris", "trial").created
        'trial'
        >>> registry.delete("iris:trial", "it did not help").name
        'iris:trial'
        >>> registry.restore("iris:trial").branches
        ('iris:trial',)
        """
        return delete(self.context, reference, message, days, force=force, remote=remote)

    def purge_plan(self, reference: str, *, force: bool = False) -> PurgeResult:
        """What the purge of a version would remove. Nothing changes.

        Parameters
        ----------
        reference : str
            One version: ``churn@4``.
        force : bool
            As for `delete`.

        Returns
        -------
        PurgeResult
            `segments` are those that would go, `files` what stays in git.

        Raises
        ------
        VersionInUse
            If it holds a label, or others were made from it, and `force` is not set.

        Examples
        --------
        >>> import numpy as np
        >>> registry.commit({"weights": np.arange(1000.0)}, "table").version.number
        1
        >>> registry.purge_plan("table@1").size
        8000
        >>> registry.delete("table@1", "made from the wrong rows").size
        8000
        """
        return look_ahead(self.context, reference, force=force)

    def restore(self, reference: str, branch: str = "") -> RestoreResult:
        """Bring a deleted branch or model back.

        Parameters
        ----------
        reference : str
            ``churn:exp``, or ``churn`` for a whole model.
        branch : str
            Another name for the branch, if its own name is taken.

        Returns
        -------
        RestoreResult
            `branches` are back.

        Examples
        --------
        >>> registry.delete("iris").name
        'iris'
        >>> registry.restore("iris").branches
        ('iris',)
        """
        return restore(self.context, reference, branch)

    def trash(self) -> TrashResult:
        """List what was deleted and can be restored.

        Returns
        -------
        TrashResult
            `entries` say what was deleted, by whom, why, and until when it is kept.

        Examples
        --------
        >>> registry.trash().entries
        ()
        """
        return list_trash(self.context)
