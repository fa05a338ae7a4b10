"""The user's own words in a model card: what the next version takes over.

A card is a front matter, a title block and sections. Own words are

- top-level keys of the front matter that nbmodel does not write, each with the
  lines that belong to it, byte for byte;
- the introduction: what stands above the first heading and is not the title
  block that nbmodel writes (title, ``**Version N:**`` line, type line);
- sections under a heading of level 1 or 2 that nbmodel does not write.

Headings follow CommonMark 0.31 (4.2 ATX, 4.3 setext); lines in fenced code
(4.5) and in HTML comments (4.6) are none. No YAML is parsed: a card comes from
anyone, and nothing in it may stop a commit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GENERATED_KEYS = frozenset({"library_name", "tags", "metrics", "model-index"})
GENERATED_SECTIONS = frozenset(
    {"Metrics", "Parameters", "Signature", "Figures and files", "Load it"}
)

_KEY_RE = re.compile(r"""(["']?)([A-Za-z_][\w.-]*)\1[ \t]*:(?=[ \t]|$)""")
_BELONGS_RE = re.compile(r"[ \t]|-(?:[ \t]|$)|#|$")  # indented, an item, a comment, blank
_MARK_RE = re.compile(r"---[ \t]*")
_TITLE_RE = re.compile(r"# .* \d+")
_BLOCK_RE = re.compile(r"\*\*Version \d+:\*\* .*|`[^`]+`: .*")
_ATX_RE = re.compile(r" {0,3}(#{1,2})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_SETEXT_RE = re.compile(r" {0,3}(?:-+|=+)[ \t]*")
_PLAIN_RE = re.compile(r" {0,3}(?![#>|`~<]|[-+*][ \t]|\d+[.)][ \t])\S")
_FENCE_RE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_COMMENT, _COMMENT_END = "<!--", "-->"


@dataclass(frozen=True, slots=True)
class CustomSections:
    """What a user wrote into a card.

    Attributes
    ----------
    keys : tuple of str
        Blocks of the front matter, in order.
    introduction : str
    sections : tuple of str
        Each with its heading.
    """

    keys: tuple[str, ...] = ()
    introduction: str = ""
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedCard:
    """A card taken apart.

    Attributes
    ----------
    own : CustomSections
    generated : tuple of str
        The parts that nbmodel writes again for each version.
    faults : tuple of str
        What could not be taken as it is, each a sentence with its line.
    """

    own: CustomSections
    generated: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def parse_card(card: str) -> ParsedCard:
    """Take a card apart; any text has a reading."""
    lines = card.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    end = _front_end(lines)
    keys, generated, faults = _keys(lines[1:end])
    body = _Body(lines, end + 1 if end else 0)
    (_, first), *sections = body.parts
    introduction, block = _introduction(first)
    own = [part for title, part in sections if title not in GENERATED_SECTIONS]
    generated += [block, *(part for title, part in sections if title in GENERATED_SECTIONS)]
    return ParsedCard(
        CustomSections(tuple(keys), introduction, tuple(own)),
        tuple(generated),
        (*faults, *body.faults),
    )


# -- front matter ------------------------------------------------------------


def _front_end(lines: list[str]) -> int:
    """Index of the line that closes the front matter; 0 if there is none."""
    if not _MARK_RE.fullmatch(lines[0]):
        return 0
    ends = (n for n, line in enumerate(lines[1:], 1) if _MARK_RE.fullmatch(line))
    return next(ends, 0)


def _keys(lines: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Own blocks, generated blocks, faults."""
    blocks: list[tuple[str, list[str]]] = []
    faults = []
    for number, line in enumerate(lines, 2):
        if key := _KEY_RE.match(line):
            blocks.append((key[2], [line]))
        elif blocks and _BELONGS_RE.match(line):
            blocks[-1][1].append(line)
        elif line.strip():
            faults.append(f"line {number} of the front matter belongs to no key: {line[:60]!r}")
    own: list[str] = []
    generated: list[str] = []
    for key_name, block in blocks:
        text = "\n".join(block).rstrip("\n \t")
        (generated if key_name in GENERATED_KEYS else own).append(text)
    return own, generated, faults


# -- sections ----------------------------------------------------------------


class _Body:
    """The parts of a card's body: the one above all headings, then ``(heading, text)``."""

    def __init__(self, lines: list[str], start: int) -> None:
        self.faults: list[str] = []
        self._paragraph = 0  # lines of the paragraph under way
        self._parts: list[tuple[str, list[str]]] = [("", [])]
        title = next((n for n in range(start, len(lines)) if lines[n]), -1)
        for number, line, code in self._lines(lines, start):
            titled = number == title and _TITLE_RE.fullmatch(line)
            heading = None if code or titled else _ATX_RE.fullmatch(line)
            if heading:
                level_2 = len(heading[1]) == 2
                self._parts.append(((heading[2] or "").strip() if level_2 else "", [line]))
                self._paragraph = 0
            elif not code and self._paragraph and _SETEXT_RE.fullmatch(line):
                self._parts.append(("", [*self._cut_paragraph(), line]))
                self._paragraph = 0
            else:
                self._parts[-1][1].append(line)
                plain = not code and _PLAIN_RE.match(line)
                self._paragraph = self._paragraph + 1 if plain else 0

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Headings of level 2 with their text; others go by an empty name."""
        return [(title, "\n".join(lines).strip("\n")) for title, lines in self._parts]

    def _lines(self, lines: list[str], start: int) -> Iterator[tuple[int, str, bool]]:
        """``(index, line, whether it is code or comment)``; what was left open is closed."""
        ends, opened = "", 0
        for number, line in enumerate(lines[start:], start):
            yield number, line, bool(ends)
            if not ends:
                ends, opened = _opening(line), number
            elif _closes(line, ends):
                ends = ""
        if ends:
            kind = "comment" if ends == _COMMENT_END else "code block"
            self.faults.append(f"the {kind} that begins in line {opened + 1} never ends")
            yield len(lines), ends, True

    def _cut_paragraph(self) -> list[str]:
        """Take back the lines that turn out to be a heading's."""
        lines = self._parts[-1][1]
        cut = lines[len(lines) - self._paragraph :]
        del lines[len(lines) - self._paragraph :]
        return cut


def _opening(line: str) -> str:
    """What ends the fence or comment that a line opens, or an empty text."""
    if fence := _FENCE_RE.match(line):
        return fence[1]
    begins = line.lstrip(" ").startswith(_COMMENT) and len(line) - len(line.lstrip(" ")) < 4
    return _COMMENT_END if begins and _COMMENT_END not in line else ""


def _closes(line: str, ends: str) -> bool:
    if ends == _COMMENT_END:
        return ends in line
    bare = line.strip(" \t")
    indent = len(line) - len(line.lstrip(" "))
    return indent < 4 and len(bare) >= len(ends) and not bare.strip(ends[0])


def _introduction(text: str) -> tuple[str, str]:
    """The user's part and nbmodel's part of what stands above the first heading."""
    lines = text.strip("\n").split("\n")
    title = _TITLE_RE.fullmatch(lines[0])
    block, own = ([lines[0]], lines[1:]) if title else ([], lines)
    waiting = 2 if title else 0  # the block's two lines come once each
    custom: list[str] = []
    gap = False  # a line of the block was taken out here: one blank line is enough
    for line in own:
        if waiting and _BLOCK_RE.fullmatch(line):
            block.append(line)
            waiting, gap = waiting - 1, True
            custom += [""] if custom and custom[-1] else []
        elif line or not gap or (custom and custom[-1]):
            custom.append(line)
            gap = gap and not line
    return "\n".join(custom).strip("\n"), "\n".join(block)
