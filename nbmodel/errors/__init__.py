"""Every error that nbmodel raises on purpose: one root class, one sentence for each class.

An error says what happened and to which thing, then the next step. Front ends
catch `NbModelError` at one boundary and show its text; anything else is a
defect of nbmodel and keeps its traceback.

=========  =========================================================================
base       the root class, and the suggestion for a misspelled name
names      names and references that are not valid, or that nothing has
registry   git and its references and locks, and files on disk
payloads   stored objects: how they are written, read, described and trusted
arguments  variables, values and queries of the user, and packages that are missing
serving    a server and its requests
sharing    remotes and merges
signing    signatures of commits, tags and approvals
=========  =========================================================================
"""

from nbmodel.errors.arguments import ExtraMissing, InvalidQuery, InvalidValue, VariableNotFound
from nbmodel.errors.base import NbModelError, close_names, code_of, did_you_mean
from nbmodel.errors.names import (
    AlreadyExists,
    AmbiguousReference,
    InTrash,
    InvalidName,
    InvalidReference,
    NameTaken,
    NewStage,
    NotFound,
    OnlyAtRemote,
    ReservedName,
    StageTaken,
)
from nbmodel.errors.payloads import (
    LoadFailed,
    ManifestInvalid,
    ManifestTooNew,
    ModuleLost,
    NotLoadable,
    NotPicklable,
    NotRecordable,
    SegmentDamaged,
    SegmentLost,
    SegmentMissing,
    SkeletonInvalid,
    Untrusted,
    VersionPurged,
)
from nbmodel.errors.registry import (
    GitFailed,
    GitTimedOut,
    GitUnavailable,
    Locked,
    LostRace,
    NotPlain,
    ReadFailed,
    ReadOnlyRegistry,
    ReferenceDamaged,
    ReferenceGone,
    ReferencesInDoubt,
    RegistryGone,
    RegistryNotFound,
    TooLarge,
    VersionInUse,
    WriteFailed,
)
from nbmodel.errors.serving import (
    AnswersDiffer,
    InvalidInput,
    MethodMissing,
    Overloaded,
    ScoringFailed,
    ServerFailed,
    WorkerFailed,
    WrongRows,
)
from nbmodel.errors.sharing import (
    CannotMerge,
    RemoteAhead,
    RemoteConflict,
    RemoteFailed,
    RemoteLies,
)
from nbmodel.errors.signing import SignatureRefused, SignersInvalid, SigningFailed

__all__ = [
    "AlreadyExists",
    "AmbiguousReference",
    "AnswersDiffer",
    "CannotMerge",
    "ExtraMissing",
    "GitFailed",
    "GitTimedOut",
    "GitUnavailable",
    "InTrash",
    "InvalidInput",
    "InvalidName",
    "InvalidQuery",
    "InvalidReference",
    "InvalidValue",
    "LoadFailed",
    "Locked",
    "LostRace",
    "ManifestInvalid",
    "ManifestTooNew",
    "MethodMissing",
    "ModuleLost",
    "NameTaken",
    "NbModelError",
    "NewStage",
    "NotFound",
    "NotLoadable",
    "NotPicklable",
    "NotPlain",
    "NotRecordable",
    "OnlyAtRemote",
    "Overloaded",
    "ReadFailed",
    "ReadOnlyRegistry",
    "ReferenceDamaged",
    "ReferenceGone",
    "ReferencesInDoubt",
    "RegistryGone",
    "RegistryNotFound",
    "RemoteAhead",
    "RemoteConflict",
    "RemoteFailed",
    "RemoteLies",
    "ReservedName",
    "ScoringFailed",
    "SegmentDamaged",
    "SegmentLost",
    "SegmentMissing",
    "ServerFailed",
    "SignatureRefused",
    "SignersInvalid",
    "SigningFailed",
    "SkeletonInvalid",
    "StageTaken",
    "TooLarge",
    "Untrusted",
    "VariableNotFound",
    "VersionInUse",
    "VersionPurged",
    "WorkerFailed",
    "WriteFailed",
    "WrongRows",
    "close_names",
    "code_of",
    "did_you_mean",
]
