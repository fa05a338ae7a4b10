"""The manifest: one canonical form, every field, and nothing unknown."""

import copy
import json
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbmodel.errors import InvalidValue, ManifestInvalid, ManifestTooNew, NbModelError
from nbmodel.manifest import (
    FORMAT,
    MAX_BUFFERS,
    MAX_SEGMENT_BYTES,
    Manifest,
    default_params,
    dumps,
    loads,
)
from nbmodel.records import (
    ArrayNote,
    Attachment,
    Code,
    Column,
    Module,
    Payload,
    Placement,
    Segment,
    Signature,
    Use,
)

DATA = Path(__file__).parent / "data"
SAMPLES = {n: DATA / f"manifest-format-{n}.json" for n in range(1, FORMAT + 1)}
SAMPLE = SAMPLES[FORMAT]

NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,6}[A-Za-z0-9])?", fullmatch=True)
# Any text of Python but a high surrogate beside a low one, which is another spelling of a character
TEXTS = st.text(st.characters(exclude_categories=()), max_size=8).filter(
    lambda text: text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
)
KEYS = TEXTS
FLOATS = st.floats() | st.integers() | st.just(10**4000)
SCALARS = st.none() | st.booleans() | FLOATS | TEXTS
NATURALS = st.integers(0, 1 << 64)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
SEGMENTS = st.builds(Segment, HEX, HEX, st.integers(0, MAX_SEGMENT_BYTES))
SIZES = st.integers(-(1 << 20), 1 << 20)
COLUMNS = st.builds(Column, TEXTS, TEXTS, st.lists(SIZES, max_size=3).map(tuple))
NOTES = st.builds(
    ArrayNote,
    TEXTS,
    st.lists(NATURALS, max_size=3).map(tuple),
    st.none() | NATURALS,
    st.none() | st.lists(FLOATS, max_size=3).map(tuple),
    st.none() | FLOATS,
    TEXTS,
)
PATHS = st.from_regex(r"[a-z_][a-zA-Z0-9_-]{0,6}(/[a-z_][a-z0-9_]{0,6}){0,3}", fullmatch=True)
DOTTED = st.sampled_from(["helpers", "pkg.sub", "modèle", "_x1", "模型.层"])


def mappings(values):
    return st.dictionaries(KEYS, values, max_size=3)


@st.composite
def payloads(draw):
    segments = tuple(draw(st.lists(SEGMENTS, max_size=3)))
    buffers = []
    for number, segment in enumerate(segments):
        offset = draw(st.integers(0, segment.size))
        buffers.append(Placement(number, offset, draw(st.integers(0, segment.size - offset))))
    return Payload(draw(SEGMENTS), segments, tuple(draw(st.permutations(buffers))))


MANIFESTS = st.builds(
    Manifest,
    model=NAMES,
    branch=NAMES,
    number=NATURALS,
    type=TEXTS,
    flavor=TEXTS,
    summary=TEXTS,
    payload=payloads(),
    python=TEXTS,
    nbmodel=TEXTS,
    nonce=TEXTS,
    variable=TEXTS,
    params=mappings(SCALARS),
    metrics=mappings(FLOATS),
    tags=mappings(TEXTS),
    signature=st.builds(
        Signature, *[st.lists(COLUMNS, max_size=2).map(tuple) for _ in ("inputs", "outputs")]
    ),
    counts=mappings(NATURALS),
    arrays=mappings(NOTES),
    code=st.builds(Code, TEXTS, st.booleans(), TEXTS),
    environment=mappings(TEXTS),
    uses=st.lists(
        st.builds(Use, NAMES, st.text("0123456789abcdef", min_size=40, max_size=40)), max_size=2
    ).map(tuple),
    files=st.lists(
        st.builds(Attachment, st.integers(0, 9999).map("files/{:04}".format), TEXTS, SEGMENTS),
        max_size=2,
        unique_by=lambda file: file.path,
    ).map(tuple),
    modules=st.lists(
        st.builds(Module, PATHS.map("modules/{}.py".format), DOTTED, HEX),
        max_size=2,
        unique_by=(lambda module: module.path.lower(), lambda module: module.name),
    ).map(tuple),
)

