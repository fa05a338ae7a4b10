"""Arrays, dtypes, scalars and random generators: honest ones load, altered ones do not."""

from __future__ import annotations

import io
import pickle
import re
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from nbmodel.errors import Untrusted
from nbmodel.trust.loader import load_untrusted
from nbmodel.trust.numpy import build_array, build_dtype, from_buffer, make_dtype
from nbmodel.trust.stdlib import _builtin_type
from tests.trust.crafted import Call, flat, in_subprocess, name, pickled, reload, stream

_reconstruct = np._core.multiarray._reconstruct
_scalar = np._core.multiarray.scalar
_frombuffer = np._core.numeric._frombuffer

_DTYPES = (
    npst.scalar_dtypes()
    | npst.datetime64_dtypes()
    | npst.timedelta64_dtypes()
    | npst.array_dtypes(npst.scalar_dtypes(), max_size=4, allow_subarrays=False)
)


def _supported(dtype: np.dtype[Any]) -> bool:
    """Records of numbers, without titles: what compiled models keep."""
    fields = (dtype.fields or {}).values()
    return all(len(field) == 2 and field[0].kind not in "bU" for field in fields)


@given(st.data(), _DTYPES.filter(_supported))
def test_arrays_come_back(data: st.DataObject, dtype: np.dtype[Any]) -> None:
    array = data.draw(npst.arrays(dtype, npst.array_shapes(min_dims=0, min_side=0)))
    layout = data.draw(st.sampled_from((np.ascontiguousarray, np.asfortranarray, np.transpose)))
    array = layout(array)
    back, stock = reload(array), pickle.loads(pickle.dumps(array, 5))
    # Not array.dtype: numpy itself brings some big-endian arrays back in native order.
    assert back.dtype == stock.dtype
    assert back.shape == array.shape
    assert flat(back) == flat(stock)


@pytest.mark.parametrize(
    "value",
    [
        np.array(["a", None, 1.5, np.float64(2)], object),
        np.array([[np.arange(3), np.arange(4.0)]], object),
        np.arange(10_000.0).reshape(100, 100)[:, ::2],
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2),
        np.array([[1, 2], [3, 4]]).view(np.matrix),  # `np.matrix` warns
        np.ma.masked_array([1.0, 2.0], mask=[0, 1]),
        np.ma.masked_array(np.array(["a", None], object), mask=[1, 0], fill_value="?"),
        np.zeros(3, np.dtype([("a", "f8"), ("b", "i2")], align=True)),
        np.array(["2020-01-01", "NaT"], "M8[ns]"),
        np.array(["ab", "c"]),
        np.array([1, 2], ">i4"),
        np.zeros((0, 5)),
        np.array(3.5),
        [np.float32(1), np.int8(2), np.bool_(True), np.str_("x"), np.bytes_(b"y"), np.complex64(1)],
        [np.datetime64("2020-01-01"), np.timedelta64(3, "h")],
        {np.float64(1.5): np.int64(2), np.str_("k"): np.bytes_(b"v")},
        [np.dtype("f8"), np.dtype(">u2"), np.dtype("U7"), np.dtype("m8[3D]"), np.dtype(object)],
        [np.exp, np.log1p, np.float64, np.mean, np.dtypes.Float64DType],
    ],
    ids=lambda value: re.sub(" at 0x[0-9a-f]+", "", repr(value)),
)
def test_values_come_back(value: Any) -> None:
    assert flat(reload(value)) == flat(pickle.loads(pickle.dumps(value, 5)))


@pytest.mark.parametrize(
    "bits", [np.random.MT19937, np.random.PCG64, np.random.PCG64DXSM, np.random.Philox]
)
def test_generators_go_on_where_they_were(bits: Any) -> None:
    generator = np.random.Generator(bits(7))
    generator.integers(5, size=3, dtype=np.uint32)
    back = reload(generator)
    assert back.random(1000).tobytes() == generator.random(1000).tobytes()
    assert back.bit_generator.seed_seq.entropy == 7


