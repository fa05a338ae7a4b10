"""Every error nbmodel raises on purpose: one root, one sentence a class.

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
    do : str, optional
        The next step the user can take.
    """

    def __init__(self, what: str, do: str = "") -> None:
        # Here, once for all: an error quotes strangers, and is shown by whoever catches it.
        self.what = visible(what)
        self.do = visible(advice(do))
        super().__init__(f"{self.what}\n{self.do}" if do else self.what)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """One sentence naming the closest known words, or an empty string."""
    close = get_close_matches(word, list(known), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(close)}?" if close else ""


# -- names and references ----------------------------------------------------


class InvalidName(NbModelError):
    """A model, branch, stage or tag name outside the grammar."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(
            f"{name!r} is not a {kind} name.",
            "Use 1 to 64 letters, digits, '-' or '_', beginning and ending with a letter or digit.",
        )


class NameTaken(NbModelError):
    """A name that differs from an existing one only in case."""

    def __init__(self, name: str, existing: str) -> None:
        super().__init__(
            f"{name!r} differs from the model {existing!r} only in case.",
            f"Commit to {existing!r}, or choose another name: some file systems cannot hold both.",
        )


class InvalidReference(NbModelError):
    """A reference that does not parse."""

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
            hint = f"There is: {shown}."
        super().__init__(f"No {kind} {name!r} in {where}.", hint)


class OnlyAtRemote(NotFound):
    """A line of versions that a remote has, and that has no branch in this clone."""

    def __init__(self, model: str, names: Sequence[str], do: str) -> None:
        NbModelError.__init__(
            self, f"{model} has no branch in this clone, only {', '.join(names)}.", do
        )


class AmbiguousReference(NbModelError):
    """A reference that names several versions."""

    def __init__(self, text: str, candidates: Sequence[str]) -> None:
        self.candidates = tuple(candidates)
        super().__init__(
            f"{text!r} names {len(candidates)} versions: {', '.join(candidates)}.",
            "Write one of them in full.",
        )


class AlreadyExists(NbModelError):
    """A release, branch or stage move that is there already."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what, do)


# -- the registry and git ----------------------------------------------------


class RegistryNotFound(NbModelError):
    """No registry encloses the folder, and none was configured."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is no model registry in or above {path}.",
            "Commit a model to make one (%model_commit), or name one: %model_init PATH.",
        )


class GitUnavailable(NbModelError):
    """git is missing, or too old."""


class GitFailed(NbModelError):
    """git refused, for a reason nbmodel has no better words for."""


class ReferenceDamaged(GitFailed):
    """A branch, tag or notes reference that is there and cannot be read."""

    def __init__(self, ref: str, why: str) -> None:
        super().__init__(
            f"{ref} cannot be read: {why}.",
            "Nothing stands in for it: fetch it again from another clone, or restore it from a "
            "copy; %model_verify names all that is damaged.",
        )
        self.ref = ref


class ReferenceGone(NbModelError):
    """A stage tag that was there at the last look, and that nobody is known to have deleted."""

    def __init__(self, ref: str, when: str, oid: str, do: str) -> None:
        super().__init__(
            f"{ref} was there at {when} and is gone.",
            f"If it was lost: git update-ref '{ref}' {oid}. {do}",
        )
        self.ref = ref


class ReferencesInDoubt(NbModelError):
    """References that cannot be read, or may be lost: nobody knows what of theirs is in use."""

    def __init__(self, why: str, do: str) -> None:
        super().__init__(f"Nothing was removed: {why}.", do)


class ReadOnlyRegistry(NbModelError):
    """A change was asked of a registry opened read-only, or whose files lie elsewhere."""

    def __init__(self, verb: str, link: str = "") -> None:
        if link:
            super().__init__(
                f"Cannot {verb}: {link}, and nbmodel writes nothing through links.",
                "Open the registry that it leads to: %model_init PATH.",
            )
            return
        super().__init__(
            f"Cannot {verb}: this registry is open read-only.",
            "Open it without read_only to change it.",
        )


class WriteFailed(NbModelError):
    """The disk did not take what was to be written; nothing was committed."""


class ReadFailed(NbModelError):
    """The system did not let a file be read that is there."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(
            f"Could not read {path}: {error.strerror}.",
            "Make it readable for you, or check the disk, and repeat.",
        )


