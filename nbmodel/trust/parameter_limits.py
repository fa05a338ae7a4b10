"""What a stranger's parameters may ask for, by the name of the parameter.

A model may be honest in every shape and still ask for a million threads, a loop that never ends,
or a file. These bounds hold for a parameter of that name wherever it occurs: on an estimator, in
the grid of a search, among the arguments that a model hands on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from nbmodel.trust.regular_expressions import check_pattern
from nbmodel.trust.rules import brief, require, words

MAX_THREADS = 64
MAX_ROUNDS = 1_000_000  # rounds while a model answers
MAX_FIT_ROUNDS = 10_000_000  # rounds of a fit: people write a round number that is never reached
MAX_SIZE = 1_000_000
MAX_HASHES = 1 << 26
MAX_FEATURES = 1 << 24  # each has a name when names are asked for
MAX_TEXT_LENGTH = 10_000

Range = tuple[int | None, int | None]


def _at_most(most: int, names: str) -> dict[str, Range]:
    return dict.fromkeys(words(names), (None, most))


# Whole numbers; what else such a parameter may be, the constraints of its class say.
RANGES: Mapping[str, Range] = {
    "n_jobs": (-MAX_THREADS, MAX_THREADS),
    "_n_threads": (1, 4 * MAX_THREADS),  # the cores of the machine that fitted it
    **_at_most(1000, "verbose degree sample_steps gamma_steps norm_order power"),
    **_at_most(
        MAX_ROUNDS,
        "n_iter max_fun max_iter_predict max_doc_update_iter fresh_restarts_max_iter "
        "transform_max_iter max_trials max_skips n_candidates n_iter_without_progress",
    ),
    **_at_most(MAX_FIT_ROUNDS, "max_iter"),
    **_at_most(100_000, "n_estimators n_bins n_knots n_alphas max_n_alphas alphas Cs cv n_splits"),
    **_at_most(
        10_000,
        "n_init n_restarts_optimizer n_refinements n_repeats iterated_power n_oversamples "
        "n_subsamples_total code_size n_packs",
    ),
    **_at_most(
        MAX_SIZE,
        "n_components n_clusters n_nonzero_coefs transform_n_nonzero_coefs n_targets "
        "branching_factor n_svd_vecs thresholds",
    ),
    **_at_most(10_000_000, "n_quantiles n_neighbors max_subpopulation"),
    "n_features": (1, MAX_HASHES),
    **dict.fromkeys(("n_features_in_", "_n_features_out", "n_features_out_"), (0, MAX_FEATURES)),
    **_at_most(100_000, "n_outputs_ n_classes_ n_layers_ n_components_ n_bins_"),
}

_ENCODINGS = frozenset(
    words(
        "ascii latin-1 latin1 iso-8859-1 iso8859-1 iso-8859-2 iso-8859-15 utf8 utf-8 utf_8 "
        "utf-8-sig utf-16 utf16 utf-32 cp437 cp850 cp1250 cp1251 cp1252 windows-1250 windows-1251 "
        "windows-1252 koi8-r big5 gb2312 gbk gb18030 euc-jp euc-kr shift_jis mac-roman"
    )
)
_TYPES = frozenset((int, float, bool))
_GETTER = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*_?")
_DISPATCH = re.compile(r"all|[0-9]{1,5}|([0-9]{1,3} ?\* ?)?n_jobs( ?\* ?[0-9]{1,3})?")
_FORMAT = re.compile(r"([^{}]|\{(transformer_name|feature_name)\})*")
# Exactly: pandas reads a zone in such a name, and looks for its file at any path.
_KIND = re.compile(
    r"number|object|category|string|str|bool(ean)?|([Uu]?[Ii]nt(8|16|32|64)?)|[Ff]loat(16|32|64)?|"
    r"complex(64|128)?|(datetime|timedelta)(64(\[(s|ms|us|ns)\])?)?|datetimetz|"
    r"datetime64\[ns, UTC\]|integer|floating|(un)?signedinteger"
)
_DISPLAY = re.compile(r"_(repr|ipython|jupyter)_\w*")
_METRIC_PARAMETERS = ("p", "w", "V", "VI")
_MAX_NGRAM = 50
_MAX_LAYERS, _MAX_UNITS = 100, 100_000
_NUMBERS = (int, float, np.number)


def _content(value: Any) -> None:
    require(value == "content", f"documents that are read from {brief(value)}")


def _no_cache(value: Any) -> None:
    # joblib.Memory unpickles what it finds in its folder.
    require(value is None, "a cache folder")


def _pattern(value: Any) -> None:
    require(value is None or type(value) is str, "a pattern of another type")
    if value is not None:
        check_pattern(value)


def _column_kinds(value: Any) -> None:
    """The types that `make_column_selector` takes or leaves."""
    for item in value if type(value) in (list, tuple) else [value]:
        if isinstance(item, type):
            known = item in (*_TYPES, object, str) or issubclass(item, np.generic)
        elif isinstance(item, np.dtype):
            known = item.kind in "biufmM"
        else:
            known = item is None or (type(item) is str and _KIND.fullmatch(item) is not None)
        require(known, f"columns of type {brief(item)}")


def _encoding(value: Any) -> None:
    require(type(value) is str and value.lower() in _ENCODINGS, f"the encoding {brief(value)}")


def _dtype(value: Any) -> None:
    if type(value) is list and 0 < len(value) <= 4:
        for item in value:
            _dtype(item)
        return
    if isinstance(value, type):
        known = value in _TYPES or issubclass(value, (np.number, np.bool_))
    elif isinstance(value, np.dtype):
        known = value.kind in "biuf"
    else:
        known = value is None or (type(value) is str and value in _DTYPES)
    require(known, f"the dtype {brief(value)}")


_DTYPES = frozenset(words("numeric float float32 float64 int int32 int64 bool"))


def _ngrams(value: Any) -> None:
    require(type(value) in (tuple, list) and len(value) == 2, "a range of n-grams")
    require(all(isinstance(n, (int, np.integer)) for n in value), "a range of n-grams")
    require(all(0 < n <= _MAX_NGRAM for n in value), f"n-grams of more than {_MAX_NGRAM}")


def _layers(value: Any) -> None:
    sizes = np.atleast_1d(np.asarray(value))
    require(sizes.ndim == 1 and len(sizes) <= _MAX_LAYERS, f"more than {_MAX_LAYERS} layers")
    require(sizes.dtype.kind in "iu" or not len(sizes), "sizes of layers of no number")
    require((sizes <= _MAX_UNITS).all(), f"a layer of more than {_MAX_UNITS} units")


def _getter(value: Any) -> None:
    require(type(value) is str and len(value) < 200 and _GETTER.fullmatch(value), "such a getter")


def _dispatch(value: Any) -> None:
    known = isinstance(value, (int, np.integer)) and 0 < value <= MAX_ROUNDS
    require(known or (type(value) is str and _DISPATCH.fullmatch(value)), "such a dispatch")


def _naming(value: Any) -> None:
    known = type(value) is bool or isinstance(value, np.bool_)
    require(known or (type(value) is str and _FORMAT.fullmatch(value)), "such a format of names")


def _metric_parameters(value: Any) -> None:
    """Only the parameters that metrics document: others reach into compiled code."""
    require(value is None or type(value) is dict, "parameters of a metric")
    for name, item in (value or {}).items():
        require(name in _METRIC_PARAMETERS, f"the parameter {brief(name)} of a metric")
        is_array = type(item) is np.ndarray and item.dtype.kind == "f"
        require(item is None or is_array or isinstance(item, _NUMBERS), "parameters of a metric")


def _keywords(value: Any) -> None:
    """Arguments of a function: plain ones, and each within the bounds of its name."""
    require(value is None or type(value) is dict, "arguments of another form")
    for name, item in (value or {}).items():
        require(type(name) is str and name.isidentifier(), "an argument without a name")
        items = item if type(item) in (list, tuple) else [item]
        require(all(map(_is_plain, items)), f"the argument {name:.40} that is no plain value")
        check_parameter(name, item)


def _is_plain(value: Any) -> bool:
    if isinstance(value, type):
        return value in _TYPES or issubclass(value, (np.number, np.bool_))
    return value is None or isinstance(value, (*_NUMBERS, str, bool, np.bool_))


def _grid(value: Any) -> None:
    """The values that a search sets on its estimator."""
    for grid in value if type(value) in (list, tuple) else [value]:
        require(type(grid) is dict, "a grid of another form")
        for name, options in grid.items():
            require(type(name) is str, "a parameter without a name")
            if type(options) in (list, tuple) or type(options) is np.ndarray:
                for option in (
                    np.ravel(options).tolist() if type(options) is np.ndarray else options
                ):
                    check_parameter(name.rpartition("__")[2], option)
                    # Whoever is fitted with it has not seen the data that its matrix must fit.
                    given = type(option) is dict and option.get("VI") is not None
                    require(not given, "VI in a grid of parameters")


def _regular(value: Any) -> None:
    require(value == "concat", "names that a function makes")


def _elementwise(value: Any) -> None:
    """Functions that FunctionTransformer and TransformedTargetRegressor apply to numbers."""
    if value is None or (isinstance(value, np.ufunc) and value.nin == value.nout == 1):
        return
    if type(value) is partial:
        require(_is_function(value.func, "sklearn.utils.validation"), "such a partial function")
        require(not value.args, "such a partial function")
        _keywords(value.keywords)
        return
    # Others make more rows or fewer of what they get, and whoever asks counts on the same number.
    rowwise = _is_function(value, "numpy") and value.__name__ in _ROWWISE
    require(rowwise, f"the function {_name(value)}")


_ROWWISE = ("clip", "nan_to_num", "round", "around")


def _reduction(value: Any) -> None:
    require(_is_function(value, "numpy"), f"the function {_name(value)}")


def _feature_score(value: Any) -> None:
    require(_is_function(value, "sklearn.feature_selection"), f"the function {_name(value)}")


def _metric(value: Any) -> None:
    require(_is_function(value, "sklearn.metrics"), f"the function {_name(value)}")


def _is_function(value: Any, package: str) -> bool:
    """A public function of a package; the tables of rules say which of them may be named."""
    named = isinstance(value, (FunctionType, BuiltinFunctionType)) or callable(
        getattr(value, "__wrapped__", None)
    )
    module = str(getattr(value, "__module__", None))
    public = not str(getattr(value, "__name__", "_")).startswith("_")
    return named and public and (module == package or module.startswith(f"{package}."))


def _name(value: Any) -> str:
    return str(getattr(value, "__name__", type(value).__name__))[:60]


def _precomputed(value: Any) -> None:
    # Compiled code reads a Gram matrix without a look at its size.
    known = value is None or isinstance(value, (bool, np.bool_)) or value == "auto"
    require(known, "a Gram matrix that is given")


Limit = Callable[[Any], None]
SPECIAL: Mapping[str, Limit] = {
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
    """Hold a value against the bounds of a parameter of this name.

    Raises
    ------
    ValueError
        With the reason.
    """
    special = SPECIAL.get(name)
    if special is not None:
        special(value)
    elif name in RANGES and isinstance(value, (int, np.integer)):
        check_range(value, RANGES[name])


def check_range(value: Any, bounds: Range | list[int | None]) -> None:
    """Refuse a number outside of its bounds, either of which may be open."""
    least, most = bounds
    inside = (least is None or value >= least) and (most is None or value <= most)
    if not inside:
        raise ValueError(f"{brief(value)}, which is not between {least} and {most}")


def is_display_name(name: str) -> bool:
    """Whether a notebook looks for an attribute of this name in order to show an object."""
    return name.startswith("_") and _DISPLAY.fullmatch(name) is not None
