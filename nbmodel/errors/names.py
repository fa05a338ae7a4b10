"""Errors of names and references: one that is not valid, or that nothing has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.errors.base import NbModelError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


MAX_NAME_LENGTH = 64  # characters


class InvalidName(NbModelError):
    """A model, branch, stage or tag name that the grammar does not allow."""

    def __init__(self, kind: str, name: str) -> None:
        length = f": it has {len(name)} characters" if len(name) > MAX_NAME_LENGTH else ""
        super().__init__(
            f"{name!r} is not a {kind} name{length}.",
            "Use 1 to 64 ASCII letters, digits, '-' or '_'. "
            "Begin and end with a letter or a digit.",
        )


class NameTaken(NbModelError):
    """A name that differs from an existing one only in case."""

    def __init__(self, name: str, existing: str) -> None:
        super().__init__(
            f"{name!r} and the existing model {existing!r} differ only in case.",
            f"Commit to {existing!r}, or choose another name. Some file systems cannot hold both.",
        )


class ReservedName(InvalidName):
    """A new stage whose name a reference reads as another selector."""

    def __init__(self, stage: str) -> None:
        NbModelError.__init__(
            self,
            f"{stage!r} cannot be the name of a stage: NAME@{stage} reads as latest, a number, a "
            "release or a commit id.",
            "Use a word such as prod, or give the number: %model_release NAME@1 v1.0.0.",
        )


class StageTaken(NbModelError):
    """A new stage whose name differs from an existing one only in case."""

    def __init__(self, stage: str, existing: str, model: str) -> None:
        super().__init__(
            f"The stage {stage!r} and the stage {existing!r} of {model} differ only in case.",
            f"Use {existing!r}, or choose another name.",
        )


class NewStage(NbModelError):
    """A stage that no version of the registry has had: it may be a slip."""

    def __init__(self, stage: str, similar: Iterable[str]) -> None:
        close = " or ".join(similar)
        question = f" Did you mean {close}?" if close else ""
        super().__init__(
            f"{stage!r} is a new stage: no version of this registry has had it.{question}",
            "If it is not a slip, add --new-stage (in Python: new_stage=True).",
        )


class InvalidReference(NbModelError):
    """A reference that cannot be parsed."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"{text!r} is not a reference: {why}.",
            "Write NAME[:BRANCH][@latest | @7 | @v1.2.0 | @3f9c2ab | @STAGE][~N].",
        )


class NotFound(NbModelError):
    """A model, branch, version, release or stage that is not in the registry."""

    def __init__(
        self, kind: str, name: str, where: str, known_names: Iterable[str] = (), *, what: str = ""
    ) -> None:
        known_names = list(known_names)
        hint = did_you_mean(name, known_names)
        if not hint and known_names:
            listing = ", ".join(known_names[:8]) + (", ..." if len(known_names) > 8 else "")
            hint = f"Available: {listing}."
        super().__init__(what or f"There is no {kind} {name!r} in {where}.", hint)


class OnlyAtRemote(NotFound):
    """A model's branch that a remote has, and this clone has not."""

    def __init__(self, model: str, names: Sequence[str], hint: str) -> None:
        NbModelError.__init__(
            self, f"{model} has no branch in this clone. The remote has {', '.join(names)}.", hint
        )


class InTrash(NotFound):
    """A model or a branch that was deleted, and that can be restored."""

    def __init__(self, name: str, deleted: str) -> None:
        NbModelError.__init__(
            self, f"{name} was deleted {deleted}.", f"Restore it: %model_restore {name}"
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
    """A release, a branch or an alert that exists already, and is not the wanted one."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint)
