"""The grammar of references: pure functions between text and records.

``NAME[:BRANCH][@SELECTOR][~N]``, where SELECTOR is ``latest``, a number, a release (``v1.2.0``), a
commit id of at least 7 hex digits or a stage. ``NAME#STAGE`` also names a stage, and is the only
form for a stage whose name reads as another selector. Also the names of nbmodel's refs in git, and
GTO's grammar of tags (gto 1.x).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from nbmodel.errors import InvalidName, InvalidReference, InvalidValue

DEFAULT_BRANCH = "main"
NOTES_REF = "refs/notes/nbmodel"
BRANCH_PREFIX = "refs/heads/models/"
TAG_PREFIX = "refs/tags/"
TRASH_PREFIX = "refs/nbmodel/trash/"
WHOLE_MODEL = "@model"  # in the trash, where a branch has its name
TRASH_DAYS = 30.0  # how long the trash keeps something by default

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?"
_NUMBER = r"0|[1-9][0-9]{0,8}"
# From SemVer 2.0.0, "Is there a suggested regular expression". There, and in gto, a numeric
# identifier has no leading zero.
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = (
    rf"v(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<pre>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_NAME_RE = re.compile(_NAME, re.ASCII)
_SEMVER_RE = re.compile(_SEMVER, re.ASCII)
_COMMIT_RE = re.compile(r"[0-9a-f]{7,40}", re.ASCII)
_REFERENCE_RE = re.compile(
    rf"(?P<model>{_NAME})(?::(?P<branch>{_NAME}))?"
    r"(?:@(?P<selector>[^@#~:\s]+)|#(?P<stage>[^@#~:\s]+))?(?:~(?P<back>[0-9]{1,9}))?",
    re.ASCII,
)
# What `@` reads as another selector, in either case: a number, a version, a commit id, and two
# words of GTO.
RESERVED_STAGE = r"(?i:latest|created|deprecated|v?[0-9]+(?:[._-][0-9]+)*|[0-9a-f]{7,})"
_RESERVED_RE = re.compile(RESERVED_STAGE, re.ASCII)
_RELEASE_TAG_RE = re.compile(rf"(?P<model>{_NAME})@(?P<version>{_SEMVER})", re.ASCII)
_RELEASE_END_RE = re.compile(
    rf"(?P<model>{_NAME})@(?P<version>{_SEMVER})!(?:#{_NUMBER})?", re.ASCII
)
_STAGE_TAG_RE = re.compile(
    rf"(?P<model>{_NAME})#(?P<stage>{_NAME})(?P<removed>!?)#(?P<counter>[1-9][0-9]{{0,8}})",
    re.ASCII,
)
_BRANCH_REF_RE = re.compile(rf"{BRANCH_PREFIX}(?P<model>{_NAME})/(?P<branch>{_NAME})", re.ASCII)
_TRASH_REF_RE = re.compile(
    rf"{TRASH_PREFIX}(?P<stamp>[0-9]{{8}}T[0-9]{{6}}Z)/(?P<model>{_NAME})"
    rf"/(?P<branch>{_NAME}|{WHOLE_MODEL})",
    re.ASCII,
)
_STAMP = "%Y%m%dT%H%M%SZ"

SelectorKind = Literal["latest", "number", "release", "commit", "stage"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference. `kind` says what `value` is."""

    model: str
    branch: str = ""
    kind: SelectorKind = "latest"
    value: str = ""
    back: int = 0

    def __str__(self) -> str:
        line = f"{self.model}:{self.branch}" if self.branch else self.model
        tail = f"~{self.back}" if self.back else ""
        if self.kind == "stage":
            return stage_reference(line, self.value) + tail
        selector = self.value or self.kind
        return f"{line}@{selector}{tail}"


def check_name(kind: str, name: str) -> str:
    """Return `name` if it fits the grammar; otherwise raise `InvalidName`."""
    if not _NAME_RE.fullmatch(name):
        raise InvalidName(kind, name)
    return name


def is_reserved(stage: str) -> bool:
    """Whether ``NAME@STAGE`` reads as another selector, so that a new stage cannot have the name.

    Examples
    --------
    >>> [is_reserved(name) for name in ("prod", "latest", "2024", "v2", "deadbeef")]
    [False, True, True, True, True]
    """
    return _RESERVED_RE.fullmatch(stage) is not None


def stage_reference(model: str, stage: str) -> str:
    """The reference of a stage: ``churn@prod``, and ``churn#v1`` for a reserved name."""
    return model + stage_selector(stage)


