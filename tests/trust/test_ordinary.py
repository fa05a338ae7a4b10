"""Ordinary models load as a stranger's, and what they may now carry is still looked at.

Kinds of fault: an option that is not the default changes which attributes exist, their type or
their dimension (weights, several metrics, lists, functions of the libraries, models in models); a
container that people keep beside a model (weights of PyTorch, an index, a series, a point in
time). Whoever loosens a check for one of them leads an attacker to the same place, so each has a
hostile sibling here.
"""

from __future__ import annotations

import io
import pickle
import struct
import zoneinfo
from collections import Counter, OrderedDict
from types import MethodType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector
from sklearn.decomposition import NMF
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    CompoundKernel,
    ConstantKernel,
    DotProduct,
    Exponentiation,
    Matern,
    WhiteKernel,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeCV
from sklearn.metrics import accuracy_score, fbeta_score, make_scorer, r2_score, roc_auc_score
from sklearn.metrics.pairwise import laplacian_kernel, paired_distances
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

from nbmodel.errors import NbModelError, Untrusted
from nbmodel.trust.carried_code import carried_names
from nbmodel.trust.loader import load_untrusted
from tests.trust.crafted import Call, name, pickled, reload, stream, text
from tests.trust.learned.typical_fits import written

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 4))
NUMBER = X[:, 0] + 1.0
THREE = np.digitize(X[:, 0], [-0.5, 0.5])


def refused(model: Any, reason: str) -> None:
    with pytest.raises(Untrusted, match=reason):
        reload(model)


def with_value(model: Any, attribute: str, value: Any) -> Any:
    vars(model)[attribute] = value
    return model


# -- what people fit -------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_what_people_write_loads() -> None:
    tried: Counter[str] = Counter()
    failed = []
    for part, make in written():
        try:
            model = make()
        except Exception:  # noqa: BLE001 - not in this release
            continue
        tried[part] += 1
        try:
            reload(model)
        except NbModelError as error:
            failed.append(f"{part}: {model!r:.200}: {error}")
    print(dict(tried))
    assert not failed, "\n".join(failed)
    assert len(tried) == 14
    assert sum(tried.values()) > 300


@pytest.mark.filterwarnings("ignore")
def test_they_predict_the_same() -> None:
    for model in (
        GradientBoostingRegressor(n_estimators=3, init=Ridge()).fit(X, NUMBER),
        GradientBoostingClassifier(n_estimators=3, init=LogisticRegression()).fit(X, THREE),
        HistGradientBoostingRegressor(max_iter=3, early_stopping=True, scoring="r2").fit(X, NUMBER),
        SVC(kernel=laplacian_kernel).fit(X, THREE),
    ):
        assert np.array_equal(reload(model).predict(X), model.predict(X))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("score", [True, accuracy_score, r2_score])
@pytest.mark.parametrize(
    "model",
    [
        BaggingClassifier, BaggingRegressor, ExtraTreesClassifier, ExtraTreesRegressor,
        RandomForestClassifier, RandomForestRegressor,
    ],
)  # fmt: skip
def test_a_score_of_the_rows_out_of_the_bag(model: Any, score: Any, several: bool) -> None:
    """It needs two options at once, and brings attributes that no other fit has."""
    y = NUMBER if "Regressor" in model.__name__ else THREE
    options = {"n_estimators": 5, "bootstrap": True, "random_state": 0}
    try:
        fitted = model(oob_score=score, **options).fit(X, np.column_stack([y, y]) if several else y)
    except ValueError:  # the score is not made for these answers, or the model for several
        assert score is not True or several
        return
    assert np.array_equal(reload(fitted).predict(X), fitted.predict(X))
    (answers,) = {"oob_prediction_", "oob_decision_function_"} & vars(fitted).keys()
    refused(with_value(fitted, answers, np.array([None])), answers)


# -- hostile siblings ------------------------------------------------------------


def _boosting(init: Any) -> Any:
    return GradientBoostingRegressor(n_estimators=2, init=init).fit(X, NUMBER)