class NotPlain(NbModelError):
    """A place of a repository that holds something else than a regular file or a folder."""

    def __init__(self, path: str, kind: str, do: str = "") -> None:
        self.path = path
        self.kind = kind
        super().__init__(
            f"{path} is {kind}: nbmodel neither opens nor follows it.",
            do or "Look where it comes from; put a plain file or folder in its place.",
        )


class TooLarge(NbModelError):
    """A file of a version, or a note, beyond the size that nbmodel writes and reads."""


class GitTimedOut(GitFailed):
    """A git that did not answer in time; it was ended."""

    def __init__(self, command: str, seconds: float, where: str = "") -> None:
        place = f" in {where}" if where else ""
        super().__init__(
            f"git {command} did not answer within {seconds:g} seconds{place} and was ended.",
            "Look for what it waits for there: a disk of the network, a named pipe among its "
            "files. If it only needs longer: NBMODEL_GIT_TIMEOUT=SECONDS.",
        )


class LostRace(NbModelError):
    """Other writers moved the branch before every retry."""


class Locked(LostRace):
    """A lock file stands in the way, and nobody can say that its process is gone."""

    def __init__(self, ref: str, path: str, age_s: float, wait_s: float) -> None:
        again = f"repeat in {wait_s:.0f} s" if wait_s >= 1 else "run %model_verify, and repeat"
        super().__init__(
            f"{ref} is locked: {path} has stood for {max(age_s, 0):.0f} s.",
            f"Another git may be at work: {again}. A lock that nothing holds is removed then.",
        )


# -- payloads ----------------------------------------------------------------


class NotPicklable(NbModelError):
    """An object, or a part of it, has no pickled form."""

    def __init__(self, path: str, kind: str, why: str, do: str = "") -> None:
        self.path = path
        super().__init__(
            f"{path} cannot be stored: {kind} cannot be pickled ({why}).",
            do or "Remove or replace that part before the commit, or give its class a __reduce__.",
        )


class NotLoadable(NbModelError):
    """An object, or a part of it, that can be pickled but not put together again."""

    def __init__(self, path: str, kind: str, why: str, do: str = "") -> None:
        self.path = path
        super().__init__(
            f"{path} could not be loaded again: {kind} refuses what was stored of it ({why}). "
            "Nothing was committed.",
            do
            or "Let its class take that back (__init__ with defaults, __setstate__ or __reduce__), "
            "then make the object anew and commit.",
        )


class ManifestInvalid(NbModelError):
    """A manifest that nbmodel did not write, or that was damaged."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The manifest of {where} is not valid: {why}.",
            "Fetch the version again, or check the repository with %model_verify.",
        )
        self.reason = why


class NotRecordable(NbModelError):
    """A new version whose metadata could not be read again."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"{where} was not committed: its metadata could not be read again ({why}).",
            "This is a defect of nbmodel: please report it with the class of the object. Until "
            "then leave out what was recorded last (metrics, parameters, data), or the attribute.",
        )


class ManifestTooNew(NbModelError):
    """A manifest of a format this release does not know."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f"{where} is in format {found}; this nbmodel reads up to format {known}.",
            "Upgrade nbmodel: pip install -U nbmodel.",
        )


class SegmentMissing(NbModelError):
    """A segment of the payload is not in this clone."""

    def __init__(self, oid: str, where: str) -> None:
        self.oid = oid
        super().__init__(
            f"Segment {oid[:12]} of {where} is not in this clone.",
            "Fetch it: git lfs fetch --all origin models/MODEL/BRANCH, or the version's tag there.",
        )


class SegmentDamaged(NbModelError):
    """Bytes on disk are not the bytes that were committed."""

    def __init__(
        self, oid: str, where: str, shared_with: Sequence[str] = (), path: str = ""
    ) -> None:
        self.oid, self.path = oid, path
        also = f" It is also part of {', '.join(shared_with)}." if shared_with else ""
        file = path or "that file (git lfs env names the folder, LocalMediaDir)"
        super().__init__(
            f"Segment {oid[:12]} of {where} is damaged: its digest does not match.{also}",
            f"Remove {file}, and fetch it again: git lfs fetch --all.",
        )


class SkeletonInvalid(NbModelError):
    """A skeleton that is not a complete pickle."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The skeleton is not a complete pickle: it asks for {why}.",
            "Fetch the version again, or check the repository with %model_verify.",
        )


