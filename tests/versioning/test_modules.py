"""Modules beside the notebook: a version contains their source, and loads without the files."""

from __future__ import annotations

import copy
import importlib
import json
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from textwrap import dedent

import cloudpickle
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import nbmodel
from nbmodel.errors import LoadFailed, NotPicklable, Untrusted
from nbmodel.flavors import isolated
from nbmodel.versioning.verbs.export import load_folder
from tests.fixtures.projects import git
from tests.flavors.other_process import notebook

X = np.arange(20.0).reshape(10, 2)
Y = X[:, 0] + 1


class Desk:
    """The folder of a notebook: files on `sys.path`, imported and edited."""

    def __init__(self, folder, monkeypatch) -> None:
        self.folder = folder
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        monkeypatch.chdir(folder)
        self._monkeypatch = monkeypatch

    def write(self, **files) -> None:
        for name, text in files.items():
            path = self.folder / f"{name.replace('__init__', '#').replace('__', '/')}.py"
            path = path.with_name(path.name.replace("#", "__init__"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))

    def fresh(self, *names):
        """Import as a new kernel does."""
        self.forget()
        importlib.invalidate_caches()
        modules = [importlib.import_module(name) for name in names]
        return modules[0] if len(modules) == 1 else modules

    def forget(self) -> None:
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(self.folder)):
                del sys.modules[name]

    def remove(self) -> None:
        """Delete the files, and forget them as another process does."""
        self.forget()
        for name in [name for name in sys.modules if name.startswith(isolated.PREFIX)]:
            del sys.modules[name]
        isolated._libraries.clear()
        isolated._states.clear()
        for path in self.folder.rglob("*.py"):
            path.unlink()


@pytest.fixture
def desk(tmp_path, monkeypatch):
    folder = tmp_path / "notebooks ü"
    folder.mkdir()
    made = Desk(folder, monkeypatch)
    yield made
    made.forget()


HELPERS = """
    from __future__ import annotations
    from dataclasses import dataclass, field
    from enum import Enum
    from typing import NamedTuple
    import numpy as np
    import rates
    from rates import Rates as Given

    FACTOR = {factor}

    class Mode(Enum):
        FAST = 1
        EXACT = 2

    class Pair(NamedTuple):
        one: int = 1
        two: int = 2

    @dataclass
    class Config:
        mode: Mode = Mode.EXACT
        pair: Pair = Pair()
        names: list[str] = field(default_factory=list)

    class Base:
        limit = 100

        @property
        def factor(self):
            return FACTOR

        def predict(self, rows):
            return np.asarray(rows) * self.factor

    class Scaled(Base):
        def __init__(self):
            self.config = Config()

        def predict(self, rows):
            from rates import now  # when it runs
            return super().predict(rows) + now() + rates.OFFSET

    def double(rows):
        return np.asarray(rows) * FACTOR
"""
RATES = """
    OFFSET = {offset}
    class Rates: ...
    def now():
        return OFFSET * 10
"""


def helpers(desk, factor=2, offset=1):
    desk.write(helpers=HELPERS.format(factor=factor), rates=RATES.format(offset=offset))
    return desk.fresh("helpers")


def elsewhere(registry, code, folder):
    """What code prints about a registry `r`, in another process and folder."""
    script = f"import nbmodel\nr = nbmodel.open({str(registry.path)!r})\n{dedent(code)}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# -- what answers ------------------------------------------------------------


@pytest.mark.parametrize("then", ["edited", "removed"])
def test_predictions_are_those_at_commit(registry, desk, tmp_path, then):
    module = helpers(desk)
    model = module.Scaled()
    assert model.predict([1])[0] == 2 + 10 + 1
    version = registry.commit(model, "scaled").version
    assert (version.type, version.ref) == ("helpers.Scaled", "scaled@1")
    if then == "edited":
        assert helpers(desk, 30, 5).Scaled().predict([1])[0] == 30 + 50 + 5
    else:
        desk.remove()
    again = registry.checkout("scaled")
    assert again.predict([1])[0] == 13
    assert (again.config.mode.name, again.config.pair) == ("EXACT", (1, 2))
    output = elsewhere(registry, "print(r.checkout('scaled').predict([1])[0])", tmp_path)
    assert output == "13\n"


