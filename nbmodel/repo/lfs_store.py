"""The large objects of a remote, moved by git-lfs: over https or ssh to any server of LFS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.errors import NbModelError, RemoteFailed, RemoteLies, SegmentLost
from nbmodel.records import Segment
from nbmodel.repo import remote_urls
from nbmodel.store import lfs_format
from nbmodel.store.remote import Item

if TYPE_CHECKING:
    from nbmodel.repo.network import Network
    from nbmodel.store.local import LocalStore, Progress

_BATCH = 1000  # objects in one command line
_WHO = "nbmodel <nbmodel@localhost> 0 +0000"


class LfsStore:
    """The server of git-lfs that belongs to a remote, or one at another address.

    git-lfs finds out which objects the server has, and checks the digest of what it downloads.

    Parameters
    ----------
    network : Network
    server : str
        Address of another server; empty for that of the remote.

    Raises
    ------
    InvalidValue
        If the address is not allowed.
    """

    def __init__(self, network: Network, server: str = "") -> None:
        self._network = network
        self._server = remote_urls.check(server) if server else ""
        self.name = display.redacted(server or network.url)

    def lacks(self, items: Iterable[Item]) -> list[Item]:
        """All objects, because only git-lfs knows, and asks at the upload."""
        return list(dict.fromkeys(items))

    def upload(
        self, items: Sequence[Item], source: LocalStore, progress: Progress | None = None
    ) -> None:
        """Copy objects there."""
        for item in items:
            source.require(item.sha256, item.size)
        for batch in _batches(items):
            oids = [item.sha256 for item in batch]
            self._lfs("push", "--object-id", "nbmodel", *oids, store=source)
            _report(batch, progress)

    def download(
        self, items: Sequence[Item], target: LocalStore, progress: Progress | None = None
    ) -> None:
        """Copy objects here. git-lfs takes them from the pointers of a commit, so there is one."""
        for batch in _batches(items):
            try:
                self._lfs("fetch", "nbmodel", self._commit(batch), store=target)
            except RemoteFailed as error:
                if absent := [item for item in batch if not _is_here(item, target)]:
                    raise self._reason(error, absent) from None
            for item in batch:
                if not _is_here(item, target):
                    raise SegmentLost(item.sha256, self.name)
            _report(batch, progress)

    def _reason(self, error: RemoteFailed, absent: Sequence[Item]) -> NbModelError:
        """What git-lfs says of one object, as the error for it; else its whole message."""
        for item in absent:
            if f"expected OID {item.sha256}" in error.what:
                return RemoteLies(self.name, item.sha256, "other bytes")
            for line in error.what.splitlines():
                if item.sha256 in line and "[404]" in line:
                    return SegmentLost(item.sha256, self.name)
        return error

    def _lfs(self, command: str, *words: str, store: LocalStore) -> None:
        self._network.lfs(command, *words, storage=store.root, server=self._server)

    def _commit(self, items: Sequence[Item]) -> str:
        """A commit whose tree has a pointer for each object; no reference names it."""
        git = self._network.git
        entries = []
        for item in items:
            pointer = lfs_format.write_pointer(Segment(item.sha256, "", item.size))
            blob = git.run("hash-object", "-w", "--stdin", data=pointer).decode().strip()
            entries.append(f"100644 blob {blob}\t{item.sha256}\n")
        tree = git.run("mktree", data="".join(entries).encode()).decode().strip()
        text = f"tree {tree}\nauthor {_WHO}\ncommitter {_WHO}\n\n"
        commit = git.run("hash-object", "-t", "commit", "-w", "--stdin", data=text.encode())
        return commit.decode().strip()


def _batches(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    return (items[first : first + _BATCH] for first in range(0, len(items), _BATCH))


def _is_here(item: Item, store: LocalStore) -> bool:
    return store.has(Segment(item.sha256, "", item.size))


def _report(items: Sequence[Item], progress: Progress | None) -> None:
    if progress is not None:
        progress(sum(item.size for item in items))
