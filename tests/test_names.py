"""Names are nouns and verbs, a public class name has one meaning, long records are keyword-only."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Names of two classes until one is renamed. The list only becomes shorter.
PENDING: set[str] = set()
MAX_POSITIONAL_FIELDS = 6
# They say what happened to a thing, and not what it is.
PARTICIPLE_RE = re.compile(
    "_*(added|asked|broken|built|changed|chosen|done|found|given|gone|held|kept|known|left|lost|made"
    "|missing|named|put|removed|said|seen|sent|shown|taken|told|used|wanted)",
    re.IGNORECASE,
)
# Participles that stay, by module.
ALLOWED_PARTICIPLES = {
    "index/sightings.py": {"MISSING"},  # a state, beside ABANDONED and FORGOTTEN
    "monitor/alerts/notify.py": {"sent"},  # counted in the status of a server, beside "failed"
    "monitor/drift/counts.py": {"missing"},  # the name of this count in profile.json
    "monitor/drift/references.py": {"missing"},
    "monitor/report/distribution.py": {"missing"},
    "predict/inputs.py": {"missing"},  # a field of the manifest
    "serve/http/endpoint.py": {"done"},  # a method of asyncio.Future
    "serve/inference/batching.py": {"done"},
}


def public_classes(folder: Path) -> dict[str, list[str]]:
    """The modules that define each public class of a folder."""
    modules = defaultdict(list)
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].append(path.relative_to(folder).as_posix())
    return modules


def test_a_public_class_name_is_defined_once():
    twice = {name: m for name, m in public_classes(ROOT / "nbmodel").items() if len(m) > 1}
    assert {name: m for name, m in twice.items() if name not in PENDING} == {}
    assert set(twice) == PENDING, "remove a name that is defined once from PENDING"


def test_a_name_that_two_modules_define_is_noticed(tmp_path):
    (tmp_path / "one.py").write_text("class Model: ...\nclass _Private: ...\n")
    (tmp_path / "two.py").write_text("class Model: ...\nclass _Private: ...\n")
    assert public_classes(tmp_path) == {"Model": ["one.py", "two.py"]}


def test_a_record_of_many_fields_is_keyword_only():
    """Positions of many fields are easy to confuse, and no type checker sees it."""
    positional = []
    for path in sorted((ROOT / "nbmodel").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                fields = sum(isinstance(item, ast.AnnAssign) for item in node.body)
                decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
                is_record = any(name.startswith("dataclass") for name in decorators)
                is_keyword_only = any("kw_only=True" in name for name in decorators)
                if is_record and fields > MAX_POSITIONAL_FIELDS and not is_keyword_only:
                    positional.append(f"{path.name}: {node.name}")
    assert positional == []


def participles(source: str) -> list[str]:
    """The names in a module that are participles, in order.

    A truth value may have one, because it reads as a statement: ``removed: bool``. So may the verb
    `put`, and `left` as the side that is not `right`.
    """
    nodes = list(ast.walk(ast.parse(source)))
    truth_values = {
        id(node.target if isinstance(node, ast.AnnAssign) else node)
        for node in nodes
        if isinstance(node, ast.AnnAssign | ast.arg) and is_bool(node.annotation)
    }
    names = [name for node in nodes if id(node) not in truth_values for name in defined_names(node)]
    return [
        name
        for name in names
        if PARTICIPLE_RE.fullmatch(name) and not (name == "left" and "right" in names)
    ]


def is_bool(annotation: ast.expr | None) -> bool:
    """Whether an annotation is ``bool``."""
    return isinstance(annotation, ast.Name) and annotation.id == "bool"


def defined_names(node: ast.AST) -> list[str]:
    """The name that a node defines, if it defines one."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [] if name.strip("_") == "put" or name.startswith("__") else [name]
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return [name]
        case ast.ClassDef(name=name) | ast.arg(arg=name) | ast.alias(asname=str(name)):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            return [name]
    return []


def test_no_name_is_a_participle():
    package = ROOT / "nbmodel"
    names = {
        path.relative_to(package).as_posix(): set(participles(path.read_text()))
        for path in package.rglob("*.py")
    }
    assert {module: bad for module, bad in names.items() if bad} == ALLOWED_PARTICIPLES


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("found = 1", ["found"]),
        ("class Named: ...", ["Named"]),
        ("def _told(known, *, used=1): ...", ["_told", "known", "used"]),
        ("self.lost = [kept for kept in rows]", ["lost", "kept"]),
        ("if (made := make()): ...", ["made"]),
        ("with a as held, b as (given, _): ...", ["held", "given"]),
        ("import one as done", ["done"]),
        ("try: ...\nexcept OSError as broken: ...", ["broken"]),
        ("left = 1", ["left"]),
        ("left, right = 1, 2", []),
        ("class Move:\n    removed: bool\n    def put(self, changed: bool): ...", []),
        ("known_names = found.missing", []),
    ],
)
def test_a_participle_is_noticed(source, names):
    assert sorted(participles(source)) == sorted(names)


def glossary() -> dict[str, str]:
    """The terms of CONTRIBUTING and what they mean."""
    text = (ROOT / "CONTRIBUTING.md").read_text().split("## Glossary\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \|$", text, re.MULTILINE))


def test_the_glossary_is_sorted_and_each_term_has_one_sentence():
    terms = glossary()
    assert len(terms) >= 15
    assert list(terms) == sorted(terms, key=str.casefold)
    for term, meaning in terms.items():
        assert re.fullmatch(r"[A-Z][^.?!]*\.", re.sub(r"`[^`]*`", "code", meaning)), term
