"""Registries that an attacker made, and registries that are damaged; each in one folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from nbmodel import manifest
from nbmodel.records import ArrayNote, Code, Column, Signature
from tests.browser.registries import NOTEBOOK, git, notebook, shop
from tests.builder import Builder, manifest_of

LONG = "x" * 10_000
TEXTS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "</script><script>alert(1)</script>",
    "javascript:alert(1)",
    '<a href="javascript:alert(1)">link</a>',
    "<b onmouseover=alert(1)>bold</b>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "{{constructor.constructor('alert(1)')()}}",
    "`${alert(1)}`",
    "\u202egnp.exe\u2066\u2069 bidi",
    "$\\href{javascript:alert(1)}{math}$",
    "&lt;img src=x onerror=alert(1)&gt;",
    LONG,
)
CARD = """---
license: "<script>alert(1)</script>"
tags: ["<img src=x onerror=alert(1)>"]
---
# <img src=x onerror=alert(1)>

<script>alert(1)</script>

[link](javascript:alert(1)) [tab](java&#9;script:alert(1))
[data](data:text/html,<script>alert(1)</script>)
[upper](JaVaScRiPt:alert(1)) [ref] <javascript:alert(1)> <a href="javascript:alert(1)">raw</a>
![picture](x "onerror=alert(1)") ![far](https://example.org/x.png) ![js](javascript:alert(1))

[ref]: javascript:alert(1) '"><svg/onload=alert(1)>'

<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>
<math><mtext></mtext><style><img src=x onerror=alert(1)></style></math>
<iframe srcdoc="<script>alert(1)</script>"></iframe>
<form action="javascript:alert(1)"><button>b</button></form>

| a | <img src=x onerror=alert(1)> |
| --- | --- |
| `<img src=x onerror=alert(1)>` | "><svg/onload=alert(1)> |

```"><img src=x onerror=alert(1)>
</code></pre><script>alert(1)</script>
```
"""
CELLS = "# %%\nx = '</script><script>alert(1)</script>'  # <img src=x onerror=alert(1)>\n"


def _folder(path: Path) -> Path:
    """A folder with only a notebook."""
    notebook(path / NOTEBOOK, "%load_ext nbmodel")
    return path


def missing(path: Path) -> Path:
    """A folder without a registry, also in its parents."""
    return _folder(path)


def empty(path: Path) -> Path:
    """A registry without a version."""
    _folder(path)
    Builder(path / ".nbmodel.git").git.close()
    return path


def hostile(path: Path) -> Path:
    """Every text that the author of a model can choose is an attack."""
    _folder(path)
    builder = Builder(path / ".nbmodel.git")
    before: list[str] = []
    for number, text in enumerate(TEXTS, 1):
        before = [_version(builder, number, text, before)]
    builder.set_ref("refs/heads/models/evil/main", before[0])
    builder.tag("evil@v1.0.0", before[0], TEXTS[0].encode())
    builder.tag("evil#prod#1", before[0], TEXTS[1].encode(), tagger=b"<b>Eve</b> <e@example.org>")
    # Names that the grammar forbids, but git does not.
    for name in ("<img/src=x/onerror=alert(1)>", "<script>alert(1)<", '"><svg', "\u202egnp"):
        builder.set_ref(f"refs/heads/models/{name}/main", before[0])
        builder.set_ref(f"refs/tags/evil#{name}#1", before[0])
    packed = f"{before[0]} refs/heads/models/{LONG}/main\n"  # no file could have that name
    (builder.path / "packed-refs").write_text(packed)
    builder.git.close()
    return path


def _version(builder: Builder, number: int, text: str, parents: list[str]) -> str:
    signature = Signature(
        tuple(Column(t, t[:100], (-1,)) for t in TEXTS), (Column(text, "float64", (-1,)),)
    )
    altered = manifest_of(
        "evil", "main", number,
        type=f"sklearn.{text[:200]}", flavor="sklearn", summary=text,
        params=dict.fromkeys(TEXTS, f"{text[:300]} {number}"),
        metrics={t: number / (n + 1) for n, t in enumerate(TEXTS)},
        tags={t: t for t in TEXTS}, signature=signature, counts={text: number},
        arrays={text: ArrayNote("<f8", (1, 2), values=(0.5, number / 2))},
        code=Code("0" * 40, True, text), environment=dict.fromkeys(TEXTS, "1.0"), variable="clf",
    )  # fmt: skip
    blobs = {
        "README.md": CARD.encode(),
        "cells.py": CELLS.encode() + f"y = {text!r}  # {text}\n".encode(errors="replace"),
        "model.json": manifest.dumps(altered),
        "profile.json": json.dumps(_profile(number)).encode(),
        "requirements.txt": f"{text}\n".encode(errors="replace"),
    }
    entries = [("100644", name, builder.put("blob", data)) for name, data in blobs.items()]
    message = f"{text}\n\n{TEXTS[0]}".encode(errors="replace")
    who = b"<b>Eve</b> alert(1) <e@example.org>"
    return builder.commit(builder.tree(*entries), parents, message=message, who=who)


def _profile(number: int) -> dict[str, object]:
    columns = [
        {
            "name": text, "dtype": text[:100], "kind": "number", "missing": 0, "unique": 2,
            "min": 0, "max": 1, "mean": 0.5, "std": 0.5,
            "histogram": {"edges": [0, 0.5, 1], "counts": [number, 2]},
        }
        for text in TEXTS
    ]  # fmt: skip
    words = {
        "name": "words", "dtype": "str", "kind": "text", "missing": 0, "unique": len(TEXTS),
        "top": [[text, 1] for text in TEXTS], "other": 0,
    }  # fmt: skip
    return {"rows": 3, "fingerprint": TEXTS[0], "columns": [*columns, words]}


def newer(path: Path) -> Path:
    """Half of the versions have a format that this nbmodel does not know."""
    _folder(path)
    builder = Builder(path / ".nbmodel.git")
    builder.versions(2, "old")
    data = manifest.dumps(manifest_of("new", "main", 1))
    data = data.replace(b'"format": 2', b'"format": 99')
    tree = builder.tree(("100644", "model.json", builder.put("blob", data)))
    builder.set_ref("refs/heads/models/new/main", builder.commit(tree))
    builder.git.close()
    return path


def shallow(path: Path) -> Path:
    """A shallow clone: the newest version of each model without its parents."""
    whole = shop(path.with_name(f"{path.name}-whole"))
    remote, origin = "refs/remotes/origin", f"file://{whole}"
    git(path.parent, "clone", "-q", "--depth=1", "--no-single-branch", origin, str(path))
    for ref in git(path, "for-each-ref", "--format=%(refname)", f"{remote}/models").split():
        git(path, "update-ref", ref.replace(remote, "refs/heads"), ref)
    shutil.rmtree(whole)
    return path


def damaged(path: Path) -> Path:
    """The manifest of one version is missing."""
    _folder(path)
    builder = Builder(path / ".nbmodel.git")
    builder.versions(2, "whole")
    builder.version("torn")
    builder.object_path(builder.put("blob", manifest.dumps(manifest_of("torn")))).unlink()
    builder.git.close()
    return path
