"""The documentation is built without a warning, offline, and every cell of it runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "--fail-on-warning",
        "--keep-going",
        "-q",
        "-b",
        "html",
    ]
    built = subprocess.run(
        [*command, "-d", tmp_path / "trees", ROOT / "docs", tmp_path / "html"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr[-3000:]
    tutorial = (tmp_path / "html" / "tutorial.html").read_text()
    assert "tumor@1" in tutorial  # the cells ran
    for page in ("guide/commit", "reference/commands", "reference/errors", "reference/python"):
        assert (tmp_path / "html" / f"{page}.html").exists()
    for page in (tmp_path / "html").rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|link)[^>]*(?:src|href)="(https?:[^"]*)"', page.read_text()
        )
        assert loaded == [], page
