"""review: what a host shows of two versions, whatever texts and data people have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

import nbmodel
from nbmodel.errors import AlreadyExists, InvalidValue, NotFound, WriteFailed
from nbmodel.monitor.drift.profiles import compare_profiles
from nbmodel.provenance.data.profile import profile
from tests.fixtures.keys import User
from tests.fixtures.projects import make_project

HOSTILE = (
    "@everyone #1 <img src=x onerror=alert(1)> a|b a\\|b a\\\\|b ``` ~~~ `x` [y](javascript:z) $x$"
)


def frame(rows, shift=0.0, seed=0):
    """Columns of many kinds, one of them with a name nobody would choose."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "area": rng.normal(60 + 30 * shift, 15, rows),
            "rooms": rng.poisson(3 + shift, rows),
            HOSTILE: rng.normal(0, 1, rows),
            "kind": rng.choice(["flat", "house"], rows, p=[0.8 - shift / 2, 0.2 + shift / 2]),
            "pets": pd.array(np.where(rng.random(rows) < 0.1, None, 1), dtype="Int64"),
            "sold": pd.array(rng.random(rows) < 0.5, dtype="boolean"),
            "note": [f"text {n}" for n in range(rows)],
            "city": pd.array(rng.choice(["Ulm", "Bonn"], rows), dtype="string[pyarrow]"),
            "day": pd.date_range("2026-01-01", periods=rows),
        }
    )


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """``rent`` with a branch ``exp``, whose last version differs from main in everything."""
    with nbmodel.open(make_project(tmp_path_factory.mktemp("review"), author="Ann")) as opened:
        opened.commit({"w": 0}, "rent", "first", metrics={"rmse": 40.0, "r2": 0.9}, data=frame(600))
        opened.commit({"w": 1}, "rent", "second", metrics={"rmse": 41.0, "r2": 0.9, "k": 1.0})
        opened.branch("rent", "exp", "rent@1")
        opened.commit(
            {"w": 2, "v": [3]}, "rent", HOSTILE, branch="exp", data=frame(500, 1.0, 1),
            params={HOSTILE: HOSTILE, "a": 1}, metrics={"rmse": 39.0, "r2": float("nan"), "m": 2.0},
        )  # fmt: skip
        opened.branch("rent", "far", "rent:exp")
        opened.commit({"w": 4}, "rent", "far away", branch="far", data=frame(500, 0.0, 2))
        yield opened


