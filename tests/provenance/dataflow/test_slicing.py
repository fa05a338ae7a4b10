import pytest
from IPython.core.inputtransformer2 import TransformerManager

from nbmodel.provenance.cells import Cell
from nbmodel.provenance.dataflow.slicing import backward_slice, dependencies
from nbmodel.records import Use

TRANSFORM = TransformerManager().transform_cell
COMMIT = "a" * 40


def history(*sources):
    return [Cell(number, source) for number, source in enumerate(sources, 1)]


def numbers(name, *sources):
    return [cell.number for cell in backward_slice(history(*sources), name, TRANSFORM)]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["x = 1", "y = 2", "x.fit(y)", "z = x"], [1, 2, 3]),
        (["x = A()", "x.a.b(1)"], [1, 2]),
        (["x = A()", "y = x", "y.a().b()"], [1, 2, 3]),
        (["x = {}", "k = 1", "x[k] = 2", "q = 3"], [1, 2, 3]),
        (["x = A()", "v = 1", "x.a.b[0].c = v"], [1, 2, 3]),
        (["x = 1", "x += 2", "x -= x"], [1, 2, 3]),
        (["x = 1", "x = 2"], [2]),
        (["x = 1", "del x", "x = 3"], [3]),
        (["x = [1]", "del x[0]"], [1, 2]),
        (["x = 1", "if a:\n    x = 2"], [1, 2]),
        (["x = 1", "if a:\n    x = 2\nelse:\n    x = 3"], [2]),
        (["x = 1", "try:\n    x = 2\nexcept E:\n    x = 3"], [2]),
        (["x = 1", "try:\n    x = 2\nexcept E:\n    pass"], [1, 2]),
        (["x = 1", "for i in y:\n    x = i"], [1, 2]),
        (["x = 1", "with open(p) as x:\n    pass"], [2]),
        (["x = 1", "with suppress(E):\n    x = 2"], [1, 2]),
        (["x = 1", "import x"], [2]),
        (["x = 1", "print(x := 3)"], [2]),
        (["x = 1", "f(a and (x := 3))"], [1, 2]),
        (["x = 1", "match y:\n    case {'a': [x, *_]}:\n        pass"], [1, 2]),
        (["x = 1", "match y:\n    case _:\n        x = 2"], [2]),
        (["x = 1", "try:\n    f()\nexcept* E as x:\n    pass"], [1, 2]),
        (["x = 1", "[x for x in range(3)]"], [1]),
        (["x = 1", "y = [(x := n) for n in z]"], [1, 2]),
        (["k = 1", "n = 9", "x = [n + k for n in range(3)]"], [1, 3]),
        (["x = 1", "def f():\n    x = 2"], [1]),
        (["x = 1", "def f():\n    global x\n    x = 2", "f()"], [1, 2, 3]),
        (["x = 1", "def f():\n    global x\n    x = 2", "y = f"], [1, 2, 3]),
        (["k = 1", "def d(f):\n    return f", "@d\ndef x():\n    return k"], [1, 2, 3]),
        (["k = 1", "class B:\n    a = k", "class C(B): pass", "x = C()"], [1, 2, 3, 4]),
        (["k = 1", "def f():\n    return k", "k = 2", "x = f()", "k = 3"], [2, 3, 4]),
        (["x: int = 1", "x: str"], [1]),
        (["a = 1; b = 2", "a, x = b, a"], [1, 2]),
        (["x = 1", "f'{x.a()}'"], [1, 2]),
        (["async def f():\n    return k", "k = 1", "x = await f()"], [1, 2, 3]),
    ],
)
def test_definitions_and_uses(sources, expected):
    assert numbers("x", *sources) == expected


def test_two_models_on_the_same_data_have_separate_slices():
    sources = [
        "import pandas as pd\nfrom sklearn.svm import SVC",
        "SEED = 1\nparams = {'C': 1}",
        "df = pd.read_csv('x.csv')\nX = df[['a']]\ny = df['b']",
        "one = SVC(random_state=SEED, **params).fit(X, y)",
        "one.score(X, y)",
        "two = SVC(random_state=SEED, **params)\ntwo.fit(X, y)",
        "scores = {'one': one.score(X, y), 'two': two.score(X, y)}",
    ]
    assert numbers("two", *sources[:6]) == [1, 2, 3, 6]
    assert numbers("one", *sources[:6]) == [1, 2, 3, 4, 5]


def test_a_step_of_an_optimizer_changes_its_model():
    sources = [
        "import torch\nfrom torch import nn",
        "model = nn.Linear(3, 3)",
        "opt = torch.optim.SGD(model.parameters(), lr=0.1)",
        "other = nn.Linear(2, 2)",
        "for xb, yb in loader:\n    loss = f(model(xb), yb)\n    loss.backward()\n    opt.step()",
        "other.train()",
    ]
    assert numbers("model", *sources) == [1, 2, 3, 5]


def test_a_loop_over_a_dict_of_models_changes_the_dict():
    sources = ["ms = {'a': A()}", "X = 1", "for n, m in ms.items():\n    m.fit(X)", "b = ms['a']"]
    assert numbers("b", *sources) == [1, 2, 3, 4]


