"""Rules for numpy: arrays, dtypes and scalars are rebuilt from parts that were checked.

The dtype, the shape and the bytes of an array must agree. No bytes may be read as pointers to
objects, and no two arrays may share bytes that one of them can write. The ``__setstate__`` of numpy
only gets a state that is made here.
"""

from __future__ import annotations

import math
import re
import sys
from itertools import chain
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from nbmodel.trust.numpy_random import RULES as RANDOM_RULES
from nbmodel.trust.rules import Rule, RuleTable, brief, require, words
from nbmodel.trust.scipy import VECTORIZE

Array = np.ndarray[Any, Any]
DType = np.dtype[Any]

MAX_DIMS = 32

_DTYPE_NAME = re.compile(r"b1|[iu][1248]|f[248]|c(?:8|16)|[SUV][0-9]{1,9}|[mM]8|O8")
_UNITS = frozenset((b"Y", b"M", b"W", b"D", b"h", b"m", b"s", b"ms", b"us", b"ns", b"ps"))


# -- dtypes ------------------------------------------------------------------


def make_dtype(name: Any, align: object, copy: object) -> DType:
    """Replace ``numpy.dtype(name, align, copy)`` as numpy pickles it."""
    require(
        type(name) is str and _DTYPE_NAME.fullmatch(name) and (align, copy) == (False, True),
        f"the dtype {brief(name)}",
    )
    fresh: DType = np.dtype(name, align=False, copy=True)
    return fresh


def build_dtype(instance: Any, state: Any) -> None:
    """Replace ``dtype.__setstate__``: the state must be the one that numpy would write.

    The item size never changes, so an array that exists already stays within its bytes.
    """
    require(
        type(state) is tuple and 8 <= len(state) <= 9, "the state of a dtype in an unknown form"
    )
    order, names, fields = state[1], state[3], state[4]
    if names is not None:
        expected_dtype = _structured(instance, names, fields, state)
    elif len(state) == 9:
        expected_dtype = _time(instance, state[8])
    else:
        expected_dtype = instance
    if order in ("<", ">") and names is None:
        expected_dtype = expected_dtype.newbyteorder(order)
    expected = expected_dtype.__reduce__()[2]
    require(
        expected == state, f"the state of a dtype that numpy would not write for {instance.str}"
    )
    instance.__setstate__(expected)


def _structured(instance: DType, names: Any, fields: Any, state: tuple[Any, ...]) -> DType:
    require(instance.kind == "V" and instance.names is None, "fields in a dtype that has none")
    require(type(names) is tuple and type(fields) is dict, "fields of a dtype in an unknown form")
    require(all(type(name) is str for name in names), "a field without a name")
    parts = [fields[name] for name in names]
    require(all(type(part) is tuple and len(part) == 2 for part in parts), "a field with a title")
    for kind, offset in parts:
        require(
            isinstance(kind, np.dtype) and kind.kind in "iufcmMS",
            "a field of a dtype that is not allowed",
        )
        require(
            type(offset) is int and 0 <= offset <= instance.itemsize - kind.itemsize,
            "a field outside its record",
        )
    return np.dtype(
        {
            "names": list(names),
            "formats": [kind for kind, _ in parts],
            "offsets": [offset for _, offset in parts],
            "itemsize": instance.itemsize,
        },
        # If the flag is set, numpy checks the offsets against it.
        align=bool(state[7] & 0x80),
    )


def _time(instance: DType, metadata: Any) -> DType:
    require(instance.kind in "mM" and metadata[0] is None, "metadata in a dtype")
    unit, count, *rest = metadata[1]
    require(unit in _UNITS and type(count) is int and 0 < count < 1000, "an unknown unit of time")
    require(rest == [1, 1], "an unknown unit of time")
    return np.dtype(f"{instance.kind}8[{count}{unit.decode()}]")


# -- arrays ------------------------------------------------------------------


def count_elements(shape: Any) -> int:
    """Count the elements of a shape, which must be a tuple of non-negative ints."""
    if type(shape) is not tuple or len(shape) > MAX_DIMS:
        raise ValueError(f"{brief(shape)} as a shape")
    require(
        all(type(n) is int and 0 <= n < 1 << 62 for n in shape),
        "a shape with a negative or too large number",
    )
    return math.prod(shape)


