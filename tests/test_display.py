"""What is shown: aligned text, safe markup, and numbers with units."""

import ast
import json
import re
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel import display, errors
from nbmodel.display import Result, Table

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
HOSTILE = [
    "<script>alert(1)</script>", "<img/src=x onerror=alert(1)>", '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)", "</td></tr></table><h1>", "<!--", "-->", "&lt;b&gt;", "&#60;b>",
    "<style>*{display:none}</style>", "javascript:alert(1)", "]]>", "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://x\x07click\x1b]8;;\x07", "a\rb", "a\u202ebcd", "\u200e\u200f\u061c",
    "a\u2028b", "\x00", "\ud800", "\x9b31m", "a\tb\nc", "{{7*7}}", "$x$", "`x`",
]  # fmt: skip
TEXTS = st.sampled_from(HOSTILE) | ANY_TEXT
UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b"
    r"\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)


class Markup(HTMLParser):
    """The elements, attributes and texts of some HTML."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.open.append(tag)
        self.texts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(self.texts.pop() + data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl):
        raise AssertionError(f"a declaration: {decl!r}")


@dataclass(frozen=True, repr=False)
class Said(Result):
    words: str

    def text(self):
        return self.words


# -- results -----------------------------------------------------------------


@given(TEXTS)
def test_a_result_is_text_in_a_terminal_and_html_in_a_notebook(words):
    result = Said(words)
    assert not UNSEEN.search(str(result))
    assert repr(result) == str(result)
    bundle = result._repr_mimebundle_()
    json.dumps(bundle).encode("utf-8")
    str(result).encode("utf-8")  # what a terminal does
    assert bundle["text/plain"] == str(result)
    style, _, shown = bundle["text/html"].partition("</style>")
    assert "<" not in style.removeprefix("<style>")
    markup = Markup(shown)
    assert markup.tags == ["div", "pre"]
    assert markup.attributes == [("class", "nbmodel")]
    # HTML itself folds a line end after <pre>, and reads \r as \n.
    assert markup.texts[1] == str(result)


def test_a_result_without_text_is_a_defect():
    with pytest.raises(NotImplementedError):
        str(Result())


@given(TEXTS)
def test_visible_text_is_unchanged(words):
    shown = display.visible(words)
    assert not UNSEEN.search(shown)
    if not UNSEEN.search(words):
        assert shown == words
    else:
        assert shown != words


def test_invisible_characters_become_escapes():
    assert display.visible("a\x1b[31m\u202eb\ud800") == "a\\x1b[31m\\u202eb\\ud800"


@given(TEXTS)
def test_escaped_text_is_text_anywhere_in_html(words):
    markup = Markup(f'<p title="{display.escaped(words)}">{display.escaped(words)}</p>')
    assert markup.tags == ["p"]
    assert [name for name, _ in markup.attributes] == ["title"]
    assert markup.attributes[0][1] == display.visible(words)
    assert markup.texts == [display.visible(words)]


@given(st.lists(TEXTS, max_size=4))
def test_words_become_chips(words):
    markup = Markup(display.chips(words))
    assert markup.texts == [display.visible(word) for word in words]
    assert markup.attributes == [("class", "chip")] * len(words)


# -- tables ------------------------------------------------------------------

TABLES = st.integers(1, 4).flatmap(
    lambda width: st.builds(
        Table,
        st.lists(TEXTS, min_size=width, max_size=width, unique=True),
        st.lists(st.lists(TEXTS, min_size=width, max_size=width), max_size=4),
        st.just(frozenset()),
    )
)


@given(TABLES)
def test_a_table_has_one_line_for_each_row(table):
    lines = table.text().split("\n")
    assert len(lines) == 1 + len(table.rows)
    for line in lines:
        assert not UNSEEN.search(line)
        assert "\t" not in line


@given(TABLES, st.data())
def test_the_columns_of_a_table_line_up(table, data):
    numeric = frozenset(data.draw(st.sets(st.sampled_from(list(table.headings)))))
    words = [
        [display.visible(cell).replace("\n", " ").replace("\t", " ") for cell in row]
        for row in (table.headings, *table.rows)
    ]
    widths = [max(len(row[n]) for row in words) for n in range(len(table.headings))]
    lines = Table(table.headings, table.rows, numeric).text().split("\n")
    for row, line in zip(words, lines, strict=True):
        at = 0
        for cell, width, heading in zip(row, widths, table.headings, strict=True):
            field = line[at : at + width].ljust(width)
            assert field == (cell.rjust(width) if heading in numeric else cell.ljust(width))
            assert not line[at + width : at + width + 2].strip()
            at += width + 2
        assert len(line) == len(line.rstrip(" "))


@given(TABLES)
def test_a_table_in_html_contains_only_the_cells(table):
    markup = Markup(table.html())
    width = len(table.headings)
    cells = ["td"] * width
    assert markup.tags == [
        *["table", "thead", "tr", *["th"] * width, "tbody"],
        *(["tr", *cells] * len(table.rows)),
    ]
    shown = [
        text for tag, text in zip(markup.tags, markup.texts, strict=True) if tag in ("td", "th")
    ]
    assert shown == [display.visible(cell) for row in (table.headings, *table.rows) for cell in row]
    assert markup.attributes == []


def test_numbers_are_aligned_to_the_right():
    table = Table(("name", "auc"), [("churn", "0.9"), ("a", "0.981")], frozenset({"auc"}))
    assert table.text() == "name     auc\nchurn    0.9\na      0.981"
    assert Markup(table.html()).attributes == [("class", "num")] * 3


def test_a_row_of_another_width_is_a_defect():
    with pytest.raises(ValueError, match="shorter"):
        Table(("a", "b"), [("1",)]).text()


# -- numbers -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1 KB"), (14_321, "14.3 KB"), (99_949, "99.9 KB"),
        (99_950, "100 KB"), (999_499, "999 KB"), (999_500, "1 MB"), (1 << 20, "1.05 MB"),
        (1 << 30, "1.07 GB"), (10**15, "1000 TB"), (123 * 10**15, "123000 TB"),
    ],
)  # fmt: skip
def test_a_size_has_a_unit(count, shown):
    assert display.size(count) == shown


@given(st.integers(0, 10**15))
def test_a_size_is_right_to_half_a_percent_in_three_digits(count):
    amount, unit = display.size(count).split()
    scale = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}[unit]
    assert float(amount) * scale == pytest.approx(count, rel=0.0051)
    assert re.fullmatch(r"[0-9]{1,4}|[0-9]{1,2}\.[0-9]{1,2}", amount)
    assert len(amount.replace(".", "")) <= 3 or amount == "1000"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "1 ms"), (0.0004, "1 ms"), (0.011, "11 ms"), (1.0, "1.0 s"), (2.44, "2.4 s")],
)
def test_a_duration_has_a_unit(seconds, shown):
    assert display.duration(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.98123, "0.9812"), (1.0, "1"), (12345.0, "12345"), (-200000.0, "-200000"),
        (12345.6, "1.235e+04"), (1e12, "1e+12"), (7, "7"), (10**30, "1" + "0" * 30),
        (float("nan"), "NaN"), (float("-inf"), "-inf"), (1e-9, "1e-09"), (-0.0, "-0"),
    ],
)  # fmt: skip
def test_a_number_has_four_digits(value, shown):
    assert display.number(value) == shown


@given(st.integers())
def test_any_time_can_be_shown(seconds):
    shown = display.moment(seconds)
    assert shown == f"@{seconds}" or re.fullmatch(r"\d{1,4}-\d\d-\d\d \d\d:\d\d", shown)


def test_a_moment_is_local_time(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert display.moment(0) == "1970-01-01 05:30"
        assert display.moment(10**20) == f"@{10**20}"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("", ""), ("baseline", "baseline"), ("\n one \n\ntwo", "one"), ("x" * 72, "x" * 72),
        ("x" * 73, "x" * 71 + "…"),
    ],
)  # fmt: skip
def test_the_first_line_of_a_message(message, shown):
    assert display.first_line(message) == shown


def test_metrics_on_one_line():
    values = [("auc", 0.98123), ("f1", 0.9), ("n", 3.0)]
    assert display.metrics(values) == "auc 0.9812  f1 0.9  n 3"
    assert display.metrics(values, limit=2) == "auc 0.9812  f1 0.9  …"
    assert display.metrics([]) == ""


def magics_without_translation(source):
    """Lines of texts that name a magic, and are neither errors nor given to `advice`."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and "%model_" in str(node.value)):
            continue
        calls, place = [], node
        while not isinstance(place := parents[place], ast.stmt):
            if isinstance(place, ast.Call):
                calls.append(ast.unparse(place.func).rpartition(".")[2])
        docstring = isinstance(place, ast.Expr) and place.value is node
        translated = any(name == "advice" or hasattr(errors, name) for name in calls)
        if not (docstring or translated or "in_shell" in ast.unparse(place)):
            yield node.lineno


def test_a_shell_shows_each_magic_in_results_as_its_own_command():
    package = Path(display.__file__).parent / "versioning"
    found = [
        f"{path.relative_to(package)}:{line}"
        for path in sorted(package.rglob("*.py"))
        for line in magics_without_translation(path.read_text())
    ]
    assert found == []
    assert list(magics_without_translation('x = f"Undo: %model_restore {name}"')) == [1]