def test_two_versions_and_the_file_itself_load_side_by_side(registry, desk):
    registry.commit(helpers(desk, 2).Scaled(), "scaled")
    registry.commit(helpers(desk, 30).Scaled(), "scaled")
    live = helpers(desk, 7)
    one, two = registry.checkout("scaled@1"), registry.checkout("scaled@2")
    for _ in range(2):
        answers = [model.predict([1])[0] for model in (one, two, live.Scaled())]
        assert answers == [13, 41, 18]
        importlib.reload(live)
    assert sys.modules["helpers"] is live


def test_a_class_that_was_changed_in_memory_is_rebuilt_for_the_next_load(registry, desk):
    live = helpers(desk)
    registry.commit(live.Scaled(), "scaled")
    one = registry.checkout("scaled")
    copy.copy(one)  # Python notes the slots of its class
    two = registry.checkout("scaled")
    assert type(one) is type(two)
    type(one).predict = lambda self, rows: [0]
    assert one.predict([1])[0] == 0
    assert live.Scaled().predict([1])[0] == 13
    three = registry.checkout("scaled")
    assert three.predict([1])[0] == 13
    sys.modules[type(three).__module__].FACTOR = 5
    assert registry.checkout("scaled").predict([1])[0] == 13


def test_an_object_of_two_versions_of_one_module(registry, desk):
    registry.commit(helpers(desk, 2).Scaled(), "scaled")
    registry.commit(helpers(desk, 30).Scaled(), "scaled")
    both = [registry.checkout("scaled@1"), registry.checkout("scaled@2")]
    registry.commit(both, "both")
    desk.remove()
    assert [m.predict([1])[0] for m in registry.checkout("both")] == [13, 41]


def test_a_version_that_was_loaded_is_committed_again_under_its_own_names(registry, desk):
    registry.commit(helpers(desk).Scaled(), "scaled")
    desk.remove()
    loaded = registry.checkout("scaled")
    loaded.more = "fitted on"
    registry.commit(loaded, "scaled")
    one, two = (registry.show(f"scaled@{n}") for n in (1, 2))
    assert one.manifest.modules == two.manifest.modules
    assert two.manifest.type == "helpers.Scaled"
    assert registry.checkout("scaled@2").predict([1])[0] == 13


def test_a_function_in_a_pipeline(registry, desk, tmp_path):
    model = make_pipeline(FunctionTransformer(helpers(desk).double), LinearRegression()).fit(X, Y)
    registry.commit(model, "line")
    desk.remove()
    again = registry.checkout("line")
    assert (again.predict(X) == model.predict(X)).all()
    assert (clone(again).fit(X, Y).predict(X) == model.predict(X)).all()
    code = f"print(r.checkout('line').predict({X.tolist()}).tolist())"
    assert json.loads(elsewhere(registry, code, tmp_path)) == model.predict(X).tolist()


def test_packages_with_relative_imports_and_modules_imported_late(registry, desk):
    desk.write(
        proj____init__="from .core import Model\nVERSION = 3\n",
        proj__core="""
            from . import tools
            from .deep.er import number
            from .. proj import tools as same
            class Model:
                def predict(self, rows):
                    import proj.late as late
                    from proj.deep import er
                    from .late import bonus
                    assert late.bonus is bonus and same is tools
                    return [tools.twice(row) + number() + er.number() + bonus() for row in rows]
        """.replace("from .. proj import tools as same", "same = tools"),
        proj__tools="def twice(x): return 2 * x\n",
        proj__deep__er="def number(): return 100\n",
        proj__late="from proj import VERSION\ndef bonus(): return VERSION\n",
    )
    registry.commit(desk.fresh("proj").Model(), "deep")
    names = [module.name for module in registry.show("deep").manifest.modules]
    assert names == ["proj", "proj.core", "proj.deep.er", "proj.late", "proj.tools"]
    desk.remove()
    assert registry.checkout("deep").predict([1, 2]) == [205, 207]