_A, _B, _C = "a" * 64, "b" * 64, "c" * 64
FULL = Manifest(
    model="churn",
    branch="main",
    number=7,
    type="sklearn.pipeline.Pipeline",
    flavor="sklearn",
    summary="StandardScaler, LogisticRegression",
    payload=Payload(
        Segment(_A, _B, 1234),
        (Segment(_B, _C, 128), Segment(_C, _A, 1 << 20)),
        (Placement(0, 0, 60), Placement(1, 0, 1 << 20), Placement(0, 64, 64)),
    ),
    python="3.11.2",
    nbmodel="0.1.0",
    nonce="0123456789abcdef",
    variable="clf",
    params={"C": 0.1, "penalty": None, "dual": False, "solver": "lbfgs", "max_iter": 100},
    metrics={"auc": 0.981, "loss": float("inf"), "naïve": -0.0},
    tags={"owner": "Ada ☕", "odd": "\ud800\n\x00"},
    signature=Signature((Column("age", "float64", (-1,)),), (Column("y", "int64", (-1, 2)),)),
    counts={"steps": 2},
    arrays={
        "coef_": ArrayNote("<f8", (1, 30), buffer=0),
        "intercept_": ArrayNote("<f8", (1,), values=(0.5,), digest=_A),
        "cov_": ArrayNote("<f8", (9, 9), norm=3.5, digest=_B),
    },
    code=Code("f" * 40, dirty=True, notebook="work/churn é.ipynb"),
    environment={"scikit-learn": "1.9.1", "numpy": "2.4.6"},
    uses=(Use("features", "e" * 40),),
    files=(
        Attachment("files/0000", "roc curve ü.png", Segment(_C, _B, 9)),
        Attachment("files/0001", "../notes.txt", Segment(_A, _A, 0)),
    ),
    modules=(
        Module("modules/churn/__init__.py", "churn", _A),
        Module("modules/churn/m_d_le-0a1b2c3d.py", "churn.modèle", _B),
    ),
)


def same(item, other):
    """Equal in any order of keys, and NaN equals NaN; 1, 1.0 and True are three things here."""

    def sorted_repr(manifest):
        mappings = ("params", "metrics", "tags", "counts", "arrays", "environment")
        ordered = {name: dict(sorted(getattr(manifest, name).items())) for name in mappings}
        return repr(replace(manifest, **ordered))

    return sorted_repr(item) == sorted_repr(other)


# -- both ways ---------------------------------------------------------------


@given(MANIFESTS)
def test_a_manifest_reads_back(manifest):
    assert same(loads(dumps(manifest), "churn@1"), manifest)


def test_a_manifest_of_required_fields_reads_back():
    bare = Manifest(
        model="m",
        branch="main",
        number=0,
        type="",
        flavor="",
        summary="",
        payload=Payload(Segment(_A, _B, 0), (), ()),
        python="",
        nbmodel="",
    )
    assert loads(dumps(bare), "m@1") == bare


def test_defaults_name_parameters_only():
    written = replace(FULL, defaults=("dual", "max_iter"))
    assert loads(dumps(written), "churn@7").defaults == ("dual", "max_iter")
    document = json.loads(dumps(written))
    document["object"]["defaults"] = ["no such", "dual", "dual"]
    assert loads(json.dumps(document).encode(), "churn@7").defaults == ("dual",)


def test_without_a_record_parameters_without_a_value_are_defaults():
    assert loads(dumps(FULL), "churn@7").defaults is None
    assert default_params(FULL) == ("penalty",)
    assert default_params(replace(FULL, defaults=())) == ()


@given(MANIFESTS, st.randoms())
def test_the_bytes_do_not_depend_on_the_order_of_keys(manifest, rng):
    shuffled = {
        name: dict(rng.sample(list(value.items()), len(value)))
        for name in ("params", "tags", "counts", "arrays", "environment")
        for value in [getattr(manifest, name)]
    }
    first, *others = [*manifest.metrics.items()] or [()]
    metrics = dict([first, *rng.sample(others, len(others))] if first else [])
    assert dumps(replace(manifest, **shuffled, metrics=metrics)) == dumps(manifest)