def _check_values(dtype: DType, data: Any) -> None:
    """Check bytes that numpy uses without a check.

    A boolean is 0 or 1: numpy counts a selection as the sum of the booleans. A character is a
    code point.
    """
    if dtype.kind == "b":
        values = np.frombuffer(data, np.uint8)
        require(values.max(initial=0) <= 1, "a boolean that is neither 0 nor 1")
    elif dtype.kind == "U":
        values = np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder))
        require(values.max(initial=0) <= sys.maxunicode, "a character out of range")


def from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any, axis_order: Any = None) -> Array:
    """Replace numpy's ``_frombuffer``: an array over a buffer of exactly its size."""
    require(isinstance(buffer, (bytes, bytearray, memoryview)), "an array without a buffer")
    require(
        isinstance(dtype, np.dtype) and not dtype.hasobject, "an array of objects over a buffer"
    )
    require(dtype.itemsize > 0, "an array of items without a size")
    size = memoryview(buffer).nbytes
    if count_elements(shape) * dtype.itemsize != size:
        raise ValueError(f"an array of shape {shape} and dtype {dtype.str} over {size} bytes")
    _check_values(dtype, buffer)
    flat: Array = np.frombuffer(buffer, dtype)
    if order == "K" and axis_order is not None:
        require(
            type(axis_order) is tuple and sorted(axis_order) == list(range(len(shape))),
            "an order of axes that does not fit the shape",
        )
        return flat.reshape(shape, order="C").transpose(axis_order)
    if order not in ("C", "F"):
        raise ValueError(f"the memory order {brief(order)}")
    return flat.reshape(shape, order=order)


def reconstruct(kind: Any, shape: object, code: object) -> Array:
    """Replace ``_reconstruct``: an empty array or matrix, to be filled by BUILD."""
    require(kind is np.ndarray or kind is np.matrix, "an array of an unknown class")
    require(shape == (0,) and code == b"b", "an array that is not empty at first")
    return np.ndarray.__new__(kind, (0,), "b")


def array_state(state: Any) -> tuple[int, tuple[int, ...], DType, bool, Any]:
    """Copy the state for ``ndarray.__setstate__``; shape, dtype and data must agree."""
    require(type(state) is tuple and len(state) == 5, "the state of an array in an unknown form")
    version, shape, dtype, fortran, data = state
    require(
        type(version) is int and version == 1 and type(fortran) is bool,
        "the state of an array with a wrong version or order",
    )
    require(isinstance(dtype, np.dtype), "the state of an array without a dtype")
    count = count_elements(shape)
    if dtype.hasobject:
        require(
            dtype.str == "|O" and type(data) is list and len(data) == count,
            "an array of objects with a wrong number of items",
        )
        return 1, shape, dtype, fortran, list(data)
    if type(data) is not bytes or len(data) != count * dtype.itemsize:
        raise ValueError(
            f"an array of shape {shape} and dtype {dtype.str} over a wrong number of bytes"
        )
    _check_values(dtype, data)
    # numpy uses large bytes without a copy and makes them writable, so they are copied here.
    return 1, shape, dtype, fortran, bytes(bytearray(data))


def build_array(instance: Any, state: Any) -> None:
    """Replace ``ndarray.__setstate__``."""
    checked = array_state(state)
    require(
        type(instance) is np.ndarray or len(checked[1]) == 2,
        "a matrix that does not have two dimensions",
    )
    instance.__setstate__(checked)


_FLAT: WeakValueDictionary[int, Array] = WeakValueDictionary()


def check_array(instance: Array) -> None:
    """Let object arrays nest at most once: freeing them recurses in C without a limit."""
    nested = _object_arrays(instance)
    if not nested:
        _FLAT[id(instance)] = instance
    for inner in nested:
        # Many arrays may hold the same inner array, which is searched once.
        if id(inner) not in _FLAT:
            require(not _object_arrays(inner), "object arrays nested too deep")
            _FLAT[id(inner)] = inner