def test_a_function_of_the_notebook_that_imports_when_it_runs(registry, desk):
    helpers(desk)
    names = {"__name__": "__main__"}
    code = """
def prepare(rows):
    from helpers import double
    return double(rows)
def whole(rows):
    return helpers.double(rows)
"""
    exec(code, names)
    names["helpers"] = sys.modules["helpers"]
    registry.commit([names["prepare"], names["whole"]], "functions")
    desk.remove()
    assert [f([3])[0] for f in registry.checkout("functions")] == [6, 6]


@pytest.mark.parametrize(
    "change",
    [
        lambda m: setattr(m, "FACTOR", 7),
        lambda m: setattr(m.rates, "OFFSET", 3),
        lambda m: setattr(m.Base, "limit", 3),
        lambda m: setattr(m.Scaled, "predict", notebook_predict),
    ],
)
def test_state_and_code_changed_in_memory_are_committed_as_they_are(registry, desk, change):
    module = helpers(desk)
    change(module)
    model = module.Scaled()
    expected, limit = model.predict([1])[0], model.limit
    result = registry.commit(model, "scaled")
    assert any("in memory differs from the file" in w or "notebook" in w for w in result.warnings)
    desk.remove()
    again = registry.checkout("scaled")
    assert (again.predict([1])[0], again.limit) == (expected, limit)


def notebook_predict(self, rows):
    return [99]


notebook_predict.__module__ = "__main__"


SIBLINGS = {
    "a cached function": (
        "from functools import lru_cache\n@lru_cache(maxsize=7)\ndef f(x): return x * 2\n",
        lambda m: {"f": m.f},
        lambda o: (o["f"](3), o["f"].cache_parameters()["maxsize"]),
    ),
    "a lone object": (
        "class Lone:\n    def __reduce__(self): return 'LONE'\nLONE = Lone()\n"
        "class Model:\n    def __init__(self): self.lone = LONE\n"
        "    def answer(self): return self.lone is LONE\n",
        lambda m: m.Model(),
        lambda o: o.answer(),
    ),
    "a closure": (
        "K = 5\ndef make(a):\n    def inner(x): return x * a + K\n    return inner\n",
        lambda m: m.make(3),
        lambda o: o(4),
    ),
    "methods": (
        "class A:\n    v = 2\n    def f(self, x): return x * self.v\n"
        "    @classmethod\n    def c(cls, x): return x + cls.v\n"
        "    @staticmethod\n    def s(x): return x\n",
        lambda m: [m.A().f, m.A.c, m.A.s],
        lambda o: [f(3) for f in o],
    ),
    "its own source": (
        "import inspect\nclass A:\n    def f(self): return inspect.getsource(A)\n",
        lambda m: m.A(),
        lambda o: o.f(),
    ),
    "names of its annotations": (
        "from __future__ import annotations\nimport typing\nclass A:\n    x: B\n"
        "    def f(self): return [k.__name__ for k in typing.get_type_hints(A).values()]\n"
        "class B: ...\n",
        lambda m: m.A(),
        lambda o: o.f(),
    ),
    "a lock and a logger": (
        "import logging, threading\nLOG = logging.getLogger(__name__)\nLOCK = threading.Lock()\n"
        "class A:\n    def f(self):\n        with LOCK:\n            return LOG.level\n",
        lambda m: m.A(),
        lambda o: o.f(),
    ),
    "a cache that was filled": (
        "CACHE = {}\nclass A:\n    def f(self):\n        CACHE.setdefault(len(CACHE), 1)\n"
        "        return len(CACHE) > 0\n",
        lambda m: (m.A().f(), m.A())[1],
        lambda o: o.f(),
    ),
    "state that a function set": (
        "MODEL = None\ndef start(v):\n    global MODEL\n    MODEL = v\n"
        "class A:\n    def f(self): return MODEL\n",
        lambda m: (m.start(7), m.A())[1],
        lambda o: o.f(),
    ),
    "another encoding": (
        b"# -*- coding: latin-1 -*-\nX = '\xe9'\nclass A:\n    def f(self): return X\n",
        lambda m: m.A(),
        lambda o: o.f(),
    ),
    "a generic class": (
        "from typing import Generic, TypeVar\nT = TypeVar('T')\n"
        "class A(Generic[T]):\n    def f(self): return 1\n",
        lambda m: m.A[int](),
        lambda o: o.f(),
    ),
}