def test_the_first_metric_stays_the_first():
    written = dumps(replace(FULL, metrics={"f1": 0.5, "b": 2.0, "a": 1.0}))
    assert [*loads(written, "churn@1").metrics] == ["f1", "a", "b"]
    assert b"first_metric" not in dumps(replace(FULL, metrics={"a": 1.0, "f1": 0.5}))
    unknown = written.replace(b'"first_metric": "f1"', b'"first_metric": "f2"')
    with pytest.raises(ManifestInvalid):
        loads(unknown, "churn@1")


@given(MANIFESTS)
def test_reading_and_writing_again_gives_the_same_bytes(manifest):
    written = dumps(manifest)
    assert dumps(loads(written, "churn@1")) == written


@given(MANIFESTS)
def test_it_is_utf_8_json_with_sorted_keys_and_a_line_end(manifest):
    written = dumps(manifest)
    text = written.decode()  # strictly
    assert text.endswith("}\n")
    assert "\r" not in text

    def ordered(pairs):
        keys = [key for key, _ in pairs]
        assert keys == sorted(keys)
        return dict(pairs)

    assert json.loads(text, object_pairs_hook=ordered)["format"] == FORMAT


def test_one_changed_value_is_one_changed_line():
    before = dumps(FULL).splitlines()
    after = dumps(replace(FULL, metrics={**FULL.metrics, "auc": 0.99})).splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_a_number_that_json_cannot_write_is_refused():
    with pytest.raises(InvalidValue, match="digits"):
        dumps(replace(FULL, params={"seed": 10**5000}))


def test_the_stored_sample_of_format_1_can_be_read():
    manifest = loads(SAMPLES[1].read_bytes(), "churn@7")
    assert same(manifest, replace(FULL, format=1, files=(), modules=()))
    assert dumps(manifest) == dumps(replace(FULL, files=(), modules=()))


def test_the_stored_sample_of_format_2_can_be_read():
    manifest = loads(SAMPLES[2].read_bytes(), "churn@7")
    assert same(manifest, FULL)
    assert dumps(manifest) == SAMPLES[2].read_bytes()


def test_format_1_has_no_files_and_no_modules():
    old = json.loads(SAMPLES[1].read_bytes())
    later = {"files": [{"path": "files/0000"}], "modules": "odd"}  # unknown keys then
    manifest = loads(json.dumps({**old, **later}).encode(), "churn@7")
    assert (manifest.format, manifest.files, manifest.modules) == (1, (), ())


# -- refusals ----------------------------------------------------------------


def places(value, path=()):
    """Every place in a JSON document, with the value there."""
    yield path, value
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    else:
        return
    for key, child in children:
        yield from places(child, (*path, key))


def changed(document, path, value):
    """A copy of `document` with `value` at `path`."""
    if not path:
        return value
    document = copy.deepcopy(document)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return document


DOCUMENT = json.loads(dumps(FULL))
OTHER_TYPES = [None, True, False, 3, -1, 1.5, "", "x", [], ["x"], [[]], {}, {"x": 1}, {"x": {}}]


def fits(path, was, value):
    """Whether `value` is of a type that the place at `path` may hold, by the records."""
    if path[:1] in (("params",), ("metrics",), ("tags",)) and len(path) == 2:
        kinds = {
            "params": (str, bool, int, float, type(None)),
            "metrics": (int, float),
            "tags": (str,),
        }[path[0]]
        return isinstance(value, kinds) and not (path[0] == "metrics" and isinstance(value, bool))
    if path[-1:] in (("buffer",), ("values",), ("norm",)):
        if value is None:
            return True
        if path[-1] == "norm":
            return type(value) in (int, float)
        return value == [] if path[-1] == "values" else value == 3
    if len(path) > 1 and path[-2] == "values":
        return type(value) in (int, float)
    if path[:2] == ("payload", "buffers") and len(path) < 4:
        return value == [] and len(path) == 2
    if isinstance(was, bool):
        return isinstance(value, bool)
    if isinstance(was, int):
        signed = path[:1] == ("signature",)
        return type(value) is int and (value >= 0 or signed) and path != ("format",)
    if isinstance(was, str):
        names = path in (("model",), ("branch",)) or path[:1] in (("uses",), ("modules",))
        if path[:1] in (("files",), ("modules",)) and path[-1] == "path":
            return False
        digests = path[-1] in ("sha256", "blake3")
        return isinstance(value, str) and not digests and not (names and value == "")
    if isinstance(was, dict):
        free = path in (
            ("params",), ("metrics",), ("tags",), ("object", "counts"), ("object", "arrays"),
            ("environment", "distributions"),
        )  # fmt: skip
        number = path in (("params",), ("metrics",), ("object", "counts"))
        return free and (value == {} or (number and value == {"x": 1}))
    return value == []