@pytest.mark.parametrize("model", [LinearRegression, Ridge, RidgeCV])
def test_a_linear_model_of_several_outputs_without_an_intercept(model: Any) -> None:
    fitted = model(fit_intercept=False).fit(X, np.column_stack([NUMBER, -NUMBER]))
    assert fitted.intercept_ == 0.0  # one number, for both outputs
    assert np.array_equal(reload(fitted).predict(X), fitted.predict(X))
    fitted.coef_ = fitted.coef_[:, :2]
    with pytest.raises(Untrusted, match="coef_: axis 1 of size 2, n_features_in_ is 4"):
        reload(fitted)


def test_a_first_prediction_of_another_size() -> None:
    two = np.column_stack([NUMBER, NUMBER])
    boosting = _boosting(Ridge())
    for init in (
        Ridge().fit(X, two),
        with_value(Ridge().fit(X, NUMBER), "intercept_", np.zeros(0)),
        with_value(LinearRegression().fit(X, NUMBER), "coef_", np.zeros((0, 4))),
        Ridge().fit(X[:, :2], NUMBER),
        RandomForestRegressor(2).fit(X, two),
        KNeighborsRegressor().fit(X, NUMBER),
        Ridge(),
    ):
        refused(with_value(boosting, "init_", init), "begins with|init_|RandomForest|coef_|Ridge")


def test_first_probabilities_of_another_size() -> None:
    model = GradientBoostingClassifier(n_estimators=2, init=LogisticRegression()).fit(X, THREE)
    reload(model)
    for init in (
        LogisticRegression().fit(X, THREE > 0),
        with_value(LogisticRegression().fit(X, THREE), "intercept_", np.zeros(0)),
        with_value(LogisticRegression().fit(X, THREE), "coef_", np.zeros((2, 4))),
    ):
        refused(with_value(model, "init_", init), "begins with|init_|coef_|intercept_")


def test_a_kernel_with_other_rows() -> None:
    for attribute, value in (
        ("_BaseLibSVM__Xfit", X[:5]),
        ("_BaseLibSVM__Xfit", None),
        ("shape_fit_", (5, 4)),
        ("kernel", paired_distances),
        ("kernel", np.add),
        ("support_", np.full(3, 1000, np.int32)),
    ):
        refused(with_value(SVC(kernel=laplacian_kernel).fit(X, THREE), attribute, value), "safe")


def test_a_method_of_somebody_else() -> None:
    model = HistGradientBoostingRegressor(max_iter=2).fit(X, NUMBER)
    other = HistGradientBoostingRegressor(max_iter=2).fit(X, NUMBER)
    refused(
        with_value(model, "_raw_predict", other._raw_predict),
        "bound method as the attribute _raw_predict",
    )
    refused(with_value(Ridge().fit(X, NUMBER), "_raw_predict", model._raw_predict), "_raw_predict")
    refused(
        with_value(Ridge().fit(X, NUMBER), "predict", MethodType(np.add, 1)), "bound method|predict"
    )
    refused([model._raw_predict], "bound method")


@pytest.mark.parametrize(
    "call",
    [
        Call(getattr, str, "format"),
        Call(getattr, str, "__class__"),
        Call(getattr, "text", "split"),
        Call(getattr, dict, "pop"),
        Call(getattr, str, "mro"),
        Call(getattr, zoneinfo.ZoneInfo, "from_file"),
    ],
)
def test_an_attribute_by_name(call: Any) -> None:
    with pytest.raises(Untrusted):
        load_untrusted(pickled(call), [], "model@1")


def test_a_function_of_texts_elsewhere() -> None:
    assert reload(CountVectorizer(tokenizer=str.split)).tokenizer is str.split
    refused(CountVectorizer(strip_accents=str.swapcase), "str.swapcase")
    refused(CountVectorizer(decode_error=str.split), "decode_error")


