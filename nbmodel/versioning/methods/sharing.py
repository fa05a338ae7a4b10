"""Methods of `Registry` that share it: remotes, push and pull."""

from __future__ import annotations

from nbmodel.versioning.context import Context
from nbmodel.versioning.verbs.pull import PullResult, pull
from nbmodel.versioning.verbs.push import PushResult, push
from nbmodel.versioning.verbs.remote import RemotesResult, add_remote, list_remotes, remove_remote


class SharingMethods:
    """Methods of `Registry` that share it: remotes, push and pull."""

    context: Context

    def remotes(self) -> RemotesResult:
        """List the remotes.

        Returns
        -------
        RemotesResult
            `remotes` has the name, the address and the store of each.

        Examples
        --------
        >>> registry.remotes().remotes
        ()
        """
        return list_remotes(self.context)

    def add_remote(self, name: str, url: str, blobs: str = "") -> RemotesResult:
        """Add a remote: a repository of git on any host, or a folder.

        Parameters
        ----------
        name : str
            ``origin`` is the one that commands use if there are several.
        url : str
            ``git@host:team/models.git``, ``https://...`` or a path.
        blobs : str
            Where its arrays are: ``s3://bucket/models``, another address of fsspec, or a folder.
            If empty, they go to the git-lfs of the remote.

        Returns
        -------
        RemotesResult

        Examples
        --------
        >>> registry.add_remote("origin", "git@example.org:team/models.git").message
        'Remote added: origin.'
        >>> registry.remove_remote("origin").message
        'Remote removed: origin.'
        """
        return add_remote(self.context, name, url, blobs)

    def remove_remote(self, name: str) -> RemotesResult:
        """Remove a remote from this clone. The repository there does not change.

        Parameters
        ----------
        name : str

        Returns
        -------
        RemotesResult

        Examples
        --------
        >>> registry.add_remote("backup", backup).message
        'Remote added: backup.'
        >>> registry.remove_remote("backup").message
        'Remote removed: backup.'
        """
        return remove_remote(self.context, name)

    def push(
        self, model: str = "", remote: str = "", *, prune: bool = False, repair: bool = False
    ) -> PushResult:
        """Send versions, labels, notes and rules to a remote: all of them, or none.

        Only arrays that the remote lacks are sent, and they are sent first.

        Parameters
        ----------
        model : str
            The model; empty for all.
        remote : str
            Name of the remote; empty for the only one, or ``origin``.
        prune : bool
            Also delete the branches there that are in the trash here.
        repair : bool
            Also send what the remote has lost since the last push or pull: arrays of its store,
            and branches.

        Returns
        -------
        PushResult
            `branches` and `tags` were sent; `array_bytes` counts the arrays.

        Examples
        --------
        >>> registry.add_remote("backup", backup).message
        'Remote added: backup.'
        >>> registry.push("iris").branches
        ('iris',)
        >>> registry.push("iris").text()
        'backup has everything already.'
        """
        return push(self.context, model, remote, prune=prune, repair=repair)

    def pull(
        self, model: str = "", remote: str = "", fetch: str = "", *, theirs: bool = False
    ) -> PullResult:
        """Take over what others pushed. Arrays follow when a checkout needs them.

        If both have new versions of a branch, yours become another branch, named after you.

        Parameters
        ----------
        model : str
            The model; empty for all.
        remote : str
            Name of the remote; empty for the only one, or ``origin``.
        fetch : {"", "stages", "all"}
            Arrays to fetch now: of versions that hold a stage, or of all versions.
        theirs : bool
            Where two people have moved a stage at once, or released two versions by one number,
            take the label of the remote. Yours gives way, with later moves of the stage, and the
            result says what it named.

        Returns
        -------
        PullResult
            `branches` and `tags` are new here; `sides` says which branches yours became.

        Examples
        --------
        >>> registry.add_remote("backup", backup).message
        'Remote added: backup.'
        >>> registry.pull().text()
        'Nothing new at backup.'
        """
        return pull(self.context, model, remote, fetch, theirs=theirs)
