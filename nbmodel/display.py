"""How results look as text, HTML and Markdown. Everything that is shown is escaped here.

Names, messages and parameters may come from strangers. A cell of a table is text, never markup, and
invisible characters become visible. There is one function for each output: `visible` for a
terminal, `escaped` for HTML, `markdown` for a model card. `line` also puts a text on one line, so
that its second line cannot look like a line of nbmodel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

# Control characters, line separators, Unicode's Bidi_Control (UAX 9), lone surrogates, which no
# terminal or notebook can encode, and characters without width (UTS 39, 3.1: two names may look the
# same), except the joiners of Persian, Indic scripts and emoji. Tab and line feed are kept.
_CONTROL_RE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b"
    r"\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
_SECRET_RE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/]+@")
# Characters with a meaning in Markdown or in its mathematics, and the starts of GitHub's autolinks.
_MARKDOWN_RE = re.compile(r"[\\`*_{}\[\]<>()#|!$~&]|:(?=//)|(?<=www)\.", re.IGNORECASE)
# For these, a backslash would not help: before a parenthesis it begins mathematics.
_ENTITIES = {"\\": "&#92;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
MAX_CELL_LENGTH = 500  # characters; a column is padded to its widest cell
MAX_COLUMN_WIDTH = 80  # characters to which the cells of a column are padded
_BAR_RE = re.compile(r"(\\*)\|")
_STYLE = """<style>
.nbmodel{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.45;
color:var(--jp-ui-font-color1,inherit)}
.nbmodel table{border-collapse:collapse;margin:4px 0}
.nbmodel th,.nbmodel td{padding:3px 16px 3px 0;text-align:left!important;vertical-align:top;
border:0;border-bottom:1px solid var(--jp-border-color2,#8884);background:none;max-width:44em}
.nbmodel th{font-weight:600;color:var(--jp-ui-font-color2,inherit)}
.nbmodel .num{text-align:right!important;font-variant-numeric:tabular-nums}
.nbmodel code,.nbmodel pre{font-family:var(--jp-code-font-family,monospace);font-size:12px;
background:none;padding:0}
.nbmodel .dim{color:var(--jp-ui-font-color2,#666)}
.nbmodel .chip{display:inline-block;padding:0 7px;border-radius:9px;margin-right:4px;
border:1px solid currentColor;font-size:11px}
.nbmodel .add{background:#2da44e33}.nbmodel .del{background:#cf222e33}
.nbmodel .warn{border-left:3px solid var(--jp-warn-color1,#f57c00);padding-left:8px}
.nbmodel h4{margin:10px 0 2px;font-size:13px}
</style>"""


class _Interface:
    """Where the user reads advice: a shell has commands, and a notebook has magics."""

    shell = False
    notebook_only: frozenset[str] = frozenset()


def use_shell(shell: bool = True, *, notebook_only: Iterable[str] = ()) -> None:
    """From now on, let advice name commands of a shell, or else magics of a notebook.

    Parameters
    ----------
    shell : bool
    notebook_only : iterable of str
        Names of commands that a shell does not have: `commit`. Advice names their magics.
    """
    _Interface.shell = shell
    _Interface.notebook_only = frozenset(notebook_only)


def in_shell() -> bool:
    """Whether advice names commands of a shell."""
    return _Interface.shell


def advice(text: str) -> str:
    """A next step by nbmodel, with commands in the form that the user has to type."""
    if not _Interface.shell:
        return text
    text = text.replace("%model_init PATH", "--repo PATH, or NBMODEL_REPO=PATH")
    return re.sub(r"%model_(\w+)(?P<arguments> [A-Z-])?", _in_shell, text)


def _in_shell(magic: re.Match[str]) -> str:
    if magic[1] not in _Interface.notebook_only:
        return magic[0].replace("%model_", "nbmodel ")
    return magic[0] if magic["arguments"] else f"{magic[0]} in a notebook"


class Result:
    """The result of a command: text in a terminal, HTML in a notebook, and a Python value."""

    def text(self) -> str:
        """The result for a terminal."""
        raise NotImplementedError

    def html(self) -> str:
        """The result for a notebook: markup in which every value is escaped."""
        return f"<pre>{escaped(self.text())}</pre>"

    def __str__(self) -> str:
        return visible(self.text())

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {
            "text/plain": str(self),
            "text/html": styled(self.html()),
        }


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings.

    Columns in `numeric` are aligned to the right. Words of columns in `labels` become chips.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()

    def text(self) -> str:
        """Aligned columns, two spaces apart, without trailing space."""
        cells = [[cut(line(cell)) for cell in row] for row in (self.headings, *self.rows)]
        widths = [
            min(MAX_COLUMN_WIDTH, max(map(len, column))) for column in zip(*cells, strict=True)
        ]
        right = [heading in self.numeric for heading in self.headings]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if number else cell.ljust(width)
                for cell, width, number in zip(row, widths, right, strict=True)
            ).rstrip(" ")
            for row in cells
        )

    def html(self) -> str:
        """One table element."""
        kinds = [' class="num"' if h in self.numeric else "" for h in self.headings]

        def row_of(tag: str, cells: Sequence[str]) -> str:
            parts = (f"<{tag}{k}>{c}</{tag}>" for k, c in zip(kinds, cells, strict=True))
            return f"<tr>{''.join(parts)}</tr>"

        formatters = [chips_of if h in self.labels else escaped for h in self.headings]
        body = "".join(
            row_of("td", [show(cell) for show, cell in zip(formatters, row, strict=True)])
            for row in self.rows
        )
        head = row_of("th", [escaped(heading) for heading in self.headings])
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def styled(html: str) -> str:
    """Markup for a notebook, with the style sheet of results."""
    return f'{_STYLE}<div class="nbmodel">{html}</div>'


def visible(value: object) -> str:
    """Text with control and direction-changing characters as escapes."""
    return _CONTROL_RE.sub(lambda m: m[0].encode("unicode_escape").decode(), str(value))


def escaped(value: object) -> str:
    """`visible` text that is safe anywhere in HTML."""
    return escape(visible(value), quote=True)


def warned(warnings: Iterable[str]) -> str:
    """Warnings below a result, as HTML."""
    return "".join(f'<div class="warn">{escaped(warning)}</div>' for warning in warnings)


def count(number: int, noun: str) -> str:
    """``1 version``, ``2 versions``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def line(value: object) -> str:
    """`visible` text on one line."""
    return visible(value).replace("\n", " ").replace("\t", " ")


def redacted(text: str) -> str:
    """A text without the user names and passwords of its addresses.

    Examples
    --------
    >>> redacted("fatal: https://ann:secret@example.org/m.git not found")
    'fatal: https://example.org/m.git not found'
    """
    return _SECRET_RE.sub(r"\g<scheme>", text)


def cut(text: str, limit: int = MAX_CELL_LENGTH) -> str:
    """A text of at most `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def markdown(value: object) -> str:
    """A `line` that Markdown shows literally, without markup, links or mathematics."""
    text = " ".join(line(value).split())
    return _MARKDOWN_RE.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), text)


def code(value: object) -> str:
    r"""A `line` as inline code of Markdown, also in a cell of a table; empty for an empty text.

    In code, no host makes links, mentions or mathematics of a text.

    Examples
    --------
    >>> code("a|b"), code("`x`"), code("")
    ('`a\\|b`', '`` `x` ``', '')
    """
    text = " ".join(cut(line(value)).split())
    # A table ends a cell at a bar after an even number of backslashes, also in code.
    text = _BAR_RE.sub(lambda match: "\\" * (2 * len(match[1]) + 1) + "|", text)
    if not text:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def chips(words: Iterable[str]) -> str:
    """Words as small labels."""
    return "".join(f'<span class="chip">{escaped(word)}</span>' for word in words)


def chips_of(text: str) -> str:
    """The words of a text as small labels."""
    return chips(text.split())


def size(count: int) -> str:
    """Bytes in SI units, with at most three digits: ``14 KB``."""
    if count < 1000:
        return f"{count} B"
    amount = float(count)
    for unit in ("KB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.5 or unit == "TB":
            return f"{amount:.3g} {unit}" if amount < 100 else f"{amount:.0f} {unit}"
    raise AssertionError("unreachable: TB has no limit")


def duration(seconds: float) -> str:
    """Seconds for people: ``11 ms``, ``2.4 s``."""
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    return f"{seconds:.1f} s"


def number(value: float) -> str:
    """A number with four significant digits. Whole numbers below a billion keep all digits."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, float) and not (value.is_integer() and abs(value) < 1e9):
        return f"{value:.4g}"
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def moment(time: int) -> str:
    """Seconds since the epoch as local time, to the minute."""
    try:
        return datetime.fromtimestamp(time, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return f"@{time}"


def first_line(message: str, limit: int = 72) -> str:
    """The subject of a commit message."""
    return cut(message.strip().partition("\n")[0].rstrip(), limit)


def metrics(values: Iterable[tuple[str, float]], limit: int = 4) -> str:
    """A few metrics on one line: ``auc 0.981  f1 0.9``."""
    pairs = list(values)
    more = "  …" if len(pairs) > limit else ""
    return "  ".join(f"{name} {number(value)}" for name, value in pairs[:limit]) + more
