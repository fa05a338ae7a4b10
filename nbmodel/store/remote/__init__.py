"""Stores of large objects that other clones read too: a folder, or what fsspec reaches.

======  ======================================================================
base    the contract of a store, and how objects move in parallel
folder  the folder of git-lfs in another clone, or on a mounted disk
url     an address of fsspec: ``s3://``, ``sftp://``, ``webhdfs://``, ...
======  ======================================================================

All keep an object at ``aa/bb/SHA256``, as git-lfs does in its folder of objects. So git-lfs finds
what nbmodel has stored, and the other way round.
"""

from nbmodel.store.remote.base import Item, ParallelStore, RemoteStore
from nbmodel.store.remote.folder import FolderStore
from nbmodel.store.remote.url import UrlStore

__all__ = ["FolderStore", "Item", "ParallelStore", "RemoteStore", "UrlStore"]
