"""The database file: opened, and replaced when it is damaged.

The file is a cache: everything in it can be read from git again, except what earlier
refreshes saw (`nbmodel.index.sightings`).
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from nbmodel.errors import NbModelError
from nbmodel.index.folding import add_functions
from nbmodel.index.schema import DDL, USER_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")
Row = tuple[object, ...]

BUSY_TIMEOUT_SECONDS = 60.0  # another process may be filling the same file
_MEMORY = ":memory:"
# The folder or the disk is at fault, not the file: a new file would fail as well.
_DISK_ERRORS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
# A flipped bit in a row: it is missing, its text is not UTF-8 or JSON, or it has another type.
_ROW_ERRORS = (LookupError, TypeError, ValueError)
# The statement, its values or this process are at fault.
_STATEMENT_ERRORS = {
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_TOOBIG,
}
# What SQLite says of a damaged file in an error with a general code.
_DAMAGE = re.compile("malformed|no such|no column|decode|user-defined function|values for|corrupt")

logger = logging.getLogger("nbmodel")


class Database:
    """A SQLite file that is replaced when it is damaged, or kept in memory if that fails.

    Parameters
    ----------
    path : Path
        The file. Missing folders are made for this user only.
    fill : callable
        Fills an empty database. It is called after each replacement.
    """

    def __init__(self, path: Path, fill: Callable[[sqlite3.Connection], object]) -> None:
        self.path = path
        self._fill = fill
        self._lock = RLock()
        self._db: sqlite3.Connection | None = None
        self._inode = self._pid = 0
        self._in_memory = self._has_warned = False
        self._is_empty = False  # a damaged file was replaced, and the new one is not filled yet
        self._abandoned: list[sqlite3.Connection] = []
        self._sightings: list[Row] = []

    def use(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` on the database. If it is damaged, replace it and try again.

        Work that fails on a new file too is a defect of nbmodel, and its error is raised.
        """
        with self._lock:
            for _ in range(2):  # the file on disk, then a new one; after that in memory
                try:
                    return work(self._filled())
                except NbModelError:
                    raise
                except (sqlite3.Error, *_ROW_ERRORS) as error:
                    if not _means_damage(error):
                        raise
                    self._replace(error)
                    if not self._refill():
                        break
            if not self._in_memory:
                self._move_to_memory("it cannot be repaired")
            return work(self._filled())

    def discard(self) -> None:
        """Delete the file; the next use makes a new one."""
        with self._lock:
            self.close()
            if self._in_memory:
                return
            try:
                self._unlink()
            except OSError as refusal:
                self._move_to_memory(str(refusal))

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _filled(self) -> sqlite3.Connection:
        """The database. One that replaced a damaged one is filled from git first."""
        db = self._connection()
        if self._is_empty:
            self._fill(db)
            self._is_empty = False
        return db

    def _refill(self) -> bool:
        try:
            self._filled()
        except sqlite3.DatabaseError:
            return False
        return True

    def _connection(self) -> sqlite3.Connection:
        if self._db is not None and self._pid != os.getpid() and not self._in_memory:
            # After a fork, both processes hold the connection. SQLite forbids using it here, and
            # even closing it: keep it alive, and never touch it again.
            self._abandoned.append(self._db)
            self._db = None
        if self._db is None:
            self._db = self._open()
            self._pid = os.getpid()
        return self._db

    def _open(self) -> sqlite3.Connection:
        if not self._in_memory:
            self._inode = 0
            try:
                make_private(self.path.parent)
                db = _connect(str(self.path), self._sightings)
                self._sightings = []
                self._inode = self.path.stat().st_ino
            except OSError as error:
                self._move_to_memory(str(error))
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                # SQLite's message may quote damaged bytes, which Python then cannot decode.
                self._replace(error)
                return self._open()
            else:
                return db
        return _connect(_MEMORY)

    def _replace(self, error: Exception) -> None:
        """Remove the database that failed, so that the next connection makes a new one."""
        self.close()
        self._is_empty = True
        if self._in_memory:
            raise error  # a new database would fail as well
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_ERRORS:
            self._move_to_memory(str(error))
            return
        if isinstance(error, _OtherSchema):
            self._sightings = error.sightings
        elif not self._has_warned:
            logger.warning(
                "The index %s is damaged (%s). nbmodel rebuilds it from git.", self.path, error
            )
            self._has_warned = True
        try:
            # Another process may have replaced the file already: keep the new one.
            if not self._inode or self.path.stat().st_ino == self._inode:
                self._unlink()
        except FileNotFoundError:
            pass
        except OSError as refusal:
            self._move_to_memory(str(refusal))

    def _unlink(self) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _move_to_memory(self, why: str) -> None:
        self.close()
        self._in_memory = self._is_empty = True
        logger.warning(
            "The index %s cannot be used (%s), so it is kept in memory. To keep it on disk, set "
            "XDG_CACHE_HOME to a folder that you can write to.",
            self.path,
            why,
        )


def _means_damage(error: Exception) -> bool:
    """Whether the file may be the cause of `error`, and not the statement."""
    if isinstance(error, sqlite3.ProgrammingError):
        return False
    if not isinstance(error, sqlite3.Error):
        return True
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_ERROR:
        is_schema = isinstance(error, _OtherSchema)
        return is_schema or _DAMAGE.search(str(error)) is not None
    return code not in _STATEMENT_ERRORS


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write everything or nothing. It waits for other writers."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):  # a damaged file may refuse even this
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def make_private(folder: Path) -> None:
    """Make `folder` and its missing parents, readable by this user only."""
    if not folder.exists():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


class _OtherSchema(sqlite3.DatabaseError):
    """A file of another release. `sightings` are the rows that git cannot provide again."""

    def __init__(self, version: int, sightings: list[Row]) -> None:
        super().__init__(f"it has schema {version}, not {USER_VERSION}")
        self.sightings = sightings


def _sightings(db: sqlite3.Connection) -> list[Row]:
    """The sightings in an index of another release, if they can be read."""
    try:
        return db.execute("SELECT ref, state, oid, time FROM seen").fetchall()
    except sqlite3.Error:
        return []


def _connect(name: str, sightings: Sequence[Row] = ()) -> sqlite3.Connection:
    db = sqlite3.connect(
        name, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA cache_size = -65536")
        add_functions(db)
        version = _schema(db)
        if version == 0:
            version = _create(db)
            db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)", sightings)
        if version != USER_VERSION:
            raise _OtherSchema(version, _sightings(db))
    except BaseException:
        db.close()
        raise
    return db


def _schema(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _create(db: sqlite3.Connection) -> int:
    with transaction(db):
        if _schema(db) == 0:  # no other process was faster
            for statement in DDL.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {USER_VERSION}")
    return _schema(db)
