"""Fits of every estimator, with parameters drawn from their constraints and data of all kinds.

Each draw depends only on a seed. Data that an estimator does not take, and parameters that do not
fit together, are skipped: only models that a user could have are observed.
"""

from __future__ import annotations

import inspect
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from numbers import Integral
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.utils import _param_validation as validation
from sklearn.utils import all_estimators

from tests import estimators
from tests.trust.learned import helper_objects
from tests.trust.learned.compositions import composition
from tests.trust.learned.constraints import Kinds, parameters
from tests.trust.learned.data import inputs, targets, varied
from tests.trust.learned.special_fits import functions, listed, paired, weighted
from tests.trust.learned.typical_fits import written

SECONDS = 3
TRIES = 4
COMPOSED = 10
Generator = np.random.Generator
Data = tuple[Any, Any]
Step = list[Any]

# Parameters that decide how long a fit takes are drawn small.
_SMALL = {
    "n_estimators": 3, "max_iter": 12, "n_init": 2, "n_iter": 3, "max_fun": 20, "n_jobs": 1,
    "n_restarts_optimizer": 1, "max_trials": 10, "max_subpopulation": 30, "n_components": 4,
    "n_clusters": 4, "n_quantiles": 20, "n_neighbors": 6, "degree": 3, "n_knots": 6, "cv": 4,
    "n_alphas": 5, "alphas": 5, "Cs": 3, "n_repeats": 2, "verbose": 0, "n_features": 32,
    "max_iter_predict": 20, "sample_steps": 3, "n_refinements": 2,
}  # fmt: skip
_BIG = {"max_iter": (250, 260)}  # what TSNE asks for at least
# Not drawn: what needs a function, a file, or more than one estimator could bring.
_LEFT = {
    "memory", "callback", "tokenizer", "preprocessor", "func", "inverse_func", "kw_args",
    "inv_kw_args", "verbose", "n_jobs", "pre_dispatch", "input", "encoding", "token_pattern",
    "estimator", "estimators", "transformers", "steps", "transformer_list", "param_grid",
    "param_distributions", "base_estimator", "regressor", "transformer", "score_func", "dtype",
}  # fmt: skip


# -- parameters ------------------------------------------------------------------


def draw_parameters(kind: type, given: dict[str, Any], rng: Generator) -> dict[str, Any]:
    """Parameters of a recipe, some of the others at random within their constraints."""
    drawn = {name: _again(value) for name, value in given.items()}
    known = getattr(kind, "_parameter_constraints", {})
    share = float(rng.choice([0.0, 0.1, 0.25, 0.5]))
    for name in inspect.signature(kind).parameters:
        allowed = known.get(name)
        if name in _LEFT or not isinstance(allowed, list) or rng.random() > share:
            continue
        choices = [c for c in (_choice(name, one, rng) for one in allowed) if c is not None]
        if choices:
            drawn[name] = choices[int(rng.integers(len(choices)))]()
    return drawn


def _again(value: Any) -> Any:
    if hasattr(value, "get_params") and not isinstance(value, type):
        return clone(value, safe=False)
    return deepcopy(value)


def _choice(name: str, constraint: Any, rng: Generator) -> Callable[[], Any] | None:
    if isinstance(constraint, validation.Interval):
        return lambda: _number(name, constraint, rng)
    if isinstance(constraint, validation.Options):
        options = sorted(constraint.options, key=str)
        return lambda: options[int(rng.integers(len(options)))]
    if constraint is None:
        return lambda: None
    if isinstance(constraint, str):
        return _WORDS.get(constraint, lambda rng: None)(rng)
    return None


_WORDS: dict[str, Callable[[Generator], Callable[[], Any] | None]] = {
    "boolean": lambda rng: lambda: bool(rng.random() < 0.5),
    "random_state": lambda rng: lambda: rng.choice([None, 0, 7, np.random.RandomState(3)]),
    "cv_object": lambda rng: (
        lambda: deepcopy(helper_objects.SPLITTERS[int(rng.integers(len(helper_objects.SPLITTERS)))])
    ),
}


