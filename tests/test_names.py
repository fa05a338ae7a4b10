"""A public class name has one meaning, long records are keyword-only, the glossary is sorted."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Names of two classes until one is renamed. The list only becomes shorter.
PENDING: set[str] = set()
MAX_POSITIONAL_FIELDS = 6


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
