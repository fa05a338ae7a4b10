"""Limits of a stranger's parameters, by the name of the parameter.

All shapes of a model may be right, and it may still name a file, a function or a million threads.
A limit holds for every parameter of its name: on an estimator, in the grid of a search, and among
the arguments that a model passes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from nbmodel.trust.parameter_ranges import MAX_ROUNDS, RANGES, check_range
from nbmodel.trust.regular_expressions import check_pattern
from nbmodel.trust.rules import brief, require, words

_ENCODINGS = frozenset(
    words(
        "ascii latin-1 latin1 iso-8859-1 iso8859-1 iso-8859-2 iso-8859-15 utf8 utf-8 utf_8 "
        "utf-8-sig utf-16 utf16 utf-32 cp437 cp850 cp1250 cp1251 cp1252 windows-1250 windows-1251 "
        "windows-1252 koi8-r big5 gb2312 gbk gb18030 euc-jp euc-kr shift_jis mac-roman"
    )
)
_NUMBER_TYPES = frozenset((int, float, bool))
_GETTER = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*_?")
_DISPATCH = re.compile(r"all|[0-9]{1,5}|([0-9]{1,3} ?\* ?)?n_jobs( ?\* ?[0-9]{1,3})?")
_FORMAT = re.compile(r"([^{}]|\{(transformer_name|feature_name)\})*")
# Exact names: pandas reads a time zone from such a name, and opens its file at any path.
_COLUMN_KIND = re.compile(
    r"number|object|category|string|str|bool(ean)?|([Uu]?[Ii]nt(8|16|32|64)?)|[Ff]loat(16|32|64)?|"
    r"complex(64|128)?|(datetime|timedelta)(64(\[(s|ms|us|ns)\])?)?|datetimetz|"
    r"datetime64\[ns, UTC\]|integer|floating|(un)?signedinteger"
)
_METRIC_PARAMETERS = ("p", "w", "V", "VI")
_MAX_NGRAM = 50
_MAX_LAYERS, _MAX_UNITS = 100, 100_000
_NUMBERS = (int, float, np.number)


def _content(value: Any) -> None:
    require(value == "content", f"documents that are read from {brief(value)}")


def _no_cache(value: Any) -> None:
    # joblib.Memory unpickles the files in its folder.
    require(value is None, "a cache folder")


def _pattern(value: Any) -> None:
    require(value is None or type(value) is str, "a pattern that is not a text")
    if value is not None:
        check_pattern(value)


def _column_kinds(value: Any) -> None:
    """Check the types of columns that `make_column_selector` includes or excludes."""
    for item in value if type(value) in (list, tuple) else [value]:
        if isinstance(item, type):
            is_allowed = item in (*_NUMBER_TYPES, object, str) or issubclass(item, np.generic)
        elif isinstance(item, np.dtype):
            is_allowed = item.kind in "biufmM"
        else:
            is_allowed = item is None or (
                type(item) is str and _COLUMN_KIND.fullmatch(item) is not None
            )
        require(is_allowed, f"columns of type {brief(item)}")


def _encoding(value: Any) -> None:
    require(type(value) is str and value.lower() in _ENCODINGS, f"the encoding {brief(value)}")


def _dtype(value: Any) -> None:
    if type(value) is list and 0 < len(value) <= 4:
        for item in value:
            _dtype(item)
        return
    if isinstance(value, type):
        is_allowed = value in _NUMBER_TYPES or issubclass(value, (np.number, np.bool_))
    elif isinstance(value, np.dtype):
        is_allowed = value.kind in "biuf"
    else:
        is_allowed = value is None or (type(value) is str and value in _DTYPES)
    require(is_allowed, f"the dtype {brief(value)}")


_DTYPES = frozenset(words("numeric float float32 float64 int int32 int64 bool"))


def _ngrams(value: Any) -> None:
    require(
        type(value) in (tuple, list) and len(value) == 2,
        "a range of n-grams that is not two whole numbers",
    )
    require(
        all(isinstance(n, (int, np.integer)) for n in value),
        "a range of n-grams that is not two whole numbers",
    )
    require(
        all(0 < n <= _MAX_NGRAM for n in value),
        f"n-grams of less than 1 or more than {_MAX_NGRAM} words",
    )


def _layers(value: Any) -> None:
    sizes = np.atleast_1d(np.asarray(value))
    require(sizes.ndim == 1 and len(sizes) <= _MAX_LAYERS, f"more than {_MAX_LAYERS} layers")
    require(
        sizes.dtype.kind in "iu" or not len(sizes), "sizes of layers that are not whole numbers"
    )
    require((sizes <= _MAX_UNITS).all(), f"a layer of more than {_MAX_UNITS} units")


def _getter(value: Any) -> None:
    require(
        type(value) is str and len(value) < 200 and _GETTER.fullmatch(value),
        "an importance_getter that is not the name of an attribute",
    )


def _dispatch(value: Any) -> None:
    is_allowed = isinstance(value, (int, np.integer)) and 0 < value <= MAX_ROUNDS
    require(
        is_allowed or (type(value) is str and _DISPATCH.fullmatch(value)),
        "a pre_dispatch that is out of range",
    )


def _naming(value: Any) -> None:
    is_allowed = type(value) is bool or isinstance(value, np.bool_)
    require(
        is_allowed or (type(value) is str and _FORMAT.fullmatch(value)),
        "a format of feature names that is not allowed",
    )


def _metric_parameters(value: Any) -> None:
    """Allow the parameters that metrics document; others reach into compiled code."""
    require(value is None or type(value) is dict, "parameters of a metric that are not numbers")
    for name, item in (value or {}).items():
        require(name in _METRIC_PARAMETERS, f"the parameter {brief(name)} of a metric")
        is_array = type(item) is np.ndarray and item.dtype.kind == "f"
        require(
            item is None or is_array or isinstance(item, _NUMBERS),
            "parameters of a metric that are not numbers",
        )


def _keywords(value: Any) -> None:
    """Allow plain values as arguments of a function, each within the limits of its name."""
    require(value is None or type(value) is dict, "arguments that are not a dict")
    for name, item in (value or {}).items():
        require(type(name) is str and name.isidentifier(), "an argument without a name")
        items = item if type(item) in (list, tuple) else [item]
        require(all(map(_is_plain, items)), f"the argument {name:.40} that is not a plain value")
        check_parameter(name, item)


def _is_plain(value: Any) -> bool:
    if isinstance(value, type):
        return value in _NUMBER_TYPES or issubclass(value, (np.number, np.bool_))
    return value is None or isinstance(value, (*_NUMBERS, str, bool, np.bool_))


def _grid(value: Any) -> None:
    """Check the values that a search sets on its estimator."""
    for grid in value if type(value) in (list, tuple) else [value]:
        require(type(grid) is dict, "a grid of parameters that is not a dict")
        for name, options in grid.items():
            require(type(name) is str, "a parameter without a name")
            if type(options) in (list, tuple) or type(options) is np.ndarray:
                for option in (
                    np.ravel(options).tolist() if type(options) is np.ndarray else options
                ):
                    check_parameter(name.rpartition("__")[2], option)
                    # A later fit may have data with another number of features than this matrix.
                    has_matrix = type(option) is dict and option.get("VI") is not None
                    require(not has_matrix, "the parameter VI in a grid of parameters")


def _regular(value: Any) -> None:
    require(value == "concat", "names that a function makes")


def _elementwise(value: Any) -> None:
    """Allow the functions that FunctionTransformer applies to numbers."""
    if value is None or (isinstance(value, np.ufunc) and value.nin == value.nout == 1):
        return
    if type(value) is partial:
        require(
            _is_function(value.func, "sklearn.utils.validation"),
            "functools.partial of a function that is not allowed",
        )
        require(not value.args, "functools.partial of a function that is not allowed")
        _keywords(value.keywords)
        return
    # Others change the number of rows, and callers rely on the number of rows that they sent.
    keeps_rows = _is_function(value, "numpy") and value.__name__ in _ROWWISE
    require(keeps_rows, f"the function {_name(value)}")


_ROWWISE = ("clip", "nan_to_num", "round", "around")


def _reduction(value: Any) -> None:
    require(_is_function(value, "numpy"), f"the function {_name(value)}")


def _feature_score(value: Any) -> None:
    require(_is_function(value, "sklearn.feature_selection"), f"the function {_name(value)}")


def _metric(value: Any) -> None:
    require(_is_function(value, "sklearn.metrics"), f"the function {_name(value)}")


def _is_function(value: Any, package: str) -> bool:
    """Whether it is a public function of a package. The tables of rules list those allowed."""
    is_callable = isinstance(value, (FunctionType, BuiltinFunctionType)) or callable(
        getattr(value, "__wrapped__", None)
    )
    module = str(getattr(value, "__module__", None))
    public = not str(getattr(value, "__name__", "_")).startswith("_")
    return is_callable and public and (module == package or module.startswith(f"{package}."))


def _name(value: Any) -> str:
    return str(getattr(value, "__name__", type(value).__name__))[:60]


def _precomputed(value: Any) -> None:
    # Compiled code reads a Gram matrix without checking its size.
    is_allowed = value is None or isinstance(value, (bool, np.bool_)) or value == "auto"
    require(is_allowed, "a Gram matrix that is stored with the model")


Limit = Callable[[Any], None]
CHECKS: Mapping[str, Limit] = {
    "input": _content,
    "memory": _no_cache,
    "token_pattern": _pattern,
    "pattern": _pattern,
    "dtype_include": _column_kinds,
    "dtype_exclude": _column_kinds,
    "encoding": _encoding,
    "dtype": _dtype,
    "ngram_range": _ngrams,
    "hidden_layer_sizes": _layers,
    "importance_getter": _getter,
    "pre_dispatch": _dispatch,
    "verbose_feature_names_out": _naming,
    "feature_name_combiner": _regular,
    "metric_params": _metric_parameters,
    "effective_metric_params_": _metric_parameters,
    "kw_args": _keywords,
    "inv_kw_args": _keywords,
    "kernel_params": _keywords,
    "pairwise_kernels_kwargs": _keywords,
    "fun_args": _keywords,
    "solver_options": _keywords,
    "func": _elementwise,
    "inverse_func": _elementwise,
    "pooling_func": _reduction,
    "score_func": _feature_score,
    "_score_func": _metric,
    "precompute": _precomputed,
    "param_grid": _grid,
    "param_distributions": _grid,
}


def check_parameter(name: str, value: Any) -> None:
    """Check a value against the limits of a parameter of this name.

    Raises
    ------
    ValueError
        With the reason.
    """
    check = CHECKS.get(name)
    if check is not None:
        check(value)
    elif name in RANGES and isinstance(value, (int, np.integer)):
        check_range(value, RANGES[name])