def test_random_state_and_seeds() -> None:
    state = np.random.RandomState(5)
    state.standard_normal(3)
    back = reload(state)
    assert back.standard_normal(1000).tobytes() == state.standard_normal(1000).tobytes()
    seeds = np.random.SeedSequence([1, 2], spawn_key=(3, 4))
    seeds.spawn(2)
    assert flat(reload(seeds)) == flat(seeds)
    assert flat(reload(np.random.SFC64(3))) == flat(np.random.SFC64(3))


# -- altered -----------------------------------------------------------------

_F8, _O8 = np.dtype("f8"), np.dtype(object)


def _array(*state: Any) -> Call:
    return Call(_reconstruct, np.ndarray, (0,), b"b", state=state)


@pytest.mark.parametrize(
    "value",
    [
        _array(1, (4,), _O8, False, b"\x41" * 32),
        _array(1, (4,), _F8, False, b"\0" * 31),
        _array(1, (5,), _F8, False, b"\0" * 32),
        _array(1, (-1,), _F8, False, b""),
        _array(1, (2**40, 2**40), _F8, False, b""),
        _array(1, (2**70,), _F8, False, b""),
        _array(1, (1.0,), _F8, False, b"\0" * 8),
        _array(1, [1], _F8, False, b"\0" * 8),
        _array(1, (1,) * 80, _F8, False, b"\0" * 8),
        _array(1, (3,), _O8, False, [1, 2]),
        _array(1, (1,), _F8, False, [1.0]),
        _array(1, (1,), "f8", False, b"\0" * 8),
        _array((1,), _F8, False, b"\0" * 8),
        _array(1, (1,), np.dtype([("a", "O")]), False, [1]),
        Call(_reconstruct, np.ndarray, (10**6,), b"b"),
        Call(_reconstruct, np.ndarray, (4,), b"O"),
        Call(_reconstruct, np.recarray, (0,), b"b"),
        Call(_reconstruct, np.memmap, (0,), b"b"),
        Call(_frombuffer, b"\x41" * 32, _O8, (4,), "C"),
        Call(_frombuffer, b"\0" * 32, _F8, (5,), "C"),
        Call(_frombuffer, b"\0" * 32, _F8, (3,), "C"),
        Call(_frombuffer, b"\0" * 32, _F8, (4,), "A"),
        Call(_frombuffer, b"\0" * 32, _F8, (4,), "K", (1,)),
        Call(_frombuffer, b"\0" * 32, _F8, (-1,), "C"),
        Call(_frombuffer, b"\0" * 32, np.dtype([("a", "O"), ("b", "f8")]), (2,), "C"),
        Call(_frombuffer, b"", np.dtype("V0"), (2**40,), "C"),
        Call(_frombuffer, "text", _F8, (1,), "C"),
        Call(_frombuffer, b"\0" * 8, _F8, (1,), "C", state=(1, (9,), _F8, False, b"\0" * 72)),
        Call(_frombuffer, b"\x02", np.dtype(bool), (1,), "C"),
        Call(_frombuffer, b"\xff" * 4, np.dtype("U1"), (1,), "C"),
        Call(_frombuffer, b"\xff" * 4, np.dtype(">U1"), (1,), "C"),
        _array(1, (1,), np.dtype(bool), False, b"\x80"),
        _array(1, (1,), np.dtype("U1"), False, b"\xff" * 4),
        Call(_scalar, np.dtype(bool), b"\x80"),
        Call(_scalar, np.dtype("U1"), b"\xff" * 4),
        Call(np.dtype, "f16", False, True),
        Call(_scalar, _O8, b"\x41" * 8),
        Call(_scalar, _F8, b"\0" * 7),
        Call(_scalar, np.dtype("V8"), b"\0" * 8),
        Call(np.dtype, "O8,O8", False, True),
        Call(np.dtype, "f8", True, True),
        Call(np.dtype, [("a", "O")], False, True),
        Call(np.dtype, "f8", False, True, state=(3, "<", None, None, None, 16, 8, 0)),
        Call(np.dtype, "f8", False, True, state=(3, "<", None, None, None, -1, -1, 63)),
        Call(np.dtype, "f8", False, True, state=(3, "|", None, ("a",), {"a": (_O8, 0)}, 8, 1, 16)),
        Call(np.dtype, "V8", False, True, state=(3, "|", None, ("a",), {"a": (_O8, 0)}, 8, 1, 16)),
        Call(np.dtype, "V8", False, True, state=(3, "|", None, ("a",), {"a": (_F8, 4)}, 8, 1, 16)),
        Call(np.dtype, "V8", False, True, state=(3, "|", None, ("a",), {"a": (_F8, -8)}, 8, 1, 16)),
        Call(np.dtype, "V8", False, True, state=(3, "|", None, ("a",), {"a": (_F8, 0)}, 80, 1, 16)),
        Call(np.dtype, "V8", False, True, state=(3, "|", (_F8, (9,)), None, None, 8, 1, 0)),
        Call(
            np.ma.core._mareconstruct,
            np.ma.MaskedArray,
            np.ndarray,
            (0,),
            "b",
            state=(1, (2,), _F8, False, b"\0" * 16, b"\0", None),
        ),
        Call(
            np.ma.core._mareconstruct,
            np.ma.MaskedArray,
            np.ndarray,
            (0,),
            "b",
            state=(1, (2,), _F8, False, b"\0" * 16, b"\0\x02", None),
        ),
    ],
    ids=lambda value: repr(value.reduction[1:])[:80],
)
def test_altered_parts_are_refused(value: Any) -> None:
    with pytest.raises(Untrusted):
        reload(value)


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        (np.random.MT19937, ("state", "pos"), 625),
        (np.random.MT19937, ("state", "pos"), -1),
        (np.random.MT19937, ("state", "pos"), 10**9),
        (np.random.MT19937, ("state", "key"), np.zeros(10, np.uint32)),
        (np.random.MT19937, ("state", "key"), np.zeros(624, np.uint32)),
        (np.random.MT19937, ("state", "key"), np.array([2**31 - 1, *[0] * 623], np.uint32)),
        (np.random.MT19937, ("bit_generator",), "PCG64"),
        (np.random.PCG64, ("state", "inc"), 2**128),
        (np.random.PCG64, ("state", "inc"), 0),
        (np.random.PCG64DXSM, ("state", "inc"), 4),
        (np.random.Philox, ("buffer_pos",), 5),
        (np.random.Philox, ("state", "key"), np.zeros(1, np.uint64)),
        (np.random.SFC64, ("state", "state"), np.zeros(2, np.uint64)),
    ],
)
def test_altered_generators_are_refused(kind: Any, path: tuple[str, ...], value: Any) -> None:
    function, args, (state, seeds) = kind(1).__reduce__()
    reload(Call(function, *args, state=(state, seeds)))
    place = state
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(Untrusted):
        reload(Call(function, *args, state=(state, seeds)))


