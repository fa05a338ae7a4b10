"""The released files: equal bytes from every build, and lists of everything in them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(1700)]
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The `dist` of two clones in folders of different length."""
    builds = []
    for name in ("one", "another/and/deeper"):
        clone = tmp_path_factory.mktemp("release") / name
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        variables = os.environ | {"PYTHONPATH": "", "TZ": "Asia/Tokyo" if builds else "UTC"}
        subprocess.run(
            ["make", "-C", clone, "dist", f"PYTHON={sys.executable}"], env=variables, check=True
        )
        builds.append(clone / "dist")
    return builds


def test_two_builds_of_a_commit_are_equal_byte_for_byte(built: list[Path]) -> None:
    one, another = built
    for suffix in ("*.whl", "*.tar.gz"):
        (first,) = one.glob(suffix)
        assert first.read_bytes() == (another / first.name).read_bytes()


def test_the_built_files_are_valid_for_an_index_and_pip(built: list[Path]) -> None:
    dist = built[0]
    tools = dist.parent / ".venv" / "bin"
    files = [*dist.glob("*.whl"), *dist.glob("*.tar.gz")]
    subprocess.run([tools / "twine", "check", "--strict", *files], check=True)
    subprocess.run([tools / "check-wheel-contents", files[0]], check=True)


def test_the_sbom_of_the_package_names_every_requirement(built: list[Path]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["serve"]]
    names = {_normal(re.split(r"[^\w.-]", one)[0]) for one in wanted}
    bill = _bill(built[0] / "sbom" / "installed.cdx.json")
    listed = {_normal(each["name"]): each for each in bill["components"]}
    assert names <= set(listed)
    assert all(each["version"] and each["purl"].startswith("pkg:pypi/") for each in listed.values())
    assert bill["metadata"]["component"]["name"] == "nbmodel"


def test_the_sbom_of_the_front_end_has_the_versions_of_its_lock_file(built: list[Path]) -> None:
    package = json.loads((ROOT / "labextension" / "package.json").read_text())
    lock = (ROOT / "labextension" / "yarn.lock").read_text()
    bill = _bill(built[0] / "sbom" / "bundled.cdx.json")
    listed = {(_full_name(each), each["version"]) for each in bill["components"]}
    for name, requirement in package["dependencies"].items():
        request = re.escape(f"{name}@npm:{requirement}")
        locked = re.search(rf'^"(?:[^\n]*, )?{request}[",][^\n]*\n  version: (\S+)$', lock, re.M)
        assert locked, f"{name} {requirement} is not in yarn.lock"
        assert (name, locked[1]) in listed
    assert not set(package["devDependencies"]) & {name for name, _ in listed}


def test_a_panel_opens_after_pip_install_nbmodel(built: list[Path], tmp_path: Path) -> None:
    (wheel,) = built[0].glob("*.whl")
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)
    variables = os.environ | {"PYTHONPATH": "", "HOME": str(tmp_path)}
    shown = subprocess.run(
        [python, "-c", OPEN_A_PANEL], env=variables, cwd=tmp_path, check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "RegistryPanel" in shown


OPEN_A_PANEL = """
import importlib.util
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "nbmodel")
shell.run_line_magic("model_init", ".")
shell.user_ns["clf"] = {"weights": [1.0, 2.0]}
shell.run_line_magic("model_commit", "clf --metric auc=0.9")
print(type(shell.run_line_magic("model_panel", "")).__name__)
assert importlib.util.find_spec("plotly") is None
"""


def _bill(path: Path) -> dict[str, Any]:
    bill = json.loads(path.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["components"]
    return bill


def _full_name(component: dict[str, Any]) -> str:
    group = component.get("group", "")
    return f"{group}/{component['name']}" if group else component["name"]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