def test_every_value_of_a_wrong_type_is_refused():
    accepted = []
    tried = 0
    for path, was in places(DOCUMENT):
        for value in OTHER_TYPES:
            tried += 1
            try:
                loads(json.dumps(changed(DOCUMENT, path, value)).encode(), "churn@7")
            except ManifestInvalid:
                continue
            except ManifestTooNew:
                assert path == ("format",)
                continue
            if not (path and fits(path, was, value)):
                accepted.append((path, was, value))
    assert accepted == []
    assert tried > 1000


def test_values_within_the_limits_are_accepted():
    """The check of the test above is not stricter than the reader."""
    for path, was in places(DOCUMENT):
        if not path or path == ("payload", "segments") or path[-1] == "size":
            continue  # buffers would hang in the air
        if path[:2] == ("payload", "buffers") and len(path) > 2:
            continue
        for value in OTHER_TYPES:
            if fits(path, was, value) and path not in (("uses", 0, "commit"),):
                loads(json.dumps(changed(DOCUMENT, path, value)).encode(), "churn@7")


def test_every_missing_key_is_refused():
    optional = {"buffer", "values", "norm", "digest"}
    free = {"params", "metrics", "tags", "counts", "arrays", "distributions"}
    for path, _ in places(DOCUMENT):
        if not path or isinstance(path[-1], int) or path[-1] in optional:
            continue
        if len(path) > 1 and path[-2] in free:
            continue
        document = copy.deepcopy(DOCUMENT)
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        del parent[path[-1]]
        with pytest.raises(ManifestInvalid):
            loads(json.dumps(document).encode(), "churn@7")


def test_an_unknown_key_of_the_same_format_is_ignored():
    assert loads(json.dumps({**DOCUMENT, "later": [1]}).encode(), "churn@7") == FULL


@pytest.mark.parametrize("version", [FORMAT + 1, 99, 10**300])
def test_a_newer_format_is_refused_with_advice_to_upgrade(version):
    with pytest.raises(ManifestTooNew, match="pip install -U nbmodel"):
        loads(json.dumps({"format": version}).encode(), "churn@7")


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None, [], {}])
def test_an_invalid_format_is_refused(version):
    with pytest.raises(ManifestInvalid) as caught:
        loads(json.dumps({**DOCUMENT, "format": version}).encode(), "churn@7")
    assert caught.value.what.count("is not valid") == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("payload", "buffers", 0, 0), 2),  # no such segment
        (("payload", "buffers", 0, 2), 129),  # ends behind its segment
        (("payload", "buffers", 0, 1), 1 << 70),
        (("payload", "buffers", 0), [0, 0]),
        (("payload", "buffers", 0), [0, 0, 1, 1]),
        (("payload", "skeleton", "size"), MAX_SEGMENT_BYTES + 1),
        (("payload", "skeleton", "sha256"), "A" * 64),
        (("payload", "skeleton", "sha256"), "../../../../etc/passwd"),
        (("payload", "skeleton", "blake3"), "a" * 63),
        (("model",), "../churn"),
        (("model",), "churn\n"),
        (("branch",), "<img/src=x>"),
        (("uses", 0, "model"), "--upload-pack=x"),
        (("uses", 0, "commit"), "HEAD"),
        (("files", 0, "path"), "files/../0000"),
        (("files", 0, "path"), "modules/x.py"),
        (("files", 0, "path"), "files/a/b"),
        (("files", 1, "path"), "files/0000"),
        (("files", 0, "sha256"), "../../etc/passwd"),
        (("modules", 0, "path"), "modules/../../x.py"),
        (("modules", 0, "path"), "/etc/passwd"),
        (("modules", 0, "path"), "modules/.git/x.py"),
        (("modules", 0, "path"), "modules"),
        (("modules", 0, "path"), "modules/" + "a/" * 16 + "x.py"),
        (("modules", 0, "path"), "modules/Churn/m_d_le-0a1b2c3d.py"),
        (("modules", 0, "path"), "payload/skeleton"),
        (("modules", 0, "name"), "churn.modèle"),
        (("modules", 0, "name"), "a b"),
        (("modules", 0, "name"), "a..b"),
        (("modules", 0, "name"), "../x"),
        (("modules", 0, "name"), "x" * 2000),
    ],
)
def test_invalid_values_are_refused(path, value):
    with pytest.raises(ManifestInvalid, match="churn@7 is not valid"):
        loads(json.dumps(changed(DOCUMENT, path, value)).encode(), "churn@7")


