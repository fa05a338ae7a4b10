"""Boosters: an accepted input goes to the native library, as in the loader, and is used."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import scipy.sparse

from nbmodel.trust.loader import load_untrusted
from nbmodel.trust.ubjson import decode
from tests.fuzzing.mutations import NUMBERS, changed, damaged
from tests.fuzzing.target import Prepared, in_use
from tests.fuzzing.ubjson import encode
from tests.trust.damaged_boosters import everything_apart as collected

RNG = np.random.default_rng(5)
X = RNG.normal(size=(60, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
CLASSES = np.arange(60) % 3
CITIES = np.column_stack([np.arange(60) % 5, X[:, 0]])
MOST_VALUES = 1 << 22  # that a use may ask for: wide models answer in wide arrays


def _rows(features: int) -> Any:
    """Make rows for every kind of node: numbers, missing values, codes of categories."""
    width = min(features, 6)
    values = np.array([[0.5] * width, [-1.0] * width, [np.nan] * width, [3.0] * width])
    return scipy.sparse.csr_matrix(
        (values.ravel(), np.tile(np.arange(width), 4), np.arange(5) * width), (4, features)
    )


# -- XGBoost -------------------------------------------------------------------


def xgboost() -> Prepared:
    """UBJSON snapshots of trees, categories, DART, a linear booster, several outputs."""
    import xgboost as library

    skeleton, _ = collected(_trained(library, {}, X, Y))
    boosters = [
        _trained(library, {}, X, Y),
        _trained(library, {"booster": "dart", "rate_drop": 0.5}, X, Y),
        _trained(library, {"booster": "gblinear"}, X, Y),
        _trained(library, {"objective": "multi:softprob", "num_class": 3}, X, CLASSES),
        _trained(library, {"max_cat_to_onehot": 1}, CITIES, Y, ("c", "q")),
    ]
    seeds = [bytes(collected(booster)[1][0]) for booster in boosters]

    def read(data: bytes) -> None:
        booster = load_untrusted(skeleton, [memoryview(bytearray(data))], "m@1")
        with in_use(library.core.XGBoostError):
            _use_xgboost(library, booster)

    return Prepared(seeds, read, _changed_ubjson, _words_of(seeds, rb"[a-z_]{4,40}"))


def _trained(library: Any, params: dict[str, Any], x: Any, y: Any, kinds: Any = None) -> Any:
    data = library.DMatrix(
        x, y, feature_types=kinds and list(kinds), enable_categorical=kinds is not None
    )
    params = {"max_depth": 2, "nthread": 1, **params}
    return library.train({"objective": "binary:logistic", **params}, data, 2)


def _use_xgboost(library: Any, booster: Any) -> None:
    features = booster.num_features()
    if features > MOST_VALUES:
        return
    booster.set_param({"nthread": 1})
    rows = library.DMatrix(_rows(features), feature_types=booster.feature_types, nthread=1)
    rows.feature_names = booster.feature_names
    answers = booster.predict(rows)
    booster.predict(rows, pred_leaf=True)
    if answers.size * (features + 1) < MOST_VALUES:
        booster.predict(rows, pred_contribs=True)
    booster.save_raw("ubj")
    booster.get_dump()


def _changed_ubjson(data: bytes, chance: Random) -> bytes:
    try:
        document = decode(memoryview(data))
    except (ValueError, RecursionError):
        return damaged(data, chance)
    again = changed(document, chance)
    if chance.random() < 0.5 and isinstance(again, dict):  # the configuration repeats the model
        _repeat(again)
    return encode(again)


def _repeat(document: dict[str, Any]) -> None:
    model, config = document.get("Model"), document.get("Config")
    learner = model.get("learner") if isinstance(model, dict) else None
    other = config.get("learner") if isinstance(config, dict) else None
    if isinstance(learner, dict) and isinstance(other, dict):
        for key in ("learner_model_param", "objective"):
            other[key] = learner.get(key)


# -- LightGBM ------------------------------------------------------------------


def lightgbm() -> Prepared:
    """Model texts of trees, categories, several outputs, a random forest, a constant."""
    import lightgbm as library

    library.register_logger(_Silent())

    def trained(params: dict[str, Any], x: Any = X, y: Any = Y, **more: Any) -> Any:
        quiet = {"verbose": -1, "num_threads": 1, "num_leaves": 4, "min_data_in_leaf": 5}
        data = library.Dataset(x, y, params=quiet, **more)
        return library.train({"objective": "binary", **quiet, **params}, data, 2)

    forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    cities = {"min_data_per_group": 2, "cat_smooth": 1, "max_cat_to_onehot": 1}
    boosters = [
        trained({}),
        trained({"objective": "multiclass", "num_class": 3}, y=CLASSES),
        trained(forest),
        trained(cities, CITIES, CITIES[:, 0] > 2, categorical_feature=[0]),
        trained({"objective": "regression"}, y=np.ones(60)),
    ]
    skeleton, _ = collected(boosters[0])
    seeds = [bytes(collected(booster)[1][0]) for booster in boosters]
    skeletons = {_classes(seed): collected(b)[0] for seed, b in zip(seeds, boosters, strict=True)}

    def read(data: bytes) -> None:
        stream = skeletons.get(_classes(data), skeleton)
        booster = load_untrusted(stream, [memoryview(bytearray(data))], "m@1")
        with in_use(library.basic.LightGBMError):
            _use_lightgbm(booster)

    tokens = _words_of(seeds, rb"[a-z_]{4,40}(?=[=:])")
    return Prepared(seeds, read, _changed_lines, tokens)


class _Silent:
    def info(self, message: str) -> None:
        """Do nothing: the lines of the fuzzer are enough."""

    warning = info


def _classes(text: bytes) -> bytes:
    found = re.search(rb"num_class=(\d{1,3})\n", text)
    return found[1] if found else b""


def _use_lightgbm(booster: Any) -> None:
    features = booster.num_feature()
    if features > MOST_VALUES:
        return
    rows = _rows(features)
    answers = booster.predict(rows, num_threads=1)
    booster.predict(rows, num_threads=1, pred_leaf=True)
    if answers.size * (features + 1) < MOST_VALUES:
        booster.predict(rows, num_threads=1, pred_contrib=True)
    booster.model_to_string()
    booster.feature_importance()


def _changed_lines(data: bytes, chance: Random) -> bytes:
    """Change lines; then correct the sizes of the trees, four times of five."""
    lines, end = data.split(b"\n"), b"end of trees"
    for _ in range(chance.choice((1, 1, 2, 3))):
        # After the trees, there are a hundred lines of parameters.
        last = len(lines) if chance.random() < 0.2 else lines.index(end) if end in lines else 1
        place = chance.randrange(max(1, last))
        chance.choice(_LINES)(lines, place, chance)
    text = b"\n".join(lines)
    return text if chance.random() < 0.2 else _fitted(text)


def _other_value(lines: list[bytes], place: int, chance: Random) -> None:
    key, sign, rest = lines[place].partition(b"=")
    values = rest.split(b" ")
    number = chance.randrange(len(values))
    near = [str(value).encode() for value in NUMBERS]
    if values[number].removeprefix(b"-").isdigit():
        near = [
            b"%d" % (int(values[number][:18]) + step) for step in (-2, -1, 1, 2, 1000)
        ] * 3 + near
    values[number] = chance.choice((*near, chance.choice(values)))
    lines[place] = key + sign + b" ".join(values)


def _other_count(lines: list[bytes], place: int, chance: Random) -> None:
    values = lines[place].split(b" ")
    lines[place] = b" ".join(values[:-1] if chance.random() < 0.5 else [*values, values[-1]])


def _repeated(lines: list[bytes], place: int, chance: Random) -> None:
    lines.insert(place, chance.choice(lines))


def _removed(lines: list[bytes], place: int, chance: Random) -> None:
    if len(lines) > 1:
        del lines[place]


def _broken(lines: list[bytes], place: int, chance: Random) -> None:
    lines[place] = damaged(lines[place], chance)


_LINES: tuple[Callable[[list[bytes], int, Random], None], ...] = (
    _other_value, _other_value, _other_value, _other_count, _repeated, _removed, _broken,
)  # fmt: skip


def _fitted(text: bytes) -> bytes:
    """Return the text with the right sizes of its trees."""
    head, separator, rest = text.partition(b"\n\n")
    trees, ending, tail = rest.partition(b"end of trees\n")
    begins = [match.start() for match in re.finditer(rb"(?m)^Tree=", trees)] or [0]
    sizes = [b - a for a, b in zip(begins, [*begins[1:], len(trees)], strict=True)]
    line = b"tree_sizes=" + b" ".join(b"%d" % size for size in sizes)
    return re.sub(rb"(?m)^tree_sizes=.*$", line, head) + separator + trees + ending + tail


def _words_of(seeds: list[bytes], pattern: bytes) -> list[bytes]:
    return sorted({word for seed in seeds for word in re.findall(pattern, seed)})[:200]
