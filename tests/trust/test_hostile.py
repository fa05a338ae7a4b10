"""Streams made to run code, to crash, or to fill the memory: each ends in our own error."""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from nbmodel.errors import Untrusted
from nbmodel.trust.loader import load_untrusted
from tests.trust.crafted import in_subprocess, name, stream, text

# Importing these opens a browser, prints, or takes over signals and threads.
_NOISY = {"antigravity", "this", "idlelib", "turtledemo", "turtle", "tkinter", "lib2to3"}
_LISTED = {"builtins", "collections", "datetime", "functools"}


def _callables() -> list[tuple[str, str]]:
    """Every callable of the standard library's top modules, by the name it is found under."""
    found = []
    for module_name in sorted(sys.stdlib_module_names - _NOISY):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = importlib.import_module(module_name)
        except ImportError:
            continue  # a module of another platform
        found += [(module_name, a) for a in dir(module) if callable(getattr(module, a, None))]
    return found


def test_no_callable_of_the_standard_library_runs(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    pairs = _callables()
    assert len(pairs) > 5000
    assert {("os", "system"), ("builtins", "exec"), ("ctypes", "CDLL")} <= set(pairs)
    argument = text(f"open({str(canary)!r}, 'w')")
    for module, attribute in pairs:
        skeleton = stream(name(module, attribute), argument, b"\x85R")
        with pytest.raises(Untrusted) as caught:
            load_untrusted(skeleton, [], "model@1")
        if module not in _LISTED:
            assert caught.value.findings == (f"{module}.{attribute}",)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("module", "attribute", "argument"),
    [
        ("os", "system", "touch {}"),
        ("posix", "system", "touch {}"),
        ("subprocess", "getoutput", "touch {}"),
        ("builtins", "exec", "open({!r}, 'w')"),
        ("builtins", "eval", "open({!r}, 'w')"),
        ("pathlib", "Path.touch", "{}"),
        ("numpy.testing._private.utils", "runstring", "open({!r}, 'w')"),
        ("numpy.f2py.crackfortran", "myeval", "open({!r}, 'w')"),
        ("cloudpickle.cloudpickle", "_make_function", "{}"),
        ("cloudpickle.cloudpickle", "subimport", "os"),
        ("cloudpickle.cloudpickle", "_builtin_type", "CodeType"),
        ("torch", "load", "{}"),
        ("joblib", "load", "{}"),
        ("sklearn.datasets", "load_files", "{}"),
        ("sklearn.utils._joblib", "joblib.load", "{}"),
        ("scipy.stats._distn_infrastructure", "rv_generic.__setstate__", "{}"),
        ("nbmodel.flavors.pickling", "load", "{}"),
    ],
)
def test_known_gadgets(tmp_path: Path, module: str, attribute: str, argument: str) -> None:
    canary = tmp_path / "canary"
    skeleton = stream(name(module, attribute), text(argument.format(canary, canary)), b"\x85R")
    with pytest.raises(Untrusted):
        load_untrusted(skeleton, [], "model@1")
    assert not canary.exists()


_MUTATE = """
    import pickle, random, resource, sys, warnings
    warnings.simplefilter("ignore")
    import numpy as np
    from nbmodel.errors import NbModelError
    from nbmodel.flavors.pickling import dump
    from nbmodel.trust.loader import load_untrusted
    from nbmodel.trust.opcodes import CANONICAL, CODES
    from tests import estimators
    from sklearn.utils import all_estimators

    names, seed, rounds = sys.argv[1].split(","), int(sys.argv[2]), int(sys.argv[3])
    kinds = dict(all_estimators())
    taken = []
    for name in names:
        kind = kinds[name]
        for recipe in estimators.recipes(name, kind):
            fitted, X, method = estimators.fit(kind, recipe)
            loaded = dump(fitted)
            load_untrusted(loaded.skeleton, [memoryview(bytearray(b)) for b in loaded.buffers], "m")
            taken.append((loaded, X, method))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    opcodes = [CODES[name] for name in sorted(CANONICAL)]
    rng = random.Random(seed)
    counts = {"loaded": 0, "refused": 0}
    for _ in range(rounds):
        pick, X, method = rng.choice(taken)
        other = rng.choice(taken)[0].skeleton
        data = bytearray(pick.skeleton)
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            at = rng.randrange(2, len(data))
            action = rng.randrange(6)
            if action == 0:
                data[at] ^= 1 << rng.randrange(8)
            elif action == 1:
                data[at] = rng.choice(opcodes)
            elif action == 2:
                del data[at : at + rng.randrange(1, 9)]
            elif action == 3:
                start = rng.randrange(len(other))
                data[at:at] = other[start : start + rng.randrange(1, 60)]
            elif action == 4:
                start = rng.randrange(len(data))
                data[at:at] = data[start : start + rng.randrange(1, 30)]
            else:
                del data[max(at, len(data) - 20) :]
            if len(data) < 3:
                break
        buffers = [memoryview(bytearray(b)) for b in pick.buffers]
        try:
            model = load_untrusted(bytes(data), buffers, "m")
        except NbModelError as error:
            assert str(error)
            counts["refused"] += 1
            continue
        counts["loaded"] += 1
        if method is not None and hasattr(type(model), method):
            try:
                getattr(model, method)(X)
            except Exception:
                pass
    print(counts)
    assert min(counts.values()) > 0
"""


