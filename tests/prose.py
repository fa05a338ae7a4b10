"""The prose check of `make lint`: plain English in what people read.

`python -m tests.prose` reads documents and notebooks, and from Python and TypeScript the messages,
the help texts, the docstrings and the comments. It reports what proselint finds, phrases of
`PHRASES`, and sentences with more than `MAX_WORDS` words.

Texts that quote the phrases, as this file does, are not read. To keep one sentence in a document,
put `<!-- prose: off -->` and `<!-- prose: on -->` around it, on lines of their own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from proselint.checks import __register__ as checks
from proselint.config import DEFAULT, Config
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from tests.prose_texts import (
    Text,
    code_texts,
    document_texts,
    notebook_texts,
    typescript_texts,
)

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


class Finding(NamedTuple):
    """A text that breaks a rule."""

    text: Text
    rule: str

    def __str__(self) -> str:
        """`path:line: rule: text`."""
        return f"{relative(self.text)}:{self.text.line}: {self.rule}\n    {self.text.words[:160]}"


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
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        yield from notebook_texts(path)
    for path in sorted((ROOT / "nbmodel").rglob("*.py")):
        yield from code_texts(path)
    for path in sorted((ROOT / "labextension/src").rglob("*.ts")):
        yield from typescript_texts(path)


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
