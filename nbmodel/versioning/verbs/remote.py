"""Remote: list, add and remove the repositories that a registry is shared through."""

from __future__ import annotations

from dataclasses import dataclass

from nbmodel import display
from nbmodel.display import Result, Table
from nbmodel.repo import remote_settings, remote_urls
from nbmodel.repo.remote_settings import Remote
from nbmodel.versioning.context import Context


@dataclass(frozen=True, repr=False)
class RemotesResult(Result):
    """The remotes of a registry, and what was changed."""

    remotes: tuple[Remote, ...]
    message: str = ""

    def text(self) -> str:
        """What changed, then a table."""
        table = self._table().text() if self.remotes else "This registry has no remote."
        return "\n".join(filter(None, [self.message, table]))

    def html(self) -> str:
        """The same."""
        message = f"<div>{display.escaped(self.message)}</div>" if self.message else ""
        table = self._table().html() if self.remotes else "<div>This registry has no remote.</div>"
        return message + table

    def _table(self) -> Table:
        rows = [
            (r.name, r.display_url, display.redacted(r.blobs) or "git-lfs") for r in self.remotes
        ]
        return Table(("remote", "address", "arrays"), rows)


def list_remotes(context: Context) -> RemotesResult:
    """List the remotes of a registry."""
    return RemotesResult(tuple(remote_settings.remotes(context.git).values()))


def add_remote(context: Context, name: str, url: str, blobs: str = "") -> RemotesResult:
    """Add a remote. One that is there already, with the same address, only gets the store.

    Parameters
    ----------
    context : Context
    name : str
    url : str
        A path starts at the working folder.
    blobs : str
        Where its arrays are: an address of fsspec or a folder; empty for the remote's own git-lfs.

    Raises
    ------
    InvalidName, InvalidValue, AlreadyExists
        If the name or the address cannot be used, or the name stands for another address.
    ReadOnlyRegistry
    """
    context.require_writable("add a remote")
    remote, is_new = remote_settings.add(context.git, name, remote_urls.absolute(url), blobs)
    what = "Remote added" if is_new else "Nothing to change"
    return _listed(context, f"{what}: {remote.name}.")


def remove_remote(context: Context, name: str) -> RemotesResult:
    """Remove a remote from this clone. The repository there does not change.

    Raises
    ------
    NotFound, ReadOnlyRegistry
    """
    context.require_writable("remove a remote")
    remote_settings.remove(context.git, name)
    return _listed(context, f"Remote removed: {name}.")


def _listed(context: Context, message: str) -> RemotesResult:
    return RemotesResult(list_remotes(context).remotes, message)
