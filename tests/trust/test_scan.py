"""What the scan sees: every name, and every opcode that no pickler writes."""

from __future__ import annotations

import pickle
import pickletools
from contextlib import suppress

import cloudpickle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from nbmodel.errors import SkeletonInvalid
from nbmodel.plugins import rules_for
from nbmodel.trust.opcodes import CANONICAL, CODES, Malformed, walk
from nbmodel.trust.scan import examine, imports
from tests.trust.crafted import Call, name, pickled, stream, text


def test_imports_in_order_of_first_use() -> None:
    pipeline = make_pipeline(LogisticRegression(C=np.float64(2)), LogisticRegression())
    assert imports(pickled(pipeline)) == (
        ("sklearn.pipeline", "Pipeline"),
        ("sklearn.linear_model._logistic", "LogisticRegression"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy", "dtype"),
    )


def test_imports_through_the_memo() -> None:
    skeleton = pickled([np.float32, np.float64, {"numpy": np.int8}, "numpy", np.int16])
    names = ("float32", "float64", "int8", "int16")
    assert imports(skeleton) == tuple(("numpy", name) for name in names)


def test_imports_of_code_by_value() -> None:
    pairs = imports(cloudpickle.dumps(lambda x: np.log1p(x), protocol=5))
    assert ("cloudpickle.cloudpickle", "_make_function") in pairs


def test_code_by_value_is_named_as_such() -> None:
    findings = examine(cloudpickle.dumps(lambda x: x, protocol=5), rules_for)
    assert any(f.startswith("code carried inside the model (cloudpickle.") for f in findings)


def test_nothing_speaks_against_plain_values() -> None:
    value = [1, -1, 2**70, 1.5, "a", b"b", None, True, {"x": {1, 2}}, (), (1,), frozenset("a")]
    assert examine(pickled(value), rules_for) == ()


@pytest.mark.parametrize(
    ("skeleton", "finding"),
    [
        (stream(name("os", "system")), "os.system"),
        (stream(name("os", "path.join")), "os.path.join"),
        (stream(name("numpy", "float64.__init__")), "numpy.float64.__init__"),
        (stream(name("builtins", "__import__")), "builtins.__import__"),
        (stream(name("numpy.core", "os\nsystem")), r"'numpy.core.os\nsystem'"),
        (stream(b"cos\nsystem\n"), "os.system"),
        (stream(b"cos\nsystem\n"), "an opcode that no protocol 5 pickler writes (GLOBAL)"),
        (stream(b"(ios\nsystem\n"), "an opcode that no protocol 5 pickler writes (INST)"),
        (stream(b"(ios\nsystem\n"), "os.system"),
        (stream(b"(N", b"o"), "an opcode that no protocol 5 pickler writes (OBJ)"),
        (stream(b"\x82\x01"), "an opcode that no protocol 5 pickler writes (EXT1)"),
        (stream(b"\x83\x01\x00"), "an opcode that no protocol 5 pickler writes (EXT2)"),
        (stream(b"\x84\x01\x00\x00\x00"), "an opcode that no protocol 5 pickler writes (EXT4)"),
        (stream(b"Px\n"), "an opcode that no protocol 5 pickler writes (PERSID)"),
        (stream(b"NQ"), "an opcode that no protocol 5 pickler writes (BINPERSID)"),
        (stream(b"N))\x92"), "an opcode that no protocol 5 pickler writes (NEWOBJ_EX)"),
        (stream(b"N2"), "an opcode that no protocol 5 pickler writes (DUP)"),
        (stream(b"Nq\x01"), "an opcode that no protocol 5 pickler writes (BINPUT)"),
        (stream(b"I1\n"), "an opcode that no protocol 5 pickler writes (INT)"),
        (stream(b"N") + b"N", "1 bytes after its end"),
        (b"\x80\x05N", "more bytes than it has (no STOP)"),
        (b"\x80\x05X\xff\xff\xff\x7fab", "more bytes than it has (BINUNICODE at byte 2)"),
        (b"\x80\x05\x8e" + b"\xff" * 8, "more bytes than it has (BINBYTES8 at byte 2)"),
        (b"\x80\x05\xff.", "an unknown opcode (0xff at byte 2)"),
        (b"\x80\x02N.", "a pickle of another protocol than 5"),
        (b"", "a pickle of another protocol than 5"),
        (
            stream(text("os"), text("system"), b"\x85\x93"),
            "a name that is put together while loading (STACK_GLOBAL)",
        ),
        (
            stream(text("os"), text("system"), b"\x940h\x01\x93"),
            "a name that is put together while loading (STACK_GLOBAL)",
        ),
        (stream(b"\x93"), "a name that is put together while loading (STACK_GLOBAL)"),
    ],
)
def test_findings(skeleton: bytes, finding: str) -> None:
    assert finding in examine(skeleton, rules_for)


def test_findings_list_everything() -> None:
    skeleton = stream(name("os", "system"), name("subprocess", "run"), b"\x82\x01")
    assert len(examine(skeleton, rules_for)) == 3


@pytest.mark.parametrize("function", [pickletools.dis, np.load, np.testing.assert_equal, print])
def test_functions_outside_the_tables_are_found(function: object) -> None:
    assert examine(pickled([Call(function, "x")]), rules_for)


def test_imports_of_damaged_bytes() -> None:
    with pytest.raises(SkeletonInvalid, match="no STOP"):
        imports(b"\x80\x05N")


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=30,
)


@given(_PLAIN, st.integers(0, 5))
def test_walk_agrees_with_pickletools(value: object, protocol: int) -> None:
    skeleton = pickle.dumps(value, protocol)
    ours = [code for code, _, _ in walk(skeleton)]
    assert ours == [ord(op.code) for op, _, _ in pickletools.genops(skeleton)]


@given(_PLAIN)
def test_a_pickler_writes_nothing_but_canonical_opcodes(value: object) -> None:
    known = {CODES[name] for name in CANONICAL}
    assert {code for code, _, _ in walk(pickled(value))} <= known


@given(st.binary(max_size=200))
def test_any_bytes_are_walked_or_malformed(data: bytes) -> None:
    codes = [0]
    with suppress(Malformed):
        for code, start, end in walk(data):
            assert 0 < start <= end <= len(data)
            codes.append(code)
        assert codes[-1] == CODES["STOP"]