@pytest.mark.parametrize("case", SIBLINGS)
def test_a_model_of_a_module_predicts_the_same_without_the_file(registry, desk, case):
    text, make, use = SIBLINGS[case]
    path = desk.folder / "sibling.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    model = make(desk.fresh("sibling"))
    expected = use(model)
    registry.commit(model, "sibling")
    desk.remove()
    assert use(registry.checkout("sibling")) == expected


def test_a_cached_function_of_the_notebook(registry, monkeypatch):
    """A commit of the name alone would succeed, but no other kernel could load it."""
    names = {"__name__": "__main__"}
    exec("from functools import lru_cache\n@lru_cache\ndef twice(x): return x * 2\n", names)
    monkeypatch.setattr(sys.modules["__main__"], "twice", names["twice"], raising=False)
    registry.commit({"f": names["twice"]}, "cached")
    monkeypatch.undo()
    assert registry.checkout("cached")["f"](4) == 8


def test_a_module_that_reads_a_file_beside_itself_is_committed_as_code(registry, desk):
    (desk.folder / "factor.txt").write_text("5")
    desk.write(
        helpers="from pathlib import Path\n"
        "FACTOR = int((Path(__file__).parent / 'factor.txt').read_text())\n"
        "class Model:\n    def predict(self, x): return FACTOR * x\n"
    )
    model = desk.fresh("helpers").Model()
    result = registry.commit(model, "model")
    assert "factor.txt" in result.text()
    (desk.folder / "factor.txt").write_text("6")
    desk.remove()
    assert registry.checkout("model").predict(2) == 10


def test_an_object_that_needs_its_source_is_refused_with_advice(registry, desk):
    desk.write(
        helpers="import threading\nLOCK = threading.Lock()\nLIMIT = 1\n"
        "class Model:\n    def predict(self, x):\n        with LOCK:\n            return LIMIT\n"
    )
    module = desk.fresh("helpers")
    module.LIMIT = 2
    with pytest.raises(NotPicklable, match="restart the kernel"):
        registry.commit(module.Model(), "model")


def test_a_file_that_changed_after_its_import_is_not_committed_as_the_module(registry, desk):
    module = helpers(desk)
    model = module.Scaled()
    desk.write(helpers=HELPERS.format(factor=9))
    result = registry.commit(model, "scaled")
    assert "restart the kernel" in result.text()
    assert "helpers" not in {m.name for m in registry.show("scaled").manifest.modules}
    (desk.folder / "helpers.py").unlink()
    registry.commit(model, "scaled")
    desk.remove()
    assert [registry.checkout(f"scaled@{n}").predict([1])[0] for n in (1, 2)] == [13, 13]


def test_a_module_whose_lines_only_moved_is_unchanged(registry, desk):
    module = helpers(desk)
    text = dedent(HELPERS.format(factor=2)).replace("FACTOR = 2", "# a remark\n\n\nFACTOR = 2")
    (desk.folder / "helpers.py").write_text(text)
    assert registry.commit(module.Scaled(), "scaled").warnings == ()


def test_a_loaded_model_can_be_pickled_and_sent_to_other_processes(registry, desk):
    model = make_pipeline(FunctionTransformer(helpers(desk).double), LinearRegression()).fit(X, Y)
    registry.commit(model, "line")
    desk.remove()
    again = registry.checkout("line")
    assert (pickle.loads(pickle.dumps(again)).predict(X) == model.predict(X)).all()
    with ProcessPoolExecutor(1) as pool:
        outputs = pool.submit(_answers, cloudpickle.dumps(again)).result()
    assert (outputs == model.predict(X)).all()
    bagged = BaggingRegressor(again, n_estimators=2, n_jobs=2, random_state=0).fit(X, Y)
    assert bagged.predict(X).shape == (10,)


def _answers(pickled):
    return pickle.loads(pickled).predict(X)


