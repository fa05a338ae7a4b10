"""Every text of a version is hostile, and every user interface shows it.

The texts contain HTML, Markdown (links, images, HTML, autolinks, mathematics), escape sequences of
a terminal, characters that change the direction or have no width, line ends that would add a line
to the output, or are very long. No output contains active text: no sequence that a terminal obeys,
and no element or address that a notebook, a page or a git host would follow.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from markdown_it import MarkdownIt
from traitlets.config import Config

import nbmodel
from nbmodel import manifest, views
from nbmodel.display import escaped, line, markdown, visible
from nbmodel.errors import NbModelError
from nbmodel.provenance.card.model_card import render_card
from nbmodel.records import ArrayNote, Code, Column, Signature
from tests.builder import Builder, manifest_of

KINDS = {
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "closing": '"></td></table><svg/onload=alert(1)>',
    "comment": "--><!--<b>",
    "link": "[a](javascript:alert(1)) [b][c]\n[c]: javascript:alert(1)",
    "picture": "![a](https://evil.example/x.png)",
    "autolink": "<https://evil.example> https://evil.example www.evil.example",
    "mathematics": r"$\href{javascript:alert(1)}{x}$ \\(\href{javascript:alert(1)}{x}\\) $$x$$",
    "fence": "```\n<img src=x onerror=alert(1)>\n```",
    "heading": "a\n# Own heading\n\n| x | y |\n|---|---|\n| <b>1</b> | 2 |",
    "color": "\x1b[31mred\x1b[0m",
    "hyperlink": "\x1b]8;;http://evil.example\x07click\x1b]8;;\x07",
    "title": "\x1b]0;title\x07\x9b31m\x9d0;t\x9c",
    "clearing": "\x1b[2J\x1b[Hall is well\r\x08\x08",
    "direction": "a\u202egnp.exe\u2066b\u2069\u200f",
    "unseen": "ad\u200bmin\u2060\ufeff\u00ad\U000e0041\u180e",
    "lines": "one\ntwo\u2028three\x85four\x0bfive",
    "half": "\ud800\udfff",
    "long": "x" * 9_000,
}
ACTIVE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)
OURS = {"style", "div", "span", "table", "thead", "tbody", "tr", "th", "td", "b", "code", "pre",
        "h4", "br"}  # fmt: skip


class Page(HTMLParser):
    """Refuses every tag that nbmodel's results never contain."""

    def __init__(self, html):
        super().__init__()
        self.open = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in OURS, tag
        assert {name for name, _ in attrs} <= {"class", "style"}, attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def is_quiet(text):
    assert not (found := ACTIVE.search(text)), (found[0], text[max(0, found.start() - 80) :][:160])


def version(builder, number, text, parents):
    signature = Signature((Column(text, text[:99], (-1,)),), (Column(text, "f8", (-1,)),))
    document = manifest_of(
        "evil", "main", number, type=f"a.{text}", flavor=text[:99], summary=text, variable=text,
        params={text: text, "n": number}, metrics={text: number / 3}, tags={text: text},
        signature=signature, counts={text: number}, code=Code("0" * 40, True, text),
        arrays={text: ArrayNote("<f8", (1,), values=(number / 2,))}, environment={text: text},
    )  # fmt: skip
    column = {"name": text, "dtype": text, "kind": text, "missing": 0, "unique": text, "min": text}
    profile = {"rows": text, "fingerprint": text, "columns": [column]}
    blobs = {
        "README.md": render_card(document, text).encode(errors="replace"),
        "cells.py": f"# %%\nx = 1  # {text}\n".encode(errors="replace"),
        "model.json": manifest.dumps(document),
        "profile.json": json.dumps(profile).encode(),
        "acceptance.json": json.dumps({"format": text}).encode(),
    }
    entries = [("100644", name, builder.put("blob", data)) for name, data in blobs.items()]
    words = text.encode(errors="replace")
    who = words.replace(b"\n", b" ").replace(b"<", b"").replace(b">", b"")[:300]
    return builder.commit(
        builder.tree(*entries), parents, message=words, who=who + b" <" + who[:60] + b">"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory, isolated_home):
    """A version of each kind, tags with messages, notes, a version that cannot be read."""
    folder = tmp_path_factory.mktemp("hostile")
    builder = Builder(folder / ".nbmodel.git")
    parents = []
    for number, text in enumerate(KINDS.values(), 1):
        parents = [version(builder, number, text, parents)]
        builder.tag(f"evil#prod#{number}", parents[0], text.encode(errors="replace"))
        builder.tag(f"evil@v1.0.{number}", parents[0], text.encode(errors="replace"))
    builder.set_ref("refs/heads/models/evil/main", parents[0])
    for number, text in enumerate(KINDS.values()):
        bad = json.dumps({"format": text, text: text}).encode()
        tree = builder.tree(("100644", "model.json", builder.put("blob", bad)))
        ref = f"refs/heads/models/odd{number}/main"
        builder.set_ref(ref, builder.commit(tree, message=text.encode(errors="replace")))
    builder.git.close()
    with nbmodel.open(folder) as registry:
        for text in KINDS.values():
            registry.annotate("evil", text.encode(errors="replace").decode(), {text[:99]: 1.0})
    return folder


