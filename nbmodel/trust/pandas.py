"""Rules for pandas: indexes, series and points in time that people store beside a model.

The constructors of pandas make an index or a series again from arrays that the rules of numpy have
checked. So it has no attribute that the author chose. Texts are Arrow arrays, whose offsets point
into memory: the full validation of Arrow checks each offset.
"""

from __future__ import annotations

import math
from datetime import timezone
from typing import Any

import numpy as np

from nbmodel.trust.rules import Rule, RuleTable, brief, require

_SCALARS = (str, int, float, bool, type(None), np.number, np.bool_)
_KINDS = "biufO"
_RESOLUTIONS = {
    7: 1,
    8: 10**3,
    9: 10**6,
    10: 10**9,
}  # number of a unit in pandas: units in a second
_MIN_SECONDS, _MAX_SECONDS = -62135596800, 253402300799  # of the years 1 to 9999, since 1970
_MAX_ITEMS = 1 << 40


# -- points in time ------------------------------------------------------------


def _timestamp(value: Any, frequency: Any, zone: Any, resolution: Any = 10) -> Any:
    """Replace ``_unpickle_timestamp``."""
    from pandas._libs.tslibs.timestamps import _unpickle_timestamp

    _check_time(value, resolution)
    require(frequency is None, "a timestamp with a frequency")
    require(zone is None or type(zone) is timezone, "a time zone that is given by its name")
    return _unpickle_timestamp(value, None, zone, resolution)


def _duration(value: Any, resolution: Any) -> Any:
    """Replace ``_timedelta_unpickle``."""
    from pandas._libs.tslibs.timedeltas import _timedelta_unpickle

    _check_time(value, resolution)
    return _timedelta_unpickle(value, resolution)


def _check_time(value: Any, resolution: Any) -> None:
    require(type(resolution) is int and resolution in _RESOLUTIONS, "a time in an unknown unit")
    require(type(value) is int and -(1 << 63) < value < 1 << 63, "a time that is not a number")
    require(
        _MIN_SECONDS <= value // _RESOLUTIONS[resolution] <= _MAX_SECONDS,
        "a time outside of the years 1 to 9999",
    )


def _not_a_time(*parts: Any) -> Any:
    import pandas as pd

    return pd.NaT


# -- texts ---------------------------------------------------------------------


def _arrow_type(name: Any) -> Any:
    import pyarrow as pa

    require(name == "large_string", f"an Arrow array of {brief(name)}")
    return pa.large_string()


def _arrow_buffer(data: Any) -> Any:
    import pyarrow as pa

    require(type(data) in (bytes, bytearray, memoryview), "an Arrow buffer without bytes")
    return pa.py_buffer(bytes(data))  # a copy, which nothing else can change after the check


def _arrow_array(parts: Any) -> Any:
    """Replace ``_restore_array``: texts, of which each offset is checked."""
    import pyarrow as pa

    require(type(parts) is tuple and len(parts) == 7, "an Arrow array in an unknown form")
    kind, length, _, offset, buffers, children, dictionary = parts
    require(
        type(kind) is pa.DataType and kind == pa.large_string(),
        "an Arrow array that does not hold texts",
    )
    for number in (length, offset):
        require(
            type(number) is int and 0 <= number < _MAX_ITEMS,
            "an Arrow array of a size that is out of range",
        )
    require(type(buffers) is list and len(buffers) == 3, "an Arrow array with wrong buffers")
    require(children in ([], None) and dictionary is None, "an Arrow array with parts")
    require(
        all(buffer is None or type(buffer) is pa.Buffer for buffer in buffers),
        "an Arrow array with wrong buffers",
    )
    array = pa.Array.from_buffers(kind, length, buffers, offset=offset)
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        raise ValueError(f"an Arrow array that is not valid: {error}"[:200]) from error
    return array


def _string_type(storage: Any = None, na_value: Any = None) -> Any:
    import pandas as pd

    require(storage == "pyarrow", "texts that are not stored in Arrow")
    is_nan = type(na_value) is float and math.isnan(na_value)
    require(is_nan or na_value is pd.NA, "texts with an unknown missing value")
    return pd.StringDtype("pyarrow", na_value)


def _build_texts(instance: Any, state: Any) -> None:
    import pandas as pd
    import pyarrow as pa

    require(type(state) is dict, "texts in an unknown form")
    array, kind = state.get("_pa_array"), state.get("_dtype")
    require(isinstance(array, pa.LargeStringArray), "texts without an Arrow array")
    require(type(kind) is pd.StringDtype, "texts of an unknown type")
    require(state.get("_cache", {}) == {}, "texts with attributes that pandas does not write")
    require(
        set(state) <= {"_pa_array", "_dtype", "_cache", "_readonly"}, "texts in an unknown form"
    )
    type(instance).__init__(instance, array, dtype=kind)


# -- indexes and series ----------------------------------------------------------