def test_a_module_that_is_not_plain_ascii_or_differs_only_in_case(registry, desk):
    desk.write(
        modèle="def f(): return 1\n", Tools="def f(): return 2\n", tools="def f(): return 3\n"
    )
    names = ("modèle", "Tools", "tools")
    registry.commit([module.f for module in desk.fresh(*names)], "functions")
    desk.remove()
    assert [f() for f in registry.checkout("functions")] == [1, 2, 3]
    paths = {m.name: m.path for m in registry.show("functions").manifest.modules}
    assert sorted(paths) == sorted(names)
    assert all(path.isascii() for path in paths.values())
    assert len({path.lower() for path in paths.values()}) == 3


# -- what is recorded --------------------------------------------------------


def test_show_and_diff_print_the_source_and_run_nothing(registry, desk, tmp_path):
    canary = tmp_path / "canary"
    helpers(desk)
    for factor in (2, 3):
        desk.write(helpers=f"open({str(canary)!r}, 'w')\nFACTOR = {factor}\nclass Model: ...\n")
        registry.commit(desk.fresh("helpers").Model(), "model")
    desk.remove()
    canary.unlink()
    shown = registry.show("model@1", "modules").text()
    assert "FACTOR = 2\n" in shown
    assert "modules    helpers" in registry.show("model@1").text()
    difference = registry.diff("model@1", "model@2")
    assert [line for line in difference.modules if line[1:].startswith("FACTOR")] == [
        "-FACTOR = 2",
        "+FACTOR = 3",
    ]
    assert "-FACTOR = 2\n+FACTOR = 3" in difference.text()
    assert "+FACTOR = 3" in difference.html()
    registry.list()
    registry.verify()
    assert not canary.exists()
    registry.checkout("model@1")
    assert canary.exists()


def test_the_requirements_include_the_imports_of_modules(registry, desk):
    desk.write(helpers="import scipy.special\nimport joblib as j\nclass Model: ...\n")
    registry.commit(desk.fresh("helpers").Model(), "model")
    assert {"scipy", "joblib"} <= registry.show("model").manifest.environment.keys()


def test_the_requirements_include_what_functions_and_inputs_need(registry):
    cells = """
import pandas as pd
import scipy.special as sp
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
def month(frame):
    import joblib
    return pd.DataFrame({"month": frame["order date"].dt.month, "e": frame["e"].astype(float)})
class Expit:
    def predict(self, values):
        return sp.expit(values)
frame = pd.DataFrame({
    "order date": pd.Timestamp("2026-01-01", tz="Europe/Berlin") + pd.to_timedelta(range(6), "D"),
    "e": pd.array([1.0, 2, 3, 4, 5, 6], dtype="double[pyarrow]"),
})
model = make_pipeline(FunctionTransformer(month), LinearRegression()).fit(frame, range(6))
"""
    made = notebook(cells)
    registry.commit(made["model"], "model", data=made["frame"])
    assert {"pandas", "pyarrow", "joblib"} <= registry.show("model").manifest.environment.keys()
    registry.commit(made["Expit"](), "expit")
    assert "scipy" in registry.show("expit").manifest.environment
    assert "pandas" not in registry.show("expit").manifest.environment
    plain = LinearRegression().fit(made["frame"][["e"]].astype(float), range(6))
    registry.commit(plain, "plain")
    environment = registry.show("plain").manifest.environment
    assert "pandas" in environment
    assert "pyarrow" not in environment


def test_an_export_contains_the_modules(registry, desk, tmp_path):
    registry.commit(helpers(desk).Scaled(), "scaled")
    desk.remove()
    registry.export("scaled", tmp_path / "out")
    assert "FACTOR = 2" in (tmp_path / "out" / "modules" / "helpers.py").read_text()
    assert load_folder(tmp_path / "out").predict([1])[0] == 13


def test_a_module_of_an_editable_install_is_committed(registry, desk, monkeypatch):
    """Its version does not say which code ran: it stays when the file is edited."""
    info = desk.folder / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "RECORD").write_text("__editable__.mine-1.0.pth,,\n")
    desk.write(mine____init__="class Model: ...\n")
    registry.commit(desk.fresh("mine").Model(), "model")
    assert [m.name for m in registry.show("model").manifest.modules] == ["mine"]