@pytest.fixture(scope="module")
def registry(folder):
    with nbmodel.open(folder) as opened:
        yield opened


def faces(registry):
    """Everything that a verb returns or refuses, by a name."""
    last = len(KINDS)
    for number in range(1, last + 1):
        ref = f"evil@{number}"
        for section in ("about", "cells", "modules", "env", "data", "files"):
            yield f"show {ref} {section}", lambda r=ref, s=section: registry.show(r, s)
        yield f"card {ref}", lambda r=ref: registry.card(r)
        yield f"diff {ref}", lambda r=ref: registry.diff(r, f"evil@{last}")
        yield f"review {ref}", lambda r=ref: registry.review(r, f"evil@{last}")
        yield f"checkout {ref}", lambda r=ref: registry.load(r)
        yield f"acceptance {ref}", lambda r=ref: registry.verify_acceptance(r)
    yield "log", lambda: registry.log("evil")
    yield "graph", lambda: registry.log("evil", graph=True)
    yield "list", lambda: registry.list()
    yield "every", lambda: registry.list(all_versions=True, limit=100)
    yield "verify", lambda: registry.verify()
    yield "audit", lambda: registry.audit("evil")
    yield "branches", lambda: registry.branch("evil")
    yield "gc", lambda: registry.gc()
    for text in KINDS.values():
        yield "asked", lambda t=text: registry.show(t)
        yield "sought", lambda t=text: registry.list(t)
        yield "filtered", lambda t=text: registry.list(f"{t} > 1")
        yield "promoted", lambda t=text: registry.promote("evil@1", t)
        yield "noted", lambda t=text: registry.annotate("evil@1", t)
        yield "exported", lambda t=text: registry.export("evil@1", registry.path / t[:90])


def test_no_result_and_no_error_contains_active_text(registry):
    shown = refused = 0
    strange: set[str] = set()
    for name, ask in faces(registry):
        try:
            result = ask()
        except NbModelError as error:
            refused += 1
            for text in (str(error), error.what, error.hint):
                is_quiet(text)
            continue
        except (ValueError, UnicodeError):  # no file can have that name
            strange.add(name)
            continue
        shown += 1
        is_quiet(str(result))
        is_quiet(repr(result))
        bundle = result._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html"}
        is_quiet(bundle["text/plain"])
        is_quiet(bundle["text/html"].replace("</style>", ""))
        Page(bundle["text/html"])
        assert len(str(result)) < 3_000_000, name
    assert strange <= {"exported"}
    assert shown > 150
    assert refused > 60


def test_the_documents_of_the_panel(registry):
    """Except for the card: it is edited and sent back, and its own parser draws it."""
    questions = [("registry", {}), ("rows", {"every": True}), ("models", {}), ("state", {})]
    questions += [(verb, {"model": "evil"}) for verb in ("history", "log")]
    questions += [("sparklines", {"models": ["evil"]})]
    for number in range(1, len(KINDS) + 1):
        ref = f"evil@{number}"
        questions += [("version", {"ref": ref}), ("lineage", {"ref": ref}),
                  ("diff", {"before": ref, "after": "evil@1"})]  # fmt: skip
    for verb, args in questions:
        try:
            answer = views.answer(registry, verb, args)
        except NbModelError as error:
            is_quiet(str(error))
            continue
        answer.pop("card", None)
        for text in texts_of(answer):
            is_quiet(text)


