"""The grammar of references: any text parses and reads back, or is refused with a reason."""

import json
import re
import string
import subprocess
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from gto.tag import parse_name
from hypothesis import example, given
from hypothesis import strategies as st

from nbmodel import refs
from nbmodel.errors import InvalidName, InvalidReference, InvalidValue
from nbmodel.refs import Reference

_EDGE = string.ascii_letters + string.digits
NAMES = st.builds(
    lambda first, middle, last: first + middle + last,
    st.sampled_from(_EDGE),
    st.text(_EDGE + "-_", max_size=62),
    st.sampled_from(_EDGE),
) | st.sampled_from(_EDGE)
NUMBERS = st.integers(0, 999_999_999)
ALPHANUMERIC = st.from_regex(r"[0-9]{0,3}[A-Za-z-][0-9A-Za-z-]{0,4}", fullmatch=True)
PRERELEASES = st.lists(NUMBERS.map(str) | ALPHANUMERIC, max_size=3).map(".".join)
BUILDS = st.lists(st.text(_EDGE + "-", min_size=1, max_size=5), max_size=3).map(".".join)
VERSIONS = st.builds(
    lambda core, pre, build: (
        "v" + ".".join(map(str, core)) + (f"-{pre}" if pre else "") + (f"+{build}" if build else "")
    ),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    PRERELEASES,
    BUILDS,
)
BACKS = st.integers(0, 999_999_999)
BRANCHES = st.just("") | NAMES
REFERENCES = st.one_of(
    st.builds(Reference, NAMES, BRANCHES, back=BACKS),
    st.builds(
        Reference, NAMES, BRANCHES, st.just("number"), st.integers(1, 999_999).map(str), BACKS
    ),
    st.builds(Reference, NAMES, BRANCHES, st.just("release"), VERSIONS, BACKS),
    st.builds(
        Reference,
        NAMES,
        BRANCHES,
        st.just("commit"),
        st.text("0123456789abcdef", min_size=7, max_size=40),
        BACKS,
    ),
    st.builds(Reference, NAMES, st.just(""), st.just("stage"), NAMES, BACKS),
)
# Text that is nearly a reference finds more than text at large.
NEARLY = st.lists(
    st.sampled_from([*"@#~:.-+!v017afzZ \n\0/\\", "latest", "v1.2.0", "churn", "é", "٣", "🜁"])
    | st.characters(),
    max_size=12,
).map("".join)


# -- references --------------------------------------------------------------


@given(REFERENCES)
def test_a_reference_reads_back(reference):
    assert refs.parse(str(reference)) == reference


@given(st.text() | NEARLY)
@example("churn@v1.0.0-" + "9" * 5000)
@example("churn@" + "9" * 5000)
@example("churn~" + "9" * 5000)
def test_any_text_parses_or_is_refused_by_our_own_error(text):
    # Anything else that is raised fails the test.
    with suppress(InvalidReference):
        reference = refs.parse(text)
        assert refs.parse(str(reference)) == reference


def test_a_refusal_quotes_the_text_and_shows_the_grammar():
    with pytest.raises(InvalidReference, match="'ch urn'") as caught:
        refs.parse("ch urn")
    assert "NAME[:BRANCH]" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("churn", Reference("churn")),
        ("churn@latest", Reference("churn")),
        ("churn@7", Reference("churn", "", "number", "7")),
        ("churn:exp@latest~1", Reference("churn", "exp", back=1)),
        ("churn#prod", Reference("churn", "", "stage", "prod")),
        ("churn@v1.2.0", Reference("churn", "", "release", "v1.2.0")),
        ("churn@3f9c2ab", Reference("churn", "", "commit", "3f9c2ab")),
        ("churn@1234567", Reference("churn", "", "commit", "1234567")),
        ("churn~0", Reference("churn")),
    ],
)
def test_the_grammar_by_its_own_examples(text, expected):
    assert refs.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "@7", "#prod", "churn@", "churn#", "churn:", "churn~", "churn@0", "churn@07",
        "churn@v1.2", "churn@v01.2.3", "churn@3F9C2AB", "churn@Latest",
        "churn:exp#prod", "churn@7#prod", "churn@7@8", "churn ~1", "churn\n", "churn@7\n",
        "churn@latest~-1", "churn~1~1", "-churn", "churn-", "_churn", "--upload-pack=x",
        "chürn", "churn@٣", "../churn", "a" * 65, "churn:" + "b" * 65, "churn@" + "a" * 41,
    ],
)  # fmt: skip
def test_references_outside_the_grammar_are_refused(text):
    with pytest.raises(InvalidReference, match="is not a reference"):
        refs.parse(text)


LONG = 100_000
_FILLINGS = [
    "a", "-", "_", "0", "9", "a-", "a_", "-a", "a.", "0.", "1.1-", "v1.0.0-", "v1.0.0-a.", "+a",
    "@", "#", "~", ":", "a@", "a:", " ", "\n", "é", "a!", "#a", "~1", "a#b#1",
]  # fmt: skip
_HEADS = ["", "churn@", "churn@v1.0.0-", "churn@v1.0.0+", "churn#", "churn#prod#", "churn~",
          "churn:", "refs/heads/models/", "refs/heads/models/churn/", "v1.0.0-", "v"]  # fmt: skip