def test_too_many_buffers_are_refused():
    buffers = ",".join(["[0,0,0]"] * (MAX_BUFFERS + 1))
    document = changed(DOCUMENT, ("payload", "buffers"), "here")
    with pytest.raises(ManifestInvalid, match="300,001 buffers"):
        loads(json.dumps(document).replace('"here"', f"[{buffers}]").encode(), "churn@7")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"null", b"[]", b"1", b'"format"', b'{"format": 1}', b"\xff\xfe", b"\x00" * 9,
        b'{"format": 1' + b"0" * 5000 + b"}", b'{"format": 1e999}', b'{"format": NaN}',
        b"[" * 100_000, b'{"a":' * 100_000, b'{"format": 1, "object": ' + b"[" * 100_000,
        b'{"format": 1, "params": {"x": ' + b"9" * 100_000 + b"}}",
    ],
    ids=lambda data: data[:24].decode("latin-1"),
)  # fmt: skip
def test_a_document_that_is_not_a_manifest_is_refused(data):
    with pytest.raises(ManifestInvalid):
        loads(data, "churn@7")


@pytest.mark.parametrize("path", [("metrics",), ("payload",), ("payload", "skeleton"), ()])
def test_a_repeated_key_is_refused(path):
    """Which of the two counts would depend on who reads."""
    inner = DOCUMENT
    for key in path:
        inner = inner[key]
    text = json.dumps(inner)
    key = next(iter(inner))
    twice = f"{{{json.dumps(key)}: {json.dumps(inner[key])}, {text[1:]}"
    whole = json.dumps(DOCUMENT).replace(text, twice)
    assert whole.count(twice) == 1
    with pytest.raises(ManifestInvalid, match="twice"):
        loads(whole.encode(), "churn@7")


def test_hostile_text_is_cut_in_the_message():
    document = changed(DOCUMENT, ("number",), "x" * 10_000_000)
    with pytest.raises(ManifestInvalid) as caught:
        loads(json.dumps(document).encode(), "churn@7")
    assert len(str(caught.value)) < 1000


def test_ten_thousand_damaged_manifests_raise_only_nbmodel_errors():
    rng = random.Random(20)
    whole = SAMPLE.read_bytes()
    pieces = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"-1", b"1e999", b"\\u", b"\xff"]
    slow, refused = 0, 0
    for _ in range(10_000):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            match rng.randrange(4):
                case 0:
                    data[at] ^= 1 << rng.randrange(8)
                case 1:
                    del data[at : at + rng.randint(1, 40)]
                case 2:
                    data[at:at] = rng.choice(pieces)
                case _:
                    data[at:at] = data[rng.randrange(len(data)) :][: rng.randint(1, 200)]
        begin = time.process_time()
        try:
            loads(bytes(data), "churn@7")
        except NbModelError:
            refused += 1
        slow += time.process_time() - begin > 0.1
    assert slow < 3  # of ten thousand; once may be chance
    assert refused > 5_000


@given(st.binary(max_size=200))
@example(b'{"format": 1, "object": {}, "environment": {}}')
def test_any_bytes_raise_only_nbmodel_errors(data):
    with pytest.raises((ManifestInvalid, ManifestTooNew)):
        loads(data, "churn@7")


def test_a_memoryview_is_accepted():
    assert loads(memoryview(dumps(FULL)), "churn@7") == FULL
