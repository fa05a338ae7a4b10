"""Random registries and searches, and the two programs that answer them."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import strategies as st

from nbmodel.dashboard.search_values import search_values
from nbmodel.display import visible
from nbmodel.errors import NbModelError
from nbmodel.index import evaluations, query, rows, search, unused_names
from nbmodel.index.fields import FIELDS
from nbmodel.index.folding import add_functions
from nbmodel.index.schema import DDL, EVALUATION, KINDS, SERIAL_BITS
from nbmodel.index.tokens import spelling
from nbmodel.records import Person, VersionInfo
from nbmodel.views.rows import row
from nbmodel.views.texts import texts

FRONT_END = Path(__file__).parents[2] / "labextension"
START = 1_750_000_000

# -- registries ----------------------------------------------------------------------------

CHARACTERS = (
    "aAbBzZ019 ._-'\"\\%()=<>!~,@#/\t\n\x07\x1c\x85\xa0\xad"
    "ée\u0301ßẞsS\u0131İI\u03c3ςΣΌжЖǅﬁ\uff21\uff41\uff11²½Ω\u212a\u0345\u0295ΐ"
    "田ガｶﾞ가각ไทยאב\u200f\u200d\u202e\u2028\ufeff\ue000😀𝔄𐐀\U000e0041"
)
ODD_TEXTS = st.text(CHARACTERS, max_size=8)
NUMBERS_AS_TEXTS = (
    "1", "1.0", "01", "+1", "-1", "1e3", "1E3", "0x10", "1_000", ".5", "5.", "-0", "inf", "-inf",
    "Infinity", "nan", "NaN", "True", "true", "False", "None", "none", "9007199254740993",
    "9223372036854775808", "1" + "0" * 30, "1" + "0" * 400, "\u0661", "1e999", "½", "2025-06",
)  # fmt: skip
PLAIN_TEXTS = ("lbfgs", "saga", "Saga", "Groß", "a b", "ΟΔΟΣ", "x", "")
TEXTS = st.sampled_from((*NUMBERS_AS_TEXTS, *PLAIN_TEXTS)) | ODD_TEXTS
INTEGERS = st.sampled_from(
    (0, 1, -1, 5, 10, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30, 10**400)
)
FLOATS = st.sampled_from((0.0, -0.0, 0.5, 1.0, 1e-5, 1e16, 1e22, 2.0**53)) | st.floats()
FINITE = st.sampled_from((0.0, 0.5, 1.0, 1e-5, 1e22)) | st.floats(
    allow_nan=False, allow_infinity=False
)
SCALARS = st.none() | st.booleans() | INTEGERS | FLOATS | TEXTS
NAMES = st.sampled_from(("k", "K", "acc", "auc", "step__k", "my k", "number", "a.b", "é", "order"))
FACT_NAMES = NAMES | st.text(CHARACTERS, min_size=1, max_size=4)
PEOPLE = st.builds(Person, TEXTS, st.sampled_from(("nina@x.org", "")) | ODD_TEXTS)
TIMES = st.sampled_from((0, 1, 59, 60, 86_399, 86_400, 30 * 86_400, 400 * 86_400))
LABELS = {"stage": ("prod", "Staging", "dev"), "release": ("v1.2.0", "v1.3.0")}


@st.composite
def registries(draw):
    """Versions, the oldest first, with their labels."""
    versions = []
    numbers = {}
    times = sorted(draw(st.lists(TIMES, max_size=6)))
    for at, time in enumerate(times):
        line = draw(st.sampled_from((("churn", "main"), ("churn", "exp"), ("Price-2", "main"))))
        numbers[line] = numbers.get(line, 0) + 1
        version = VersionInfo(
            commit=f"{at:x}{line[0].encode().hex()}".ljust(40, "0"),
            parents=(),
            model=line[0],
            branch=line[1],
            number=numbers[line],
            author=draw(PEOPLE),
            time=START + time,
            message=draw(TEXTS).strip(),
            type=draw(st.sampled_from(("sklearn.svm.SVC", "a.Ünder", "C")) | ODD_TEXTS),
            flavor=draw(st.sampled_from(("sklearn", "Flä")) | ODD_TEXTS),
            summary=draw(TEXTS),
            params=draw(st.dictionaries(FACT_NAMES, SCALARS, max_size=4)),
            metrics=draw(st.dictionaries(FACT_NAMES, INTEGERS | FLOATS, max_size=3)),
            tags=draw(st.dictionaries(FACT_NAMES, TEXTS, max_size=3)),
            evaluation=draw(st.dictionaries(FACT_NAMES, FINITE, max_size=2)),
            size=draw(st.sampled_from((0, 999, 1000, 5_000_000))),
        )
        labels = [
            (kind, label)
            for kind, known in LABELS.items()
            for label in draw(st.sets(st.sampled_from(known), max_size=1))
        ]
        versions.append((version, labels))
    return versions


# -- searches ------------------------------------------------------------------------------

DATES = (
    "2025-06-15", "2025-06", "2025", "2026-07-20", "2025-06-15T15:06", "2025-06-15T15:06:40",
    "2025-06-15T17:06:40+02:00", "2025-06-15T15:06Z", "2025-06-15T15:06:40.5", "2025-02-30",
    "2025-13", "2025-06-15T25:00", "2025-06-15T15:06+24:00", "0000-01-01", "0001-01-01",
    "9999-12", "2025-6-1", "20250615", "7d", "2000d", "999999y", "3f", "today", "2025-06-15Z",
    "2025-06-15T15:06:60", "2025-06-15T15:06-0530", "\u0662025",
)  # fmt: skip
SIZES = ("1kB", "999", "5MB", "0.5k", "1PB", "1.2.3", ".", "5mib", "999999999TB", "5000000")
OPERATORS = ("=", "==", "!=", "<", "<=", ">", ">=", "~")
KEYWORDS = ("and", "or", "not", "in", "(", ")", ",", "order by", "like", "desc", "not in (", "'")
WORDS = ("churn", "prod", "stag", "main", "v1.2", "churn@1", "churn:exp@1", "price-2@PROD", "1")


def quoted(text, mark='"'):
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


class Searches:
    """Random searches, most of them well-formed, with what occurs in some versions."""

    def __init__(self, versions, seed):
        self.random = random.Random(seed)
        self.values = [*WORDS, *NUMBERS_AS_TEXTS, *PLAIN_TEXTS]
        self.facts = [("metrics", "acc"), ("params", "stepk"), ("tags", "my k"), ("params", "C")]
        for version, _ in versions:
            about = (version.author.name, version.author.email, version.message, version.type)
            self.values += [*about, version.flavor, version.summary, version.commit[:8]]
            for kind in KINDS:
                values = getattr(version, kind)
                self.values += map(str, values.values())
                self.facts += [(kind, name) for name in values]
            self.facts += [(EVALUATION, name) for name in version.evaluation]

    def question(self):
        """The question `rows` with a random search, and at times with an order of a column."""
        text = self.malformed() if self.random.random() < 0.15 else self.either()
        if self.random.random() < 0.3:
            keys = [self.key() for _ in range(self.random.randint(1, 3))]
            text += f" order by {', '.join(keys)}"
        return {
            "query": text,
            "sort": self.random.choice(("", "-")) + self.field()
            if self.random.random() < 0.2
            else "",
            "every": self.random.random() < 0.8,
        }

    def malformed(self):
        makers = (self.word, self.condition, self.field, lambda: self.random.choice(KEYWORDS))
        return " ".join(self.random.choice(makers)() for _ in range(self.random.randint(0, 5)))

    def either(self, depth=0):
        parts = [self.part(depth) for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        return self.random.choice((" ", " and ", " or ", " AND not ")).join(parts)

    def part(self, depth):
        choice = self.random.random()
        if depth < 3 and choice < 0.15:
            return f"({self.either(depth + 1)})"
        if choice < 0.25:
            return f"not {self.condition()}"
        return self.word() if choice < 0.5 else self.condition()

    def condition(self):
        choice = self.random.random()
        if choice < 0.1:
            return f"date {self.random.choice(OPERATORS)} {self.random.choice(DATES)}"
        if choice < 0.15:
            return f"size {self.random.choice(OPERATORS)} {self.random.choice(SIZES)}"
        if choice < 0.25:
            negated = self.random.choice(("in", "not in"))
            return f"{self.field()} {negated} ({self.word()}, {self.word()})"
        return f"{self.field()} {self.random.choice(OPERATORS)} {self.word()}"

    def field(self):
        if self.random.random() < 0.3:
            return self.random.choice((*FIELDS, "Author", "time", "authors"))
        kind, name = self.random.choice(self.facts)
        prefix = self.random.choice((f"{kind}.", f"{kind.title()}.", ""))
        return prefix + spelling(name) if prefix else name

    def key(self):
        sign, direction = self.random.choice(("", "-")), self.random.choice(("", " desc", " ASC"))
        return f"{sign}{self.field()}{direction}"

    def word(self):
        """A value or a part of it, in quotation marks or without."""
        text = self.random.choice(self.values)
        if len(text) > 1 and self.random.random() < 0.3:
            start = self.random.randrange(len(text))
            text = text[start : start + self.random.randint(1, 5)]
        if self.random.random() < 0.2:
            text = self.random.choice((text.upper(), text.lower(), normalize("NFD", text)))
        needs_marks = not re.fullmatch(r"[\w.@:+-]+", text) and self.random.random() < 0.9
        if needs_marks or self.random.random() < 0.3:
            return quoted(text, self.random.choice("\"'"))
        return text


# -- the index -----------------------------------------------------------------------------


def index_of(versions):
    """An index in memory with these versions, as a refresh writes them."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    add_functions(db)
    for statement in DDL.split(";\n"):
        db.execute(statement)
    written = [
        rows.VersionRow((v.time << SERIAL_BITS) + at, None, v.model, v.number, v, ())
        for at, (v, _) in enumerate(versions)
    ]
    names = rows.Names(db)
    rows.insert(db, names, written)
    for version, _ in versions:
        evaluations.store(db, version.commit, version.evaluation)
    evaluations.write_facts(db, names, set(), {version.commit for version, _ in versions})
    for entry, (_, labels) in zip(written, versions, strict=True):
        marks = [(entry.id, kind, label, f"{label}-{entry.id}") for kind, label in labels]
        db.executemany("INSERT INTO marks VALUES (?, ?, ?, ?)", marks)
    newest = "SELECT max(id) FROM versions v WHERE v.model = models.id"
    db.execute(f"UPDATE models SET latest = coalesce(({newest} AND line = 'main'), ({newest}))")
    return db


