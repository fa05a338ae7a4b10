"""The records of nbmodel: frozen dataclasses that depend on nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Person:
    """The author of a commit or a tag, as git writes it."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a commit, a tag or an approval was signed by a key that the user allows.

    Attributes
    ----------
    state : str
        ``verified``, ``unsigned``, ``bad``, ``not allowed``, or ``unchecked`` for what nbmodel
        cannot check.
    signer : str
        The person whom the user's list names for the key, if it is verified.
    key : str
        Fingerprint of the key, as the signature states it.
    why : str
        The reason if it is not verified.
    """

    state: str
    signer: str = ""
    key: str = ""
    why: str = ""

    @property
    def is_verified(self) -> bool:
        """Whether an allowed key signed it."""
        return self.state == "verified"

    @property
    def is_signed(self) -> bool:
        """Whether there is a signature, valid or not."""
        return self.state != "unsigned"

    @property
    def sentence(self) -> str:
        """The state, who signed, and the reason."""
        who = f" by {self.signer}" if self.signer else ""
        why = f": {self.why}" if self.why else ""
        return f"{self.state}{who}{why}"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of bytes in the content-addressed store.

    Attributes
    ----------
    sha256 : str
        Its address, 64 hex digits: the object id of git-lfs.
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
    """The place of one out-of-band buffer: `size` bytes at `offset` of a segment."""

    segment: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Payload:
    """A pickled object: its skeleton, its segments, and its buffers in pickle order."""

    skeleton: Segment
    segments: tuple[Segment, ...]
    buffers: tuple[Placement, ...]

    @property
    def size(self) -> int:
        """Bytes of the whole object, including segments that it shares with other versions."""
        return self.skeleton.size + sum(segment.size for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a version: `path` in its tree, and `name` for the user."""

    path: str
    name: str
    content: Segment


@dataclass(frozen=True, slots=True)
class Module:
    """The source of an imported module that belongs to no distribution; `path` is in the tree."""

    path: str
    name: str
    sha256: str

    @property
    def is_package(self) -> bool:
        """Whether it is a package, which may contain other modules."""
        return self.path.endswith("/__init__.py")


@dataclass(frozen=True, slots=True)
class Column:
    """One named input or output: a numpy dtype, and a shape with -1 for the batch."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Names, dtypes and shapes of inputs and outputs."""

    inputs: tuple[Column, ...] = ()
    outputs: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a flavor can say about an object without changing it.

    Attributes
    ----------
    flavor, type, summary : str
        Flavor name; ``module.qualname`` of the class; one line for tables.
    params : mapping
        Hyperparameters: JSON scalars, and the ``repr`` of other values.
    defaults : tuple of str
        Names of the hyperparameters that have the default value of their class.
    signature : Signature
    counts : mapping of str to int
        Numbers of trees, nodes, layers, parameters or iterations.
    arrays : mapping of str to numpy.ndarray
        Fitted state by dotted path, which ``diff`` compares. If possible, they are the
        object's own arrays, so that a buffer can be recognized by its address.
    """

    flavor: str
    type: str
    summary: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    defaults: tuple[str, ...] = ()
    signature: Signature = field(default_factory=Signature)
    counts: Mapping[str, int] = field(default_factory=dict)
    arrays: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArrayNote:
    """The record of one fitted array in the manifest, so that a diff needs no unpickling.

    Attributes
    ----------
    dtype : str
        numpy dtype string, ``<f8``.
    shape : tuple of int
    buffer : int or None
        Index of the out-of-band buffer that contains it, row-major.
    values : tuple of float or None
        The values, row-major, of a small array outside of all buffers.
    norm : float or None
        The Euclidean norm of an array that has neither.
    digest : str
        blake3 of the bytes of an array without a buffer.
    """

    dtype: str
    shape: tuple[int, ...]
    buffer: int | None = None
    values: tuple[float, ...] | None = None
    norm: float | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """The state of the user's code: commit id, uncommitted changes, path of the notebook."""

    commit: str = ""
    dirty: bool = False
    notebook: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """Another version from which this one was made: an edge of the dependency graph."""

    model: str
    commit: str


@dataclass(frozen=True, slots=True)
class MergeMember:
    """A version that a merge was made of, and its share of the whole; None without weights."""

    commit: str
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """How a version was made of others: the name of the method, and what it combined."""

    method: str
    members: tuple[MergeMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInfo:
    """One version as lists and logs show it. It comes from the index.

    Attributes
    ----------
    commit : str
        40 hex digits.
    parents : tuple of str
        Commit ids; two or more for a merge, the tip of its own branch first.
    model, branch : str
        The model and the branch to which it was committed.
    number : int
        One more than the highest number of its parents.
    author : Person
    time : int
        Seconds since the epoch, UTC.
    message, type, flavor, summary : str
    params, metrics, tags : mapping
    size : int
        Bytes of the whole payload.
    uses : tuple of Use
        Versions, of any model, from which this one was made.
    evaluation : mapping of str to float
        The metrics of its newest evaluation, which a note has; empty without one.
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
    evaluation: Mapping[str, float] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        """Short reference: ``churn@7``, or ``churn:exp@7`` off the main branch."""
        line = self.model if self.branch == "main" else f"{self.model}:{self.branch}"
        return f"{line}@{self.number}"

    @property
    def when(self) -> datetime:
        """Commit time, as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.time, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A GTO version tag, ``churn@v1.2.0``; `removed` for ``churn@v1.2.0!``, which ends it."""

    model: str
    version: str
    commit: str
    author: Person
    time: int
    message: str
    removed: bool = False

    @property
    def tag(self) -> str:
        """The tag's short name."""
        return f"{self.model}@{self.version}{'!' if self.removed else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMove:
    """A GTO stage tag, ``churn#prod#3``; `removed` for ``churn#prod!#4``.

    For a rollback, `rolled_back` is the commit that the stage named before.
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

    @property
    def default_message(self) -> str:
        """The message of the tag if no reason is given: git needs one."""
        return f"{self.model}#{self.stage}"

    @property
    def opposite_tag(self) -> str:
        """The tag of a removal with the same counter, or of a promotion if this is a removal."""
        return f"{self.model}#{self.stage}{'' if self.removed else '!'}#{self.counter}"


@dataclass(frozen=True, slots=True)
class Note:
    """A fact learned after the commit, in ``refs/notes/nbmodel``.

    `attached` maps kinds to JSON documents: ``acceptance``, ``files``.
    """

    author: Person
    time: int
    text: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    attached: Mapping[str, Any] = field(default_factory=dict)
