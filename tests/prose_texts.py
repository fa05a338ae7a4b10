"""The texts of the project that people read: documents, notebooks, messages, docstrings, comments.

`tests.prose` checks them. Each function reads one kind of file and yields `Text`.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Literal, NamedTuple

GRAMMAR = re.compile(r"\b(?:an?|the|is|are|was|of|that|not|no|to|in|for|has|have)\b")
SQL = re.compile(r"\b(?:SELECT|INSERT|UPDATE|CREATE|INTEGER)\b")
ITEM = re.compile(r"\s*(?:[-*+]|\d+\.) ")
# A section of numpydoc, a table, an example: no prose.
NOT_PROSE = re.compile(r"^\s*(?:={3,}|-{3,}|>>>|\.\. )|^ {4,}\S", re.MULTILINE)
TRANSLATED = re.compile(r"trans\s*\.(?:__|_n)\(((?:\s*[+,]?\s*(?:'(?:[^'\\]|\\.)*'|\"[^\"]*\"))+)")
LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|\"([^\"]*)\"")
TS_COMMENT = re.compile(
    r"/\*\*?(.*?)\*/|((?:^[ \t]*//[^\n]*\n)+)|(?<=[;,{)] )//([^\n]*)", re.S | re.M
)

Kind = Literal["document", "message", "docstring", "comment"]


class Text(NamedTuple):
    """A paragraph, message, docstring or comment, and where it begins."""

    path: Path
    line: int
    kind: Kind
    words: str


def document_texts(path: Path) -> Iterator[Text]:
    """The paragraphs, list items and table cells of a Markdown file, without code and addresses."""
    return _markdown_texts(path, path.read_text())


def _markdown_texts(path: Path, markdown: str) -> Iterator[Text]:
    paragraph: list[str] = []
    start, fence, off = 1, "", False
    for number, line in enumerate([*markdown.splitlines(), ""], 1):
        bare = line.strip()
        marker = re.match(r"`{3,}|~{3,}|:{3,}", bare)
        if bare.startswith("<!-- prose:"):
            off = "off" in bare
        if marker and (not fence or bare == fence):
            fence = "" if fence else marker.group(0)
        cells = bare.strip("|").split("|") if bare.startswith("|") else []
        item = re.match(r"([-*+]|\d+\.) ", bare)
        is_code = fence or marker or (line.startswith("    ") and not paragraph)
        is_prose = bare and not (off or is_code or cells)
        if paragraph and (not is_prose or item or bare.startswith("#")):
            yield Text(path, start, "document", _plain(" ".join(paragraph)))
            paragraph = []
        if is_prose and not bare.startswith(("#", "<", "(")):
            start = start if paragraph else number
            paragraph.append(bare[item.end() :] if item else bare)
        if not (off or fence):
            yield from (Text(path, number, "document", _plain(cell)) for cell in cells)


def _plain(markdown: str) -> str:
    numbers = count(1)
    text = re.sub(r"`+[^`]+`+", lambda _: f"C{next(numbers)}", markdown)  # code is one word
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"https?://\S+", "X", text)
    return re.sub(r"[*_]{1,2}(\S[^*_]*)[*_]{1,2}", r"\1", text).strip()


def notebook_texts(path: Path) -> Iterator[Text]:
    """The paragraphs of a notebook; a line is the number of its cell."""
    for number, cell in enumerate(json.loads(path.read_text())["cells"]):
        if cell["cell_type"] == "markdown":
            for text in _markdown_texts(path, "".join(cell["source"])):
                yield text._replace(line=number)


def code_texts(path: Path) -> Iterator[Text]:
    """Messages and help texts of a module, its docstrings and its comments."""
    source = path.read_text()
    tree = ast.parse(source)
    skipped: set[ast.expr] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(node)
            if doc and isinstance(first := node.body[0], ast.Expr):
                skipped.add(first.value)
                for words in _paragraphs(doc):
                    yield Text(path, first.lineno, "docstring", _plain(words))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)  # of an attribute
        elif isinstance(node, ast.Attribute) and node.attr == "split":
            skipped.add(node.value)  # a list of names
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "words":
            skipped.update(node.args)  # the same, of `nbmodel.trust.rules`
    yield from _comments(path, source)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and node not in skipped:
            skipped.update(node.values)
            yield from _message(path, node, "".join(map(_part, node.values, count(1))))
        elif isinstance(node, ast.Constant) and node not in skipped and isinstance(node.value, str):
            yield from _message(path, node, node.value)


def _part(node: ast.expr, number: int) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else f"V{number}"


def _message(path: Path, node: ast.expr, text: str) -> Iterator[Text]:
    """A literal is for people if it is a sentence, or consists of several words."""
    for line in map(str.strip, text.strip().splitlines()):
        words = line.split()
        plain = [word for word in words if re.fullmatch(r"[(\"']?[\w'-]+[.,:;?)\"']*", word)]
        ends = line.endswith((".", "?", ":")) and len(words) > 2
        phrase = 3 < len(words) == len(plain) and GRAMMAR.search(line)
        if (ends or phrase) and not SQL.search(line):
            yield Text(path, node.lineno, "message", _plain(line))


def _paragraphs(doc: str) -> Iterator[str]:
    """The paragraphs and list items of a docstring, without sections, tables and examples."""
    for block in doc.split("\n\n"):
        if NOT_PROSE.search(block):
            continue
        words: list[str] = []
        for line in block.splitlines():
            item = ITEM.match(line)
            if item and words:
                yield " ".join(words)
                words = []
            words.append((line[item.end() :] if item else line).strip())
        yield " ".join(words)


def _comments(path: Path, source: str) -> Iterator[Text]:
    """Comments of whole lines that follow each other are one text."""
    words: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        number, whole = token.start[0], token.line.lstrip().startswith("#")
        if words and not (whole and number == last + 1):
            yield Text(path, start, "comment", _plain(" ".join(words)))
            words = []
        start = start if words else number
        words.append(re.sub(r"^#[: ]*(?:noqa: [A-Z0-9, ]+)?", "", token.string).strip())
        last = number if whole else -1
    yield Text(path, start, "comment", _plain(" ".join(words)))


def typescript_texts(path: Path) -> Iterator[Text]:
    """The translated texts of a module of the front end, and its comments."""
    source = path.read_text()
    for match in TRANSLATED.finditer(source):
        for single, double in LITERAL.findall(match.group(1)):
            line = source.count("\n", 0, match.start()) + 1
            yield Text(path, line, "message", _plain(single.replace("\\", "") or double))
    for match in TS_COMMENT.finditer(source):
        lines = (part for part in match.groups() if part is not None)
        words = (re.sub(r"^\s*(?:\*|//) ?", "", line) for line in next(lines).splitlines())
        line = source.count("\n", 0, match.start()) + 1
        for paragraph in "\n".join(words).split("\n\n"):
            yield Text(path, line, "comment", _plain(" ".join(paragraph.split())))
