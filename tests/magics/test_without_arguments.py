"""Magics without arguments do something useful, and a mistake is named in the user's words."""

from __future__ import annotations

import pytest

TRAIN = """
import pandas as pd
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import f1_score
frame = pd.DataFrame({"größe": [1.0, 2.0, 3.5, 4.0], "day": [1, 2, 3, 4]})
target = [2.0, 4.1, 6.9, 8.2]
number, text = 7, "x"
"""


@pytest.fixture(scope="module")
def kernel(kernel):
    kernel.run(TRAIN)
    return kernel


def test_with_no_model(kernel):
    assert "No variable holds a fitted model" in kernel.result("%model_commit")
    assert kernel.result("%model_log") == "no versions"


def test_the_only_fitted_model_is_committed(kernel):
    kernel.run("house = Ridge(1.0).fit(frame, target)")
    assert kernel.result("%model_commit").startswith("house@1  ")
    assert "house" in kernel.result("%model_commit")  # the status: it is committed


def test_a_variable_is_compared_with_its_last_version(kernel):
    assert "is the first version" in kernel.usage_error("%model_diff house")
    kernel.run("house = Ridge(2.0).fit(frame, target)")
    said = kernel.result("%model_diff house")
    assert said.startswith("house@1 .. house (not committed)")
    assert "alpha" in said
    assert "coef_" in said
    kernel.result("%model_commit house")
    # It is committed now: the version against the one before.
    for line in ("%model_diff house", "%model_diff", "%model_diff house@2"):
        assert kernel.result(line).startswith("house@1 .. house@2")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%model_log", "house@1"),
        ("%model_show", "house@2"),
        ("%model_card", "Ridge"),
        ("%model_branch", "main"),
        ("%model_release", "Choose one: %model_release house@2"),
        ("%model_promote", "Choose one: %model_promote house@2"),
        ("%model_rollback", "No stage has an earlier version"),
        ("%model_annotate", "Choose one: "),
        ("%model_alert", "No rules are set for any model"),
        ("%model_list", "house@2"),
        ("%model_checkout --as back", "house@2"),
    ],
)
def test_the_only_model_is_meant(kernel, line, says):
    assert says in kernel.result(line)


def test_with_several_models_they_are_listed(kernel):
    kernel.run("flat = LinearRegression().fit(frame, target)\nlarge = Ridge(9).fit(frame, target)")
    said = kernel.result("%model_commit")
    assert "flat" in said
    assert "large" in said
    kernel.result("%model_commit flat")
    history = kernel.result("%model_log")
    assert history.index("flat@1") < history.index("house@2") < history.index("house@1")
    assert "Choose one: %model_show flat@1" in kernel.result("%model_show")
    assert "Choose one: %model_monitor flat@1" in kernel.result("%model_monitor")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('%model_commit house --metric f1={f1_score(y, m.predict(X), average="macro")}',
         "Put the expression into a variable first"),
        ("%model_commit house --metric f1={nothing}", "put the expression into a variable first"),
        ("%model_commit house -m no quotes", 'Quote the message: -m "no quotes"'),
        ("%model_promote house@1 prod -m no quotes at all", 'Quote the message: -m "no quotes at'),
        ('%model_promote house@1 prod now -m "set {a} here"', "now is too much"),
        ("%model_promote house@1 prod now -m why", "now is too much"),
        ("%model_commit house --metrics f1=1 -m x", "Did you mean --metric?"),
        ("%model_promote house@1 prod now", "now is too much: write %model_promote"),
        ("%model_promote house@1", "Name the stage for house@1. house has no stage yet"),
        ("%model_show house/prod", "write the stage as house@prod"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(kernel, line, says):
    assert says in kernel.usage_error(line)


def test_options_stand_before_and_behind(kernel):
    assert "house@dev  house@1" in kernel.result('%model_promote house@1 -m "why" dev')


def test_fitted_models_are_offered_first(kernel):
    assert set(kernel.complete("%model_commit ")) == {"house", "flat", "large", "back"}
    offered = kernel.complete("%model_commit f")
    assert offered[0] == "flat"
    assert set(offered) == {"flat", "frame", "f1_score"}


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%model_commit frame", "frame is a DataFrame: its rows would be stored in git"),
        ("column = frame['day']\n%model_commit column", "column is a Series"),
        ("raw = Ridge()\n%model_commit raw", "raw is a Ridge that is not fitted"),
        ("rule = lambda row: 1\n%model_commit rule", "rule is a lambda"),
        ("%model_serve house --port 80000", "There is no port 80000. Use 1 to 65535"),
    ],
)
def test_what_is_no_model_needs_force(kernel, cell, says):
    assert says in " ".join(kernel.usage_error(cell).split())


