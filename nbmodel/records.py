"""The nouns of nbmodel as frozen records; they know nothing but themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who made a commit or a tag, as git writes it."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of bytes in the content-addressed store.

    Attributes
    ----------
    sha256 : str
        Its address, 64 hex digits: the git-LFS object id.
    blake3 : str
        The digest that every load checks, 64 hex digits.
    size : int
        Bytes.
    """

    sha256: str
    blake3: str
    size: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one out-of-band buffer lies: `size` bytes at `offset` of a segment."""

    segment: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Payload:
    """A pickled object: its skeleton, its segments, its buffers in pickle order."""

    skeleton: Segment
    segments: tuple[Segment, ...]
    buffers: tuple[Placement, ...]

    @property
    def size(self) -> int:
        """Bytes of the whole object, shared or not."""
        return self.skeleton.size + sum(segment.size for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a version carries: `path` in its tree, `name` as the user knows it."""

    path: str
    name: str
    content: Segment


@dataclass(frozen=True, slots=True)
class Module:
    """Source of an imported module that no distribution owns: `path` in the version's tree."""

    path: str
    name: str
    sha256: str

    @property
    def is_package(self) -> bool:
        """Whether other modules lie below it."""
        return self.path.endswith("/__init__.py")


@dataclass(frozen=True, slots=True)
class Column:
    """One named input or output: numpy dtype name, shape with -1 for the batch."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Names, dtypes and shapes of what goes in and what comes out."""

    inputs: tuple[Column, ...] = ()
    outputs: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a flavor can say of an object without changing it.

    Attributes
    ----------
    flavor, type, summary : str
        Flavor name; ``module.qualname`` of the class; one line for tables.
    params : mapping
        Hyperparameters, JSON scalars only (others as their ``repr``).
    signature : Signature
    counts : mapping of str to int
        What grows: trees, nodes, layers, parameters, iterations.
    arrays : mapping of str to numpy.ndarray
        Fitted state by dotted path: what ``diff`` compares. The arrays are the
        object's own where possible, so that a buffer is recognized by address.
    """

    flavor: str
    type: str
    summary: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    signature: Signature = field(default_factory=Signature)
    counts: Mapping[str, int] = field(default_factory=dict)
    arrays: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArrayNote:
    """What the manifest keeps of one fitted array, so that a diff needs no unpickling.

    Attributes
    ----------
    dtype : str
        numpy dtype string, ``<f8``.
    shape : tuple of int
    buffer : int or None
        Index of the out-of-band buffer that holds it, row-major.
    values : tuple of float or None
        The values themselves, row-major, for small arrays outside any buffer.
    norm : float or None
        Euclidean norm, for arrays that have neither.
    digest : str
        blake3 of the array's bytes, for arrays without a buffer.
    """

    dtype: str
    shape: tuple[int, ...]
    buffer: int | None = None
    values: tuple[float, ...] | None = None
    norm: float | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Where the user's own code stood: commit id, uncommitted changes, notebook path."""

    commit: str = ""
    dirty: bool = False
    notebook: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """Another version that this one was made from: an edge of the dependency DAG."""

    model: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInfo:
    """One version as lists and logs show it; it comes from the index.

    Attributes
    ----------
    commit : str
        40 hex digits.
    parents : tuple of str
        Commit ids; two for a merge.
    model, branch : str
        The line of versions it was committed to.
    number : int
        1 + the highest number among its parents.
    author : Person
    time : int
        Seconds since the epoch, UTC.
    message, type, flavor, summary : str
    params, metrics, tags : mapping
    size : int
        Bytes of the whole payload.
    uses : tuple of Use
        Versions that this one was made from, of any model.
    """

    commit: str
    parents: tuple[str, ...]
    model: str
    branch: str
    number: int
    author: Person
    time: int
    message: str
    type: str
    flavor: str
    summary: str
    params: Mapping[str, Scalar]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    size: int
    uses: tuple[Use, ...] = ()

    @property
    def ref(self) -> str:
        """Short reference: ``churn@7``, or ``churn:exp@7`` off the main branch."""
        line = self.model if self.branch == "main" else f"{self.model}:{self.branch}"
        return f"{line}@{self.number}"

    @property
    def when(self) -> datetime:
        """Commit time, aware, UTC."""
        return datetime.fromtimestamp(self.time, UTC)


@dataclass(frozen=True, slots=True)
class Release:
    """A GTO version tag, ``churn@v1.2.0``."""

    model: str
    version: str
    commit: str
    author: Person
    time: int
    message: str

    @property
    def tag(self) -> str:
        """The tag's short name."""
        return f"{self.model}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMove:
    """A GTO stage tag, ``churn#prod#3``; `removed` for ``churn#prod!#4``.

    `rolled_back` is the commit this move retreats from, for a rollback.
    """

    model: str
    stage: str
    counter: int
    commit: str
    removed: bool
    author: Person
    time: int
    message: str
    rolled_back: str = ""

    @property
    def tag(self) -> str:
        """The tag's short name."""
        return f"{self.model}#{self.stage}{'!' if self.removed else ''}#{self.counter}"


@dataclass(frozen=True, slots=True)
class Note:
    """A fact learned after the commit, kept in ``refs/notes/nbmodel``.

    `attached` holds JSON documents by their kind: ``acceptance``.
    """

    author: Person
    time: int
    text: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    attached: Mapping[str, Any] = field(default_factory=dict)