def answer_of_index(db, question):
    text, sort, every = question["query"], question["sort"], question["every"]
    try:
        found = search.search(db, text, sort=sort, all_versions=every)
        hint = "" if found else visible(unused_names.unused_names(db, text))
    except NbModelError as error:
        return {"error": [type(error).__name__, error.what, error.hint]}
    return {"refs": [version.ref for version in found], "hint": hint}


# -- the page ------------------------------------------------------------------------------


def page_of(db, versions):
    """The data of a static page, as far as a search reads it."""
    newest = [number for (number,) in db.execute("SELECT id FROM versions ORDER BY id DESC")]
    values = {}
    shown, details = [], {}
    full = {version.commit: version for version, _ in versions}
    for info in rows.read(db, newest).values():
        marks = query.marks(db, [info])[info.model, info.commit]
        shown.append(row(info, marks))
        details[info.commit] = answer = details_of(full[info.commit])
        if part := search_values(info, shown[-1], answer):
            values[info.commit] = part
    return {
        "rows": shown,
        "versions": details,
        "searchValues": values,
        "models": {},
        "shared": [],
        "reports": {},
    }


def details_of(version):
    """As `nbmodel.views.version` answers."""
    return {
        "email": visible(version.author.email),
        "message": visible(version.message.strip()),
        "about": [("object", visible(f"{version.type}: {version.summary}"))],
        "params": texts(version.params),
        "tags": texts(version.tags),
    }


class PageSearch:
    """The search of a static page, in a process of node."""

    def __init__(self, folder):
        tools = {"path": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        node, esbuild = shutil.which("node", **tools), FRONT_END / "node_modules/.bin/esbuild"
        if node is None or not esbuild.exists():
            pytest.fail("the front end is not installed: make test-frontend installs it")
        sources = [FRONT_END / f"src/view/offline/{name}.ts" for name in ("embedded", "folding")]
        subprocess.run(
            [esbuild, *sources, "--bundle", "--format=esm", f"--outdir={folder}",
             "--out-extension:.js=.mjs", "--log-level=error"],
            check=True, env=os.environ | {"PATH": tools["path"]},
        )  # fmt: skip
        self._process = subprocess.Popen(
            [node, Path(__file__).parent / "page_search.mjs", folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def answers(self, page, questions):
        """The answers of a page to its questions."""
        return self._ask({"page": page, "questions": questions})

    def characters(self, characters):
        """Each character folded, its words, and whether it begins a word behind a letter."""
        return self._ask({"characters": characters})

    def _ask(self, request):
        self._process.stdin.write(json.dumps(request, allow_nan=False) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.communicate(timeout=30)