def test_force_commits_it_all_the_same(kernel):
    kernel.run("raw = Ridge()")
    assert "raw@1" in kernel.result("%model_commit raw --force")


def test_what_can_be_served_is_named(kernel):
    assert "house@dev can be served: %model_serve house@dev" in kernel.result("%model_serve")
    kernel.result("%model_promote flat@1 staging")
    said = kernel.result("%model_serve")
    assert said == "Choose one of flat@staging, house@dev: %model_serve flat@staging"


def test_another_name_of_the_same_object_is_compared(kernel):
    kernel.run("alias = house")
    assert kernel.result("%model_diff alias").startswith("house@1 .. house@2")


def test_each_magic_shows_its_result_once_if_ipython_shows_every_line(kernel):
    kernel.run("get_ipython().ast_node_interactivity = 'all'")
    outputs = kernel.run("%model_log flat\n1")
    kernel.run("get_ipython().ast_node_interactivity = 'last_expr'")
    assert outputs["shown"] == ""
    assert outputs["error"] == ""


def test_a_version_is_served_once(kernel):
    kernel.run("server = %model_serve house@1")
    again = kernel.run("again = %model_serve house@1")
    assert "house@1 is served already at http://" in again["stream"]
    assert len(kernel.result("%model_stop --list").splitlines()) == 2  # a heading, one server
    kernel.result("%model_stop")
    assert kernel.result("%model_stop") == "no server is running"
    assert kernel.result("%model_stop house") == "no server of house is running"
    assert "no running server of 'hause'" in kernel.usage_error("%model_stop hause")


def test_two_commits_in_one_cell_both_show(kernel):
    kernel.run("one, two = Ridge(3).fit(frame, target), Ridge(4).fit(frame, target)")
    outputs = kernel.run("%model_commit one\n%model_commit two")
    assert outputs["shown"].startswith("one@1  ")
    assert outputs["result"].startswith("two@1  ")
    assert kernel.run("x = %model_log one\ny = 1")["shown"] == ""


def test_a_checkout_of_the_same_bytes_keeps_its_version(kernel):
    kernel.run("wine = Ridge(5).fit(frame, target)")
    kernel.result("%model_commit wine")
    kernel.result("%model_commit wine --again")
    kernel.run("%model_checkout wine@1 --as old")
    kernel.result("%model_commit wine --again")
    rows = kernel.result("%model_status").splitlines()
    assert [row.split()[-1] for row in rows if " old " in row] == ["wine@1"]


def test_an_option_of_the_log_is_not_ignored(kernel):
    kernel.run("other = LinearRegression().fit(frame, target)")
    kernel.result("%model_commit other")
    for line in ("%model_log --stages", "%model_log --graph"):
        assert "Choose one" in kernel.result(line)


def test_an_estimator_that_needs_no_fit_is_committed(kernel):
    kernel.run("from sklearn.feature_extraction.text import HashingVectorizer")
    kernel.run("words = HashingVectorizer()")
    assert kernel.result("%model_commit words").startswith("words@1  ")