def test_altered_seeds_are_refused() -> None:
    reduced: Any = np.random.SeedSequence(5).__reduce__()
    function, args, state = reduced
    reload(Call(function, *args, state=state))
    for position, value in ((2, np.zeros(4, np.uint32)), (3, 10**9), (4, "x"), (0, "x")):
        changed = tuple(value if n == position else part for n, part in enumerate(state))
        with pytest.raises(Untrusted):
            reload(Call(function, *args, state=changed))


def test_object_arrays_may_not_nest_deep() -> None:
    nested = np.array([None], object)
    for _ in range(5):
        outer = np.empty(1, object)
        outer[0] = nested
        nested = outer
    with pytest.raises(Untrusted, match="nested"):
        reload(nested)


def test_a_dtype_keeps_its_size_when_it_is_built_after_use() -> None:
    dtype = make_dtype("V8", False, True)
    array = from_buffer(b"\0" * 8, dtype, (1,), "C")
    with pytest.raises(ValueError, match="dtype"):
        build_dtype(dtype, (3, "|", None, ("a",), {"a": (np.dtype("f8"), 0)}, 4096, 1, 16))
    fields = {"a": (np.dtype("f8"), 0)}
    build_dtype(dtype, (3, "|", None, ("a",), fields, 8, 1, 16))
    fields["b"] = (np.dtype("f8"), 10**6)
    assert dtype.names == ("a",)
    assert set(dtype.fields or ()) == {"a"}
    assert array.nbytes == 8