def test_a_pattern_of_columns() -> None:
    assert reload(make_column_selector(pattern="^a")).pattern == "^a"
    refused(make_column_selector(pattern="(a+)+$"), "pattern")
    refused(make_column_selector(dtype_include=memoryview), "dtype_include|memoryview")
    refused(make_column_selector(dtype_include=["(x"]), "dtype_include")
    table = pd.DataFrame({"a": [1], "b": [2.0], "c": ["x"], "d": [True]})
    for kind in (
        "number",
        "int64",
        "float",
        "object",
        "bool",
        "datetime64[ns]",
        "category",
        "Int8",
    ):
        selector = make_column_selector(dtype_include=kind)
        assert reload(selector)(table) == selector(table)
    # pandas reads a time zone, whose file dateutil and zoneinfo look for at this path.
    for zone in ("dateutil//etc/passwd", "/etc/passwd", "Europe/Berlin"):
        for kind in (f"datetime64[ns, {zone}]", [f"datetime64[ns, {zone}]"]):
            refused(make_column_selector(dtype_include=kind), "dtype_include")
            refused(make_column_selector(dtype_exclude=kind), "dtype_exclude")


def test_a_dropped_category_out_of_range() -> None:
    data = pd.DataFrame({"city": ["Rome", "Oslo", "Bern"] * 3})
    model = OneHotEncoder(drop=["Rome"]).fit(data)
    assert np.array_equal(reload(model).transform(data).toarray(), model.transform(data).toarray())
    for index in (3, -1, np.int64(1 << 40), True, "Rome"):
        dropped = np.array([index], object)
        refused(with_value(model, "_drop_idx_after_grouping", dropped), "dropped|_drop_idx")


def test_rounds_of_a_transform() -> None:
    model = NMF(2).fit(np.abs(X))
    refused(with_value(model, "max_iter", 9_000_000), "max_iter")


def _chain(count: int) -> Any:
    kernel: Any = RBF()
    for _ in range(count):
        kernel = kernel + WhiteKernel()
    return kernel


def test_kernels_of_kernels() -> None:
    """A sum asks each of its parts twice: forty in a row would take years to fit."""
    kernel = ConstantKernel(2.0) * RBF() ** 2 + WhiteKernel() + Matern() * DotProduct()
    for model in (kernel, _chain(10), CompoundKernel([kernel] * 50)):
        assert repr(reload(model)) == repr(model)
    model = GaussianProcessRegressor(kernel, optimizer=None).fit(X, NUMBER)
    assert np.array_equal(reload(model).predict(X), model.predict(X))
    one = RBF()
    for _ in range(8):
        one = one + one
    powers: Any = RBF()
    for _ in range(150):
        powers = Exponentiation(powers, 1.0)
    for hostile in (_chain(40), one, CompoundKernel([_chain(10)] * 10), powers):
        refused(hostile, "kernels that are nested too deeply|of too many kernels")
        refused(
            GaussianProcessRegressor(hostile),
            "kernels that are nested too deeply|of too many kernels",
        )


def test_what_a_scorer_hands_on() -> None:
    scorer = make_scorer(fbeta_score, beta=2, average="macro", labels=[0, 1])
    assert reload(GridSearchCV(Ridge(), {"alpha": [1]}, scoring=scorer)).scoring._kwargs == {
        **scorer._kwargs
    }
    both = make_scorer(roc_auc_score, response_method=("decision_function", "predict_proba"))
    assert reload(RidgeCV(scoring=both)).scoring._response_method == both._response_method
    for name_, value in (("n_jobs", 5000), ("n_components", 1 << 40)):
        scorer = make_scorer(fbeta_score, beta=2)
        scorer._kwargs[name_] = value
        refused(RidgeCV(scoring=scorer), "5000|1099511627776")
    for methods in (["predict", "set_params"], ["load_model"], ["__reduce_ex__"]):
        refused(
            RidgeCV(scoring=with_value(make_scorer(fbeta_score), "_response_method", methods)),
            "that does not predict|_response_method",
        )


# -- weights of PyTorch ----------------------------------------------------------


def test_weights_of_a_network() -> None:
    torch = pytest.importorskip("torch")
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    for model in (network.state_dict(), {"epoch": 3, "weights": network.state_dict()}):
        loaded = reload(model)
        weights = loaded.get("weights", loaded)
        assert weights._metadata == network.state_dict()._metadata
        fresh = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        fresh.load_state_dict(weights)
        assert torch.equal(fresh[0].weight, network[0].weight)


