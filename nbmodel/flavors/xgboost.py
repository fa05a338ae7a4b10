"""XGBoost: a booster is stored as its UBJSON snapshot, in one out-of-band buffer.

The snapshot is that of ``Booster.__getstate__`` (``XGBoosterSerializeToBuffer``): model,
attributes, feature names and types, and the training configuration. So predictions, continued
training and parameters are the same after a load.

Skeletons name `restore_booster` in this module, so its name must stay.
"""

from __future__ import annotations

import ctypes
import json
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost

from nbmodel.errors import NbModelError
from nbmodel.flavors.description import DescriptionBuilder, features, plural
from nbmodel.flavors.estimator_params import note_params
from nbmodel.records import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmodel.records import Description

# XGBoost's letters for feature types; "c" is a category code.
_DTYPES = {"float": "float64", "int": "int64", "i": "bool", "q": "float64", "c": "category"}


@dataclass(frozen=True, slots=True)
class XGBoostFlavor:
    """Boosters, and the wrappers with the interface of scikit-learn."""

    name: str = "xgboost"

    def describe(self, obj: Any) -> Description:
        """Describe parameters of the wrapper or the booster, trees and split gains."""
        builder = DescriptionBuilder(self.name, obj)
        booster = obj if isinstance(obj, xgboost.Booster) else _state(obj).get("_Booster")
        if isinstance(obj, xgboost.XGBModel):
            builder.attempt(lambda: note_params(builder, obj))
        if isinstance(booster, xgboost.Booster) and _state(booster).get("handle") is not None:
            builder.attempt(lambda: _note_booster(builder, booster, own=booster is obj))
            builder.attempt(lambda: _note_outputs(builder, obj))
        return builder.build()

    def reduce(self, obj: Any) -> Any:
        """Reduce a booster to its snapshot as a buffer; wrappers stay Python objects."""
        if not isinstance(obj, xgboost.Booster) or _state(obj).get("handle") is None:
            return NotImplemented
        state = obj.__getstate__()
        snapshot = pickle.PickleBuffer(state.pop("handle"))
        if type(obj) is xgboost.Booster and not state:
            return restore_booster, (snapshot,)
        return restore_booster, (snapshot, type(obj), state)

    def is_fitted(self, obj: Any) -> bool:
        """Whether it is a booster, or a wrapper with one."""
        return isinstance(obj, xgboost.Booster) or _state(obj).get("_Booster") is not None


FLAVOR = XGBoostFlavor()


def _state(obj: Any) -> dict[str, Any]:
    return getattr(obj, "__dict__", {})


def restore_booster(
    snapshot: bytes | bytearray | memoryview,
    kind: type[xgboost.Booster] = xgboost.Booster,
    state: Mapping[str, Any] | None = None,
) -> xgboost.Booster:
    """Make a booster from its snapshot.

    Parameters
    ----------
    snapshot : bytes-like
        UBJSON of ``XGBoosterSerializeToBuffer``. It is only read, and not stored.
    kind : type
        ``xgboost.Booster`` or a subclass.
    state : mapping, optional
        Python attributes of the object.

    Raises
    ------
    NbModelError
        If the native parser refuses the snapshot.
    """
    data = np.frombuffer(snapshot, dtype=np.uint8)
    library = xgboost.core._LIB
    booster = object.__new__(kind)
    booster.handle = None  # so that __del__ is safe if creation fails
    handle = ctypes.c_void_p()
    none = xgboost.core.c_array(ctypes.c_void_p, [])
    _check(library.XGBoosterCreate(none, ctypes.c_uint64(0), ctypes.byref(handle)))
    booster.handle = handle
    address = ctypes.c_void_p(data.ctypes.data)
    _check(library.XGBoosterUnserializeFromBuffer(handle, address, ctypes.c_uint64(data.nbytes)))
    booster.__dict__.update(state or {})
    return booster


def _check(status: int) -> None:
    if status != 0:
        lines = xgboost.core._LIB.XGBGetLastError().decode(errors="replace").splitlines()
        raise NbModelError(
            f"XGBoost {xgboost.__version__} cannot read the stored booster: "
            f"{lines[0] if lines else 'no reason given'}",
            "Install the version of xgboost that the model's requirements.txt names.",
        )


# -- description -------------------------------------------------------------


def _note_booster(builder: DescriptionBuilder, booster: xgboost.Booster, *, own: bool) -> None:
    learner = json.loads(booster.save_config())["learner"]
    engine = learner["gradient_booster"]
    rounds = booster.num_boosted_rounds()
    builder.count("rounds", rounds)
    trees = engine.get("gbtree", engine).get("gbtree_model_param", {})
    builder.count("trees", int(trees.get("num_trees", 0)))
    builder.inputs = _inputs(booster)
    if own:
        _note_config(builder, learner, engine)
        attributes = booster.attributes()
        for key in ("best_iteration", "best_score"):
            if key in attributes:
                builder.param(
                    key, float(attributes[key]) if "." in attributes[key] else int(attributes[key])
                )
    builder.summary = f"{builder.summary} {engine['name']}, {plural(rounds, 'round')}"
    builder.attempt(lambda: _note_importance(builder, booster, engine["name"]))


def _note_config(
    builder: DescriptionBuilder, learner: Mapping[str, Any], engine: Mapping[str, Any]
) -> None:
    """Describe the hyperparameters of the booster, as numbers if possible."""
    builder.param("booster", engine["name"])
    builder.param("objective", learner["objective"]["name"])
    inner = engine.get("gbtree", engine)
    groups = (
        inner.get("tree_train_param"),
        engine.get("dart_train_param"),
        (engine.get("updater") or {}).get("linear_train_param")
        if isinstance(engine.get("updater"), dict)
        else None,
    )
    for group in groups:
        for key, text in (group or {}).items():
            builder.param(key, _number(text))


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _inputs(booster: xgboost.Booster) -> tuple[Column, ...]:
    names, types, count = booster.feature_names, booster.feature_types, booster.num_features()
    if types is None or len(types) != count:
        return features(names, count, "float32")
    return features(names, count, tuple(_DTYPES.get(kind, kind) for kind in types))


def _note_importance(builder: DescriptionBuilder, booster: xgboost.Booster, engine: str) -> None:
    """Describe the gain of the splits of each feature, or the coefficients of a linear booster."""
    linear = engine == "gblinear"
    scores = booster.get_score(importance_type="weight" if linear else "gain")
    names = booster.feature_names or [f"f{index}" for index in range(booster.num_features())]
    values = [scores.get(name, 0.0) for name in names]
    builder.array("coefficients" if linear else "gain", np.asarray(values, dtype=np.float64))


def _note_outputs(builder: DescriptionBuilder, obj: Any) -> None:
    classes = getattr(obj, "classes_", None) if isinstance(obj, xgboost.XGBClassifier) else None
    if classes is not None:
        builder.outputs = (
            Column("label", np.asarray(classes).dtype.name, (-1,)),
            Column("probability", "float32", (-1, len(classes))),
        )
    else:
        builder.outputs = (Column("prediction", "float32", (-1,)),)
