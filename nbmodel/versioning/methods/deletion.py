"""Methods of `Registry` that delete and restore."""

from __future__ import annotations

from nbmodel.refs import TRASH_DAYS
from nbmodel.versioning.context import Context
from nbmodel.versioning.verbs.delete import DeleteResult, delete
from nbmodel.versioning.verbs.restore import RestoreResult, TrashResult, list_trash, restore
from nbmodel.versioning.verbs.stages import StageResult


class DeletionMethods:
    """Methods of `Registry` that delete and restore."""

    context: Context

    def delete(
        self, reference: str, message: str = "", days: float = TRASH_DAYS
    ) -> DeleteResult | StageResult:
        """Delete a model, a branch, a release or a stage. Versions can be restored.

        Parameters
        ----------
        reference : str
            ``churn`` is the whole model, ``churn:exp`` a branch, ``churn@v1.2.0`` a release and
            ``churn@prod`` a stage.
        message : str
            Why.
        days : float
            For how many days a branch or a model can be restored.

        Returns
        -------
        DeleteResult or StageResult
            `entries` are in the trash now. A `StageResult` if a stage was taken from its version.

        Examples
        --------
        >>> registry.branch("iris", "trial").created
        'trial'
        >>> registry.delete("iris:trial", "it did not help").name
        'iris:trial'
        >>> registry.restore("iris:trial").branches
        ('iris:trial',)
        """
        return delete(self.context, reference, message, days)

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
