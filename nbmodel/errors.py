"""Every error that nbmodel raises on purpose: one root class, one sentence for each class.

An error says what happened and to which thing, then the next step. Front ends
catch `NbModelError` at one boundary and show its text; anything else is a
defect of nbmodel and keeps its traceback.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from nbmodel.display import advice, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class NbModelError(Exception):
    """Root of all errors that nbmodel raises on purpose.

    Parameters
    ----------
    what : str
        What happened, and to which thing.
    hint : str, optional
        The next step the user can take.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        # Escaped here, once: an error may quote a stranger's text, and every caller shows it.
        self.what = visible(what)
        self.hint = visible(advice(hint))
        super().__init__(f"{self.what}\n{self.hint}" if hint else self.what)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """One sentence naming the closest known words, or an empty string."""
    close = get_close_matches(word, list(known), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(close)}?" if close else ""


# -- names and references ----------------------------------------------------


class InvalidName(NbModelError):
    """A model, branch, stage or tag name that the grammar does not allow."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(
            f"{name!r} is not a {kind} name.",
            "Use 1 to 64 letters, digits, '-' or '_'. Begin and end with a letter or a digit.",
        )


class NameTaken(NbModelError):
    """A name that differs from an existing one only in case."""

    def __init__(self, name: str, existing: str) -> None:
        super().__init__(
            f"{name!r} and the existing model {existing!r} differ only in case.",
            f"Commit to {existing!r}, or choose another name. Some file systems cannot hold both.",
        )


class InvalidReference(NbModelError):
    """A reference that cannot be parsed."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"{text!r} is not a reference: {why}.",
            "Write NAME[:BRANCH][@latest | @7 | @v1.2.0 | @3f9c2ab | #STAGE][~N].",
        )


class NotFound(NbModelError):
    """A model, branch, version, release or stage that is not in the registry."""

    def __init__(self, kind: str, name: str, where: str, known: Iterable[str] = ()) -> None:
        known = list(known)
        hint = did_you_mean(name, known)
        if not hint and known:
            shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
            hint = f"Available: {shown}."
        super().__init__(f"There is no {kind} {name!r} in {where}.", hint)


class OnlyAtRemote(NotFound):
    """A model's branch that a remote has, and this clone has not."""

    def __init__(self, model: str, names: Sequence[str], hint: str) -> None:
        NbModelError.__init__(
            self, f"{model} has no branch in this clone. The remote has {', '.join(names)}.", hint
        )


class AmbiguousReference(NbModelError):
    """A reference that names several versions."""

    def __init__(self, text: str, candidates: Sequence[str]) -> None:
        self.candidates = tuple(candidates)
        super().__init__(
            f"{text!r} matches {len(candidates)} versions: {', '.join(candidates)}.",
            "Write one of them in full.",
        )


class AlreadyExists(NbModelError):
    """A release, a branch or a move of a stage that exists already."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint)


# -- the registry and git ----------------------------------------------------


class RegistryNotFound(NbModelError):
    """The folder is not inside a registry, and no registry is configured."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is no model registry in or above {path}.",
            "Commit a model to create one (%model_commit), or choose one: %model_init PATH.",
        )


class GitUnavailable(NbModelError):
    """git is not installed, or it is too old."""


class GitFailed(NbModelError):
    """git failed. The message is git's own."""


class ReferenceDamaged(GitFailed):
    """A branch, a tag or a notes reference that exists and cannot be read."""

    def __init__(self, ref: str, why: str) -> None:
        super().__init__(
            f"{ref} cannot be read: {why}.",
            "Fetch it again from another clone, or restore it from a backup. %model_verify lists "
            "everything that is damaged.",
        )
        self.ref = ref


class ReferenceGone(NbModelError):
    """A reference that existed when nbmodel last looked. It may have been deleted, or lost."""

    def __init__(self, ref: str, when: str, oid: str, hint: str) -> None:
        super().__init__(
            f"{ref} existed at {when} and is gone.",
            f"If it was lost, restore it: git update-ref '{ref}' {oid}. {hint}",
        )
        self.ref = ref