@pytest.mark.parametrize(
    "state",
    [
        {"keys": 1},
        {"_repr_html_": 1},
        {"_metadata": 1},
        {"_metadata": {"": [1]}},
        {"_metadata": {1: {}}},
    ],
)
def test_attributes_of_an_ordered_dict(state: Any) -> None:
    weights = OrderedDict(a=1)
    vars(weights).update(state)
    refused(weights, "OrderedDict|metadata")


# -- containers of pandas ----------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pd.Index(["a", "é", ""]),
        pd.Index([], dtype=object),
        pd.Index([1, 2], name="n"),
        pd.RangeIndex(3),
        pd.Series([1.5, np.nan], index=["x", "y"], name="means"),
        pd.Series(["a", None]),
        pd.Series([], dtype=float),
        pd.DataFrame({"a": [1.0], "b": ["x"]}).dtypes,
        pd.Timestamp("2024-02-03 01:02:03.5"),
        pd.Timestamp("2024-02-03", tz="UTC"),
        pd.Timedelta("3h"),
    ],
    ids=repr,
)
def test_what_people_keep_beside_a_model(value: Any) -> None:
    loaded = reload({"kept": value})["kept"]
    assert type(loaded) is type(value)
    if isinstance(value, pd.Series):
        pd.testing.assert_series_equal(loaded, value)
    elif isinstance(value, pd.Index):
        pd.testing.assert_index_equal(loaded, value)
    else:
        assert loaded == value
    assert repr(loaded) == repr(value)


def _arrow(
    length: int, offsets: list[int], data: bytes, offset: int = 0, bits: Any = None
) -> bytes:
    """Texts as Arrow pickles them, with any offsets."""

    def buffer(raw: bytes) -> bytes:
        return (
            name("pyarrow.lib", "py_buffer") + b"B" + struct.pack("<I", len(raw)) + raw + b"\x85R"
        )

    def number(value: int) -> bytes:
        return b"\x8a\x08" + struct.pack("<q", value)

    kind = name("pyarrow.lib", "type_for_alias") + text("large_string") + b"\x85R"
    packed = struct.pack(f"<{len(offsets)}q", *offsets)
    first = b"N" if bits is None else buffer(bits)
    buffers = b"](" + first + buffer(packed) + buffer(data) + b"e"
    parts = b"(" + kind + number(length) + number(0) + number(offset) + buffers + b"]Nt"
    return stream(name("pyarrow.lib", "_restore_array"), parts, b"\x85R")


def test_texts_whose_offsets_lead_elsewhere() -> None:
    assert load_untrusted(_arrow(2, [0, 1, 3], b"abc"), [], "m@1").to_pylist() == ["a", "bc"]
    for hostile in (
        _arrow(2, [0, 1, 1 << 40], b"abc"),
        _arrow(2, [0, -5, 3], b"abc"),
        _arrow(2, [2, 1, 0], b"abc"),
        _arrow(1 << 30, [0, 1], b"abc"),
        _arrow(1, [0, 1], b"abc", offset=1 << 30),
        _arrow(-1, [0, 1], b"abc"),
        _arrow(1, [0, 2], b"\xff\xfe"),
        _arrow(100, [0] * 101, b"", bits=b"\x00"),
    ):
        with pytest.raises(Untrusted):
            load_untrusted(hostile, [], "m@1")


def test_an_index_with_more_than_labels() -> None:
    for hostile in (
        Call(pd.core.indexes.base._new_Index, pd.Index, {"data": X, "name": None}),
        Call(pd.core.indexes.base._new_Index, pd.Index, {"data": np.ones(2), "name": [1]}),
        Call(pd.core.indexes.base._new_Index, pd.Index, {"data": [1, 2]}),
        Call(pd.core.indexes.base._new_Index, pd.Index, {"data": np.array([Ridge()], object)}),
        Call(
            pd.core.indexes.base._new_Index, pd.RangeIndex, {"start": 0, "stop": 1 << 80, "step": 1}
        ),
        Call(pd.core.indexes.base._new_Index, pd.MultiIndex, {"levels": [], "codes": []}),
    ):
        with pytest.raises(Untrusted):
            load_untrusted(pickled(hostile), [], "m@1")


