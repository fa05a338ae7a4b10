"""The store of large objects of a remote: its own setting, a folder, or a server of git-lfs."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from nbmodel.errors import GitFailed, RemoteFailed
from nbmodel.repo import remote_urls
from nbmodel.repo.git import Git
from nbmodel.repo.lfs import storage
from nbmodel.repo.lfs_store import LfsStore
from nbmodel.repo.network import Network
from nbmodel.repo.remote_settings import Remote
from nbmodel.repo.repositories import locate
from nbmodel.store.remote import FolderStore, RemoteStore, UrlStore


def store_of(remote: Remote, network: Network) -> RemoteStore:
    """The store of a remote.

    Raises
    ------
    RemoteFailed
        If a remote that is a folder is not a repository.
    InvalidValue, ExtraMissing
        If the address of the store cannot be used.
    """
    if remote.blobs:
        return _at(remote.blobs, network)
    if remote_urls.protocol(network.url) == "file":
        return FolderStore(_folder_of(network.url) / "objects")
    return LfsStore(network)


def require_bare(remote: Remote, network: Network) -> None:
    """Refuse a store that lies in the working clone of a person, who may need all of it.

    Raises
    ------
    RemoteFailed
    """
    if remote.blobs or remote_urls.protocol(network.url) != "file":
        return
    path = Path(_path(network.url))
    place = locate(path)
    if place is not None and place[1] is not None:
        raise RemoteFailed(
            f"{path} is the working clone of a person: nothing was removed there.",
            "Its user can purge the version there.",
        )


def _at(address: str, network: Network) -> RemoteStore:
    if address.startswith(("https://", "http://")):
        return LfsStore(network, address)
    if "://" not in address or address.startswith("file://"):
        return FolderStore(Path(_path(address)).expanduser())
    return UrlStore(address)


def _folder_of(url: str) -> Path:
    """The folder of git-lfs in a repository of this machine."""
    path = Path(_path(url))
    try:
        place = locate(path)
        if place is None:
            raise RemoteFailed(f"{path} is not a git repository.", "Check the address.")
        git = Git(place[0])
        try:
            return storage(git)
        finally:
            git.close()
    except GitFailed as error:
        raise RemoteFailed(f"{path}: {error.what}", error.hint) from error


def _path(address: str) -> str:
    if not address.startswith("file://"):
        return address
    whole = address.replace("?", "%3F").replace("#", "%23")  # git takes both for parts of the path
    return unquote(urlsplit(whole).path)