def _number(name: str, interval: Any, rng: Generator) -> Any:
    least = interval.left if interval.left is not None and np.isfinite(interval.left) else -3
    most = (
        interval.right if interval.right is not None and np.isfinite(interval.right) else least + 8
    )
    if interval.type is Integral:
        low = int(least) + (interval.closed in ("right", "neither"))
        low, high = _BIG.get(name, (low, low)) if low > 200 else (low, min(most, low + 8))
        high = max(low, min(high, _SMALL.get(name, high)))
        value = int(rng.integers(low, high + 1))
        return np.int64(value) if rng.random() < 0.1 else value
    value = float(least + (most - least) * rng.random() ** 2)
    return np.float64(value) if rng.random() < 0.1 else value


# -- fits --------------------------------------------------------------------------


class TooLong(Exception):
    """A fit that would hold up the others."""


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def kinds() -> list[tuple[str, type]]:
    """Every public estimator of the installed scikit-learn."""
    return sorted(all_estimators())


def constraints() -> dict[str, dict[str, Kinds]]:
    """The parameters of each estimator, and what each may be."""
    return {f"{kind.__module__} {kind.__qualname__}": parameters(kind) for _, kind in kinds()}


def fits(seed: int, count: int, *, with_recipes: bool = True) -> Iterator[tuple[str, Any]]:
    """Yield ``(name, fitted)``: up to `count` random fits of each estimator, and its recipes.

    Parameters
    ----------
    seed : int
    count : int
        Fits of each estimator; those that fail are tried again with other draws, up to `TRIES`
        times as many.
    with_recipes : bool
        Whether to begin with the recipes of `tests.estimators`.
    """
    for name, kind in kinds():
        if with_recipes:
            for recipe in estimators.recipes(name, kind):
                fitted = _attempt(lambda k=kind, r=recipe: estimators.fit(k, r)[0])
                if fitted is not None:
                    yield name, fitted
            yield from sweep(name, kind)
            yield from situations(name, kind)
        yield from ((name, fitted) for _, fitted in _random(name, seed, count))
    if with_recipes:
        yield from written_situations()
    yield from composed(seed, COMPOSED * count)


def draws(seed: int, count: int) -> Iterator[tuple[Step, Any]]:
    """The same without recipes, as steps that `again` makes alone."""
    for name, _ in kinds():
        yield from _random(name, seed, count)
    for number in range(COMPOSED * count):
        step = ["composition", number, None]
        fitted = again(seed, step)
        if fitted is not None:
            yield step, fitted


def _random(name: str, seed: int, count: int) -> Iterator[tuple[Step, Any]]:
    steps = ([name, attempt, None] for attempt in range(TRIES * count))
    tried = ((step, again(seed, step)) for step in steps)
    yield from islice(((step, fitted) for step, fitted in tried if fitted is not None), count)


def again(seed: int, step: Step) -> Any:
    """The fitted model of one draw, or None.

    Parameters
    ----------
    seed : int
    step : list
        Name of the estimator, or ``composition``; number of the attempt; names of the parameters
        that are passed, or None for all that were drawn.
    """
    name, attempt, passed = step
    if name == "composition":
        model, X, y = composition(np.random.default_rng([seed, 1_000_000, attempt]))
        return _attempt(lambda: model.fit(X, y))
    number, kind = next((n, kind) for n, (known, kind) in enumerate(kinds()) if known == name)
    rng = np.random.default_rng([seed, number, attempt])
    return _attempt(lambda: _fit(kind, name, rng, passed))


def situations(name: str, kind: type) -> Iterator[tuple[str, Any]]:
    """Fits of one estimator with weights; with lists, functions and pairs for its parameters."""
    for part in (weighted, listed, functions, paired):
        for make in part(name, kind):
            fitted = _attempt(make)
            if fitted is not None:
                yield name, fitted