def test_a_module_of_an_installed_distribution_is_not_committed(registry, desk):
    info = desk.folder / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "RECORD").write_text("theirs/__init__.py,sha256=x,3\n")
    desk.write(theirs____init__="class Model: ...\n")
    registry.commit(desk.fresh("theirs").Model(), "model")
    assert registry.show("model").manifest.modules == ()


def test_models_without_own_code_contain_no_modules(registry, pipeline):
    registry.commit(pipeline, "churn")
    assert registry.show("churn").manifest.modules == ()


# -- trust and errors --------------------------------------------------------


def test_a_strangers_modules_do_not_run_without_consent(registry, desk, tmp_path, monkeypatch):
    canary = tmp_path / "canary"
    desk.write(helpers=f"open({str(canary)!r}, 'w')\nclass Model:\n    x = 1\n")
    registry.commit(desk.fresh("helpers").Model(), "model")
    desk.remove()
    canary.unlink()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another person"))
    with nbmodel.open(registry.path) as other:
        with pytest.raises(Untrusted, match=r"code that it carries: helpers\.Model"):
            other.checkout("model")
        assert not canary.exists()
        assert other.checkout("model", trust=True).x == 1
        assert canary.exists()


def test_a_missing_distribution_is_named_with_what_installs_it(registry, desk, monkeypatch):
    desk.write(helpers="import gone_one\nclass Model: ...\n")
    desk.write(gone_one="")
    info = desk.folder / "gone_one-0.9.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gone_one\nVersion: 0.9.0\n")
    (info / "RECORD").write_text("gone_one.py,sha256=x,3\n")
    registry.commit(desk.fresh("helpers").Model(), "model")
    desk.remove()
    with pytest.raises(LoadFailed, match=r"model@1 needs the module 'gone_one'") as caught:
        registry.checkout("model")
    assert "pip install gone_one" in caught.value.hint or "sys.path" in caught.value.hint


def test_an_old_version_names_its_module_that_is_gone(registry, desk, monkeypatch):
    """As nbmodel stored such objects before it carried modules: by name alone."""
    from nbmodel.flavors import user_code

    monkeypatch.setattr(user_code, "is_carried", lambda name: False)
    registry.commit(helpers(desk).Scaled(), "scaled")
    monkeypatch.undo()
    desk.remove()
    sys.path[:] = [place for place in sys.path if place != str(desk.folder)]
    with pytest.raises(LoadFailed, match="needs the module 'helpers'") as caught:
        registry.checkout("scaled")
    assert "sys.path" in caught.value.hint


def test_a_module_that_refuses_to_run_says_where(registry, desk):
    desk.write(
        helpers="from pathlib import Path\nPath('rates.txt').read_text()\nclass Model: ...\n"
    )
    (desk.folder / "rates.txt").write_text("1")
    registry.commit(desk.fresh("helpers").Model(), "model")
    (desk.folder / "rates.txt").unlink()
    desk.remove()
    with pytest.raises(LoadFailed, match=r"\(line 2 of helpers\).*rates.txt"):
        registry.checkout("model")


def test_a_tampered_module_is_refused(registry, desk, project):
    registry.commit(helpers(desk).Scaled(), "scaled")
    from nbmodel.errors import ManifestInvalid
    from nbmodel.repo.commits import NewCommit, write

    tip = registry.log("scaled")[0]
    paths = git(project, "ls-tree", "-r", "--name-only", tip.commit).splitlines()
    files = {p: registry.context.git.read(f"{tip.commit}:{p}").data for p in paths}
    files["modules/rates.py"] = b"import os\n"
    commit = write(
        registry.context.git,
        NewCommit("refs/heads/models/scaled/main", [tip.commit], files, tip.author, tip.time, "x"),
    )
    for verb in (registry.checkout, lambda ref: registry.show(ref, "modules")):
        with pytest.raises(ManifestInvalid, match=r"modules/rates\.py is not what was committed"):
            verb(f"scaled@{commit}")