def _late(count: int) -> bytes:
    """An empty series; its array is filled by opcodes that come after it."""
    array = name("numpy._core.multiarray", "_reconstruct")
    array += b"(" + name("numpy", "ndarray") + b"K\x00\x85C\x01btR"
    index = name("pandas.core.indexes.base", "_new_Index") + b"(" + name("pandas", "Index")
    index += b"}(" + text("data") + array + text("name") + b"NutR\x94"
    manager = name("pandas.core.internals.managers", "SingleBlockManager") + b")\x81\x94"
    places = name("builtins", "slice") + b"K\x00K\x00K\x01\x87R"
    block = b"}(" + text("values") + b"h\x00" + text("mgr_locs") + places + b"u"
    parts = b"}(" + text("axes") + b"]h\x01a" + text("blocks") + b"]" + block + b"au"
    state = b"(NNN}" + text("0.14.1") + parts + b"stb"
    series = (
        name("pandas", "Series") + b")\x81}(" + text("_mgr") + b"h\x02" + text("_name") + b"Nub"
    )
    objects = name("numpy", "dtype") + b"(" + text("O8") + b"\x89\x88tR(K\x03" + text("|")
    objects += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
    fill = b"h\x00(K\x01K" + bytes([count]) + b"\x85" + objects + b"\x89](" + b"K\x01" * count
    return stream(b"(", array, b"\x94", index, manager, state, series, fill, b"etbt")


def test_a_series_whose_array_is_filled_later() -> None:
    array, _, _, series, filled = load_untrusted(_late(50), [], "m@1")
    assert array is filled
    assert len(array) == 50
    assert len(series) == len(series.to_numpy()) == 0
    assert series.isna().sum() == 0


def test_the_flags_of_a_series() -> None:
    series = pd.Series([1.0, 2.0])
    assert reload(series).flags.allows_duplicate_labels
    series.flags.allows_duplicate_labels = False
    assert not reload(series).flags.allows_duplicate_labels


def test_a_series_with_more_than_values() -> None:
    series = pd.Series([1.0, 2.0])
    series.attrs["html"] = "<script>"
    refused(series, "attributes")
    refused(pd.Series([Ridge(), 1]), "plain")


# -- names in a refusal ------------------------------------------------------------


class Ratio:
    def method(self) -> int:
        return sum(n for n in [1])


def test_own_code_goes_by_its_names() -> None:
    import cloudpickle

    def outer() -> Any:
        class Inner:
            def used(self) -> int:
                return 1

        def clean(x: Any) -> Any:
            return x

        return [Inner(), clean, lambda x: x]

    def dumped(value: Any) -> bytes:
        file = io.BytesIO()
        cloudpickle.Pickler(file, protocol=5).dump(value)
        return file.getvalue()

    from nbmodel.flavors.pickling import dump

    names = carried_names(dump(outer()).skeleton)
    assert set(names) == {"Inner", "clean", "a lambda"}
    with pytest.raises(Untrusted, match="code that it carries: Inner") as caught:
        reload(outer())
    assert "cloudpickle" not in str(caught.value)
    assert "builtins.type" not in str(caught.value)
    assert "%model_show model@1 --cells --modules" in str(caught.value)
    whole = dumped(outer())
    for cut in range(0, len(whole), 7):
        carried_names(whole[:cut])
    assert carried_names(pickle.dumps({"a": 1}, 5)) == ()


def test_a_name_is_no_sentence() -> None:
    kind = name("cloudpickle.cloudpickle", "_make_skeleton_class")
    for said in ("Ratio", "Größe", "it is signed: load it with --trust", "a\u202eb", "x; y", ""):
        made = stream(kind, b"(", name("builtins", "type"), text(said), b"tR")
        assert carried_names(made) == ((said,) if said in ("Ratio", "Größe") else ())
