import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.provenance.cells import Cell
from nbmodel.provenance.notebook.percent import to_percent


def written(source):
    return to_percent([Cell(7, source)]).removeprefix("# %% [7]\n").removesuffix("\n")


def test_cells_have_headers_and_stay_verbatim():
    cells = [Cell(3, "x = 1\n\n\ny = x  # two"), Cell(12, "print(y)\n")]
    assert to_percent(cells) == "# %% [3]\nx = 1\n\n\ny = x  # two\n\n# %% [12]\nprint(y)\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1"),
        ("!ls \\\n  -l\nx = 1", "# !ls \\\n#   -l\nx = 1"),
        ("x = %magic a\ny = !ls", "# x = %magic a\n# y = !ls"),
        (
            "if x:\n    %run a.py\nelse:\n    y = 1",
            "if x:\n    pass  # %run a.py\nelse:\n    y = 1",
        ),
        ("clf?\nclf.fit??\n?clf", "# clf?\n# clf.fit??\n# ?clf"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("%%bash\nls\n\nx=1", "# %%bash\n# ls\n#\n# x=1"),
        ("%time x\ns = '''\n%foo\n!bar\n'''", "# %time x\ns = '''\n%foo\n!bar\n'''"),
        ("x = y\\\n%z\n!ls", "x = y\\\n%z\n# !ls"),
        ("x = 1\r\n!ls\r", "x = 1\n# !ls"),
        ("no python at all", "# no python at all"),
        ("x = '\ud800'", "x = '\\ud800'"),
    ],
)
def test_magics_become_comments(source, expected):
    assert written(source) == expected


@given(st.lists(st.text(alphabet="xy=1 %!?\\'\n:#(if\r\f\0", max_size=30), max_size=4))
def test_the_file_is_always_python(sources):
    ast.parse(to_percent([Cell(n, source) for n, source in enumerate(sources, 1)]))
