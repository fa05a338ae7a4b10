"""Hostile names and texts: options, paths, revisions, markup, control characters, surrogates."""

from __future__ import annotations

import re

_TRICKS = [
    "--upload-pack=touch x", "--output=x", "--exec=x", "-x", "-", "--", "--git-dir=/", "-c", "-C/",
    "..", ".", "../../HEAD", "a/../b", "/etc/passwd", "a/b", "a//b", "a/", "/", "\\", "a\\b",
    ".git", ".GIT", ".git/hooks/post-commit", "git~1", ".gi\u200ct", "HEAD.lock", "a.lock", "a.",
    "@", "@{0}", "a@{u}", "a~1", "a^", "a^{commit}", "a:b", ":/fix", ":(top)a", "a..b", "a...b",
    "*", "a*", "?", "[a]", "a b", " a", "a ", "", " ", "\t", "\n", "a\nb", "a\rb", "a\0b", "\0",
    "a\n\nfrom refs/heads/main", "x\ndata 3\nabc", "x\ndeleteall", "x\nreset refs/heads/main",
    "x\ntagger Eve <eve@example.org> 1 +0000", "x\nobject " + "0" * 40, "feature done\nfeature x",
    "$(touch x)", "`touch x`", "; touch x", "| touch x", "&& touch x", "${HOME}", "%s%n", "%00",
    "<script>", "<img/src=x>", "&amp;", "'", '"', "a'b", 'a"b', "{x}", "{{7*7}}",
    "é", "\u202e", "ﬀ", "İ", "ß", "\u212a", "\ud800", "\udfff\ud800", "\uffff", "🜁",
    "٣", "Ⅳ", "a\u0301",
    "x" * 65, "x" * 300, "a" * 5000, "-a", "a-", "_a", "a_", "refs/heads/main", "FETCH_HEAD.",
    "ext::sh -c touch% x", "file:///etc", "ssh://-oProxyCommand=x/",
    "\x1b[2J", "\x7f", "\x80", "con\u0000", "NUL:", "a|b",
]  # fmt: skip

_GOOD = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?", re.ASCII)

# Alone, before, behind and inside a good name: over five hundred.
NAMES = sorted(
    {
        name
        for trick in _TRICKS
        for name in (
            trick, f"{trick}{trick}", f"churn{trick}", f"churn {trick}", f"{trick} churn",
            f"ch{trick}/urn", f"models/{trick}",
        )
        if not _GOOD.fullmatch(name)
    }
)  # fmt: skip