def test_loops_that_share_the_name_of_their_variable_stay_apart():
    sources = ["a = [[1]]", "b = [[2]]"]
    sources += ["for x in a:\n    x.append(1)", "for x in b:\n    x.append(1)"]
    sources += ["[x.sort() for x in a]", "[x.sort() for x in b]"]
    assert numbers("a", *sources) == [1, 3, 5]
    assert numbers("b", *sources) == [2, 4, 6]


def test_a_function_that_trains_its_argument():
    sources = [
        "def train(m):\n    inner(m)",
        "def inner(m):\n    m.fit(X)",
        "X = 1",
        "a = A()",
        "train(a)",
        "b = A()",
        "list(map(train, [b]))",
    ]
    assert numbers("a", *sources) == [1, 2, 3, 4, 5]
    assert numbers("b", *sources) == [1, 2, 3, 6, 7]


def test_the_last_seed_before_a_draw_belongs_to_it():
    sources = [
        "import numpy as np",
        "np.random.seed(0)",
        "a = np.random.rand(3)",
        "np.random.seed(1)",
        "x = np.random.rand(3)",
        "np.random.seed(2)",
    ]
    assert numbers("x", *sources) == [1, 4, 5]
    assert numbers("x", *sources[:4], "x = a + np.random.rand(3)") == [1, 2, 3, 4, 5]


def test_settings_of_the_process_belong_to_what_runs_after_them():
    sources = ["import os, sys", "os.environ['B'] = 'torch'", "import keras", "x = keras.Model()"]
    assert numbers("x", *sources) == [1, 2, 3, 4]


def test_a_star_import_defines_what_is_defined_nowhere_else():
    assert numbers("x", "from a import *", "y = 1", "x = g(len(y))") == [1, 2, 3]
    assert numbers("x", "from a import *", "y = 1", "x = len(y)") == [2, 3]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["%load_ext nbmodel", "%matplotlib inline", "x = 1", "%model_commit x"], [3]),
        (["%%time\nx = 1", "x?", "!ls"], [1]),
        (["x = 1", "%time x = f(x)"], [1, 2]),
        (["x = A()", "%timeit -n 10 -r 3 x.fit()", "%timeit x = 3"], [1, 2]),
        (["x = 1", "%%timeit\nx = 2"], [1]),
        (["a = 1", "%%capture out\nb = a", "x = out"], [1, 2, 3]),
        (["x = 1", "%%bash\nx=3", "%%html\n<b>", "%%writefile f.py\nx = 2"], [1]),
        (["x = 1", "%%bash --out x\nls"], [2]),
        (["path = 1", "x = !ls {path}"], [1, 2]),
        (["path = 1", "x = %magic $path"], [1, 2]),
        (["%run other.py", "x = thing"], [1, 2]),
        (["%store -r x"], [1]),
        (["1 + 1", "2 + 2", "x = _2"], [2, 3]),
        (["if True:\n    %time x = 1"], [1]),
    ],
)
def test_ipython_syntax(sources, expected):
    assert numbers("x", *sources) == expected


@pytest.mark.parametrize("broken", ["x = = 1", "x\0", "(" * 5000, "-" * 100_000 + "1", "\ud800"])
def test_a_cell_that_does_not_parse_is_left_out(broken):
    assert numbers("x", "x = 1", broken) == [1]


def test_a_very_deep_cell_is_left_out_whole():
    deep = "x = " + ".a()".join(["y"] * 1) + ".a()" * 3000
    assert numbers("x", "x = 1", deep) == [1]


def test_a_failed_cell_does_not_end_the_search():
    cells = [Cell(1, "x = 1"), Cell(2, "x = 2\nraise E", finished=False)]
    assert backward_slice(cells, "x") == cells


def test_a_running_cell_counts_up_to_its_line():
    cells = [
        Cell(1, "x = 1"),
        Cell(2, "x = 2\n%model_commit x\nx = x + y", finished=False, line=2),
        Cell(3, "y = 1"),
    ]
    assert backward_slice(cells[:2], "x", TRANSFORM) == cells[1:2]


def test_runs_of_one_cell_are_separate():
    assert numbers("x", "x = A()", "x.fit()", "x.fit()", "y = 1", "x = A()", "x.fit()") == [5, 6]


def test_an_unknown_name_has_no_cells():
    assert numbers("nothing", "x = 1") == []


def test_dependencies_name_versions_modules_and_variables():
    cells = [
        Cell(1, "import numpy as np, os.path\nfrom sklearn import svm"),
        Cell(2, "%model_checkout churn@1 --as old", binds={"old": f"churn@{COMMIT}"}),
        Cell(3, "other = 1", binds={"other": f"wine@{COMMIT}"}),
        Cell(4, "x = svm.SVC().fit(np.array(old))"),
    ]
    result = dependencies(cells, "x", TRANSFORM)
    assert [cell.number for cell in result.cells] == [1, 2, 4]
    assert result.versions == (Use("churn", COMMIT),)
    assert result.modules == ("numpy", "os.path", "sklearn")
    assert result.names == {"x", "old", "np", "svm", "os"}


def test_a_checkout_replaces_the_earlier_value_of_the_name():
    cells = [
        Cell(1, "x = A()"),
        Cell(2, "%model_checkout churn@1 --as x\nx.fit()", binds={"x": f"churn@{COMMIT}"}),
    ]
    assert backward_slice(cells, "x", TRANSFORM) == cells[1:]
