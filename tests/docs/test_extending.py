"""The plug-in of ``docs/extending.md``, written to disk from the page, installed and used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent.parent / "docs" / "extending.md").read_text()
USE = """
import sys
import hello, nbmodel
from nbmodel.versioning.verbs.status import fitted_models
greeter = hello.Greeter("good morning")
assert list(fitted_models({"g": greeter})) == []
greeter.fit([1, 2])
assert list(fitted_models({"g": greeter})) == [("g", greeter)]
registry = nbmodel.open(".", create=True)
version = registry.commit(greeter, "greeter", "first").version
print(version.flavor, version.summary, dict(version.params))
print(registry.checkout("greeter").predict([0]))
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed distributions with the plug-in in it."""
    folder = tmp_path / "site"
    for name, code in re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    toml = (
        r'```toml\n\[project\.entry-points\."([\w.]+)"\]\n'
        r"(.*?)```"
    )
    (entry,) = re.findall(toml, PAGE, re.DOTALL)
    info = folder / "hello_nbmodel-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hello-nbmodel\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{entry[0]}]\n{entry[1].replace(chr(34), '')}")
    return folder


def run(script: str, site: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_plug_in_of_the_page_works(site: Path, tmp_path: Path) -> None:
    done = run(USE, site, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "hello Greeter {'greeting': 'good morning'}",
        "['good morning']",
    ]


def test_a_plug_in_that_cannot_be_imported_is_named_and_breaks_nothing(
    site: Path, tmp_path: Path
) -> None:
    (site / "hello_nbmodel.py").write_text("import no_such_package_of_anybody")
    done = run("import nbmodel.plugins as p; print(p.framework_of(int))", site, tmp_path)
    assert done.stdout.strip() == "None"
    assert "The plug-in hello (hello_nbmodel:FRAMEWORK) cannot be loaded" in done.stderr


def test_rules_of_a_plug_in_are_ignored(site: Path, tmp_path: Path) -> None:
    path = site / "hello_nbmodel.py"
    row = 'flavor="hello_nbmodel:FLAVOR"'
    path.write_text(path.read_text().replace(row, f'{row}, rules="hello_nbmodel:RULES"'))
    script = "import hello, nbmodel.plugins as p\nprint(p.framework_of(hello.Greeter).name)"
    done = run(f"{script}\nprint(p.rules_for('hello'))", site, tmp_path)
    assert done.stdout.split() == ["hello", "None"], done.stderr
