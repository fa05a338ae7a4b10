"""The prose check of `make lint`: plain English in what people read.

`python -m tests.prose` reads the documents, and from the code the messages, the help texts and the
first lines of docstrings. It reports what proselint finds, phrases of `PHRASES`, and sentences of
documents, messages and help texts with more than `MAX_WORDS` words.

Texts that quote the phrases, as this file does, are not read. To keep one sentence in a document,
put `<!-- prose: off -->` and `<!-- prose: on -->` around it, on lines of their own.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Literal, NamedTuple

from proselint.checks import __register__ as checks
from proselint.config import DEFAULT, Config
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("*.md", ".github/**/*.md", "docs/**/*.md")
GENERATED = {"commands.md", "errors.md", "http_endpoints.md", "http_statuses.md", "http_metrics.md"}
MAX_WORDS = 25  # in a sentence

# What is wrong for technical text; longer names first, as proselint asks.
PROSELINT: Config = {
    "max_errors": 1000,
    "checks": {
        "typography.symbols": False,  # straight quotes and three dots are code
        "typography.punctuation.spacing": False,
        "dates_times.am_pm": False,  # "among" after a placeholder
        "weasel_words.very": False,  # "this very object" is not emphasis
        **DEFAULT["checks"],
    },
}

GRAMMAR = re.compile(r"\b(?:an?|the|is|are|was|of|that|not|no|to|in|for|has|have)\b")
SQL = re.compile(r"\b(?:SELECT|INSERT|UPDATE|CREATE|INTEGER)\b")

# A pattern and what to write in its place.
PHRASES = {
    r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more\b|other\b|different\b|bigger\b)": (
        "'is not a', 'has no' or 'there is no'"
    ),
    r"\b(?:whoever|somebody|anybody)\b": "who it is: 'a client', 'users', 'another process'",
    r"\b(?:whatever|that which|what is what)\b": "what it is",
    r"\b(?:tells? of|told of|speaks? of)\b": "'describes', 'reports' or 'says'",
    r"\bmakes? no sense\b": "what is wrong, and what is allowed",
    r"(?<!soon )(?<!long )(?<!far )\bas (?:it|they) (?:is|are|was|were|stands?)\b": (
        "'unchanged', or what it is"
    ),
    r"\b(?:is|are) to be had\b": "'is available'",
    r"\bof (?:its|their|his) own\b": "'its own ...' or 'a separate ...'",
    r"\bso (?:much|many) as\b": "'even', or the number",
    r"\b(?:lately|hitherto|thereof|therein|wherein|whence|thence|anew)\b": "today's word",
    r"\b(?:is|are|was|were) held against\b": "'is compared with'",
    r"\bthe begin\b": "'the beginning'",
}
BANNED = {re.compile(pattern, re.IGNORECASE): better for pattern, better in PHRASES.items()}

Kind = Literal["document", "message", "docstring"]


class Text(NamedTuple):
    """A paragraph, message or first line, and where it begins."""

    path: Path
    line: int
    kind: Kind
    words: str


class Finding(NamedTuple):
    """A text that breaks a rule."""

    text: Text
    rule: str

    def __str__(self) -> str:
        """`path:line: rule: text`."""
        return f"{relative(self.text)}:{self.text.line}: {self.rule}\n    {self.text.words[:160]}"


# -- texts -------------------------------------------------------------------


def document_texts(path: Path) -> Iterator[Text]:
    """The paragraphs, list items and table cells of a Markdown file, without code and addresses."""
    paragraph: list[str] = []
    start, fence, off = 1, "", False
    for number, line in enumerate([*path.read_text().splitlines(), ""], 1):
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


def code_texts(path: Path) -> Iterator[Text]:
    """Messages and help texts of a module, and the first lines of its skipped."""
    tree = ast.parse(path.read_text())
    skipped: set[ast.expr] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(node)
            if doc:
                constant = node.body[0].value  # type: ignore[attr-defined]
                skipped.add(constant)
                first = " ".join(doc.split("\n\n")[0].split())
                yield Text(path, constant.lineno, "docstring", _plain(first))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)  # of an attribute
        elif isinstance(node, ast.Attribute) and node.attr == "split":
            skipped.add(node.value)  # a list of names
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "words":
            skipped.update(node.args)  # the same, of `nbmodel.trust.rules`
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


# -- rules -------------------------------------------------------------------


def findings(texts: Iterable[Text]) -> Iterator[Finding]:
    """Every place where a text breaks a rule."""
    registry = CheckRegistry()
    if not registry.checks:
        registry.register_many(checks)
    for text in texts:
        if not text.words:
            continue
        for pattern, better in BANNED.items():
            for match in pattern.finditer(text.words):
                yield Finding(text, f"'{match.group(0).strip()}': write {better}")
        if text.kind != "docstring":
            for sentence in re.split(r"(?<=[.?!:;])\s+", text.words):
                if (length := len(sentence.split())) > MAX_WORDS:
                    yield Finding(text, f"a sentence of {length} words; at most {MAX_WORDS}")
        for result in LintFile(str(text.path), text.words).lint(PROSELINT):
            check = result.check_result
            yield Finding(text, f"{check.check_path}: {check.message}")


def project_texts() -> Iterator[Text]:
    """Every text of the project that is checked."""
    documents = {p for pattern in DOCUMENTS for p in ROOT.glob(pattern) if p.name not in GENERATED}
    for path in sorted(documents):
        yield from document_texts(path)
    for path in sorted((ROOT / "nbmodel").rglob("*.py")):
        yield from code_texts(path)


def relative(text: Text) -> str:
    """The path of a text in the repository."""
    return text.path.relative_to(ROOT).as_posix()


def main() -> int:
    """Print the findings; the exit code says whether there are any."""
    texts = list(project_texts())
    broken = list(findings(texts))
    for finding in broken:
        print(finding)
    print(f"{len(texts)} texts, {len(broken)} findings")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
