"""Imports go one way, frameworks stay in their files, and ``import nbmodel`` loads little."""

import ast
import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from nbmodel import plugins

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "nbmodel"

# Each imports only from itself and from lines before it, and not from others of its line.
BASE_MODULES = (
    "_version", "display", "errors", "records", "refs", "layout", "documents", "manifest",
    "ipython_files", "config", "progress", "terminal", "plugins", "metric_directions",
)  # fmt: skip
LAYERS = (
    *((name,) for name in BASE_MODULES),
    ("figures",),
    ("attachments",),
    ("flavors",),
    ("trust",),  # knows the flavors' reducers: what may be named in a skeleton
    ("predict",),
    ("scoring",),
    ("evaluation",),
    ("merging",),
    ("store",),
    ("repo",),
    ("index",),
    ("provenance",),
    ("versioning",),
    ("monitor",),
    ("serve",),
    ("api",),
    ("views",),
    ("widgets",),
    ("dashboard",),
    ("commands",),
    ("magics", "cli", "jupyter_server"),
    ("__init__",),
)
# The same inside a package that has sub-packages.
ROOMS = {
    "provenance": (
        ("failure",),
        ("cells", "environment", "code_repository", "user_modules"),
        ("data", "card", "dataflow"),
        ("notebook",),
        ("__init__",),
    ),
    "versioning": (
        ("trusted_commits",),
        ("context",),
        ("verifications",),
        ("purges",),
        (
            "snapshot",
            "array_summary",
            "user_metadata",
            "loadable",
            "lost_refs",
            "live_spans",
            "similar_names",
        ),
        (
            "rows",
            "resolve",
            "acceptance",
            "payload",
            "loading",
            "publish",
            "attached_files",
            "trusted_versions",
            "approvals",
            "evaluations",
            "retention",
        ),
        ("uncertain_refs", "reachable_segments"),
        ("events", "deletion", "deletion_scope", "segment_removal"),
        ("sharing",),
        ("audit",),
        ("verbs",),
        ("methods",),
        ("registry",),
        ("__init__",),
    ),
    "monitor": (
        ("common",),
        ("prediction_log",),
        ("drift",),
        ("quality",),
        ("anomalies", "alerts"),
        ("report",),
        ("exporters",),
        ("api",),
        ("__init__",),
    ),
    "serve": (
        ("protocol",),
        ("inference",),
        ("watch",),
        ("http",),
        ("options",),
        ("workers",),
        ("server", "server_records"),
        ("process",),
        ("__init__",),
    ),
}
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
FRAMEWORKS = {"sklearn", "scipy", "torch", "xgboost", "lightgbm", "keras", "pandas", "polars",
              "plotly", "ipywidgets", "matplotlib", "tensorflow"}  # fmt: skip
# They start fast, and import what they need with its first use.
FRONT_ENDS = {"views", "widgets", "dashboard", "commands", "magics", "cli", "jupyter_server"}
# What a face or a helper of ours may be the only one to import.
HOMES = {"git": {"nbmodel.repo.git"}, "tqdm": {"nbmodel.progress"}}


class Import(NamedTuple):
    """One name that a module imports; `typing` under TYPE_CHECKING, `late` inside a function."""

    module: str
    target: str
    typing: bool
    late: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def is_module(name: str) -> bool:
    return name in MODULES or f"{name}.__init__" in MODULES


