"""Methods of `Registry` that list, show and compare versions."""

from __future__ import annotations

from pathlib import Path

from nbmodel.versioning.context import Context
from nbmodel.versioning.verbs.compare import CompareResult, compare
from nbmodel.versioning.verbs.diff import DiffResult, diff
from nbmodel.versioning.verbs.list_models import PAGE as LIST_PAGE
from nbmodel.versioning.verbs.list_models import ListResult, list_versions
from nbmodel.versioning.verbs.log import PAGE, LogResult, log
from nbmodel.versioning.verbs.review import DriftTest, ReviewResult, review
from nbmodel.versioning.verbs.show import show
from nbmodel.versioning.verbs.show_result import ShowResult
from nbmodel.versioning.verbs.timeline import PAGE as TIMELINE_PAGE
from nbmodel.versioning.verbs.timeline import Timeline, timeline


class HistoryMethods:
    """Methods of `Registry` that list, show and compare versions."""

    context: Context

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

    def review(
        self,
        reference: str,
        base: str = "",
        *,
        to: str | Path = "",
        drift: DriftTest | None = None,
    ) -> ReviewResult:
        """Describe a version for a pull request, as Markdown for GitHub and GitLab.

        Parameters
        ----------
        reference : str
            A version or a branch.
        base : str
            What it is compared with: by default the latest version of the branch that its branch
            came from, or of main; on main the version before it.
        to : path
            The file to write. Another file than a review is not replaced.
        drift : callable
            Compares the data profiles of both, as
            `nbmodel.monitor.drift.profiles.compare_profiles` does. Without it, drift is not
            measured. The command and `nbmodel.review` measure it.

        Returns
        -------
        ReviewResult
            `markdown` is the page.

        Raises
        ------
        InvalidValue
            If there is nothing to compare it with.
        AlreadyExists
            If the file has other content.

        Examples
        --------
        >>> result = registry.review("iris@2")
        >>> result.before.ref, result.markdown.splitlines()[0]
        ('iris@1', '# Review of `iris@2`')
        """
        return review(self.context, reference, base, to, drift)