def stage_selector(stage: str) -> str:
    """The part of a reference that names a stage: ``@prod``, and ``#v1`` for a reserved name."""
    return f"{'#' if is_reserved(stage) else '@'}{stage}"


def parse(text: str) -> Reference:
    """Read a reference.

    Raises
    ------
    InvalidReference
        If `text` does not fit the grammar.
    """
    match = _REFERENCE_RE.fullmatch(text)
    if match is None:
        raise InvalidReference(text, _mistake(text))
    back = int(match["back"] or 0)
    branch = match["branch"] or ""
    kind: SelectorKind
    if (stage := match["stage"]) is not None:
        if not _NAME_RE.fullmatch(stage):
            raise InvalidReference(text, f"{stage!r} is not a stage name")
        kind, value = "stage", stage
    else:
        kind, value = _selector(text, match["selector"])
    if kind == "stage" and branch:
        raise InvalidReference(text, "a stage belongs to the model, not to a branch")
    return Reference(match["model"], branch, kind, value, back)


def _mistake(text: str) -> str:
    """Why a text is outside the grammar, in the words of the person who typed it."""
    model, slash, rest = text.partition("/")
    if slash and _NAME_RE.fullmatch(model) and _NAME_RE.fullmatch(rest):
        return f"write the stage as {model}@{rest}, or the branch as {model}:{rest}"
    return "it does not fit the grammar"


def _selector(text: str, selector: str | None) -> tuple[SelectorKind, str]:
    if selector is None or selector == "latest":
        return "latest", ""
    if re.fullmatch(r"[1-9][0-9]{0,5}", selector, re.ASCII):
        return "number", selector
    if _SEMVER_RE.fullmatch(selector):
        return "release", selector
    if _COMMIT_RE.fullmatch(selector):
        return "commit", selector
    if not is_reserved(selector) and _NAME_RE.fullmatch(selector):
        return "stage", selector
    raise InvalidReference(text, _mistaken_selector(selector))


def _mistaken_selector(selector: str) -> str:
    for meant, what in ((f"v{selector}", "a release"), (selector.lower(), "this selector")):
        if meant != selector and (_SEMVER_RE.fullmatch(meant) or _COMMIT_RE.fullmatch(meant)):
            return f"{what} is written @{meant}"
    return f"{selector!r} is neither latest, a number, a release, a commit id nor a stage"


def names_version(text: str) -> bool:
    """Whether a reference names one version by its number or commit id, and no label or branch.

    Raises
    ------
    InvalidReference
        If it names the latest version, or counts back: that may be another version in a moment.

    Examples
    --------
    >>> [names_version(text) for text in ("churn", "churn:exp", "churn@4", "churn@v1.0.0")]
    [False, False, True, False]
    """
    ref = parse(text)
    if ref.back or (ref.kind == "latest" and "@" in text):
        raise InvalidReference(text, "to purge a version, name its number, as in churn@7")
    return ref.kind in ("number", "commit")


def is_commit(text: str) -> bool:
    """Whether `text` is a commit id, complete or at least 7 digits long."""
    return _COMMIT_RE.fullmatch(text) is not None


# -- ages --------------------------------------------------------------------

_AGE_RE = re.compile(r"(?P<number>[0-9]{1,6}(?:\.[0-9]{1,3})?)(?P<unit>[dwy])", re.ASCII)
_UNIT_DAYS = {"d": 1.0, "w": 7.0, "y": 365.0}


def days_of(text: str) -> float:
    """Days of an age such as ``90d``, ``12w`` or ``1y``. A number alone could be anything.

    Raises
    ------
    ValueError
        If it is not an age.

    Examples
    --------
    >>> days_of("90d"), days_of("2w")
    (90.0, 14.0)
    """
    match = _AGE_RE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an age: write 90d, 12w or 1y")
    return float(match["number"]) * _UNIT_DAYS[match["unit"]]


# -- git refs ----------------------------------------------------------------


def branch_ref(model: str, branch: str = DEFAULT_BRANCH) -> str:
    """Full name of the git branch with the versions of a model's branch."""
    return f"{BRANCH_PREFIX}{check_name('model', model)}/{check_name('branch', branch)}"


def parse_branch_ref(ref: str) -> tuple[str, str] | None:
    """``(model, branch)`` of a full ref name, or None if it is not one of nbmodel."""
    match = _BRANCH_REF_RE.fullmatch(ref)
    return (match["model"], match["branch"]) if match else None


