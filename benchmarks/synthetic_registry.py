"""Make a large synthetic registry quickly: one `git fast-import` of real snapshots.

    python benchmarks/synthetic_registry.py PATH [--models 1000] [--versions 100]

Each model has its own branch: a tenth of them fork an `exp` branch in the
middle, some carry releases and stage moves. Everything is derived from a
seed, so two runs make the same commits.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from nbmodel import manifest
from nbmodel.records import ArrayNote, Code, Column, Payload, Placement, Segment, Signature
from nbmodel.repo.repositories import create_bare

START = 1_700_000_000
STEP = 300  # seconds between two versions of one model

_NOUNS = ("churn", "fraud", "price", "demand", "risk", "click", "basket", "route", "text")
_WORDS = (
    "baseline",
    "retrained",
    "on new region",
    "with cleaner labels",
    "after review",
    "calibrated",
    "wider grid",
    "fixed leak",
    "dropped stale features",
    "tuned depth",
    "added holidays",
)
REASONS = (
    "Passed review",
    "Better on the holdout: 0.93 against 0.91",
    'Ada said "ship it" & <b>Ben</b> agreed; see <https://example.org/?a=1&b=2>',
    "Región norte y 東京 — geprüft, für größere Kunden",
    "A long reason. " * 20,
)
_TYPES = (
    ("sklearn.pipeline.Pipeline", "sklearn", "Pipeline(StandardScaler, LogisticRegression)"),
    ("sklearn.ensemble._forest.RandomForestClassifier", "sklearn", "RandomForest, 200 trees"),
    ("xgboost.sklearn.XGBClassifier", "xgboost", "XGBClassifier, 300 rounds"),
    ("torch.nn.modules.container.Sequential", "torch", "Sequential, 6 layers"),
)
_PEOPLE = [f"{name} <{name.lower()}@example.org>" for name in ("Ada", "Ben", "Chloé", "Dimitra")]


def make(path: Path, models: int, versions: int, seed: int = 1, staged: int = 10) -> None:
    """Write a bare repository with `models` x `versions` versions to `path`.

    One of `staged` models holds ``prod``, and has releases.
    """
    create_bare(path)
    run_import(
        path,
        (
            _model(model, versions, random.Random(f"{seed}/{model}"), model % staged == 0)
            for model in range(models)
        ),
    )


def make_events(path: Path, name: str, events: int, seed: int = 1) -> None:
    """Add a model with so many events: half are versions, the others releases and stage moves."""
    run_import(path, [_eventful(name, events, random.Random(f"{seed}/{name}"))])


def run_import(path: Path, models: Iterable[Iterable[bytes]]) -> None:
    """Feed commits and tags to ``git fast-import``."""
    importer = subprocess.Popen(
        ["git", "--git-dir", str(path), "fast-import", "--quiet"], stdin=subprocess.PIPE
    )
    with importer.stdin as stream:
        stream.write(_blob(1, b"# A model\n") + _blob(2, b"\x80\x05N."))
        for model in models:
            stream.write(b"".join(model))
    if importer.wait():
        raise SystemExit("git fast-import failed")
    # As after a clone or `git gc`: one file instead of a file a branch.
    subprocess.run(["git", "--git-dir", str(path), "pack-refs", "--all"], check=True)


def model_name(model: int) -> str:
    """Name of a model by its place."""
    return f"{_NOUNS[model % len(_NOUNS)]}-{model:04}"


def _eventful(name: str, events: int, rng: random.Random):
    for number in range(1, events // 2 + 1):
        mark = 10 + number
        when = START + number * STEP * 20
        yield _commit(name, "main", number, mark, mark - 1 if number > 1 else None, when, rng)
        reason = rng.choice(REASONS)
        if number % 2:
            stage = "staging" if number % 4 == 1 else "prod"
            yield _tag(f"{name}#{stage}#{number}", mark, when + 90, reason)
        else:
            yield _tag(f"{name}@v1.{number}.0", mark, when + 60, reason)


def _model(model: int, versions: int, rng: random.Random, staged: bool):
    name = model_name(model)
    fork = versions // 2 if model % 10 == 3 else None
    for number in range(1, versions + 1):
        on_fork = fork is not None and number > fork + versions // 4
        branch = "exp" if on_fork else "main"
        own = number - versions // 4 if on_fork else number
        when = START + number * STEP + rng.randrange(STEP)
        mark = 10 + model * versions + number
        parent = mark - 1 if number > 1 else None
        if on_fork and own == fork + 1:
            parent = 10 + model * versions + fork
        yield _commit(name, branch, own, mark, parent, when, rng)
        if staged and number % max(versions // 20, 1) == 0:
            yield _tag(f"{name}@v1.{number}.0", mark, when + 60, "Release")
            if number * 10 >= versions * 9:
                yield _tag(f"{name}#prod#{number}", mark, when + 90, REASONS[model % len(REASONS)])


def _commit(name, branch, number, mark, parent, when, rng: random.Random) -> bytes:
    kind, flavor, summary = rng.choice(_TYPES)
    text = manifest.dumps(
        manifest.Manifest(
            model=name,
            branch=branch,
            number=number,
            type=kind,
            flavor=flavor,
            summary=summary,
            payload=_payload(rng),
            python="3.11.7",
            nbmodel="0.1.0",
            variable="clf",
            params={
                "C": rng.choice((0.01, 0.1, 1.0, 10.0)),
                "solver": rng.choice(("lbfgs", "saga", "liblinear")),
                "max_iter": rng.choice((100, 200, 1000)),
                "fit_intercept": rng.random() < 0.5,
                "class_weight": None,
            },
            metrics={"auc": rng.random(), "f1": rng.random(), "loss": rng.expovariate(1)},
            tags={"data": f"2026-{rng.randrange(1, 13):02}", "team": rng.choice(("ads", "ops"))},
            signature=Signature(
                tuple(Column(f"x{i}", "float64", (-1,)) for i in range(8)),
                (Column("y", "int64", (-1,)),),
            ),
            arrays={"coef_": ArrayNote("<f8", (1, 8), values=tuple([0.5] * 8))},
            code=Code("0" * 40, False, "train.ipynb"),
            environment={"scikit-learn": "1.9.1", "numpy": "2.4.6", "scipy": "1.17.0"},
        )
    )
    message = " ".join(rng.choices(_WORDS, k=3)).encode()
    head = f"commit refs/heads/models/{name}/{branch}\nmark :{mark}\n"
    who = rng.choice(_PEOPLE)
    head += f"author {who} {when} +0100\ncommitter {who} {when} +0100\ndata {len(message)}\n"
    origin = f"from :{parent}\n" if parent else ""
    files = "M 100644 :1 README.md\nM 100644 :2 payload/skeleton\nM 100644 inline model.json\n"
    data = b"data %d\n%b\n\n" % (len(text), text)
    return head.encode() + message + b"\n" + (origin + files).encode() + data


def _payload(rng: random.Random) -> Payload:
    def digest() -> str:
        return hashlib.sha256(f"{rng.random()}".encode()).hexdigest()

    skeleton, *segments = (Segment(digest(), digest(), 4096) for _ in range(3))
    buffers = (Placement(0, 0, 4096), Placement(1, 0, 4096))
    return Payload(skeleton, tuple(segments), buffers)


def _tag(name: str, mark: int, when: int, message: str) -> bytes:
    text = message.encode()
    head = f"tag {name}\nfrom :{mark}\ntagger {_PEOPLE[0]} {when} +0000\ndata {len(text)}\n"
    return head.encode() + text + b"\n"


def _blob(mark: int, data: bytes) -> bytes:
    return b"blob\nmark :%d\ndata %d\n%b\n" % (mark, len(data), data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=100)
    options = parser.parse_args()
    started = time.perf_counter()
    make(options.path, options.models, options.versions)
    print(f"{options.models * options.versions} versions, {time.perf_counter() - started:.1f} s")
