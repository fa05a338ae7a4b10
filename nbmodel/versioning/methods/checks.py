"""Methods of `Registry` that check what is stored, and remove what nobody uses."""

from __future__ import annotations

from collections.abc import Sequence

from nbmodel.versioning.context import Context
from nbmodel.versioning.retention import KeepRules
from nbmodel.versioning.segment_removal import GRACE_DAYS
from nbmodel.versioning.verbs.audit import AuditResult, audit
from nbmodel.versioning.verbs.gc import GcResult, gc
from nbmodel.versioning.verbs.retain import RetainResult, retain
from nbmodel.versioning.verbs.verify import VerifyResult, verify
from nbmodel.versioning.verbs.verify_acceptance import AcceptanceResult, verify_acceptance


class CheckMethods:
    """Methods of `Registry` that check what is stored, and remove what nobody uses."""

    context: Context

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

    def audit(self, model: str, *, since: str = "") -> AuditResult:
        """List every fact of a model with who, when, why and its signature, and check them.

        A fact is a commit, a release, a stage move, an approval, a purge, a rule or a deletion.
        Everything is read from git.

        Parameters
        ----------
        model : str
            A model; it may be in the trash.
        since : str
            List only facts since ``2026-11-01``, or since ``30d`` (30 days ago). All are checked.

        Returns
        -------
        AuditResult
            `facts` and `findings`. It is true if nothing is wrong. `csv`, `json` and `page` make
            documents of it.

        Raises
        ------
        NotFound
            If there is no such model.
        InvalidValue
            If `since` is not a date.

        Examples
        --------
        >>> result = registry.audit("iris")
        >>> [fact.name for fact in result.facts if fact.event.kind == "stage"]
        ['iris#prod#2', 'iris#prod#1']
        >>> result.findings
        ()
        """
        return audit(self.context, model, since)

    def retain(
        self,
        model: str = "",
        *,
        keep_last: int = 0,
        keep_staged: bool = False,
        keep_released: bool = False,
        keep_days: float = 0.0,
        force: bool = False,
    ) -> RetainResult:
        """List the versions that no rule keeps, and purge their arrays if `force` is set.

        The last version of each branch always stays. So does a version that holds a stage or a
        release, or from which others were made.

        Parameters
        ----------
        model : str
            A model; empty for all.
        keep_last : int
            Keep the newest versions of each branch.
        keep_staged, keep_released : bool
            Keep what ever held a stage, or was released.
        keep_days : float
            Keep what is younger.
        force : bool
            Purge the others for good.

        Returns
        -------
        RetainResult
            `versions` go, and `reasons` says why each other one stays.

        Raises
        ------
        InvalidValue
            If there is no rule.

        Examples
        --------
        >>> registry.retain(keep_last=20).versions
        ()
        """
        rules = KeepRules(
            last=keep_last, staged=keep_staged, released=keep_released, days=keep_days
        )
        return retain(self.context, rules, model, force=force)

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
