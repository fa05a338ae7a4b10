"""What an instance of scikit-learn may carry, and what its parameters may ask for.

Kinds of fault, each with its siblings in other classes:

- an attribute that no fit makes, such as one that a notebook looks for (G1);
- a parameter that names a file, a cache, a codec, a function or a type (G4);
- a parameter that asks for threads, rounds or sizes without end, or for a slow pattern (G14);
- a release whose attributes nobody has learned, or that is no release at all (G19).
"""

from __future__ import annotations

import inspect
import os
import re
from collections import Counter
from functools import partial
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.cluster import KMeans
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, RepeatedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import Bunch, all_estimators

from nbmodel.errors import Untrusted
from tests import estimators
from tests.shrinking import command, steps_again
from tests.trust.crafted import reload
from tests.trust.learned import fits
from tests.trust.learned.refusals import refusals, smallest

KINDS = dict(all_estimators())
SHOWN = 10  # of the kinds that are refused
TEST = "tests/trust/test_sklearn_attributes.py::test_random_fits_load"


def refused(model: Any, reason: str) -> None:
    with pytest.raises(Untrusted, match=reason):
        reload(model)


def unfitted(name: str) -> Any:
    return KINDS[name](**estimators.recipes(name, KINDS[name])[0].params)


def with_value(model: Any, name: str, value: Any) -> Any:
    vars(model)[name] = value
    return model


# -- names -------------------------------------------------------------------

DISPLAYS = (
    "_repr_html_",
    "_repr_javascript_",
    "_repr_markdown_",
    "_repr_mimebundle_",
    "_ipython_display_",
    "_ipython_canary_method_should_not_exist_",
    "_jupyter_mimetype_",
)


@pytest.mark.parametrize("name", [*DISPLAYS, "surprise", "_doc_link_url_param_generator"])
@pytest.mark.parametrize(
    "make",
    [LogisticRegression, StandardScaler, KFold, RBF, Bunch, KMeans],
    ids=lambda k: k.__name__,
)
def test_an_attribute_that_no_fit_makes(make: Any, name: str) -> None:
    model = make(3) if make is KFold else make()
    reload(model)
    refused(with_value(model, name, np.positive), re.escape(name) if name in DISPLAYS else name)


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_key_that_a_notebook_looks_for(name: str) -> None:
    refused(Bunch(**{name: 1}), re.escape(name))
    refused(VotingClassifier([(name, LogisticRegression())]), re.escape(name))


def test_every_estimator_refuses_what_no_fit_makes() -> None:
    for name in KINDS:
        if name != "FrozenEstimator":  # it passes on every question
            refused(with_value(unfitted(name), "surprise", 1), f"surprise on {name}")


def test_a_partial_function_of_a_ufunc() -> None:
    refused(partial(np.add, "<script>", ""), "partial")


def test_a_state_that_lacks_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ridge, "__getstate__", lambda self: dict(vars(self)))
    refused(Ridge(), "Ridge without its release")