def test_large_bytes_are_copied_before_numpy_makes_them_writable() -> None:
    data = b"\0" * 8000
    array: Any = np.ndarray((0,), "b")
    build_array(array, (1, (1000,), np.dtype("f8"), False, data))
    array[:] = 1.0
    assert data == b"\0" * 8000


def test_object_array_over_raw_bytes_does_not_crash() -> None:
    """`numpy.ndarray(dtype O)` over raw bytes: pickle and allowlists of names let it pass."""
    skeleton = stream(
        b"(",
        name("numpy", "ndarray"),
        b"K\x04\x85",
        pickled(np.dtype(object))[2:-1].split(b"\x95", 1)[-1][8:],
        b"\x8e" + (32).to_bytes(8, "little") + b"\x41" * 32,
        b"tR",
    )
    assert "refused" in in_subprocess(
        """
        import sys
        from nbmodel.errors import Untrusted
        from nbmodel.trust.loader import load_untrusted
        for skeleton in sys.argv[1:]:
            try:
                print(load_untrusted(bytes.fromhex(skeleton), [], "m"))
            except Untrusted as error:
                print("refused", error)
        """,
        skeleton.hex(),
        pickled(Call(_frombuffer, b"\x41" * 32, np.dtype(object), (4,), "C")).hex(),
    )


def test_pickle_does_not_notice_swapped_buffers() -> None:
    """Why the manifest binds their order: the loader cannot know either."""
    first, second = np.zeros(1000), np.ones(1000)
    file = io.BytesIO()
    pickle.Pickler(file, 5, buffer_callback=lambda _: None).dump([first, second])
    buffers = [memoryview(bytearray(array.tobytes())) for array in (second, first)]
    assert load_untrusted(file.getvalue(), buffers, "m")[0][0] == 1.0


def _deep() -> Any:
    """Few lists, and a text of it that never ends."""
    value: Any = ["x"] * 8
    for _ in range(20):
        value = [value] * 8
    return value


@pytest.mark.parametrize("place", ["dtype", "order", "shape", "type"])
def test_a_refusal_does_not_write_out_what_it_refuses(place: str) -> None:
    """G14 in the loader itself: the reason of a refusal is a text as well."""
    double = np.dtype("f8")
    make = {
        "dtype": lambda deep: make_dtype(deep, False, True),
        "order": lambda deep: from_buffer(b"12345678", double, (1,), deep),
        "shape": lambda deep: from_buffer(b"12345678", double, deep, "C"),
        "type": _builtin_type,
    }[place]
    with pytest.raises(ValueError, match="a list"):
        make(_deep())


def test_arrays_that_share_arrays_are_looked_through_once() -> None:
    """G12 by sharing: a thousand arrays that hold one of a thousand items; more are refused."""
    inner = np.empty(1000, object)
    outer = [np.empty(1, object) for _ in range(1000)]
    for array in outer:
        array[0] = inner
    assert reload(outer)[7][0].shape == (1000,)


def test_a_partial_of_a_ufunc_is_refused() -> None:
    """It would put any text together when a display asks for it."""
    with pytest.raises(Untrusted):
        reload(partial(np.add, "<b>", ""))