class ModuleLost(NbModelError):
    """A module that a version needs, and neither carries nor finds here."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"The module {name!r} is needed, and is neither installed here nor in the version.",
            "Install the distribution that brings it, or put its file beside the notebook.",
        )


class LoadFailed(NbModelError):
    """An object that cannot be put together here: its own code, or a package, refused."""


class Untrusted(NbModelError):
    """Loading somebody else's model would run code that nobody vouched for."""

    def __init__(self, where: str, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        shown = "; ".join(self.findings[:6])
        more = f"; and {len(self.findings) - 6} more" if len(self.findings) > 6 else ""
        super().__init__(
            f"{where} was not committed by you on this machine, and it asks for {shown}{more}.",
            f"Read its cells and modules ({_reading(where)}). If you trust who made "
            "it, load it with --trust (Python: trust=True).",
        )


def _reading(where: str) -> str:
    """How to read the code of a version: of a folder, its files."""
    is_reference = "@" in where and not where.startswith(("/", ".", "~"))
    return f"%model_show {where} --cells --modules" if is_reference else f"in {where}"


# -- what users type ---------------------------------------------------------


class VariableNotFound(NbModelError):
    """A name that the notebook does not define."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"The notebook has no variable {name!r}.",
            did_you_mean(name, known) or "Define it, or run the cell that does.",
        )


class InvalidValue(NbModelError):
    """An argument whose value makes no sense; the text says which and why."""


class InvalidQuery(NbModelError):
    """A search expression that does not parse."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"Cannot search for {text!r}: {why}.",
            'Write words, or conditions: metrics.auc > 0.9 and stage = prod and name ~ "churn".',
        )


class ExtraMissing(NbModelError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed.",
            f'Install it: pip install "nbmodel[{extra}]".',
        )


# -- serving -----------------------------------------------------------------


class InvalidInput(NbModelError):
    """A request that does not bring what the version takes."""


class MethodMissing(NbModelError):
    """A method that a served model does not have."""

    def __init__(self, method: str, where: str, known: Sequence[str]) -> None:
        super().__init__(
            f"{where} has no method {method!r:.60}.", f"It has {', '.join(known) or 'none'}."
        )


class ScoringFailed(NbModelError):
    """The model itself refused the rows."""

    def __init__(self, where: str, why: str, do: str = "") -> None:
        super().__init__(f"{where} refused these rows: {why}.", do)


class WrongRows(NbModelError):
    """A model answered with another number of rows than it was asked for."""

    def __init__(self, name: str, answered: int, asked: int) -> None:
        super().__init__(
            f"{name} answered {answered} rows to {asked}.",
            "The model takes its input in another form: commit it again with --data, the very "
            "data that it was fitted on.",
        )


class AnswersDiffer(NbModelError):
    """A version does not answer its acceptance rows as it did when it was committed."""

    def __init__(self, where: str, differences: Sequence[str]) -> None:
        shown = "; ".join(differences[:3])
        more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
        super().__init__(
            f"{where} does not answer its acceptance rows as it did at commit: {shown}{more}.",
            "Install the packages of its requirements.txt. To serve it all the same: "
            "--accept-differences.",
        )


class Overloaded(NbModelError):
    """More waits than the server takes."""

    def __init__(self, waiting: int, what: str = "rows") -> None:
        super().__init__(f"{waiting} {what} wait already.", "Repeat in a second.")


class WorkerFailed(NbModelError):
    """A worker of a server that could not begin; it says why."""


class ServerFailed(NbModelError):
    """A server that did not start, or did not answer."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"The server of {what} failed: {why}", "Mend that, and start it again.")