def _check_array(values: Any) -> None:
    """Check one axis of numbers, texts or plain labels."""
    from pandas.arrays import ArrowStringArray

    if type(values) is ArrowStringArray:
        return
    require(type(values) is np.ndarray and values.ndim == 1, "a column that is not an array")
    require(values.dtype.kind in _KINDS, f"a column of dtype {values.dtype}")
    if values.dtype.hasobject:
        import pandas as pd

        kinds = (*_SCALARS, np.dtype, pd.StringDtype, pd.Timestamp, pd.Timedelta, type(pd.NaT))
        plain = all(isinstance(item, kinds) for item in values.tolist())
        require(plain, "labels that are not plain values")


def _check_name(name: Any) -> None:
    require(isinstance(name, _SCALARS), "a name that is not a plain value")


def _index(kind: Any, parts: Any) -> Any:
    """Replace ``_new_Index``."""
    import pandas as pd

    require(type(parts) is dict, "an index with parts that are missing or unknown")
    _check_name(parts.get("name"))
    if kind is pd.RangeIndex:
        require(
            set(parts) <= {"start", "stop", "step", "name"},
            "a range with parts that are missing or unknown",
        )
        bounds = [parts.get(part) for part in ("start", "stop", "step")]
        require(
            all(type(n) is int and -(1 << 62) < n < 1 << 62 for n in bounds),
            "a range with a bound that is out of range",
        )
        return pd.RangeIndex(*bounds, name=parts.get("name"))
    require(kind is pd.Index and set(parts) <= {"data", "name"}, "an index of an unknown kind")
    _check_array(parts.get("data"))
    data = parts["data"]
    return pd.Index(data, name=parts.get("name"), dtype=data.dtype, copy=True)


def _build_block(manager: Any, state: Any) -> None:
    """Replace BUILD of the manager of a series: one block of values, and its index."""
    import pandas as pd

    require(type(state) is tuple and len(state) == 4, "a series in an unknown form")
    (index,), (block,) = state[3]["0.14.1"]["axes"], state[3]["0.14.1"]["blocks"]
    require(type(index) in (pd.Index, pd.RangeIndex), "a series over an unknown index")
    values = block["values"]
    _check_array(values)
    values = values.copy()  # later opcodes may fill the array; the copy is the one that was checked
    require(len(values) == len(index), "a series over an unknown index")
    whole = slice(0, len(index), 1)
    places = block["mgr_locs"]
    is_whole = places == whole if type(places) is slice else len(index) == 0
    require(is_whole, "a series in an unknown form")
    fresh = {"axes": [index], "blocks": [{"values": values, "mgr_locs": whole}]}
    manager.__setstate__(([index], [], [], {"0.14.1": fresh}))


def _build_series(series: Any, state: Any) -> None:
    from pandas.core.internals.managers import SingleBlockManager

    require(
        type(state) is dict and type(state.get("_mgr")) is SingleBlockManager,
        "a series with parts that are missing or unknown",
    )
    require(not state.get("attrs"), "a series with attributes")
    require(getattr(state["_mgr"], "axes", None), "a series without values")
    _check_name(state.get("_name"))
    flags = state.get("_flags", {"allows_duplicate_labels": True})
    require(
        type(flags) is dict and [*flags] == ["allows_duplicate_labels"],
        "a series with flags that are not the usual ones",
    )
    require(
        type(flags["allows_duplicate_labels"]) is bool,
        "a series with flags that are not the usual ones",
    )
    series.__setstate__(
        {
            "_mgr": state["_mgr"],
            "_typ": "series",
            "_metadata": ["_name"],
            "attrs": {},
            "_flags": dict(flags),
            "_name": state.get("_name"),
        }
    )


_VALUE = Rule(value=True)
_SERIES = Rule(new=True, build=_build_series)

RULES: RuleTable = {
    ("pandas", "NA"): _VALUE,
    ("pandas", "Index"): _VALUE,
    ("pandas", "RangeIndex"): _VALUE,
    ("pandas", "Series"): _SERIES,
    ("pandas", "StringDtype"): Rule(call=_string_type),
    # Before pandas 3, a class was named by the module that defines it.
    ("pandas.core.indexes.base", "Index"): _VALUE,
    ("pandas.core.indexes.range", "RangeIndex"): _VALUE,
    ("pandas.core.series", "Series"): _SERIES,
    ("pandas.core.indexes.base", "_new_Index"): Rule(call=_index),
    ("pandas.core.internals.managers", "SingleBlockManager"): Rule(new=True, build=_build_block),
    ("pandas.arrays", "ArrowStringArray"): Rule(new=True, build=_build_texts),
    ("pandas._libs.tslibs.timestamps", "_unpickle_timestamp"): Rule(call=_timestamp),
    ("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle"): Rule(call=_duration),
    ("pandas._libs.tslibs.nattype", "_nat_unpickle"): Rule(call=_not_a_time),
    ("pyarrow.lib", "type_for_alias"): Rule(call=_arrow_type),
    ("pyarrow.lib", "py_buffer"): Rule(call=_arrow_buffer),
    ("pyarrow.lib", "_restore_array"): Rule(call=_arrow_array),
}