class ReferencesInDoubt(NbModelError):
    """References that cannot be read or may be lost, so that it is unknown what is in use."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(f"Nothing was removed: {why}.", hint)


class ReadOnlyRegistry(NbModelError):
    """A change in a registry that is open read-only, or that is reached through a link."""

    def __init__(self, verb: str, link: str = "") -> None:
        if link:
            super().__init__(
                f"Cannot {verb}: {link}, and nbmodel does not write through links.",
                "Open the registry that the link points to: %model_init PATH.",
            )
            return
        super().__init__(
            f"Cannot {verb}: this registry is open read-only.",
            "Open it without read_only to change it.",
        )


class WriteFailed(NbModelError):
    """A file could not be written. Nothing was committed."""


class ReadFailed(NbModelError):
    """A file that exists could not be read."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(
            f"Could not read {path}: {error.strerror}.",
            "Make the file readable for your user, or check the disk. Then try again.",
        )


class NotPlain(NbModelError):
    """A path in a repository that is neither a regular file nor a folder."""

    def __init__(self, path: str, kind: str, hint: str = "") -> None:
        self.path = path
        self.kind = kind
        super().__init__(
            f"{path} is {kind}. nbmodel does not open or follow it.",
            hint or "Find out where it comes from, and replace it by a regular file or folder.",
        )


class TooLarge(NbModelError):
    """A file of a version, or a note, that is larger than nbmodel writes and reads."""


class GitTimedOut(GitFailed):
    """A git process that did not answer in time and was stopped."""

    def __init__(self, command: str, seconds: float, where: str = "") -> None:
        place = f" in {where}" if where else ""
        super().__init__(
            f"git {command} did not answer within {seconds:g} seconds{place} and was stopped.",
            "Check what it may be waiting for: a network disk, or a named pipe among its files. "
            "To allow more time, set NBMODEL_GIT_TIMEOUT=SECONDS.",
        )


class LostRace(NbModelError):
    """Other processes moved the branch before each retry."""


class Locked(LostRace):
    """A lock file exists, and its process may still be running."""

    def __init__(self, ref: str, path: str, age_s: float, wait_s: float) -> None:
        again = (
            f"try again in {wait_s:.0f} s" if wait_s >= 1 else "run %model_verify, then try again"
        )
        super().__init__(
            f"{ref} is locked: {path} is {max(age_s, 0):.0f} s old.",
            f"Another git process may be running: {again}. That removes a lock without a process.",
        )


# -- payloads ----------------------------------------------------------------


class NotPicklable(NbModelError):
    """An object, or a part of it, that cannot be pickled."""

    def __init__(self, path: str, kind: str, why: str, hint: str = "") -> None:
        self.path = path
        super().__init__(
            f"{path} cannot be stored: a {kind} cannot be pickled ({why}).",
            hint
            or "Remove or replace this part, or give its class a __reduce__. Then commit again.",
        )


class NotLoadable(NbModelError):
    """An object, or a part of it, that can be pickled but not unpickled."""

    def __init__(self, path: str, kind: str, why: str, hint: str = "") -> None:
        self.path = path
        super().__init__(
            f"{path} could not be loaded again: {kind} does not accept its stored state ({why}). "
            "Nothing was committed.",
            hint
            or "Change its class so that it can be restored (__init__ with defaults, __setstate__ "
            "or __reduce__). Then create the object again and commit it.",
        )


class ManifestInvalid(NbModelError):
    """A manifest that nbmodel did not write, or that is damaged."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The manifest of {where} is not valid: {why}.",
            "Fetch the version again, or check the repository: %model_verify.",
        )
        self.reason = why


class NotRecordable(NbModelError):
    """A new version whose metadata nbmodel could not read back."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"{where} was not committed: its metadata could not be read back ({why}).",
            "This is a defect of nbmodel. Please report it with the class of the object. Until it "
            "is fixed, commit without the metrics, parameters or data that you added last.",
        )


class ManifestTooNew(NbModelError):
    """A manifest in a format that this release does not know."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f"{where} is in format {found}. This release of nbmodel reads formats up to {known}.",
            "Upgrade nbmodel: pip install -U nbmodel.",
        )


class SegmentMissing(NbModelError):
    """A file of large arrays (a segment) that is not in this clone."""

    def __init__(self, oid: str, where: str) -> None:
        self.oid = oid
        super().__init__(
            f"The segment {oid[:12]} of {where} is not in this clone.",
            "Fetch it: git lfs fetch --all origin models/MODEL/BRANCH, or a tag of the version.",
        )


class SegmentDamaged(NbModelError):
    """A segment whose bytes are not those that were committed."""

    def __init__(
        self, oid: str, where: str, shared_with: Sequence[str] = (), path: str = ""
    ) -> None:
        self.oid, self.path = oid, path
        also = f" It is also part of {', '.join(shared_with)}." if shared_with else ""
        file = path or "that file (git lfs env names the folder, LocalMediaDir)"
        super().__init__(
            f"The segment {oid[:12]} of {where} is damaged: its digest does not match.{also}",
            f"Remove {file}, and fetch it again: git lfs fetch --all.",
        )


class SkeletonInvalid(NbModelError):
    """A pickle that is not complete."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The pickle is not complete: it asks for {why}.",
            "Fetch the version again, or check the repository: %model_verify.",
        )


