"""Card: show or edit the model card of a version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import InvalidValue, VersionPurged
from nbmodel.provenance.card import custom_sections
from nbmodel.provenance.card.custom_sections import CustomSections
from nbmodel.records import VersionInfo
from nbmodel.repo.fast_import import FastImport
from nbmodel.versioning import purges
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.publish import (
    CARD,
    CARD_LIMIT,
    Proposal,
    branch_of,
    check_free,
    previous_card,
    publish,
)
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.sharing.fetching import absent
from nbmodel.versioning.sharing.needs import needed

MESSAGE = "Edit the model card"
_BOUND = frozenset({CARD, "model.json"})  # written again for each version


@dataclass(frozen=True, repr=False)
class CardResult(Result):
    """The model card of a version, shown or just edited.

    `exact` names the commit and its branch. An edit with this reference is refused if there is a
    newer version.
    """

    version: VersionInfo
    card: str
    exact: str
    state: Literal["shown", "edited", "unchanged"] = "shown"
    warnings: tuple[str, ...] = ()

    def text(self) -> str:
        """The card; after an edit, one line about the new version."""
        if self.state == "shown":
            return self.card
        return "\n".join([self._sentence(), *(f"  {w}" for w in self.warnings)])

    def html(self) -> str:
        """The same, with markup escaped."""
        if self.state == "shown":
            return f'<pre style="white-space:pre-wrap">{display.escaped(self.card)}</pre>'
        notes = (f'<div class="warn">{display.escaped(w)}</div>' for w in self.warnings)
        return f"<div>{display.escaped(self._sentence())}</div>{''.join(notes)}"

    def _sentence(self) -> str:
        if self.state == "unchanged":
            return f"{self.version.ref}  the card is the same; nothing was committed"
        return f"{self.version.ref}  {self.version.commit[:7]}  card edited; the model is unchanged"


def card(context: Context, reference: str) -> CardResult:
    """The model card of a version; empty if it has none.

    Raises
    ------
    NotFound, ManifestInvalid
    """
    parsed = refs.parse(reference)
    version = resolve(context, parsed)
    text = snapshots.read(context, version).text(context, CARD)
    return CardResult(version, text, _exact(version, branch_of(parsed, version)))


def edit_card(context: Context, reference: str, text: str, message: str = "") -> CardResult:
    """Commit the custom sections of a text as the card of a branch's next version.

    The new version has every file of the previous one. Only its card and the number in its
    manifest are new. It counts as the user's own only if the previous version did: an edit of the
    card of another person's model does not make its bytes trusted.

    Parameters
    ----------
    context : Context
    reference : str
        The latest version of its branch.
    text : str
        A card. The sections that nbmodel generates are replaced.
    message : str

    Raises
    ------
    InvalidValue
        If the version is not the latest of its branch, or a part of the text is not valid.
    ReadOnlyRegistry, NotFound, AlreadyExists, LostRace, WriteFailed
    """
    context.require_writable("edit a model card")
    reading = _checked(text)
    parsed = refs.parse(reference)
    version = resolve(context, parsed)
    branch = branch_of(parsed, version)
    ref = refs.branch_ref(version.model, branch)
    check_free(context, ref)
    before = _own_words(context, version)
    _require_latest(context, reference, version, branch)
    warnings = _rewritten(context, version, reading)
    if reading.own == before:
        result = card(context, _exact(version, branch))
        return replace(result, state="unchanged", warnings=warnings)

    def propose() -> Proposal:
        tip = resolve(context, f"{version.model}:{branch}")
        # A version that was committed meanwhile gets the sections too. Another edit is kept.
        if tip.commit != version.commit and _own_words(context, tip) != before:
            raise _not_latest(version.ref, tip)
        _require_kept(context, tip)
        return _proposal(context, tip, branch, text)

    # Until the branch has moved, nobody purges the segments that the new version shares.
    with context.store.writing(), FastImport(context.git) as importing:
        published = publish(context, ref, message.strip() or MESSAGE, propose, importing)
    news = (*context.news(), *published.warnings, *warnings)
    exact = _exact(published.version, branch)
    return CardResult(published.version, published.card, exact, "edited", news)


def _require_kept(context: Context, tip: VersionInfo) -> None:
    """Refuse to repeat a payload that was purged: the new version could not be loaded.

    Raises
    ------
    VersionPurged
    """
    purge = purges.first_of(context, tip.commit)
    if purge is None:
        return
    for item in absent(context, needed(context.git, [tip.commit], history=False)):
        raise VersionPurged(item.sha256, tip.ref, purge.sentence)


def _exact(version: VersionInfo, branch: str) -> str:
    return f"{version.model}:{branch}@{version.commit}"


def _proposal(context: Context, tip: VersionInfo, branch: str, text: str) -> Proposal:
    snapshot = snapshots.read(context, tip)
    files = {
        path: snapshot.tree.read(context.git, path) or b""
        for path in snapshot.tree.blobs
        if path not in _BOUND
    }
    own = context.trusted_commits.has(snapshot.raw_manifest)
    return Proposal(
        draft=replace(snapshot.manifest, branch=branch),
        parents=(tip,),
        files=files,
        card=text,
        own=own,
    )


def _checked(text: str) -> custom_sections.ParsedCard:
    if len(text.encode(errors="replace")) > CARD_LIMIT // 2:
        raise InvalidValue(
            f"The card has {len(text):,} characters.", "Keep it below half a megabyte."
        )
    reading = custom_sections.parse_card(text)
    if reading.faults:
        raise InvalidValue(
            f"The card cannot be kept: {'; '.join(reading.faults)}.",
            "Write the front matter as 'key: value' lines, and end every code block.",
        )
    return reading


def _own_words(context: Context, version: VersionInfo) -> CustomSections:
    return custom_sections.parse_card(previous_card(context, version)[0]).own


def _rewritten(
    context: Context, version: VersionInfo, edited: custom_sections.ParsedCard
) -> tuple[str, ...]:
    """A warning if a generated part was edited."""
    before = custom_sections.parse_card(previous_card(context, version)[0])
    if set(edited.generated) <= {*before.generated, ""}:
        return ()
    return (
        "Title, Metrics, Parameters, Signature, Figures and files, Load it and the front matter's "
        f"{', '.join(sorted(custom_sections.GENERATED_KEYS))} are written for each version: "
        "changes in them were not kept.",
    )


def _require_latest(context: Context, reference: str, version: VersionInfo, branch: str) -> None:
    tip = resolve(context, f"{version.model}:{branch}")
    if tip.commit != version.commit:
        raise _not_latest(reference, tip)


def _not_latest(reference: str, tip: VersionInfo) -> InvalidValue:
    return InvalidValue(
        f"{reference} is not the latest version of its branch: that is {tip.ref}.",
        f"Edit the card of {tip.ref}. Later versions keep your sections.",
    )
