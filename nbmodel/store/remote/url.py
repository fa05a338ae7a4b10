"""Objects at an address of fsspec: S3, Google Cloud Storage, Azure, SFTP, HDFS, a folder.

Credentials come from where the library of each protocol looks for them: its own files and
environment variables. nbmodel neither stores nor prints them.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from nbmodel.display import redacted
from nbmodel.errors import ExtraMissing, InvalidValue, RemoteFailed, RemoteLies, SegmentLost
from nbmodel.store.lfs_format import TEMPORARY_PREFIX
from nbmodel.store.remote.base import Item, ParallelStore

if TYPE_CHECKING:
    from nbmodel.store.local import LocalStore

# In these an object appears when all of it is there; elsewhere it is renamed at the end.
_WHOLE_OBJECTS = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss"})


class UrlStore(ParallelStore):
    """The objects below an address of fsspec, as ``aa/bb/SHA256``.

    Parameters
    ----------
    url : str
        ``s3://bucket/models``, ``sftp://host/models``, ...

    Raises
    ------
    InvalidValue
        If fsspec does not know the protocol.
    ExtraMissing
        If its library is not installed.
    """

    threads = 8  # most of the time is waiting

    def __init__(self, url: str) -> None:
        self.name = redacted(url.split("?", 1)[0])
        self._files, self._root = _file_system(url)
        protocols = self._files.protocol
        names = (protocols,) if isinstance(protocols, str) else protocols
        self._is_whole = not _WHOLE_OBJECTS.isdisjoint(names)

    def has(self, item: Item) -> bool:
        """Whether the object is there with its size."""
        try:
            return bool(self._files.info(self._path(item))["size"] == item.size)
        except FileNotFoundError:
            return False
        except Exception as error:  # each library has its own errors
            raise self._failed(error) from error

    def put(self, item: Item, source: LocalStore) -> None:
        """Copy an object there. Where a write is visible before its end, it is renamed then."""
        path = self._path(item)
        source.require(item.sha256, item.size)
        temporary = path if self._is_whole else f"{path}.{TEMPORARY_PREFIX}{token_hex(4)}"
        try:
            if not self._is_whole:
                self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(source.path(item.sha256)), temporary)
            if temporary != path:
                self._rename(temporary, path, item)
        except Exception as error:
            if temporary != path:
                with suppress(Exception):
                    self._files.rm_file(temporary)
            raise self._failed(error) from error

    def _rename(self, temporary: str, path: str, item: Item) -> None:
        """Give a written object its address.

        HDFS renames onto nothing that exists, and does not say so.
        """
        self._files.invalidate_cache()
        if self._files.exists(path):
            if self.has(item):  # another push was faster
                self._files.rm_file(temporary)
                return
            self._files.rm_file(path)  # a part of the object
        self._files.mv(temporary, path)
        self._files.invalidate_cache()
        if not self.has(item):
            raise OSError(f"{path} is not there after its upload")

    def get(self, item: Item, target: LocalStore) -> None:
        """Copy an object here, after checking its digest. What is too long is not read to its end.

        Stores of whole objects report how much they have read. Some other stores do not, so they
        are asked for the size first.
        """
        from fsspec.callbacks import Callback

        def check(size: int | None, count: int) -> None:
            if max(size or 0, count) > item.size:
                raise RemoteLies(self.name, item.sha256, f"more than {item.size:,} bytes")

        def write(descriptor: int) -> None:
            path = self._path(item)
            try:
                if not self._is_whole:
                    check(self._files.info(path)["size"], 0)
                # fsspec takes a path. This one names the open file, even if its folder is replaced.
                target_path, reading = f"/dev/fd/{descriptor}", Callback(hooks={"limit": check})
                self._files.get_file(path, target_path, callback=reading)
            except FileNotFoundError:
                raise SegmentLost(item.sha256, self.name) from None
            except RemoteLies:
                raise
            except Exception as error:
                raise self._failed(error) from error

        target.receive(item.sha256, item.size, write, self.name)

    def age_s(self, item: Item) -> float | None:
        """Seconds since the object was written; None if the store does not tell."""
        try:
            moment = self._files.modified(self._path(item))
        except (FileNotFoundError, NotImplementedError):  # as fsspec says that it does not know
            return None
        except Exception as error:
            raise self._failed(error) from error
        return time.time() - moment.timestamp() if isinstance(moment, datetime) else None

    def remove(self, item: Item) -> None:
        """Remove an object, if it is there."""
        try:
            self._files.rm_file(self._path(item))
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._failed(error) from error

    def _path(self, item: Item) -> str:
        return f"{self._root}/{item.sha256[:2]}/{item.sha256[2:4]}/{item.sha256}"

    def _failed(self, error: Exception) -> RemoteFailed:
        if isinstance(error, OSError) and error.strerror:
            why = error.strerror
        else:
            why = f"{type(error).__name__}: {error}"
        return RemoteFailed(
            f"{self.name}: {redacted(' '.join(why.split()))[:300]}.",
            "Check the address, the network and the credentials, as its own tools use them. Then "
            "repeat the command: what arrived is not sent again.",
        )


def _file_system(url: str) -> tuple[Any, str]:
    address = redacted(url.split("?", 1)[0])
    try:
        import fsspec
    except ImportError as error:
        raise ExtraMissing("fsspec", "remote", "A store at an address") from error
    try:
        files, root = fsspec.url_to_fs(url)
    except ImportError as error:
        raise ExtraMissing(_package(error), "", f"The store {address}") from error
    except ValueError as error:
        what = f"{address!r} is not an address of a store: {error}."
        raise InvalidValue(what, "Write s3://BUCKET/PATH, sftp://HOST/PATH or a folder.") from error
    return files, root.rstrip("/")


def _package(error: ImportError) -> str:
    """The package to install for a protocol: fsspec names it in the message."""
    return error.name or str(error).removeprefix("Install ").split()[0]