@pytest.mark.parametrize(
    ("names", "rounds"),
    [
        ("DecisionTreeClassifier,GradientBoostingClassifier,HistGradientBoostingClassifier", 600),
        ("KNeighborsClassifier,SVC,KMeans,OneHotEncoder,CountVectorizer", 600),
        ("LogisticRegression,StandardScaler,SGDClassifier,SplineTransformer,SVR", 800),
    ],
)
def test_damaged_models_load_or_are_refused(names: str, rounds: int) -> None:
    """Flipped, cut, spliced: never another error, and what loads does not crash when asked."""
    assert "refused" in in_subprocess(_MUTATE, names, "1", str(rounds))


def test_altered_trees_do_not_reach_predict() -> None:
    """An out-of-range child kills the interpreter in `predict`; here it never gets there."""
    code = """
        import cloudpickle
        import numpy as np
        from sklearn.tree import DecisionTreeClassifier
        from nbmodel.errors import Untrusted
        from nbmodel.flavors.pickling import dump
        from nbmodel.trust.loader import load_untrusted
        X = np.random.RandomState(0).rand(50, 3)
        for child in (10**6, 10**12, -5, 0):
            model = DecisionTreeClassifier().fit(X, X[:, 0] > 0.5)
            state = model.tree_.__getstate__()
            state["nodes"] = state["nodes"].copy()
            state["nodes"]["left_child"][0] = child
            model.tree_.__setstate__(state)
            taken = dump(model)
            try:
                load_untrusted(taken.skeleton, taken.buffers, "m").predict(X)
            except Untrusted as error:
                print("refused", error.findings)
    """
    assert in_subprocess(code).count("refused") == 4


@pytest.mark.parametrize(
    "body",
    [
        "b'\\x8f' * 4_000_000",
        "b']' * 4_000_000",
        "b'(' * 4_000_000",
        "b')' + b'\\x85' * 2_000_000",
        "b'\\x96' + (2**40).to_bytes(8, 'little')",
        "b'\\x8e' + (2**62).to_bytes(8, 'little')",
        "b'\\x95' + (2**63 - 1).to_bytes(8, 'little')",
        "b'X' + (2**32 - 1).to_bytes(4, 'little')",
        "b'j' + (2**32 - 1).to_bytes(4, 'little')",
        "b'\\x8b' + (2**31 - 1).to_bytes(4, 'little')",
    ],
)
def test_bombs_end_within_one_gigabyte(body: str) -> None:
    code = f"""
        import resource
        from nbmodel.errors import Untrusted
        from nbmodel.trust.loader import load_untrusted
        load_untrusted(b"\\x80\\x05N.", [], "m")
        bomb = b"\\x80\\x05" + {body} + b"."
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        try:
            load_untrusted(bomb, [], "m")
        except Untrusted as error:
            print("refused", error.findings)
    """
    printed = in_subprocess(code)
    assert "refused" in printed
    assert "MemoryError" not in printed


def _nested(opcode: bytes, depth: int) -> Any:
    return load_untrusted(stream(b")" + opcode * depth), [], "model@1")


def test_deep_nesting_is_freed_without_a_crash() -> None:
    value = _nested(b"\x85", 300_000)
    depth = 0
    while value:
        value, depth = value[0], depth + 1
    assert depth == 300_000
