"""The path of the part that cannot be pickled."""

from __future__ import annotations

import functools
import os
import pickle
import socket
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from nbmodel.flavors import unpicklable as search
from nbmodel.flavors.pickling import dump, load
from nbmodel.flavors.unpicklable import find_unpicklable
from tests.flavors.other_process import notebook

LOCK = threading.Lock()


class Holder:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("first", "second")

    def __init__(self, second):
        self.first = 1
        self.second = second


class Careful:
    """Holds a lock that its state leaves out, and a generator that it does not."""

    def __init__(self):
        self.lock = threading.Lock()
        self.stream = iter_once()

    def __getstate__(self):
        return {"stream": self.stream}


class Listlike(list):
    pass


def iter_once():
    yield 1


def _closure():
    lock = threading.Lock()
    return lambda x: (lock, x)


def _cycle():
    items = [1]
    items.append(items)
    items.append({"z": LOCK})
    return items


def _pipeline():
    return make_pipeline(StandardScaler(), FunctionTransformer(_closure()))


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        (LOCK, "it"),
        ({"k": [1, 2, 3, LOCK], 4: 5}, "it['k'][3]"),
        ({7: LOCK}, "it[7]"),
        ((1, (2, LOCK)), "it[1][1]"),
        (Holder(attr=LOCK), "it.attr"),
        (Slotted(LOCK), "it.second"),
        (Careful(), "it.stream"),
        (Listlike([1, LOCK]), "it[1]"),
        (functools.partial(print, 1, end=LOCK), "it.keywords['end']"),
        (functools.partial(_closure()), "it.func.<closure>.lock"),
        (_closure(), "it.<closure>.lock"),
        (_pipeline(), "it.steps[1][1].func.<closure>.lock"),
        (_cycle(), "it[2]['z']"),
        ({(1, LOCK): 2}, "list(it)[0][1]"),
        ({Holder: {"x": LOCK}}, "list(it.values())[0]['x']"),
        (np.array([1, LOCK], dtype=object), "it.flat[1]"),
        (Holder(run=Holder(attr=LOCK).__init__), "it.run.__self__.attr"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_path_of_the_unpicklable_part_is_named(obj, path):
    place, kind, why = find_unpicklable(obj, "it")
    assert place == path
    assert kind in ("a _thread.lock", "a generator")
    assert "cannot pickle" in why


def test_globals_of_notebook_functions_and_classes():
    names = notebook(
        "import threading\n"
        "lock = threading.Lock()\n"
        "def score(x):\n    return inner(x)\n"
        "def inner(x):\n    return lock, x\n"
        "class Model:\n    guard = lock\n"
    )
    assert find_unpicklable(names["score"], "score")[0] == "score.<globals>.inner.<globals>.lock"
    assert find_unpicklable(names["Model"](), "m")[0] in ("m", "m.guard")
    assert find_unpicklable(names["Model"], "Model")[0] == "Model.guard"


def test_sockets_and_written_files():
    with socket.socket() as sock:
        assert find_unpicklable({"net": sock}, "d")[:2] == ("d['net']", "a socket.socket")
    with Path(os.devnull).open("w") as file:
        assert find_unpicklable([file], "files")[0] == "files[0]"


@pytest.mark.parametrize("wrap", [lambda file: file, lambda file: Holder(source={"f": file})])
def test_a_text_file_is_refused_in_every_mode(wrap):
    """cloudpickle would store the content of one that is open for reading."""
    with Path(__file__).open() as file:
        path, kind, why = find_unpicklable(wrap(file), "it")
        with pytest.raises(pickle.PicklingError, match="text file"):
            dump(wrap(file))
    assert path in ("it", "it.source['f']")
    assert (kind, why) == ("a _io.TextIOWrapper", f"cannot pickle the text file {__file__!r}")


def test_standard_output_is_that_of_the_loading_process(monkeypatch):
    with Path(os.devnull).open("w") as file:
        monkeypatch.setattr(sys, "stdout", file)
        pickled = dump({"out": file})
        assert load(pickled.skeleton, pickled.buffers)["out"] is file


def test_deep_nesting_is_reported_for_the_whole_object():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    path, kind, why = find_unpicklable({"d": deep}, "it")
    assert (path, kind) == ("it", "a dict")
    assert "nested deeper" in why
    shallow = LOCK
    for _ in range(40):
        shallow = [shallow]
    assert find_unpicklable(shallow, "it")[0] == "it" + "[0]" * 40


def test_reason_is_one_line():
    names = notebook(
        "import keras\n"
        "class Net(keras.Model):\n"
        "    def __init__(self, width):\n"
        "        super().__init__()\n"
    )
    path, kind, why = find_unpicklable({"net": names["Net"](3)}, "d")
    assert (path, kind) == ("d['net']", "a __main__.Net")
    assert "get_config" in why
    assert "\n" not in why


def test_a_search_out_of_time_names_the_part_found_so_far(monkeypatch):
    monkeypatch.setattr(search, "MAX_SECONDS", -1.0)
    assert find_unpicklable({"k": [LOCK]}, "it")[:2] == ("it", "a dict")
