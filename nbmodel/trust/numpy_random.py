"""Rules for numpy's random generators, whose C code uses numbers in their state as indices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, Generator, Philox, RandomState
from numpy.random.bit_generator import SeedSequence

from nbmodel.trust.rules import Rule, RuleTable, require

_WORD_LIMIT = 1 << 64
_MAX_POOL = 64


def _integer(value: Any, limit: int) -> int:
    require(
        isinstance(value, (int, np.integer)) and 0 <= int(value) < limit,
        "a number out of range in the state of a random generator",
    )
    return int(value)


def _words(value: Any, dtype: type[np.unsignedinteger[Any]], size: int) -> Any:
    require(
        isinstance(value, np.ndarray) and value.dtype == dtype and value.shape == (size,),
        "the state of a random generator with an array of a wrong size",
    )
    return np.array(value, dtype)


def _mt19937(state: Mapping[str, Any]) -> dict[str, Any]:
    inner = state["state"]
    key = _words(inner["key"], np.uint32, 624)
    # The generator keeps 19,937 bits: one of the first number, all of the others. If all are zero,
    # it repeats zero, and a method that draws until a number fits (`normal`) never ends.
    require(bool(key[0] >> 31 or key[1:].any()), "a Mersenne Twister whose state is zero")
    return {"state": {"key": key, "pos": _integer(inner["pos"], 625)}}


def _pcg(state: Mapping[str, Any]) -> dict[str, Any]:
    inner = {name: _integer(state["state"][name], 1 << 128) for name in ("state", "inc")}
    # numpy only makes odd increments. With another one the generator may repeat one number.
    require(inner["inc"] % 2 == 1, "a PCG generator with an even increment")
    return {"state": inner, **_spare(state)}


def _philox(state: Mapping[str, Any]) -> dict[str, Any]:
    inner = state["state"]
    return {
        "state": {
            "counter": _words(inner["counter"], np.uint64, 4),
            "key": _words(inner["key"], np.uint64, 2),
        },
        "buffer": _words(state["buffer"], np.uint64, 4),
        "buffer_pos": _integer(state["buffer_pos"], 5),
        **_spare(state),
    }


def _sfc64(state: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": {"state": _words(state["state"]["state"], np.uint64, 4)}, **_spare(state)}


def _spare(state: Mapping[str, Any]) -> dict[str, int]:
    """Check the half word that some generators save for the next number.

    Returns
    -------
    state : dict of str to int
    """
    return {
        "has_uint32": _integer(state["has_uint32"], 2),
        "uinteger": _integer(state["uinteger"], _WORD_LIMIT),
    }


_GENERATORS: Mapping[type[Any], Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    MT19937: _mt19937,
    PCG64: _pcg,
    PCG64DXSM: _pcg,
    Philox: _philox,
    SFC64: _sfc64,
}
_BY_NAME = {kind.__name__: kind for kind in _GENERATORS}


def _checked(kind: type[Any], state: Any) -> dict[str, Any]:
    require(
        type(state) is dict and state.get("bit_generator") == kind.__name__,
        "the state of a different random generator",
    )
    return {"bit_generator": kind.__name__, **_GENERATORS[kind](state)}


def make_bit_generator(kind: Any) -> Any:
    """Replace ``__bit_generator_ctor``."""
    kind = _BY_NAME.get(kind) if type(kind) is str else kind
    require(
        isinstance(kind, type) and kind in _GENERATORS, "a random generator of an unknown class"
    )
    return kind(0)


def build_bit_generator(instance: Any, state: Any) -> None:
    """Replace ``BitGenerator.__setstate__``: ``(state, seed sequence)``, or numpy 1's dict."""
    if type(state) is dict:
        instance.state = _checked(type(instance), state)
        return
    require(
        type(state) is tuple and len(state) == 2,
        "the state of a random generator in an unknown form",
    )
    checked, seeds = _checked(type(instance), state[0]), state[1]
    require(seeds is None or type(seeds) is SeedSequence, "seeds of an unknown class")
    instance.__setstate__((checked, seeds))


def make_random_state(bits: Any = "MT19937", make: object = None) -> RandomState:
    """Replace ``__randomstate_ctor``."""
    bits = make_bit_generator(bits) if type(bits) is str else bits
    require(type(bits) is MT19937, "a RandomState over an unknown generator")
    return RandomState(bits)


def build_random_state(instance: RandomState, state: Any) -> None:
    """Replace ``RandomState.__setstate__``."""
    checked = _checked(MT19937, state)
    checked["has_gauss"] = _integer(state["has_gauss"], 2)
    require(
        isinstance(state["gauss"], float),
        "a number out of range in the state of a random generator",
    )
    checked["gauss"] = float(state["gauss"])
    instance.set_state(checked)


def make_generator(bits: Any = "PCG64", make: object = None) -> Generator:
    """Replace ``__generator_ctor``."""
    bits = make_bit_generator(bits) if type(bits) is str else bits
    require(type(bits) in _GENERATORS, "a Generator over an unknown generator")
    return Generator(bits)


def make_seeds(kind: Any, checksum: Any, state: Any) -> SeedSequence:
    """Replace Cython's ``__pyx_unpickle_SeedSequence``: valid seeds, replaced by BUILD."""
    require(kind is SeedSequence and state is None, "a seed sequence in an unknown form")
    return SeedSequence(0)


def build_seeds(instance: Any, state: Any) -> None:
    """Make the seeds again from their entropy; the pool must be the same."""
    require(type(state) is tuple and len(state) == 5, "a seed sequence in an unknown form")
    entropy, spawned, pool, size, key = state
    numbers = entropy if isinstance(entropy, (list, tuple)) else (entropy,)
    require(
        all(isinstance(n, (int, np.integer)) for n in numbers),
        "seeds of a type that is not allowed",
    )
    require(
        type(key) is tuple and all(isinstance(n, int) for n in key),
        "a spawn key that is not a tuple of whole numbers",
    )
    fresh = SeedSequence(
        entropy,
        spawn_key=key,
        pool_size=_integer(size, _MAX_POOL + 1),
        n_children_spawned=_integer(spawned, 1 << 32),
    )
    require(
        isinstance(pool, np.ndarray)
        and pool.dtype == np.uint32
        and np.array_equal(fresh.pool, pool),
        "a seed sequence that does not follow from its entropy",
    )
    instance.__setstate__(fresh.__reduce__()[2])


_VALUE = Rule(value=True)
_SEEDS = "numpy.random.bit_generator"

RULES: RuleTable = {
    **{(kind.__module__, kind.__name__): _VALUE for kind in _GENERATORS},
    (_SEEDS, "SeedSequence"): _VALUE,
    (_SEEDS, "__pyx_unpickle_SeedSequence"): Rule(call=make_seeds, build=build_seeds),
    # numpy 1 passes it to the constructors of generators as a value.
    ("numpy.random._pickle", "__bit_generator_ctor"): Rule(
        value=True, call=make_bit_generator, build=build_bit_generator
    ),
    ("numpy.random._pickle", "__randomstate_ctor"): Rule(
        call=make_random_state, build=build_random_state
    ),
    ("numpy.random._pickle", "__generator_ctor"): Rule(call=make_generator),
}
