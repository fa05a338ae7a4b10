"""The machine: plain values come back, everything without a rule is refused."""

from __future__ import annotations

import pickle
import struct

import numpy as np
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from nbmodel.errors import Untrusted
from nbmodel.trust import pickle_stack
from nbmodel.trust.loader import load_untrusted
from nbmodel.trust.rules import words
from tests.trust.crafted import Call, flat, name, pickled, reload, stream, text

_KEYS = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
_PLAIN = st.recursive(
    _KEYS | st.floats(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(_KEYS, inner)
        | st.tuples(inner)
        | st.tuples(inner, inner, inner, inner)
        | st.sets(_KEYS)
        | st.frozensets(_KEYS)
    ),
    max_leaves=40,
)


def load(skeleton: bytes, *buffers: bytes) -> object:
    return load_untrusted(skeleton, [memoryview(bytearray(b)) for b in buffers], "model@1")


def refused(skeleton: bytes, *buffers: bytes) -> str:
    with pytest.raises(Untrusted) as caught:
        load(skeleton, *buffers)
    assert caught.value.findings
    assert "model@1" in str(caught.value)
    return "; ".join(caught.value.findings)


@given(_PLAIN)
def test_plain_values_come_back(value: object) -> None:
    skeleton = pickled(value)
    assert flat(load(skeleton)) == flat(pickle.loads(skeleton))


def test_shared_and_recursive_containers() -> None:
    inner = [1]
    outer: list[object] = [inner, inner, {"k": inner}]
    outer.append(outer)
    back = load(pickled(outer))
    assert isinstance(back, list)
    assert back[0] is back[1] is back[2]["k"]
    assert back[3] is back


def test_recursive_tuple() -> None:
    inner: list[object] = []
    inner.append((1, inner))
    back = load(pickled(inner))
    assert isinstance(back, list)
    assert back[0][1] is back


def test_arrays_are_over_the_buffers_and_writable() -> None:
    array = np.arange(4096.0)
    skeleton = pickle.dumps(array, 5, buffer_callback=lambda _: None)
    buffer = memoryview(bytearray(array.tobytes()))
    back = load_untrusted(skeleton, [buffer], "model@1")
    back[0] = 7
    assert struct.unpack_from("<d", buffer)[0] == 7


def test_read_only_buffers_stay_read_only() -> None:
    array = np.arange(10.0)
    array.flags.writeable = False
    skeleton = pickle.dumps(array, 5, buffer_callback=lambda _: None)
    back = load(skeleton, array.tobytes())
    assert isinstance(back, np.ndarray)
    assert not back.flags.writeable


def test_the_finding_names_what_is_asked_for() -> None:
    assert refused(stream(name("os", "system"), text("true"), b"\x85R")) == "os.system"


@pytest.mark.parametrize(
    ("skeleton", "word"),
    [
        # A callable, where only its use is allowed.
        (stream(name("numpy", "dtype")), "as a value"),
        (stream(name("numpy", "dtype"), b"\x85"), "as a value"),
        (stream(b"]", name("numpy", "dtype"), b"a"), "as a value"),
        (stream(b"}", text("k"), name("numpy", "dtype"), b"s"), "as a value"),
        (stream(name("numpy", "dtype"), b"0N"), "dropped"),
        (stream(b"(", name("numpy", "dtype"), b"1N"), "dropped"),
        # A value, where it is called.
        (stream(name("numpy", "ndarray"), b")R"), "numpy.ndarray() with"),
        (stream(name("numpy", "exp"), b"G" + b"\0" * 8, b"\x85R"), "numpy.exp() with"),
        (stream(name("numpy", "float64"), b")R"), "numpy.float64() with"),
        (stream(name("numpy", "ndarray"), b")\x81"), "an empty numpy.ndarray"),
        (stream(name("sklearn.pipeline", "Pipeline"), b")R"), "sklearn.pipeline.Pipeline() with"),
        (stream(name("sklearn.pipeline", "Pipeline"), b"N\x85\x81"), "Pipeline() with"),
        # Things that are no globals, called or built.
        (stream(text("abc"), b")R"), "call of a str"),
        (stream(text("abc"), b")\x81"), "instance of a str"),
        (stream(b"]}b"), "attributes that are set on a list"),
        (stream(b"}}b"), "attributes that are set on a dict"),
        (stream(b")}b"), "attributes that are set on a tuple"),
        (stream(b"}Na"), "APPEND on dict"),
        (stream(b"]NNs"), "items that are set on a list"),
        (stream(b"](N\x90"), "ADDITEMS on list"),
        (stream(b"\x97"), "more buffers"),
        (stream(b"N\x98"), "READONLY_BUFFER"),
        # A stack that does not add up.
        (stream(b"NN"), "stack"),
        (b"\x80\x05.", "leaves objects on its stack"),
        (stream(b"(N"), "stack"),
        (stream(b"t"), "MARK"),
        (stream(b"N\x86"), "more items"),
        (stream(b"h\x00"), "IndexError"),
        (stream(b"}(Nu"), "without a value"),
        (stream(b"\x80\x05N"), "PROTO"),
        (stream(b"\x95" + b"\xff" * 8, b"N"), "frame"),
        (stream(b"X\x02\x00\x00\x00\xff\xff"), "decode"),
        # Keys that would run code, or recurse, when they are hashed.
        (stream(b"}]Ns"), "key"),
        (stream(b"}", b"N" + b"\x85" * 9, b"Ns"), "key"),
        (stream(b"\x8f(]\x90"), "set element"),
    ],
)
def test_refused(skeleton: bytes, word: str) -> None:
    assert word in refused(skeleton)