# -- releases ----------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.4.2", "2.0.0", "0.24.2", "1.99.dev0"])
def test_a_release_that_nobody_has_learned(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr("sklearn.base.__version__", version)
    refused(
        Ridge(), f"a model of scikit-learn {re.escape(version)}, whose attributes are not known"
    )


@pytest.mark.parametrize(
    "version", ["1.9.1\x1b[31m", "", "1", 1.9, None, "1.9.1 <b>", "..", "1.9" * 99]
)
def test_a_release_that_is_none(monkeypatch: pytest.MonkeyPatch, version: Any) -> None:
    monkeypatch.setattr("sklearn.base.__version__", version)
    with pytest.raises(Untrusted) as caught:
        reload(Ridge())
    assert str(caught.value).isprintable() or "\x1b" not in str(caught.value)


def test_the_rules_of_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """LogisticRegression had multi_class until 1.7, and the newest has it no more."""
    model = with_value(LogisticRegression(), "multi_class", "auto")
    model.set_params(penalty="l2", l1_ratio=None, n_jobs=None)
    refused(model, "multi_class on LogisticRegression")
    monkeypatch.setattr("sklearn.base.__version__", "1.5.2")
    assert reload(model).multi_class == "auto"


def test_the_table_knows_what_is_installed() -> None:
    text = files("nbmodel.trust").joinpath("sklearn_attributes.txt").read_text("utf-8")
    assert len(text) < 400_000
    releases = next(line.split()[1:] for line in text.splitlines() if line.startswith("releases"))
    assert ".".join(sklearn.__version__.split(".")[:2]) in releases
    assert releases[0] == "1.5"
    for name, kind in KINDS.items():
        assert f"[{kind.__module__} {kind.__qualname__}]" in text, name


# -- parameters --------------------------------------------------------------

HOSTILE: dict[str, tuple[Any, ...]] = {
    "input": ("filename", "file", None),
    "memory": ("/tmp/cache", Bunch(cache=1)),
    "n_jobs": (5000, -5000, 65, 10**30, 1.5),
    "random_state": ("seed", -1, 1 << 40, 0.5, np.positive, [1]),
    "func": (np.add, np.sum, np.ravel, np.divmod, "exec"),
    "inverse_func": (np.add, np.sum),
    "kernel": (np.multiply, 7),
    "metric": (np.multiply, 7),
    "affinity": (np.multiply,),
    "dissimilarity": (np.multiply,),
    "tokenizer": (np.positive, "x"),
    "preprocessor": (np.positive,),
    "analyzer": (np.positive, "words"),
    "strip_accents": (np.positive,),
    "token_pattern": ("(a+)+$", "(a|a)*b", r"(\w+\s?)*$", "x" * 1000, "(", 7),
    "encoding": ("rot13", "zlib_codec", "../../x", "idna", 7),
    "dtype": (object, "O", np.dtype("V8"), np.dtype(object), str, 7),
    "callback": (np.positive,),
    "weights": (np.positive,),
    "scoring": (np.positive,),
    "refit": (np.positive,),
    "oob_score": (np.positive,),
    "fun": (np.positive,),
    "is_data_valid": (np.positive,),
    "is_model_valid": (np.positive,),
    "score_func": (np.positive, np.sum, "f_classif"),
    "pooling_func": (np.positive, "mean"),
    "max_iter": (10**12,),
    "n_estimators": (10**12, "many"),
    "n_init": (10**12,),
    "n_iter": (10**12,),
    "max_fun": (10**12,),
    "n_restarts_optimizer": (10**12,),
    "n_features": (10**12, 0, -5, (1 << 26) + 1, 2.5),
    "n_quantiles": (10**12,),
    "n_knots": (10**12,),
    "n_bins": (10**12,),
    "degree": (10**12,),
    "verbose": (10**12, "loud"),
    "pre_dispatch": ("__import__('os')", "9**9**9*n_jobs", 10**12),
    "importance_getter": ("__class__", "coef_.__init__.__globals__", np.positive),
    "verbose_feature_names_out": ("{feature_name.__class__}", "{feature_name:>999999999}", np.sum),
    "feature_name_combiner": (np.positive,),
    "ngram_range": ((1, 10**9), (0, 1), "word"),
    "hidden_layer_sizes": ((10**9,), [1] * 1000, 10**9),
    "precompute": (np.eye(2),),
    "metric_params": ({"Y_norm_squared": np.ones(1)}, {"n_jobs": 5000}, [1]),
    "kernel_params": ({"n_jobs": 5000}, {"gamma": np.ones(3)}),
    "kw_args": ({"out": np.ones(3)}, {"n_jobs": 5000}),
    "inv_kw_args": ({"out": np.ones(3)},),
    "param_grid": ({"vec__input": ["filename"]}, {"n_jobs": [5000]}, {"memory": ["/tmp"]}, 7),
    "param_distributions": ({"vec__token_pattern": ["(a+)+$"]}, {"max_iter": [10**12]}),
}
CASES = [
    pytest.param(name, parameter, id=f"{parameter}-{name}")
    for parameter in HOSTILE
    for name, kind in KINDS.items()
    if parameter in inspect.signature(kind).parameters
]


@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_what_a_parameter_may_ask_for(name: str, parameter: str) -> None:
    reload(unfitted(name))
    for value in HOSTILE[parameter]:
        if parameter == "verbose_feature_names_out" and value is np.sum:
            continue
        refused(with_value(unfitted(name), parameter, value), rf"{name}\.{parameter}")


@pytest.mark.parametrize("name", ["KNeighborsClassifier", "KernelDensity", "LocalOutlierFactor"])
def test_a_distance_that_a_function_gives(name: str) -> None:
    refused(with_value(unfitted(name), "metric", "pyfunc"), f"{name}.metric")


def test_every_hostile_parameter_has_a_class() -> None:
    assert {case.values[1] for case in CASES} == set(HOSTILE)
    assert len(CASES) > 300


@pytest.mark.parametrize("kind", [CountVectorizer, TfidfVectorizer])
@pytest.mark.parametrize(
    "pattern",
    [r"(?u)\b\w\w+\b", r"\S+", r"[a-zA-Z]{3,}", r"(?i)#?\w+", r"\b[a-z]+(?:[-'][a-z]+)*\b", r"."],
)
def test_patterns_that_people_use(kind: Any, pattern: str) -> None:
    assert reload(kind(token_pattern=pattern)).token_pattern == pattern


@pytest.mark.parametrize(
    "model",
    [
        FunctionTransformer(np.log1p, np.expm1),
        FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 1}),
        CountVectorizer(encoding="latin-1", dtype=np.float32, stop_words=["a"], ngram_range=(1, 3)),
        KMeans(n_clusters=np.int64(3), init=np.eye(3), n_init=1),
        GridSearchCV(Ridge(), {"alpha": np.logspace(-1, 1, 3), "solver": ["svd"]}, n_jobs=-1),
        GridSearchCV(
            make_pipeline(CountVectorizer(), LogisticRegression()),
            [{"countvectorizer__ngram_range": [(1, 1), (1, 2)]}],
            cv=RepeatedKFold(n_splits=2, n_repeats=2),
        ),
        LogisticRegression(class_weight={"ja": 1.0, "nein": 2.0}, n_jobs=16, C=np.float64(2)),
        make_pipeline(StandardScaler(), LogisticRegression()).set_output(transform="pandas"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_parameters_that_people_use(model: Any) -> None:
    assert repr(reload(model)) == repr(model)


# -- models that nobody here chose ---------------------------------------------


def _seed() -> int:
    return int(os.environ.get("NBMODEL_SEED", "20261127"))


def _campaign(count: int) -> int:
    """Tries random fits; of each kind that is refused, the first is shown with a command."""
    tried, refused = refusals(_seed(), count)
    print(f"seed {_seed()}: {tried} random fits loaded as foreign, {len(refused)} kinds refused")
    lines = []
    for reason, steps in list(refused.items())[:SHOWN]:
        step, model = smallest(_seed(), steps[0], reason)
        again = command(TEST, [step], NBMODEL_SEED=_seed())
        names = dict(Counter(name for name, *_ in steps))
        lines.append(f"{len(steps)}x {reason} {names}\n  {model}\n  {again}")
    assert not refused, f"seed {_seed()}\n" + "\n".join(lines)
    return tried


@pytest.mark.filterwarnings("ignore")
def test_random_fits_load() -> None:
    assert _campaign(1) > 150 or steps_again()


@pytest.mark.filterwarnings("ignore")
def test_what_people_put_together_loads() -> None:
    """Columns by name, place, slice and mask, texts, missing values, searches."""
    count = 0
    for number in range(40):
        step = ["composition", number, None]
        fitted = fits.again(_seed(), step)
        if fitted is None:
            continue
        count += 1
        try:
            reload(fitted)
        except Untrusted as error:
            again = command(TEST, [step], NBMODEL_SEED=_seed())
            pytest.fail(f"{error}\n{fitted!r}\n{again}")
    print(f"seed {_seed()}: {count} compositions loaded as foreign")
    assert count > 20


@pytest.mark.stress
@pytest.mark.filterwarnings("ignore")
def test_many_random_fits_load() -> None:
    assert _campaign(int(os.environ.get("NBMODEL_CAMPAIGN", "15"))) > 150
