"""Methods of `Registry` that combine versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nbmodel.provenance.notebook import session
from nbmodel.provenance.notebook.session import Origin
from nbmodel.versioning.context import Context
from nbmodel.versioning.verbs.merge import MergeResult, merge


class MergeMethods:
    """Methods of `Registry` that combine versions."""

    context: Context

    def merge(
        self,
        *sources: str,
        into: str,
        how: str | Callable[..., Any],
        weights: Sequence[float] | str = (),
        data: Any = None,
        target: Any = None,
        message: str = "",
        trust: bool = False,
        offline: bool = False,
    ) -> MergeResult:
        """Merge versions into a branch, as one version whose parents are all of them.

        The members are the latest version of `into` and the sources. A version from which another
        member was developed is not a member: its successor contains it. So a branch that others
        were developed from is not averaged with them.

        Parameters
        ----------
        *sources : str
            References of versions of the same model, such as ``iris:trial``.
        into : str
            The branch that gets the new version.
        how : {"average", "vote", "stack", "ours", "theirs"} or callable
            How the object is made. A function gets the list of fitted members and returns it.
        weights : sequence of float, or "samples"
            One for each member, in the order above. ``"samples"`` takes the number of training
            rows, which is known if the versions were committed with their data.
        data, target : DataFrame, array or list, optional
            Rows and their true answers. They score the members and the result before the commit;
            the metrics of the result are those of the version. ``stack`` trains on a half of them.
        message : str
        trust : bool
            Load members of other people even if that runs their code.
        offline : bool
            Do not fetch arrays that are not in this clone from a remote.

        Returns
        -------
        MergeResult
            `version` is the new version. It is the latest one, and `unchanged` is true, if `into`
            contains all sources already.

        Raises
        ------
        CannotMerge
            If the members do not fit together.
        LostRace
            If the branch moved meanwhile.

        Examples
        --------
        >>> other = registry.branch("iris", "trial", "iris@1")
        >>> version = registry.commit(clf, "iris", "more rows", branch="trial").version
        >>> done = registry.merge("iris:trial", into="iris", how="average", data=X, target=y)
        >>> done.version.ref, [member.ref for member in done.members]
        ('iris@3', ['iris@2', 'iris:trial@2'])
        >>> sorted(done.scores)
        ['iris:trial@2', 'iris@2', 'merged']
        >>> registry.merge("iris:trial", into="iris", how="average").unchanged
        True
        """
        running = session.current()
        origin = Origin()
        if running is not None:
            name = "" if isinstance(how, str) else running.variable_of(how)
            origin = running.origin(how, name) if name else Origin(notebook=running.notebook())
        return merge(
            self.context,
            sources,
            into,
            how,
            weights=weights,
            data=data,
            target=target,
            message=message,
            origin=origin,
            trust=trust,
            offline=offline,
        )