def imports_of(module: str, path: Path) -> list[Import]:
    """Every import statement of a module, in functions too."""
    imports = []

    def visit(node: ast.AST, typing: bool, late: bool) -> None:
        if isinstance(node, ast.Import):
            imports.extend(Import(module, alias.name, typing, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                target = whole if is_module(whole) else str(node.module)
                imports.append(Import(module, target, typing, late))
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                visit(child, True, late)
            for child in node.orelse:
                visit(child, typing, late)
            return
        inside = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            visit(child, typing, inside)

    visit(ast.parse(path.read_text()), False, False)
    return imports


IMPORTS = [item for module, path in MODULES.items() for item in imports_of(module, path)]
OURS = [item for item in IMPORTS if item.target.split(".")[0] == "nbmodel"]
THEIRS = [item for item in IMPORTS if item.target.split(".")[0] != "nbmodel"]


def layer(module: str) -> str:
    return module.split(".")[1]


# -- layers ------------------------------------------------------------------


def test_every_module_has_a_layer():
    assert len(MODULES) > 100
    assert {layer(module) for module in MODULES} == set(RANK)


def test_imports_go_one_way():
    wrong = [
        item
        for item in OURS
        if item.target != "nbmodel"
        and layer(item.target) != layer(item.module)
        and RANK[layer(item.target)] >= RANK[layer(item.module)]
        # The tables name the protocols of what they load, for the type checker only.
        and not (item.typing and item.module == "nbmodel.plugins")
    ]
    assert wrong == []
    assert len(OURS) > 300


@pytest.mark.parametrize("package", ROOMS)
def test_imports_go_one_way_between_the_folders_of_a_package(package):
    rank = {room: number for number, rooms in enumerate(ROOMS[package]) for room in rooms}
    prefix = f"nbmodel.{package}."
    inside = [name for name in MODULES if f"{name}.".startswith(prefix)]
    assert {room(name, prefix) for name in inside} == set(rank)
    wrong = [
        item
        for item in OURS
        if f"{item.module}.".startswith(prefix) and f"{item.target}.".startswith(prefix)
        if room(item.target, prefix) != room(item.module, prefix)
        and rank[room(item.target, prefix)] >= rank[room(item.module, prefix)]
    ]
    assert wrong == []


def room(module: str, prefix: str) -> str:
    """The sub-package, or the module beside them, that a module belongs to."""
    return module.removeprefix(prefix).split(".")[0] if module.startswith(prefix) else "__init__"


@pytest.mark.parametrize(
    "package", [*ROOMS, "trust", "flavors", "predict", "scoring", "evaluation", "merging"]
)
def test_each_folder_of_a_package_lists_its_modules(package):
    missing = []
    for init in sorted((PACKAGE / package).rglob("__init__.py")):
        contents = ast.get_docstring(ast.parse(init.read_text())) or ""
        names = {path.stem for path in init.parent.glob("*.py")} - {"__init__"}
        names |= {path.parent.name for path in init.parent.glob("*/__init__.py")}
        missing += [(str(init), name) for name in names if not re.search(rf"\b{name}\b", contents)]
    assert missing == []


def test_the_tables_import_protocols_only():
    named = {item.target for item in OURS if item.module == "nbmodel.plugins"}
    assert named == {"nbmodel.flavors.base", "nbmodel.trust.rules"}


def test_no_module_imports_the_package_itself():
    assert [item.module for item in OURS if item.target == "nbmodel"] == []


def test_no_two_modules_need_each_other():
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for item in OURS:
        if is_module(item.target) and not item.typing and item.target != item.module:
            graph[item.module].add(item.target)
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError and names them
    assert len(order) >= len(MODULES)


def test_private_names_are_not_imported_by_other_modules():
    private = []
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "nbmodel":
                private += [
                    (module, node.module, alias.name)
                    for alias in node.names
                    if alias.name.startswith("_") and not alias.name.endswith("__")
                ]
    assert private == []


def test_the_layers_are_those_of_the_contributors_guide():
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    table = guide.partition("| layer |")[2].partition("\n\n")[0]
    rows = [
        [name.strip("/").removesuffix(".py") for name in re.findall(r"`([^`]+)`", row)]
        for row in re.findall(r"^\| ((?:`[^`]+` ?)+)\|", table, re.MULTILINE)
    ]
    named = [name for row in rows for name in row]
    assert set(named) == set(RANK) - {"__init__", "api"}
    rank = RANK | {"trust": RANK["flavors"]}  # side by side, there
    assert named == sorted(named, key=lambda name: rank[name])


# -- frameworks --------------------------------------------------------------


def test_a_framework_is_imported_in_its_own_file_only():
    elsewhere = []
    for item in THEIRS:
        framework = item.target.split(".")[0]
        stem = item.module.rpartition(".")[2]
        if framework in FRAMEWORKS and not (stem == framework or stem.startswith(f"{framework}_")):
            elsewhere.append(item)
    assert elsewhere == []


def test_other_libraries_are_imported_in_one_place():
    for library, homes in HOMES.items():
        item = {i.module for i in THEIRS if i.target.split(".")[0] == library}
        assert item == homes


def test_only_a_framework_is_imported_late():
    """And what costs as much; a front end may also import our own modules late, to start fast.

    The tests above count late imports too, so such an import cannot hide a cycle.
    """
    late = [
        item
        for item in IMPORTS
        if item.late
        # pandas may be there without pyarrow, in which it keeps texts.
        and item.target.split(".")[0] not in FRAMEWORKS | {"tqdm", "pyarrow", "fsspec"}
        # A file of a framework's flavor is as heavy as the framework.
        and item.target not in {row.flavor.split(":")[0] for row in plugins.FRAMEWORKS}
        and not (layer(item.module) in FRONT_ENDS and item in OURS)
    ]
    assert late == []


def test_every_lazily_named_target_exists():
    rows = (*plugins.FRAMEWORKS, plugins.FALLBACK)
    named = [target for row in rows for target in (row.flavor, row.rules, row.average) if target]
    named += plugins.MERGE_METHODS.values()
    assert {file for row in rows for file in row.callers.values()} <= MODULES.keys()
    for wanted in [*named, *plugins.LIBRARY_RULES]:
        module, _, attribute = wanted.partition(":")
        tree = ast.parse(MODULES[module].read_text())
        defined = {
            target.id
            for node in tree.body
            for target in getattr(node, "targets", [getattr(node, "target", None)])
            if isinstance(target, ast.Name)
        } | {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert attribute in defined, wanted


# -- what loading loads ------------------------------------------------------

HEAVY = sorted(
    FRAMEWORKS
    | {"numpy.random", "IPython", "git", "gitdb", "sqlite3", "cloudpickle", "tqdm", "blake3"}
    | {"platformdirs", "multiprocessing", "asyncio", "h5py", "joblib", "nbmodel.versioning"}
    | {"anywidget"}
)
AFTER_LOAD = sorted(
    FRAMEWORKS
    | {"git", "numpy", "tqdm", "h5py", "joblib", "nbclient", "notebook", "jupyterlab", "anywidget"}
)

IMPORT_ALONE = """
import json, sys
import nbmodel
print(json.dumps(sorted(sys.modules)))
"""

LOAD = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.run_line_magic("load_ext", "nbmodel")
after = sorted(set(sys.modules) - before)
assert "model_commit" in shell.magics_manager.magics["line"]
shell.run_cell("x = 1")
print(json.dumps(after))
"""


def modules_after(script: str, tmp_path: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_nbmodel_imports_almost_nothing(tmp_path):
    loaded = modules_after(IMPORT_ALONE, tmp_path)
    assert "nbmodel" in loaded
    assert loaded & set(HEAVY) == set()
    assert {name for name in loaded if name.startswith("nbmodel.")} == set()


def test_load_ext_imports_no_framework(tmp_path):
    loaded = modules_after(LOAD, tmp_path)
    assert "nbmodel.magics" in loaded
    assert loaded & set(AFTER_LOAD) == set()
    flavors = {name for name in loaded if name.startswith("nbmodel.flavors.")}
    assert flavors & {row.flavor.split(":")[0] for row in plugins.FRAMEWORKS} == set()


def test_a_registry_opens_without_the_statistics_of_evaluations(tmp_path):
    script = (
        "import json, sys\nimport nbmodel.versioning.registry\nprint(json.dumps([*sys.modules]))"
    )
    loaded = modules_after(script, tmp_path)
    statistics = {"nbmodel.evaluation.evaluation", "nbmodel.evaluation.metrics"}
    assert "nbmodel.versioning.evaluations" in loaded
    assert loaded & statistics == set()


@pytest.mark.parametrize("name", BASE_MODULES)
def test_a_base_module_imports_no_library(name, tmp_path):
    script = f"import json, sys\nimport nbmodel.{name}\nprint(json.dumps(sorted(sys.modules)))"
    loaded = modules_after(script, tmp_path)
    assert loaded & {*FRAMEWORKS, "IPython", "git", "numpy", "tqdm"} == set()
