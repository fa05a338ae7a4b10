"""LightGBM: a booster is stored as its model text, in one out-of-band buffer.

The text is that of ``Booster.__getstate__``: all trees, parameters and the categories of pandas
columns. Training and validation sets are not stored, as in a pickle of LightGBM.

Skeletons name `restore_booster` in this module, so its name must stay.
"""

from __future__ import annotations

import ctypes
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np

from nbmodel.errors import NbModelError
from nbmodel.flavors.description import DescriptionBuilder, features, plural
from nbmodel.flavors.estimator_params import note_params
from nbmodel.records import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmodel.records import Description


@dataclass(frozen=True, slots=True)
class LightGBMFlavor:
    """Boosters, and the wrappers with the interface of scikit-learn."""

    name: str = "lightgbm"

    def describe(self, obj: Any) -> Description:
        """Describe parameters of the wrapper or the booster, trees, split counts and gains."""
        builder = DescriptionBuilder(self.name, obj)
        booster = obj if isinstance(obj, lightgbm.Booster) else _state(obj).get("_Booster")
        if isinstance(obj, lightgbm.LGBMModel):
            builder.attempt(lambda: note_params(builder, obj))
        elif isinstance(obj, lightgbm.Booster):
            builder.attempt(lambda: _note_params(builder, obj))
        if isinstance(booster, lightgbm.Booster) and _state(booster).get("_handle") is not None:
            builder.attempt(lambda: _note_booster(builder, booster, obj))
            builder.attempt(lambda: _note_outputs(builder, obj))
        return builder.build()

    def reduce(self, obj: Any) -> Any:
        """Reduce a booster to its text as a buffer; wrappers stay Python objects."""
        if not isinstance(obj, lightgbm.Booster) or _state(obj).get("_handle") is None:
            return NotImplemented
        state = obj.__getstate__()
        text = state.pop("_handle").encode()
        # Temporary memory for predictions on the training data, which is not stored.
        scratch = state.get("_Booster__inner_predict_buffer")
        if scratch:
            state["_Booster__inner_predict_buffer"] = [None] * len(scratch)
        return restore_booster, (pickle.PickleBuffer(text), type(obj), state)

    def is_fitted(self, obj: Any) -> bool:
        """Whether it is a booster, or a wrapper with one."""
        return isinstance(obj, lightgbm.Booster) or _state(obj).get("_Booster") is not None


FLAVOR = LightGBMFlavor()


def _state(obj: Any) -> dict[str, Any]:
    return getattr(obj, "__dict__", {})


def restore_booster(
    text: bytes | bytearray | memoryview,
    kind: type[lightgbm.Booster],
    state: Mapping[str, Any],
) -> lightgbm.Booster:
    """Make a booster from its model text.

    Parameters
    ----------
    text : bytes-like
        The result of ``Booster.model_to_string`` as UTF-8.
    kind : type
        ``lightgbm.Booster`` or a subclass.
    state : mapping
        Its Python attributes, including `params` and `best_iteration`.

    Raises
    ------
    NbModelError
        If the native parser refuses the text.
    """
    booster = object.__new__(kind)
    booster.__dict__.update(state)
    booster._handle = None  # so that __del__ is safe if the parser refuses
    handle, rounds = ctypes.c_void_p(), ctypes.c_int(0)
    library = lightgbm.basic._LIB
    # bytes() adds the terminating zero that the parser relies on.
    status = library.LGBM_BoosterLoadModelFromString(
        ctypes.c_char_p(bytes(text)), ctypes.byref(rounds), ctypes.byref(handle)
    )
    if status != 0:
        reason = library.LGBM_GetLastError().decode(errors="replace").strip()
        raise NbModelError(
            f"LightGBM {lightgbm.__version__} cannot read the stored booster: {reason}.",
            "Install the version of lightgbm that the model's requirements.txt names.",
        )
    booster._handle = handle
    return booster


# -- description -------------------------------------------------------------


def _note_params(builder: DescriptionBuilder, booster: lightgbm.Booster) -> None:
    for key, value in sorted(booster.params.items()):
        builder.param(key, value)
    if booster.best_iteration > 0:
        builder.param("best_iteration", booster.best_iteration)


def _note_booster(builder: DescriptionBuilder, booster: lightgbm.Booster, obj: Any) -> None:
    names = booster.feature_name()
    has_names = names != [f"Column_{index}" for index in range(len(names))]
    dtype = "" if booster.pandas_categorical else "float64"  # it does not name the categories
    builder.inputs = features(names if has_names else None, len(names), dtype)
    builder.count("trees", booster.num_trees())
    rounds = booster.current_iteration()
    builder.count("rounds", rounds)
    kind = getattr(obj, "boosting_type", None) or booster.params.get("boosting", "gbdt")
    builder.summary = f"{builder.summary} {kind}, {plural(rounds, 'round')}"
    builder.array("splits", booster.feature_importance("split"))
    builder.array("gain", booster.feature_importance("gain"))


def _note_outputs(builder: DescriptionBuilder, obj: Any) -> None:
    classes = getattr(obj, "classes_", None) if isinstance(obj, lightgbm.LGBMClassifier) else None
    if classes is not None:
        builder.outputs = (
            Column("label", np.asarray(classes).dtype.name, (-1,)),
            Column("probability", "float64", (-1, len(classes))),
        )
    else:
        builder.outputs = (Column("prediction", "float64", (-1,)),)
