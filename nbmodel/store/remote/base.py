"""What a store of a remote must do, and how it moves objects in parallel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from nbmodel.store.local import LocalStore, Progress

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """An object by what its pointer says: `sha256`, 64 hex digits, and `size` in bytes."""

    sha256: str
    size: int


class RemoteStore(Protocol):
    """Content-addressed objects at another place.

    Every method raises `RemoteFailed` if the place cannot be reached or refuses.
    """

    name: str  # for messages, without a password

    def lacks(self, items: Iterable[Item]) -> list[Item]:
        """The objects that the store lacks, each once."""
        ...

    def upload(
        self, items: Sequence[Item], source: LocalStore, progress: Progress | None = None
    ) -> None:
        """Copy objects there. After an error, those that arrived need no repetition."""
        ...

    def download(
        self, items: Sequence[Item], target: LocalStore, progress: Progress | None = None
    ) -> None:
        """Copy objects here, after checking their digests. After an error, those here stay.

        Raises
        ------
        SegmentMissing
            If one is not there.
        RemoteLies
            If its bytes are not those of its digest.
        """
        ...


class ParallelStore(ABC):
    """A `RemoteStore` that moves one object at a time in each of several threads."""

    name: str
    threads: int

    @abstractmethod
    def has(self, item: Item) -> bool:
        """Whether the object is there with its size."""

    @abstractmethod
    def put(self, item: Item, source: LocalStore) -> None:
        """Copy an object there. Others see all of it, or nothing."""

    @abstractmethod
    def get(self, item: Item, target: LocalStore) -> None:
        """Copy an object here, after checking its digest."""

    @abstractmethod
    def age_s(self, item: Item) -> float | None:
        """Seconds since the object was written; None if the store does not tell."""

    @abstractmethod
    def remove(self, item: Item) -> None:
        """Remove an object, if it is there."""

    def lacks(self, items: Iterable[Item]) -> list[Item]:
        """The objects that the store lacks, each once."""
        unique = list(dict.fromkeys(items))
        present = self._each(self.has, unique)
        return [item for item, there in zip(unique, present, strict=True) if not there]

    def upload(
        self, items: Sequence[Item], source: LocalStore, progress: Progress | None = None
    ) -> None:
        """Copy objects there."""
        self._move(lambda item: self.put(item, source), items, progress)

    def download(
        self, items: Sequence[Item], target: LocalStore, progress: Progress | None = None
    ) -> None:
        """Copy objects here."""
        self._move(lambda item: self.get(item, target), items, progress)

    def _move(
        self, work: Callable[[Item], None], items: Sequence[Item], progress: Progress | None
    ) -> None:
        for item, _ in zip(items, self._each(work, items), strict=True):
            if progress is not None:
                progress(item.size)

    def _each(self, work: Callable[[Item], T], items: Sequence[Item]) -> Iterator[T]:
        if not items:
            return
        pool = ThreadPoolExecutor(min(self.threads, len(items)))
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)