def rendered(markdown):
    """The tokens of a page, as a host with tables reads it; only our own markup is HTML."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    every = [token for block in tokens for token in (block, *(block.children or []))]
    html = "".join(t.content for t in every if t.type in ("html_block", "html_inline"))
    assert html.replace("\n", "") in (
        "",
        *(f"<details><summary>{n} change{'s' * (n > 1)}</summary></details>" for n in range(99)),
    )
    assert not any(t.type in ("link_open", "image") for t in every)
    return every


def rows_below(markdown, heading):
    """The cells of the table below a heading."""
    part = markdown.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    tokens = rendered(part)
    rows, row = [], []
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append("".join(child.content for child in token.children))
        elif token.type == "tr_close":
            rows.append(row)
    return rows[1:]


def test_a_branch_is_compared_with_the_latest_version_of_the_branch_it_came_from(registry):
    bases = {ref: registry.review(ref).before.ref for ref in ("rent:exp", "rent:far", "rent")}
    assert bases == {"rent:exp": "rent@2", "rent:far": "rent:exp@2", "rent": "rent@1"}
    assert registry.review("rent:exp", "rent@1").before.ref == "rent@1"


def test_metrics_have_their_change_and_what_it_means(registry):
    rows = rows_below(registry.review("rent:exp").markdown, "Metrics")
    assert sorted(rows) == [
        ["k", "1", "", "", ""],
        ["m", "", "2", "", ""],
        ["r2", "0.9", "NaN", "", ""],
        ["rmse", "41", "39", "-2", "better"],
    ]


def test_hostile_texts_are_inline_code_and_stay_in_their_cells(registry):
    result = registry.review("rent:exp", "rent@1", drift=compare_profiles)
    every = rendered(result.markdown)
    texts = [t.content for t in every if t.type == "text"]
    for word in ("everyone", "javascript", "onerror", "#1", "$x$"):
        assert not any(word in text for text in texts), word
        assert any(word in t.content for t in every if t.type == "code_inline")
    assert all(len(row) == 4 for row in rows_below(result.markdown, "Parameters"))
    shown = MarkdownIt("commonmark").enable("table").render(result.markdown)
    assert "<img" not in shown


def test_columns_that_drifted_are_listed_with_their_measures(registry):
    result = registry.review("rent:exp", "rent@1", drift=compare_profiles)
    drifted = dict(rows_below(result.markdown, "Data"))
    assert {"area", "rooms", "kind"} <= drifted.keys() <= {"area", "rooms", "kind", HOSTILE}
    assert "psi" in drifted["area"]
    assert "- [ ] No column of the data drifted" in result.markdown
    same = registry.review("rent:far", "rent@1", drift=compare_profiles).markdown
    assert rows_below(same, "Data") == []
    assert "600 and 500 rows. 0 of 7 columns drifted" in same
    assert "- [ ] No column of the data drifted (not measured: `note`, `day`)." in same


def test_what_was_not_measured_is_said(registry):
    assert "There are not two data profiles" in registry.review("rent:exp").markdown
    assert "Drift was not measured" in registry.review("rent:exp", "rent@1").markdown


def test_the_lineage_names_both_versions_and_their_parents(registry):
    result = registry.review("rent:far")
    (graph,) = [t.content for t in rendered(result.markdown) if t.info == "mermaid"]
    ids = {v.ref: f"c{v.commit[:12]}" for v in registry.log("rent:far")}
    assert f'{ids["rent:far@3"]}["rent:far@3"]' in graph
    assert f"{ids['rent:exp@2']} --> {ids['rent:far@3']}" in graph
    assert f"style {ids['rent:exp@2']}" in graph


def test_the_signature_and_approvals_are_checked_off(tmp_path, monkeypatch):
    user = User(tmp_path / "home", monkeypatch)
    key = user.make_key()
    user.sign_with(key)
    user.allow(("ann@example.org", "", key))
    with nbmodel.open(make_project(tmp_path / "project", author="Ann")) as registry:
        registry.commit({"w": 0}, "rent", metrics={"auc": 0.9})
        registry.commit({"w": 1}, "rent", metrics={"auc": 0.8})
        before = registry.review("rent").markdown
        registry.approve("rent@2", "fine")
        after = registry.review("rent").markdown
    assert "- [x] An allowed key signed it." in before
    assert "- [ ] An allowed key approved it." in before
    assert "- [x] An allowed key approved it." in after
    assert "- [ ] No metric is worse (worse: `auc`)." in after
    assert "`Ann (verified by ann@example.org)`" in after


def test_a_review_is_written_and_replaced_and_nothing_else_is(registry, tmp_path):
    path = tmp_path / "review ü.md"
    result = registry.review("rent:exp", to=path)
    assert path.read_text("utf-8") == registry.review("rent:exp").markdown
    assert str(path) in result.text()
    registry.review("rent", to=path)
    assert "rent@2" in path.read_text("utf-8").splitlines()[0]
    path.write_text("my notes")
    with pytest.raises(AlreadyExists, match="is not a review"):
        registry.review("rent:exp", to=path)
    assert path.read_text() == "my notes"
    with pytest.raises(WriteFailed, match="could not be written"):
        registry.review("rent:exp", to=tmp_path / "no" / "such" / "folder.md")


def test_nothing_to_compare_is_a_sentence(registry):
    with pytest.raises(InvalidValue, match="first version"):
        registry.review("rent@1")
    with pytest.raises(InvalidValue, match="the same version"):
        registry.review("rent@2", "rent")
    with pytest.raises(NotFound):
        registry.review("rent:nope")


def test_a_metric_that_is_gone_or_not_a_number_is_not_called_better(registry):
    page = registry.review("rent:exp").markdown
    assert "- [ ] No metric is worse (gone: `r2`, `k`)." in page
    without = registry.review("rent:far", "rent:exp@1").markdown
    assert "- [ ] No metric is worse (gone: `rmse`, `r2`)." in without


# -- drift between profiles ---------------------------------------------------


@pytest.mark.parametrize("seed", range(3, 7))
def test_rows_of_the_same_source_do_not_drift(seed):
    result = compare_profiles(profile(frame(900)), profile(frame(600, seed=seed)))
    assert result.drifted == {}
    assert result.compared == 7
    assert result.unmeasured == ("note", "day")


def test_numbers_beyond_64_bits_are_measured():
    large = pd.DataFrame({"x": np.linspace(-1e19, 3e19, 500)})
    assert compare_profiles(profile(large), profile(large)).compared == 1


def test_columns_that_came_went_or_changed_their_kind_are_named():
    before, after = frame(300), frame(300).drop(columns="area")
    after["rooms"] = after["rooms"].astype(str)
    after["garden"] = 1.0
    result = compare_profiles(profile(before), profile(after))
    assert (result.only_before, result.only_after) == (("area",), ("garden",))
    assert "rooms" not in {finding.column for finding in result.findings}


def test_equal_and_infinite_values_and_empty_or_hostile_profiles_are_measured_or_left_out():
    plain = profile(pd.DataFrame({"a": np.ones(100), "b": [np.nan] * 100, "c": np.arange(100.0)}))
    shifted = pd.DataFrame({"a": np.full(100, 2.0), "b": np.arange(100.0), "c": [np.inf] * 100})
    result = compare_profiles(plain, profile(shifted))
    assert "a" in result.drifted
    assert compare_profiles(plain, plain).drifted == {}
    hostile = {"rows": 10, "columns": [3, {"name": "a", "kind": "number", "missing": "x"}]}
    assert compare_profiles(hostile, plain).compared == 0
    assert compare_profiles({}, {}).findings == ()
