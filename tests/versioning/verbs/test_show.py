"""Show: what is recorded about a version, section by section."""

from __future__ import annotations

import platform

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LinearRegression

from nbmodel.errors import NotFound
from tests.fixtures.projects import git
from tests.versioning.conftest import table

DATA = pd.DataFrame({"age": [1.0, 2.0, 3.0, 4.0], "income": [10, 20, 30, 45]})


@pytest.fixture
def recorded(history):
    """A version with everything that a commit records, a release, a stage and a note."""
    history.commit(
        LinearRegression().fit(DATA, 2 * DATA.age + 1),
        "linear",
        "first\n\nbody",
        metrics={"auc": 0.9},
        params={"seed": 1},
        tags={"team": "a", "checked": ""},
        data=DATA,
        uses=["net@2"],
        variable="clf",
    )
    history.release("linear@1")
    history.promote("linear@1", "prod")
    history.annotate("linear@1", "approved", {"f1": 0.5})
    return history


def section(registry, name):
    title, body = registry.show("linear@1", name).text().split("\n", 1)
    return title, table(body)


def test_defaults_are_one_row_after_the_parameters_that_were_set(recorded):
    text = recorded.show("linear@1").text()
    rows = table(next(part for part in text.split("\n\n") if part.startswith("parameters")))
    assert rows[2] == ["seed", "1"]
    assert rows[3][0].endswith(" with default values")
    assert "fit_intercept=True" in rows[3][1]


def test_the_overview(recorded):
    version = recorded.show("linear@1").version
    used = recorded.show("net@2").version
    first, *others = recorded.show("linear@1").text().split("\n\n")
    assert first == "linear@1"
    about = {row[0]: row[1:] for row in table(others[0])}
    assert about["version"] == ["linear@1", "@prod v0.1.0"]
    assert about["commit"] == [version.commit]
    assert about["author"] == ["Ann <ann@example.org>"]
    assert about["date"] == ["2023-11-14 22:19"]
    assert about["message"] == ["first", "body"]
    assert about["object"] == ["sklearn.linear_model._base.LinearRegression: LinearRegression"]
    assert about["variable"] == ["clf"]
    assert about["tags"] == ["checked", "team=a"]
    assert about["uses"] == [f"net@{used.commit[:7]}"]
    assert about["acceptance"] == ["32 rows: predict"]


def test_the_tables_below_the_overview(recorded):
    parts = recorded.show("linear@1").text().split("\n\n")
    tables = {title: table(body) for title, body in (part.split("\n", 1) for part in parts[-4:])}
    assert list(tables) == ["metrics", "parameters", "signature", "notes"]
    assert tables["metrics"] == [["metric", "value"], ["auc", "0.9"]]
    assert ["seed", "1"] in tables["parameters"]
    assert tables["signature"] == [
        ["name", "dtype", "shape"],
        ["input", "age", "float64", "[-1]"],
        ["input", "income", "int64", "[-1]"],
        ["output", "prediction", "float64", "[-1]"],
    ]
    assert tables["notes"][1][1:] == ["Ann", "f1 0.5", "approved"]


def test_the_environment(recorded):
    assert section(recorded, "env") == (
        "environment",
        [
            ["distribution", "version"],
            ["python", platform.python_version()],
            ["numpy", np.__version__],
            ["pandas", pd.__version__],  # its inputs were a frame
            ["scikit-learn", sklearn.__version__],
        ],
    )


def test_the_data(recorded):
    title, rows = section(recorded, "data")
    assert title.startswith("data: 4 rows, blake3:")
    assert rows == [
        ["name", "dtype", "kind", "missing", "unique", "min", "mean", "max", "std"],
        ["age", "float64", "number", "0", "1", "2.5", "4", "1.118"],
        ["income", "int64", "number", "0", "10", "26.25", "45", "12.93"],
    ]


def test_the_files_are_those_in_git(recorded):
    version = recorded.show("linear@1").version
    names = git(recorded.path, "ls-tree", "-r", "--name-only", version.commit).split()
    title, rows = section(recorded, "files")
    assert (title, [path for path, _ in rows[1:]]) == ("files", sorted(names))
    assert ["payload/skeleton", f"{recorded.show('linear@1').files['payload/skeleton']} B"] in rows


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cells", "cells\nno cells were recorded: %load_ext nbmodel records them"),
        ("modules", "modules\nit uses no module of yours"),
        ("data", "data\nno data profile: commit with --data VARIABLE"),
    ],
)
def test_a_section_that_is_empty_says_why(history, name, text):
    assert history.show("net@1", name).text() == text


def test_sections_come_in_the_order_in_which_they_are_named(recorded):
    text = recorded.show("linear@1", "files", "env").text()
    assert [part.split("\n")[0] for part in text.split("\n\n")] == ["files", "environment"]


def test_a_large_file_has_the_size_of_its_content(registry):
    registry.commit({"w": np.zeros(1 << 17)}, "net")
    assert registry.show("net@1").files["payload/0000"] == 1 << 20


def test_an_unknown_version(history):
    with pytest.raises(NotFound, match="net:main has no version 9"):
        history.show("net@9")
