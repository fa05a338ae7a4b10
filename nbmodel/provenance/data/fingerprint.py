"""One digest of a table's content: values, names and dtypes, in row order."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
from blake3 import blake3

from nbmodel.provenance.data.tables import DataTable, Part, is_series, is_sparse

_CHUNK = 1 << 24  # bytes copied at a time out of an array that is not row-major
_X87_MANTISSA, _X87_BYTES = 63, 10  # what a long double is on x86
_PLAIN = (float, complex, bytes, bool, type(None))


def fingerprint(table: DataTable) -> str:
    """``blake3:<hex>`` of names, dtypes, shapes and values, bit for bit.

    It is equal for equal data in any process and memory layout, and different for another row
    order. It does not cover the index of a data frame. An object that cannot be pickled counts by
    its class only.
    """
    digest = blake3(max_threads=blake3.AUTO)
    _text(digest, f"rows {table.rows}")
    for part in table.parts:
        _text(digest, part.name)
        _text(digest, f"{_dtype(part.data)} {part.shape}")
        _feed(digest, part)
    return f"blake3:{digest.hexdigest()}"


def _dtype(data: Any) -> str:
    dtype = data.dtype
    return dtype.newbyteorder("<").str if isinstance(dtype, np.dtype) else str(dtype)


def _text(digest: blake3, text: str) -> None:
    _bytes(digest, text.encode(errors="surrogatepass"))


def _bytes(digest: blake3, data: bytes) -> None:
    # The length goes first, so that no two sequences of texts run together alike.
    digest.update(len(data).to_bytes(8, "little"))
    digest.update(data)


def _feed(digest: blake3, part: Part) -> None:
    if is_sparse(part.data):
        matrix = part.data.tocsr(copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        for array in (matrix.indptr.astype("<i8"), matrix.indices.astype("<i8"), matrix.data):
            _array(digest, array)
    elif is_series(part.data):
        _series(digest, part.data)
    else:
        _array(digest, part.data)


def _series(digest: blake3, series: Any) -> None:
    if isinstance(series.dtype, np.dtype):
        _array(digest, series.to_numpy())
        return
    # Extension dtypes: where values are missing, then the others as numpy has them.
    _array(digest, series.isna().to_numpy(dtype=bool))
    _array(digest, present(series))


def present(series: Any) -> np.ndarray:
    """The values of a pandas series that are not missing, as numpy has them.

    Times with a zone become UTC.
    """
    dtype = series.dtype
    present = series.dropna()
    if dtype.kind in "iufb":
        inner = getattr(dtype, "numpy_dtype", getattr(dtype, "subtype", dtype))
        return np.asarray(present.to_numpy(dtype=inner))
    if dtype.kind in "mM":
        return np.asarray(
            present.to_numpy(dtype=f"{'datetime64' if dtype.kind == 'M' else 'timedelta64'}[ns]")
        )
    return np.asarray(present.to_numpy(dtype=object))


def _array(digest: blake3, array: np.ndarray) -> None:
    if array.dtype.hasobject:
        _objects(digest, array.ravel().tolist())
        return
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.flags.c_contiguous:
        _raw(digest, array)
        return
    step = max(1, _CHUNK * len(array) // max(array.nbytes, 1))
    for start in range(0, len(array), step):
        _raw(digest, np.ascontiguousarray(array[start : start + step]))


def _raw(digest: blake3, array: np.ndarray) -> None:
    if not array.size:
        return
    data = array.reshape(-1).view(np.uint8)
    if array.dtype.char in "gG" and np.finfo(np.longdouble).nmant == _X87_MANTISSA:
        # The other bytes are padding, with values from earlier use.
        width = np.dtype(np.longdouble).itemsize
        data = np.ascontiguousarray(data.reshape(-1, width)[:, :_X87_BYTES]).reshape(-1)
    digest.update(data.data)


def _objects(digest: blake3, values: list[Any]) -> None:
    if all(type(value) is str for value in values):
        encoded = [value.encode(errors="surrogatepass") for value in values]
        digest.update(np.array([len(value) for value in encoded], "<i8").tobytes())
        digest.update(b"".join(encoded))
        return
    for value in values:
        for token in _tokens(value):
            _bytes(digest, token)


def _tokens(value: Any) -> Iterator[bytes]:
    kind = type(value)
    yield f"{kind.__module__}.{kind.__qualname__}".encode()
    if kind is str:
        yield value.encode(errors="surrogatepass")
    elif kind is int:
        yield hex(value).encode()  # repr refuses integers of more than 4,300 digits
    elif kind in _PLAIN:
        yield repr(value).encode()
    elif kind in (list, tuple):
        yield str(len(value)).encode()
        for item in value:
            yield from _tokens(item)
    elif kind in (set, frozenset):
        # Their order differs from process to process.
        yield from sorted(b"".join(_tokens(item)) for item in value)
    else:
        try:
            yield pickle.dumps(value, 5)
        except (pickle.PicklingError, TypeError, AttributeError):
            yield b"?"