def trash_ref(model: str, branch: str, time: int) -> str:
    """Full name of the ref that keeps a deleted branch; without a branch, a deleted model.

    Examples
    --------
    >>> trash_ref("churn", "exp", 1_790_000_000)
    'refs/nbmodel/trash/20260921T141320Z/churn/exp'
    """
    stamp = datetime.fromtimestamp(time, UTC).strftime(_STAMP)
    return f"{TRASH_PREFIX}{stamp}/{check_name('model', model)}/{branch or WHOLE_MODEL}"


def parse_trash_ref(ref: str) -> tuple[str, str, int] | None:
    """``(model, branch, time)`` of a `trash_ref`, or None. The branch of a model is empty."""
    match = _TRASH_REF_RE.fullmatch(ref)
    if match is None:
        return None
    try:
        moment = datetime.strptime(match["stamp"], _STAMP).replace(tzinfo=UTC)
    except ValueError:  # such as the thirteenth month
        return None
    branch = match["branch"]
    return match["model"], "" if branch == WHOLE_MODEL else branch, int(moment.timestamp())


def parse_release_tag(tag: str) -> tuple[str, str] | None:
    """``(model, version)`` of ``churn@v1.2.0``, or None."""
    match = _RELEASE_TAG_RE.fullmatch(tag)
    return (match["model"], match["version"]) if match else None


def parse_release_end(tag: str) -> tuple[str, str] | None:
    """``(model, version)`` of ``churn@v1.2.0!``, the tag that ends a release, or None."""
    match = _RELEASE_END_RE.fullmatch(tag)
    return (match["model"], match["version"]) if match else None


def parse_stage_tag(tag: str) -> tuple[str, str, bool, int] | None:
    """``(model, stage, removed, counter)`` of ``churn#prod#3``, or None."""
    match = _STAGE_TAG_RE.fullmatch(tag)
    if match is None:
        return None
    return match["model"], match["stage"], bool(match["removed"]), int(match["counter"])


def is_label(tag: str) -> bool:
    """Whether the short name of a tag is that of a release, of its end, or of a stage move."""
    return any(parse(tag) for parse in (parse_release_tag, parse_release_end, parse_stage_tag))


def model_of(tag: str) -> str:
    """The model of a tag's short name: ``churn`` for ``churn@v1.0.0``."""
    return re.split("[@#]", tag, maxsplit=1)[0]


# -- semantic versions -------------------------------------------------------


def semver_key(version: str) -> tuple[object, ...]:
    """Sort key by SemVer 2.0.0 precedence (section 11). Build metadata is ignored.

    Raises
    ------
    InvalidValue
        If `version` is not ``vMAJOR.MINOR.PATCH[-pre][+build]``.
    """
    match = _SEMVER_RE.fullmatch(version)
    if match is None:
        raise InvalidValue(f"{version!r} is not a version.", "Write it like v1.2.0 (SemVer).")
    core = tuple(int(match[part]) for part in ("major", "minor", "patch"))
    if match["pre"] is None:
        return (*core, 1)
    # Numbers without leading zeros compare by length, then by digits, at any length.
    identifiers = tuple(
        (0, len(part), part) if part.isdecimal() else (1, 0, part)
        for part in match["pre"].split(".")
    )
    return (*core, 0, identifiers)


def bump(version: str | None, part: str) -> str:
    """The next release after `version`, or the first one if it is None.

    `part` is ``major``, ``minor`` or ``patch``.

    Raises
    ------
    InvalidValue
        If `version` or `part` is not valid, or a number would have more than nine digits.
    """
    match = _SEMVER_RE.fullmatch(version or "v0.0.0")
    if match is None or part not in ("major", "minor", "patch"):
        raise InvalidValue(f"Cannot bump {part!r} of {version!r}.", "Use major, minor or patch.")
    major, minor, patch = (int(match[p]) for p in ("major", "minor", "patch"))
    if part == "major":
        bumped = f"v{major + 1}.0.0"
    elif part == "minor":
        bumped = f"v{major}.{minor + 1}.0"
    else:
        # The patch of a prerelease is its release: v1.2.0-rc.1 -> v1.2.0 (as in `npm version`).
        bumped = f"v{major}.{minor}.{patch if match['pre'] else patch + 1}"
    if not _SEMVER_RE.fullmatch(bumped):
        raise InvalidValue(f"Cannot bump {part!r} of {version!r}.", "Name the version yourself.")
    return bumped