def texts_of(document):
    if isinstance(document, dict):
        for key, value in document.items():
            yield str(key)
            yield from texts_of(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from texts_of(value)
    elif isinstance(document, str):
        yield document


LINES = [
    ["list"], ["log", "evil"], ["log", "evil", "--graph"], ["verify"], ["show", "evil"],
    ["show", "evil@5", "--cells"], ["diff", "evil@1", "evil@15"], ["card", "evil"],
    ["show", "\x1b[31m"], ["list", "\x1b]0;t\x07 > 1"], ["promote", "evil@1", "\u202eprod"],
    ["checkout", "evil@1", "--to", "out\x1b[31m"],
]  # fmt: skip


def test_a_shell(folder):
    """One process for each kind of output: standard output and standard error."""
    code = (
        "import sys, json; from nbmodel.cli import main\n"
        "for words in json.loads(sys.argv[1]):\n    main(words)\n"
    )
    lines = [["--repo", str(folder), *words] for words in LINES]
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(lines)], capture_output=True, cwd=folder
    )
    assert done.returncode == 0, done.stderr.decode()
    for printed in (done.stdout, done.stderr):
        assert len(printed) > 100
        is_quiet(printed.decode("utf-8", "surrogateescape"))


@pytest.fixture
def shell():
    made = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    made.run_line_magic("load_ext", "nbmodel")
    yield made
    made.run_line_magic("unload_ext", "nbmodel")


def test_a_notebook(folder, shell, capsys):
    """A magic raises one exception of IPython, which prints its text unchanged."""
    shell.run_line_magic("model_init", f"'{folder}'")
    for text in KINDS.values():
        if "\n" in text or "\r" in text or "\ud800" in text:
            continue
        for magic in ("model_show", "model_promote evil@1"):
            name, _, first = magic.partition(" ")
            try:
                shell.run_line_magic(name, f"{first} '{text}'")
            except UsageError as error:
                is_quiet(str(error))
    is_quiet(capsys.readouterr().err)


# -- Markdown ----------------------------------------------------------------------


def rendered(text, tmp_path):
    """Elements of a card as JupyterLab and git hosts make them: CommonMark with GitHub's links."""
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False})
    parser.enable("table")
    found = []
    for token in parser.parse(text):
        found += [token, *(token.children or [])]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_text(kind, tmp_path):
    text = KINDS[kind]
    document = manifest_of(
        "evil", type=text, summary=text, params={text: text}, metrics={text: 1.0},
        tags={text: text}, flavor=text[:99], signature=Signature((Column(text, text, (-1,)),)),
    )  # fmt: skip
    made = render_card(document, text)
    is_quiet(made)
    body = made.split("\n---\n", 1)[1]
    kinds = {token.type for token in rendered(body, tmp_path)}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "blockquote_open"}
    headings = [line for line in body.splitlines() if line.startswith("#")]
    assert headings == [
        "# evil 1", "## Metrics", "## Parameters", "## Signature", "## Load it",
    ]  # fmt: skip
    plain = re.sub(r"```python\n.*?```|^`[^`]*`", "", body, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"https?://|(?<!\\)\$|www\.", plain), plain[:500]
    assert not re.search(r"\\\\[(\[]", plain)


@pytest.mark.parametrize("text", ["a_b", "C:\\data", "5 < 6 & 7 > 2", "f(x) = $x", "# 1", "*"])
def test_escaped_text_is_shown_as_it_was(text, tmp_path):
    tokens = rendered(markdown(text), tmp_path)
    inline = next(token for token in tokens if token.type == "inline")
    shown = "".join(child.content for child in inline.children)
    assert shown == text


def test_the_three_escaping_functions_leave_no_active_text():
    for text in KINDS.values():
        for helper in (visible, escaped, line, markdown):
            is_quiet(helper(text))
        assert "\n" not in line(text)
        assert "\n" not in markdown(text)
        assert not set("<>\"'") & set(escaped(text))


# -- where everything is shown -------------------------------------------------------


def test_no_result_overrides_the_escaping_of_display():
    """What a command returns shows itself by `display.Result`, or is text that was made visible."""
    wrong = []
    for kind in subclasses(nbmodel.display.Result):
        own = {"__str__", "__repr__", "_repr_mimebundle_"} & set(vars(kind))
        wrong += [(kind, own)] if own else []
    assert wrong == []


def subclasses(kind):
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_an_error_shows_no_active_text_however_it_is_caught():
    raised = NbModelError("\x1b[31m\u202e", "\x9b2J")
    for text in (str(raised), raised.what, raised.hint, *raised.args):
        is_quiet(text)
    printed = io.StringIO()
    print(raised, file=printed)
    is_quiet(printed.getvalue())