def _object_arrays(array: Array) -> list[Array]:
    if not array.dtype.hasobject:
        return []
    inner = (v for v in array.flat if isinstance(v, np.ndarray) and v.dtype.hasobject)
    return list({id(v): v for v in inner}.values())


def make_scalar(dtype: Any, data: Any) -> Any:
    """Replace ``numpy._core.multiarray.scalar``."""
    require(
        isinstance(dtype, np.dtype) and dtype.kind in "biufcmMSU",
        "a scalar of a dtype that is not allowed",
    )
    require(type(data) is bytes and len(data) == dtype.itemsize, "a scalar of a wrong size")
    _check_values(dtype, data)
    return np.frombuffer(data, dtype)[0]


# -- masked arrays -----------------------------------------------------------


def reconstruct_masked(kind: object, base: object, shape: object, code: object) -> Array:
    """Replace ``_mareconstruct``: an empty masked array."""
    require(kind is np.ma.MaskedArray and base is np.ndarray, "a masked array of an unknown class")
    require(shape == (0,) and code == "b", "a masked array that is not empty at first")
    return np.ma.MaskedArray(np.empty((0,), "b"), mask=np.empty((0,), "?"))


def build_masked(instance: Any, state: Any) -> None:
    """Replace ``MaskedArray.__setstate__``."""
    require(
        type(state) is tuple and len(state) == 7, "the state of a masked array in an unknown form"
    )
    version, shape, dtype, fortran, data = array_state(state[:5])
    mask, fill = state[5:]
    require(dtype.names is None, "a masked array of records")
    require(type(mask) is bytes and len(mask) == count_elements(shape), "a mask of a wrong size")
    _check_values(np.dtype(bool), mask)
    require(
        fill is None or isinstance(fill, (str, int, float, np.generic, np.ndarray)),
        "a fill value of a type that is not allowed",
    )
    instance.__setstate__((version, shape, dtype, fortran, data, bytes(bytearray(mask)), fill))


# -- the table ---------------------------------------------------------------

# Functions of numpy that estimators take as parameters. They only compute.
_FUNCTIONS = words(
    "amax amin average clip cumsum diff max mean median min nan_to_num nanmax nanmean nanmedian "
    "nanmin nanstd nansum nanvar ndim percentile prod quantile ravel round shape size std sum var"
)
_UFUNCS = [name for name in dir(np) if isinstance(getattr(np, name), np.ufunc)]
_SCALARS = sorted(
    {kind.__name__ for kind in np.sctypeDict.values()}
    | {"bool_", "bool", "str_", "bytes_", "object_", "void", "integer", "floating", "number"}
)
_DTYPES = [name for name in dir(np.dtypes) if name.endswith("DType")]

_VALUE = Rule(value=True)
_FROM_BUFFER = Rule(call=from_buffer)
_RECONSTRUCT = Rule(call=reconstruct, build=build_array, check=check_array)
_MASKED = Rule(call=reconstruct_masked, build=build_masked, check=check_array)
_SCALAR = Rule(call=make_scalar)

RULES: RuleTable = {
    **{("numpy", name): _VALUE for name in chain(_FUNCTIONS, _UFUNCS, _SCALARS)},
    **{("numpy.dtypes", name): _VALUE for name in _DTYPES},
    ("numpy", "ndarray"): _VALUE,
    ("numpy", "matrix"): _VALUE,
    ("numpy.ma", "MaskedArray"): _VALUE,
    ("numpy.ma.core", "MaskedArray"): _VALUE,
    ("numpy", "vectorize"): VECTORIZE,
    ("numpy", "dtype"): Rule(call=make_dtype, build=build_dtype),
    # numpy 2 and numpy 1 name their private modules differently.
    ("numpy._core.numeric", "_frombuffer"): _FROM_BUFFER,
    ("numpy.core.numeric", "_frombuffer"): _FROM_BUFFER,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "scalar"): _SCALAR,
    ("numpy.core.multiarray", "scalar"): _SCALAR,
    ("numpy.ma.core", "_mareconstruct"): _MASKED,
    **RANDOM_RULES,
}
