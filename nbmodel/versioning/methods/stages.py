"""Methods of `Registry` that name or approve versions: branches, releases and stages."""

from __future__ import annotations

from nbmodel.versioning.context import Context
from nbmodel.versioning.verbs.approve import ApproveResult, approve
from nbmodel.versioning.verbs.branch import BranchResult, branches, create_branch
from nbmodel.versioning.verbs.release import ReleaseResult, release
from nbmodel.versioning.verbs.stages import StageResult, promote, remove_stage, rollback


class StageMethods:
    """Methods of `Registry` that name or approve versions: branches, releases and stages."""

    context: Context

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

    def approve(self, reference: str, text: str = "") -> ApproveResult:
        """Approve a version: a note that your SSH key signs, over its commit and your words.

        Parameters
        ----------
        reference : str
        text : str
            Why; "approved" if empty.

        Returns
        -------
        ApproveResult
            `approval` has the state of the signature. Nothing is changed if you gave the same
            approval before.

        Raises
        ------
        SigningFailed
            If you have no SSH key for signatures, or it is refused.

        Examples
        --------
        >>> registry.approve("iris@2", "validated on Q3").approval.note.text
        'validated on Q3'
        """
        return approve(self.context, reference, text)