def written_situations() -> Iterator[tuple[str, Any]]:
    """Fits that need several things to agree."""
    for name, make in written():
        fitted = _attempt(make)
        if fitted is not None:
            yield name, fitted


def composed(seed: int, count: int) -> Iterator[tuple[str, Any]]:
    """Fits of `count` models that are put together of several."""
    for number in range(count):
        fitted = again(seed, ["composition", number, None])
        if fitted is not None:
            yield "composition", fitted


def sweep(name: str, kind: type) -> Iterator[tuple[str, Any]]:
    """Fits of each recipe with one more parameter, at each of its options in turn."""
    known = getattr(kind, "_parameter_constraints", {})
    for recipe in estimators.recipes(name, kind):
        for parameter in inspect.signature(kind).parameters:
            allowed = known.get(parameter)
            if parameter in _LEFT or not isinstance(allowed, list):
                continue
            for value in (value for one in allowed for value in _options(parameter, one)):
                given = {key: _again(item) for key, item in recipe.params.items()}
                changed = replace(recipe, params={**given, parameter: value})
                fitted = _attempt(lambda k=kind, r=changed: estimators.fit(k, r)[0])
                if fitted is not None:
                    yield name, fitted


def _options(name: str, constraint: Any) -> list[Any]:
    if isinstance(constraint, validation.Options):
        return sorted(constraint.options, key=str)
    if isinstance(constraint, validation.Interval):
        rng = np.random.default_rng(0)
        return [_number(name, constraint, rng)]
    if isinstance(constraint, str) and constraint == "boolean":
        return [False, True]
    return [None] if constraint is None else []


def _attempt(fit: Callable[[], Any]) -> Any:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            with _limited(SECONDS):
                return fit()
    except Exception:  # noqa: BLE001 - parameters and data that do not go together
        return None


def _fit(kind: type, name: str, rng: Generator, passed: list[str] | None) -> Any:
    recipes = estimators.recipes(name, kind)
    recipe = recipes[int(rng.integers(len(recipes)))]
    np.random.seed(int(rng.integers(1 << 31)))
    with_recipe_data = rng.random() < 0.35
    if with_recipe_data:
        X, y = varied(*estimators.DATA[recipe.data](), rng)
    else:
        X, rows = inputs(rng)
        y = targets(rng, rows, X)
    parameters = {
        name: value
        for name, value in draw_parameters(kind, recipe.params, rng).items()
        if name in inspect.signature(kind).parameters and (passed is None or name in passed)
    }
    estimator = kind(**parameters)
    if hasattr(estimator, "set_output") and rng.random() < 0.1:
        estimator.set_output(transform=str(rng.choice(["pandas", "default"])))
    if rng.random() < 0.05 and hasattr(estimator, "set_fit_request"):
        with config_context(enable_metadata_routing=True):
            estimator.set_fit_request(sample_weight=bool(rng.random() < 0.5))
    estimator.fit(X) if y is None else estimator.fit(X, y)
    if rng.random() < 0.2 and hasattr(estimator, "partial_fit"):
        estimator.partial_fit(X) if y is None else estimator.partial_fit(X, y)
    _ask(estimator, X, rng)
    if hasattr(estimator, "n_jobs") and rng.random() < 0.3:
        estimator.n_jobs = (None, 1, -1, 8, -2)[int(rng.integers(5))]
    return estimator


def _ask(estimator: Any, X: Any, rng: Generator) -> None:
    """Some models note what they were asked for."""
    for method in ("predict", "transform", "get_feature_names_out"):
        if rng.random() < 0.3 and hasattr(estimator, method):
            try:
                getattr(estimator, method)(*(() if method.startswith("get") else (X,)))
            except (ValueError, TypeError, AttributeError, NotImplementedError):
                return