def test_unused_buffers() -> None:
    assert "unused" in refused(stream(b"N"), b"x")


def test_one_buffer_for_two_arrays() -> None:
    # The tuple of arguments comes twice from the memo: two arrays over the same bytes.
    dtype = pickled(np.dtype("f8"))[2:-1].split(b"\x95", 1)[-1][8:]
    args = b"\x96" + struct.pack("<Q", 8) + b"\0" * 8 + dtype + b"K\x01\x85" + text("C") + b"t\x94"
    function = name("numpy._core.numeric", "_frombuffer")
    memoized = dtype.count(b"\x94")
    twice = stream(b"(", function, b"(", args, b"R", function, b"h" + bytes([memoized]), b"Rt")
    assert "one buffer that two" in refused(twice)


def test_buffers_that_overlap() -> None:
    base = bytearray(80)
    arrays = [np.frombuffer(base, count=5), np.frombuffer(base, count=5, offset=40)]
    skeleton = pickle.dumps(arrays, 5, buffer_callback=lambda _: None)
    load_untrusted(skeleton, [memoryview(base)[:40], memoryview(base)[40:]], "model@1")
    with pytest.raises(Untrusted, match="share memory"):
        load_untrusted(skeleton, [memoryview(base)[:40], memoryview(base)[32:72]], "model@1")


def _instance(*state: tuple[str, bytes]) -> bytes:
    release = ("_sklearn_version", text(sklearn.__version__))
    items = b"".join(text(key) + value for key, value in (*state, release))
    start = name("sklearn.linear_model._logistic", "LogisticRegression")
    return start + b")\x81}(" + items + b"ub"


@pytest.mark.filterwarnings("ignore")
def test_state_may_set_parameters() -> None:
    model = load(stream(_instance(("C", b"K\x02"), ("penalty", b"N"))))
    assert isinstance(model, LogisticRegression)
    assert model.C == 2


@pytest.mark.parametrize(
    "attribute",
    words(
        "__class__ __dict__ __init__ __slots__ __sklearn_tags__ predict fit get_params "
        "_repr_html_ _validate_params _parameter_constraints"
    ),
)
def test_state_may_not_replace_behavior(attribute: str) -> None:
    assert attribute in refused(stream(_instance((attribute, name("numpy", "exp")))))


def test_state_with_slots_or_strange_keys() -> None:
    start = name("sklearn.linear_model._logistic", "LogisticRegression") + b")\x81"
    assert "not a dict" in refused(stream(start, b"}}\x86b"))
    assert "not a dict" in refused(stream(start, b"Nb"))
    release = text("_sklearn_version") + text(sklearn.__version__)
    assert "name is a int" in refused(stream(start, b"}(K\x01N" + release + b"ub"))


@pytest.mark.filterwarnings("ignore")
def test_one_build_an_instance() -> None:
    assert "attributes that are set twice" in refused(stream(_instance(("C", b"K\x01")), b"}b"))


@pytest.mark.filterwarnings("ignore")
def test_a_cache_folder_is_refused() -> None:
    start = name("sklearn.pipeline", "Pipeline") + b")\x81}"
    release = text("_sklearn_version") + text(sklearn.__version__)
    state = b"(" + text("memory") + text("/tmp/x") + release + b"u"
    assert "cache folder" in refused(stream(start, state, b"b"))


def test_a_lambda_is_refused_and_named() -> None:
    from sklearn.preprocessing import FunctionTransformer

    with pytest.raises(Untrusted, match=r"code that it carries: a lambda"):
        reload(FunctionTransformer(func=lambda x: x + 1))
    assert reload(FunctionTransformer(func=np.log1p)).func is np.log1p


def test_a_private_function_is_no_parameter() -> None:
    from sklearn.cluster._kmeans import _kmeans_single_lloyd
    from sklearn.preprocessing import FunctionTransformer

    with pytest.raises(Untrusted, match="the function _kmeans_single_lloyd"):
        reload(FunctionTransformer(func=_kmeans_single_lloyd))


@pytest.mark.parametrize("filler", [b"\x8f", b"]", b"}", b"N\x85", b"("])
def test_bombs_of_small_objects(filler: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opcodes of one byte each; the budget ends it before memory does."""
    monkeypatch.setattr(pickle_stack, "BASE_MEMORY_BYTES", 1 << 20)
    bomb = b"\x80\x05" + filler * 300_000 + b"."
    assert "too many objects" in refused(bomb)


def test_bomb_in_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tuple of a thousand times the same tuple, and so on, takes 1000**n steps to hash."""
    wide = b"".join(
        b"(" + b"h" + bytes([n]) + (b"h" + bytes([n])) * 999 + b"t\x94" for n in range(7)
    )
    monkeypatch.setattr(pickle_stack, "BASE_MEMORY_BYTES", 1 << 20)
    assert "too many objects" in refused(stream(b"}", b")\x94", wide, b"Ns"))


def test_huge_integers() -> None:
    assert "1024 bytes" in refused(stream(b"\x8b" + struct.pack("<i", 5000) + b"\x01" * 5000))


def test_gadgets_of_numpy_are_refused() -> None:
    for function in (np.load, np.save, np.ndarray, np.frombuffer, np.memmap, np.fromfile):
        refused(pickled([Call(function, "x")]))
    refused(stream(name("numpy.f2py", "compile"), b")R"))
    refused(stream(name("numpy.testing._private.utils", "runstring"), b")R"))
    refused(stream(name("numpy", "frompyfunc"), b")R"))
    refused(stream(name("numpy", "vectorize"), b")\x81}", text("pyfunc"), b"Nsb"))