class ModuleLost(NbModelError):
    """A module that a version needs, and that is neither in the version nor installed."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"The module {name!r} is needed. It is neither installed here nor part of the version.",
            "Install the package that contains it, or put its file beside the notebook.",
        )


class LoadFailed(NbModelError):
    """An object that cannot be loaded here: its own code or a package raised an error."""


class Untrusted(NbModelError):
    """A version of another person that cannot be loaded without running its code."""

    def __init__(self, where: str, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        shown = "; ".join(self.findings[:6])
        more = f"; and {len(self.findings) - 6} more" if len(self.findings) > 6 else ""
        super().__init__(
            f"You did not commit {where} on this machine, and it needs {shown}{more}.",
            f"Read its cells and modules ({_reading(where)}). If you trust its author, "
            "load it with --trust (Python: trust=True).",
        )


def _reading(where: str) -> str:
    """How to read the code of a version: of a folder, its files."""
    is_reference = "@" in where and not where.startswith(("/", ".", "~"))
    return f"%model_show {where} --cells --modules" if is_reference else f"in {where}"


# -- what users type ---------------------------------------------------------


class VariableNotFound(NbModelError):
    """A variable that the notebook does not define."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"The notebook has no variable {name!r}.",
            did_you_mean(name, known) or "Define it, or run the cell that defines it.",
        )


class InvalidValue(NbModelError):
    """An argument with a value that is not allowed. The message says which, and why."""


class InvalidQuery(NbModelError):
    """A query that cannot be parsed."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"Cannot search for {text!r}: {why}.",
            'Write words or conditions: metrics.auc > 0.9 and stage = prod and name ~ "churn".',
        )


class ExtraMissing(NbModelError):
    """A dependency is not installed. Without an extra, it is one that nbmodel always needs."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        wanted = f'"nbmodel[{extra}]"' if extra else package
        super().__init__(
            f"{purpose} needs {package}, which is not installed.",
            f"Install it: pip install {wanted}.",
        )


# -- serving -----------------------------------------------------------------


class InvalidInput(NbModelError):
    """A request whose data does not fit the signature of the version."""


class MethodMissing(NbModelError):
    """A method that the served model does not have."""

    def __init__(self, method: str, where: str, known: Sequence[str]) -> None:
        super().__init__(
            f"{where} has no method {method!r:.60}.",
            f"Its methods are {', '.join(known)}." if known else "It has no methods.",
        )


class ScoringFailed(NbModelError):
    """The model raised an error for these rows."""

    def __init__(self, where: str, why: str, hint: str = "") -> None:
        super().__init__(f"{where} could not score these rows: {why}.", hint)


class WrongRows(NbModelError):
    """A model that returned another number of rows than it was given."""

    def __init__(self, name: str, returned: int, expected: int) -> None:
        super().__init__(
            f"{name} returned {returned} rows for {expected}.",
            "The model expects its input in another form. Commit it again, with --data and the "
            "data that it was fitted on.",
        )


class AnswersDiffer(NbModelError):
    """A version that does not answer its acceptance rows as it did at commit."""

    def __init__(self, where: str, differences: Sequence[str]) -> None:
        shown = "; ".join(differences[:3])
        more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
        super().__init__(
            f"{where} does not answer its acceptance rows as it did at commit: {shown}{more}.",
            "Install the packages in its requirements.txt. To serve it anyway, add "
            "--accept-differences.",
        )


class Overloaded(NbModelError):
    """More requests are waiting than the server accepts."""

    def __init__(self, waiting: int, what: str = "rows") -> None:
        super().__init__(f"{waiting} {what} are already waiting.", "Try again in a second.")


class WorkerFailed(NbModelError):
    """A worker of a server that could not start."""


class ServerFailed(NbModelError):
    """A server that did not start or did not answer."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"The server of {what} failed: {why}", "Fix this, then start it again.")
