"""The prose check reports what it should, and reads prose only."""

from __future__ import annotations

import json

import pytest

from tests import prose

LONG = " ".join(f"word{n}" for n in range(prose.MAX_WORDS))


def texts_of_document(tmp_path, text):
    path = tmp_path / "page.md"
    path.write_text(text)
    return list(prose.document_texts(path))


def texts_of_code(tmp_path, source, kind):
    path = tmp_path / "module.py"
    path.write_text(source)
    return [text.words for text in prose.code_texts(path) if text.kind == kind]


def rules(words, kind="message"):
    return [f.rule for f in prose.findings([prose.Text(prose.ROOT / "x", 1, kind, words)])]


@pytest.mark.parametrize(
    "words",
    [
        "This model is no model.",
        "Whoever sends too slowly gets 408.",
        "The requests bring the time of what they tell of.",
        "A window of 0 days makes no sense.",
        "The model is loaded as it is.",
        "It runs in a process of its own.",
        "It is to be had from Python too.",
        "The the model is loaded.",  # proselint
        "This identifier is very unique.",  # proselint
        f"{LONG} nine.",
    ],
)
def test_a_text_that_breaks_a_rule_is_reported_once(words):
    assert len(rules(words)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "There is no model 'x' in this registry.",
        "The server is no longer running.",
        "It stops as soon as it is ready.",
        'Write `"name"`, or wait...',
        f"{LONG}. A second sentence begins here.",
    ],
)
def test_plain_english_is_not_reported(words):
    assert rules(words) == []


def test_a_document_is_read_without_code_and_addresses(tmp_path):
    page = """# Title
A paragraph with `code`
of [two lines](https://example.org).

- An item.
- Another item.

| heading | meaning |
|---|---|
| `flag` | what it does |

```python
whoever = 1
```

<!-- prose: off -->
Whoever.
<!-- prose: on -->
The end.
"""
    read = texts_of_document(tmp_path, page)
    assert [(text.line, text.words) for text in read if text.line not in (8, 9, 10)] == [
        (2, "A paragraph with C1 of two lines."),
        (5, "An item."),
        (6, "Another item."),
        (19, "The end."),
    ]
    assert "what it does" in [text.words for text in read]


SOURCE = '''"""A module.

More about it.
"""
x = "SELECT id FROM versions ORDER BY id."
names = "alpha beta gamma delta".split()

def f(name):
    """What f does.

    Parameters
    ----------
    name : str
        Of f.
    """
    # A comment
    # of two lines.
    help("The name of the model.")
    print("no server is running")  # after code
    raise ValueError(f"{name!r} is not a model." " Choose another.", "key")
'''


def test_messages_are_the_sentences_among_the_literals(tmp_path):
    assert set(texts_of_code(tmp_path, SOURCE, "message")) == {
        "V1 is not a model. Choose another.",
        "The name of the model.",
        "no server is running",
    }


def test_docstrings_are_read_without_their_sections(tmp_path):
    assert texts_of_code(tmp_path, SOURCE, "docstring") == [
        "A module.",
        "More about it.",
        "What f does.",
    ]


def test_comments_of_adjacent_lines_are_one_text(tmp_path):
    assert texts_of_code(tmp_path, SOURCE, "comment") == ["A comment of two lines.", "after code"]


def test_texts_and_comments_of_the_front_end_are_read(tmp_path):
    path = tmp_path / "view.ts"
    path.write_text(
        "/** Draws a\n * list. */\n"
        "const text = trans.__('There is no model %1.', name); // of the registry\n"
        "const count = trans._n('%1 model', '%1 models', n);\n"
    )
    read = [(text.kind, text.words) for text in prose.typescript_texts(path)]
    assert read == [
        ("message", "There is no model %1."),
        ("message", "%1 model"),
        ("message", "%1 models"),
        ("comment", "Draws a list."),
        ("comment", "of the registry"),
    ]


def test_a_notebook_is_read_by_cells(tmp_path):
    path = tmp_path / "a.ipynb"
    cells = [
        {"cell_type": "code", "source": ["x = 1"]},
        {"cell_type": "markdown", "source": ["# Title\n", "Some text."]},
    ]
    path.write_text(json.dumps({"cells": cells}))
    read = list(prose.notebook_texts(path))
    assert [(text.line, text.words) for text in read] == [(1, "Some text.")]


def test_the_check_fails_for_a_finding(tmp_path, monkeypatch, capsys):
    (tmp_path / "README.md").write_text("Whoever reads this.\n")
    (tmp_path / "nbmodel").mkdir()
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    assert prose.main() == 1
    assert "README.md:1: 'Whoever'" in capsys.readouterr().out
    (tmp_path / "README.md").write_text("Read this.\n")
    assert prose.main() == 0
