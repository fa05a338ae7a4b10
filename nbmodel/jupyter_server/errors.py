"""The HTTP status and the body of each error."""

from __future__ import annotations

from http import HTTPStatus

from nbmodel import display, errors
from nbmodel.errors import NbModelError

# The status of the nearest class counts. Other errors are failures of the server.
STATUS: dict[type[NbModelError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.RegistryNotFound: HTTPStatus.NOT_FOUND,
    errors.RegistryGone: HTTPStatus.NOT_FOUND,
    errors.VariableNotFound: HTTPStatus.NOT_FOUND,
    errors.InvalidName: HTTPStatus.BAD_REQUEST,
    errors.ReservedName: HTTPStatus.BAD_REQUEST,
    errors.InvalidReference: HTTPStatus.BAD_REQUEST,
    errors.InvalidValue: HTTPStatus.BAD_REQUEST,
    errors.InvalidQuery: HTTPStatus.BAD_REQUEST,
    errors.AmbiguousReference: HTTPStatus.BAD_REQUEST,
    errors.InvalidInput: HTTPStatus.BAD_REQUEST,
    errors.MethodMissing: HTTPStatus.BAD_REQUEST,
    errors.ReadOnlyRegistry: HTTPStatus.FORBIDDEN,
    errors.Untrusted: HTTPStatus.FORBIDDEN,
    errors.SignatureRefused: HTTPStatus.FORBIDDEN,
    errors.AlreadyExists: HTTPStatus.CONFLICT,
    errors.NameTaken: HTTPStatus.CONFLICT,
    errors.StageTaken: HTTPStatus.CONFLICT,
    errors.NewStage: HTTPStatus.CONFLICT,
    errors.LostRace: HTTPStatus.CONFLICT,
    errors.ReferencesInDoubt: HTTPStatus.CONFLICT,
    errors.ManifestInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ManifestTooNew: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ReferenceDamaged: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ReferenceGone: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotPlain: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.GitTimedOut: HTTPStatus.GATEWAY_TIMEOUT,
    errors.VersionInUse: HTTPStatus.CONFLICT,
    errors.VersionPurged: HTTPStatus.GONE,
    errors.SegmentLost: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SegmentMissing: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SegmentDamaged: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SkeletonInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotPicklable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotLoadable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ModuleLost: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LoadFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ScoringFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotRecordable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.WrongRows: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.AnswersDiffer: HTTPStatus.CONFLICT,
    errors.CannotMerge: HTTPStatus.CONFLICT,
    errors.SigningFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SignersInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.RemoteAhead: HTTPStatus.CONFLICT,
    errors.RemoteConflict: HTTPStatus.CONFLICT,
    errors.RemoteFailed: HTTPStatus.BAD_GATEWAY,
    errors.RemoteLies: HTTPStatus.BAD_GATEWAY,
    errors.GitUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ServerFailed: HTTPStatus.BAD_GATEWAY,
    errors.WorkerFailed: HTTPStatus.BAD_GATEWAY,
    errors.ExtraMissing: HTTPStatus.NOT_IMPLEMENTED,
    errors.WriteFailed: HTTPStatus.INSUFFICIENT_STORAGE,
    NbModelError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(error: NbModelError) -> HTTPStatus:
    """The status of the nearest class of an error in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body_of(what: str, hint: str, kind: str) -> dict[str, str]:
    """Return the body of an error: `RequestError` of ``labextension/src/view/data/source.ts``."""
    return {
        "what": display.visible(what),
        "hint": display.visible(hint),
        "kind": kind,
        "code": errors.code_of(kind),
    }
