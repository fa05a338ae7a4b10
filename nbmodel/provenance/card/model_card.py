"""The model card of a version: ``README.md`` with Hugging Face front matter.

Format: huggingface_hub, "Model Cards" (metadata keys, ``model-index``). The
front matter is YAML; its values are written as JSON, which YAML contains. What
the user added to the card before (`nbmodel.provenance.card.custom_sections`) is taken over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from nbmodel import display
from nbmodel.attachments import kind_of, title_of
from nbmodel.display import number
from nbmodel.manifest import Manifest, default_params
from nbmodel.provenance.card import custom_sections
from nbmodel.refs import DEFAULT_BRANCH

CELL_LIMIT = 10_000  # characters
_NO_TYPE_RE = re.compile(r"[^\w.\-]")  # what stands in no dotted name
LIBRARIES = {"sklearn": "sklearn", "torch": "pytorch", "keras": "keras"}


def render_card(manifest: Manifest, message: str, previous: str = "") -> str:
    """The card of a version; names and messages are escaped for Markdown.

    Parameters
    ----------
    manifest : Manifest
    message : str
        What is new about the version.
    previous : str
        A card whose custom sections stay. Any text is accepted.
    """
    own = custom_sections.parse_card(previous).own
    line = (
        manifest.model
        if manifest.branch == DEFAULT_BRANCH
        else f"{manifest.model}:{manifest.branch}"
    )
    parts = [
        "\n".join(["---", *_front_matter(manifest), *own.keys, "---"]),
        f"# {_plain(manifest.model)} {manifest.number}",
        f"**Version {manifest.number}:** {_plain(message.strip())}",
        f"`{_NO_TYPE_RE.sub('', manifest.type) or 'object'}`: {_plain(manifest.summary)}",
        own.introduction,
        _table("Metrics", {k: number(v) for k, v in manifest.metrics.items()}),
        _parameters(manifest),
        _signature(manifest),
        _attached(manifest),
        "## Load it\n\n```python\nimport nbmodel\n\n"
        f'model = nbmodel.checkout("{line}@{manifest.number}")\n```',
        *own.sections,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(manifest: Manifest) -> list[str]:
    lines = [f"library_name: {_json(LIBRARIES.get(manifest.flavor, manifest.flavor))}"]
    lines.append(f"tags: {_json(['nbmodel', *sorted(manifest.tags)])}")
    if manifest.metrics:
        lines += [f"metrics: {_json(sorted(manifest.metrics))}", "model-index:"]
        lines += [f"- name: {_json(manifest.model)}", "  results:", "  - task:"]
        lines += ["      type: other", "    dataset:", "      type: other", "      name: own data"]
        lines.append("    metrics:")
        for name, value in sorted(manifest.metrics.items()):
            lines += [f"    - type: {_json(name)}", f"      value: {_json(value)}"]
    return lines


def _parameters(manifest: Manifest) -> str:
    """The parameters that were set, then the others in one line."""
    defaults = set(default_params(manifest))
    changed_params = {k: str(v) for k, v in manifest.params.items() if k not in defaults}
    others = [f"{k}={v}" for k, v in sorted(manifest.params.items()) if k in defaults]
    table = _table("Parameters", changed_params)
    if not others:
        return table
    line = f"{len(others)} with default values: {_plain(', '.join(others))}"
    return f"{table or '## Parameters'}\n\n{line}"


def _signature(manifest: Manifest) -> str:
    rows = [("input", c) for c in manifest.signature.inputs[:100]]
    rows += [("output", c) for c in manifest.signature.outputs[:100]]
    cells = [(kind, c.name, c.dtype or "any", str(list(c.shape))) for kind, c in rows]
    return _rows("Signature", ("", "name", "dtype", "shape"), cells)


def _attached(manifest: Manifest) -> str:
    """Images as images, once for each figure, and links to the other files."""
    images = {title_of(f.name): f for f in reversed(manifest.files) if kind_of(f.name) == "image"}
    lines = [f"![{_plain(title)}]({file.path})" for title, file in reversed(images.items())]
    lines += [
        f"- [{_plain(file.name)}]({file.path}), {display.size(file.content.size)}"
        for file in manifest.files
        if images.get(title_of(file.name)) is not file
    ]
    return "\n\n".join(["## Figures and files", *_paragraphs(lines)]) if lines else ""


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Images, then the list as one paragraph."""
    images = [line for line in lines if line.startswith("!")]
    rest = [line for line in lines if not line.startswith("!")]
    return [*images, *(["\n".join(rest)] if rest else [])]


def _table(title: str, values: Mapping[str, str]) -> str:
    return _rows(title, ("name", "value"), sorted(values.items()))


def _rows(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    lines += [f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows]
    return f"## {title}\n\n" + "\n".join(lines)


def _plain(text: str) -> str:
    return display.cut(display.markdown(text), CELL_LIMIT)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)