def takes_long(read, text) -> bool:
    """Whether reading needs over 100 ms of this process's time, thrice: once may be chance."""
    for _ in range(3):
        begin = time.process_time()
        with suppress(InvalidReference, InvalidValue, InvalidName):
            read(text)
        if time.process_time() - begin < 0.1:
            return False
    return True


def test_long_texts_are_parsed_fast():
    """A regular expression that backtracks without end would need hours, not milliseconds."""
    readers = (
        refs.parse, refs.semver_key, refs.parse_branch_ref, refs.parse_release_tag,
        refs.parse_stage_tag, partial(refs.check_name, "model"),
    )  # fmt: skip
    slow = [
        (read, head, filling, tail)
        for head in _HEADS
        for filling in _FILLINGS
        for tail in ("", "!", "\n", "@")
        for read in readers
        if takes_long(read, head + filling * (LONG // len(filling)) + tail)
    ]
    assert slow == []


# -- names -------------------------------------------------------------------


@given(NAMES)
def test_valid_names_are_accepted(name):
    assert refs.check_name("model", name) == name


@given(st.text(max_size=70) | NEARLY)
def test_a_name_passes_only_in_the_grammar(name):
    fits = (
        0 < len(name) <= 64
        and set(name) <= set(_EDGE + "-_")
        and name[0] in _EDGE
        and name[-1] in _EDGE
    )
    if fits:
        assert refs.check_name("model", name) == name
    else:
        with pytest.raises(InvalidName, match="is not a model name"):
            refs.check_name("model", name)


def test_a_name_that_is_too_long_is_refused_with_its_length():
    with pytest.raises(InvalidName, match="is not a stage name: it has 65 characters"):
        refs.check_name("stage", "a" * 65)


def test_git_accepts_every_ref_made_of_names_that_pass():
    names = [*_EDGE, *(a + b + c for a in "aZ0" for b in "-_x9" for c in "aZ0"), "a" * 64, "HEAD"]
    names += ["con", "lock", "heads", "refs", "main", "a--b", "a__b", "0x-0"]
    for name in names:
        refs.check_name("model", name)
    ours = [refs.branch_ref(name, name) for name in names]
    ours += [f"refs/tags/{name}@v1.0.0-rc.1+build-{name}" for name in names]
    ours += [f"refs/tags/{name}#{name}#3" for name in names]
    ours += [f"refs/tags/{name}#{name}!#3" for name in names]
    for ref in ours:
        subprocess.run(["git", "check-ref-format", ref], check=True)


@given(st.text(min_size=1, max_size=12) | NEARLY)
@example("a..b")
@example("a.lock")
@example("@")
@example("a@{1}")
@example("a\x7fb")
@example("-a")
def test_a_name_that_git_refuses_never_passes(name):
    # The rules of git-check-ref-format(1), 1 to 9, for one path component.
    refused = (
        name.startswith((".", "-"))
        or name.endswith((".lock", "."))
        or any(bad in name for bad in ("/", "..", "@{", "\\"))
        or re.search(r"[\x00-\x20\x7f~^:?*\[]", name)
        or name == "@"
    )
    if refused:
        with pytest.raises(InvalidName):
            refs.check_name("branch", name)
        with pytest.raises(InvalidName):
            refs.branch_ref("churn", name)
        with pytest.raises(InvalidName):
            refs.branch_ref(name)
    assert refs.parse_branch_ref(f"{refs.BRANCH_PREFIX}churn/{name}") in (None, ("churn", name))


@given(NAMES, NAMES)
def test_branch_refs_read_back(model, branch):
    assert refs.parse_branch_ref(refs.branch_ref(model, branch)) == (model, branch)


@pytest.mark.parametrize(
    "ref",
    [
        "refs/heads/main", "refs/heads/models/churn", "refs/heads/models/churn/main/x",
        "refs/heads/models//main", "refs/heads/models/churn/main\n", "refs/tags/models/churn/main",
        "refs/heads/models/ch urn/main", "refs/heads/models/<img/src=x>", "",
    ],
)  # fmt: skip
def test_other_refs_are_not_branches_of_models(ref):
    assert refs.parse_branch_ref(ref) is None


# -- GTO's tags --------------------------------------------------------------


@given(NAMES, VERSIONS)
def test_gto_reads_our_release_tags_as_we_do(model, version):
    tag = f"{model}@{version}"
    assert refs.parse_release_tag(tag) == (model, version)
    assert refs.parse_stage_tag(tag) is None
    assert parse_name(tag)["name"] == model
    assert parse_name(tag)["version"] == version


@given(NAMES, NAMES, st.booleans(), st.integers(1, 999_999_999))
def test_gto_reads_our_stage_tags_as_we_do(model, stage, removed, counter):
    tag = f"{model}#{stage}{'!' if removed else ''}#{counter}"
    assert refs.parse_stage_tag(tag) == (model, stage, removed, counter)
    assert refs.parse_release_tag(tag) is None
    theirs = parse_name(tag)
    assert (theirs["name"], theirs["stage"], theirs["counter"]) == (model, stage, counter)
    assert theirs["action"].value == ("unassign" if removed else "assign")


@given(NEARLY | st.text(max_size=20))
@example("churn@v1.0.0-01")
@example("churn@v1.0.0-1.00")
@example("churn@v1.0.0-")
@example("churn@v1.0.0-a..b")
@example("churn@v1.0.0\n")
@example("churn#prod#1\n")
@example("churn#prod#0")
@example("churn@v1.0.0!")
def test_a_tag_that_we_read_is_one_that_gto_reads(tag):
    if refs.parse_release_tag(tag) or refs.parse_stage_tag(tag):
        assert parse_name(tag, raise_on_fail=False)
        assert "\n" not in tag


# -- semantic versions -------------------------------------------------------


def test_precedence_is_that_of_the_specification():
    # https://semver.org/spec/v2.0.0.html, section 11, points 2 and 4.4
    by_core = ["v1.0.0", "v2.0.0", "v2.1.0", "v2.1.1"]
    by_prerelease = [
        "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2",
        "v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0",
    ]  # fmt: skip
    for rising in (by_core, by_prerelease):
        keys = [refs.semver_key(version) for version in rising]
        assert keys == sorted(keys)
        assert len(set(keys)) == len(keys)


def test_build_metadata_has_no_precedence():
    assert refs.semver_key("v1.0.0+a") == refs.semver_key("v1.0.0+b") == refs.semver_key("v1.0.0")


@given(VERSIONS, VERSIONS)
def test_any_two_versions_can_be_compared(item, other):
    a, b = refs.semver_key(item), refs.semver_key(other)
    assert (a < b) + (a == b) + (a > b) == 1


def test_a_prerelease_number_of_any_length_compares_as_a_number():
    small, large = f"v1.0.0-{'9' * 6000}", f"v1.0.0-1{'0' * 6000}"
    assert refs.semver_key(small) < refs.semver_key(large) < refs.semver_key("v1.0.0-a")


@pytest.mark.parametrize(
    "version", ["1.0.0", "v1.0", "v1.0.0.0", "v01.0.0", "v1.0.0-", "v1.0.0-01", "v1.0.0+", "", "v"]
)
def test_a_text_that_is_not_a_version_is_refused(version):
    with pytest.raises(InvalidValue, match="is not a version"):
        refs.semver_key(version)


@pytest.mark.parametrize(
    ("version", "part", "expected"),
    [
        (None, "major", "v1.0.0"),
        (None, "minor", "v0.1.0"),
        (None, "patch", "v0.0.1"),
        ("v1.2.3", "major", "v2.0.0"),
        ("v1.2.3", "minor", "v1.3.0"),
        ("v1.2.3", "patch", "v1.2.4"),
        ("v1.2.3+build.7", "patch", "v1.2.4"),
        ("v1.2.0-rc.1", "patch", "v1.2.0"),
    ],
)
def test_bump_gives_the_next_release(version, part, expected):
    assert refs.bump(version, part) == expected


@given(VERSIONS, st.sampled_from(["major", "minor", "patch"]))
def test_a_bump_is_a_higher_release_or_refused(version, part):
    numbers = [int(n) for n in re.findall(r"\d+", version.partition("-")[0])[:3]]
    try:
        bumped = refs.bump(version, part)
    except InvalidValue:
        assert 999_999_999 in numbers
    else:
        assert refs.semver_key(bumped) > refs.semver_key(version)
        assert refs.parse_release_tag(f"churn@{bumped}") == ("churn", bumped)


@pytest.mark.parametrize(
    ("version", "part"), [("v1.2.3", "huge"), ("1.2.3", "major"), ("v1.2.3", ""), ("vx", "patch")]
)
def test_an_invalid_bump_is_refused(version, part):
    with pytest.raises(InvalidValue, match="Cannot bump"):
        refs.bump(version, part)


# -- cases that the front end reads too -----------------------------------------

CASES = json.loads((Path(__file__).parent / "data" / "reference_cases.json").read_text())


@pytest.mark.parametrize(("text", "model", "branch", "kind", "value"), CASES["parsed"])
def test_a_reference_has_these_parts(text, model, branch, kind, value):
    reference = refs.parse(text)
    assert (reference.model, reference.branch, reference.kind) == (model, branch, kind)
    assert reference.value == value


@pytest.mark.parametrize(("stage", "reference"), CASES["printed"])
def test_a_stage_is_printed_so_that_it_reads_back(stage, reference):
    assert refs.stage_reference("churn", stage) == reference
    assert refs.parse(reference) == Reference("churn", "", "stage", stage)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("churn/prod", "write the stage as churn@prod, or the branch as churn:prod"),
        ("churn@1.0.0", "a release is written @v1.0.0"),
        ("churn@3F9C2AB", "this selector is written @3f9c2ab"),
        ("churn:exp@prod", "a stage belongs to the model, not to a branch"),
        ("churn@V1", "nor a stage"),
    ],
)
def test_a_refusal_names_the_mistake(text, why):
    with pytest.raises(InvalidReference, match=re.escape(why)):
        refs.parse(text)
