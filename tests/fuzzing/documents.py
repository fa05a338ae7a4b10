"""JSON of strangers: manifests, profiles, acceptance rows and notes are read and used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from nbmodel import manifest as manifests
from nbmodel.errors import NbModelError, SegmentMissing
from nbmodel.index import database, rows
from nbmodel.manifest import Manifest
from nbmodel.monitor.drift.references import described_columns, references
from nbmodel.monitor.quality.labeled import signature_kind, signature_task
from nbmodel.predict import acceptance as acceptances
from nbmodel.predict import synthetic_rows, synthetic_values
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.inputs import Inputs
from nbmodel.provenance.card.model_card import render_card
from nbmodel.provenance.data.profile import dumps, profile
from nbmodel.records import (
    ArrayNote,
    Code,
    Column,
    Note,
    Payload,
    Person,
    Placement,
    Segment,
    Signature,
    Use,
    VersionInfo,
)
from nbmodel.repo import notes, summaries
from nbmodel.repo.commits import VersionTree
from nbmodel.repo.objects import GitObject
from nbmodel.versioning.snapshot import Snapshot
from nbmodel.versioning.verbs import diff, show_result
from nbmodel.versioning.verbs.array_changes import array_changes
from nbmodel.views.profile import profile_of
from nbmodel.views.texts import reals, texts
from tests.builder import manifest_of
from tests.fuzzing.mutations import changed_json
from tests.fuzzing.target import Prepared

COMMIT = "c" * 40
SEGMENT = Segment("a" * 64, "b" * 64, 324)
ANN = Person("Ann", "ann@example.org")
SECTIONS = ("about", "cells", "modules", "env", "data", "files")
OUTPUTS = (Column("label", "int64", (-1,)), Column("probability", "float64", (-1, 2)))


class Objects:
    """Git objects in memory, with the interface of `nbmodel.repo.git.Git`."""

    def __init__(self, blobs: Mapping[str, bytes]) -> None:
        self.blobs = blobs

    def open(self, segments: Sequence[Segment], where: str) -> list[memoryview]:
        """Return segments as the store does, of the size in the manifest."""
        if any(segment.size > 1 << 20 for segment in segments):
            raise SegmentMissing(segments[0].sha256, where)
        return [memoryview(bytes(segment.size)) for segment in segments]

    def read(self, spec: str, limit: int = 1 << 62) -> GitObject | None:
        """Return the blob of a name."""
        data = self.blobs.get(spec)
        return None if data is None or len(data) > limit else GitObject(COMMIT, "blob", data)

    def measure(self, spec: str) -> tuple[str, int] | None:
        """Return its kind and size."""
        data = self.blobs.get(spec)
        return None if data is None else ("blob", len(data))


def version_of(manifest: Manifest, commit: str = COMMIT) -> VersionInfo:
    """Return the row of a list for a manifest that can be read."""
    return VersionInfo(
        commit=commit,
        parents=(),
        model=manifest.model,
        branch=manifest.branch,
        number=1,
        author=ANN,
        time=1_700_000_000,
        message="a message",
        type=manifest.type,
        flavor=manifest.flavor,
        summary=manifest.summary,
        params=manifest.params,
        metrics=manifest.metrics,
        tags=manifest.tags,
        size=10,
        uses=manifest.uses,
    )


def snapshot_of(raw: bytes, **files: bytes) -> tuple[Snapshot, Any]:
    """Make a version of these files, and the context that reads them."""
    manifest = manifests.loads(raw, "m@1")
    names = {name.replace("_json", ".json"): data for name, data in files.items()}
    tree = VersionTree(COMMIT, {name: name for name in names}, "m@1")
    context = SimpleNamespace(git=Objects(names), store=Objects({}))
    return Snapshot(version_of(manifest), tree, raw, manifest), context


def shown(
    found: Snapshot, context: Any, noted: list[Note] | None = None, profile: Any = None
) -> None:
    """Show everything about a version as text, as HTML and as strict JSON."""
    given = profile if profile is not None else found.profile(context)
    result = show_result.ShowResult(
        version=found.info,
        manifest=found.manifest,
        labels=(),
        notes=noted or [],
        cells="x = 1",
        profile=given,
        files={"model.json": 10},
        sections=SECTIONS,
    )
    result.text()
    result.html()
    facts = found.manifest
    answer = [
        texts(facts.params), texts(facts.tags), reals(facts.metrics), profile_of(given),
        *([note.time, reals(note.metrics), note.text] for note in noted or []),
        [list(column.shape) for column in facts.signature.inputs],
    ]  # fmt: skip
    json.dumps(answer, allow_nan=False)


# -- model.json ----------------------------------------------------------------


def manifest() -> Prepared:
    """``model.json``: the strict reader, the reader of the index, and the code that uses both."""
    signature = Signature(
        (Column("age", "float64", (-1,)), Column("city", "category", (-1,))), OUTPUTS
    )
    plain = manifest_of(
        params={"C": 0.5, "penalty": "l2", "deep": None, "n": 10**20}, metrics={"auc": 0.9, "n": 3},
        tags={"team": "risk"}, signature=signature, counts={"trees": 3},
        code=Code("a" * 40, True, "n"),
        environment={"numpy": "2.0"}, uses=(Use("other", "b" * 40),),
        payload=Payload(replace(SEGMENT, size=9), (SEGMENT,), (Placement(0, 0, 324),)),
        arrays={
            "coef_": ArrayNote("<f8", (1, 2), None, (0.5, 1.0)),
            "deep": ArrayNote("<f4", (9, 9), 0),
            "wide": ArrayNote("<f8", (99,), None, None, 1.5, "d" * 64),
        },
    )  # fmt: skip
    images = Signature((Column("input", "float32", (-1, 3, 8, 8)),), OUTPUTS[:1])
    seeds = [manifests.dumps(plain), manifests.dumps(manifest_of(signature=images))]
    before, context = snapshot_of(seeds[0])
    index = Index()

    def read(data: bytes) -> None:
        commit = summaries.Commit(
            oid=COMMIT, parents=(), author=ANN, time=1_700_000_000, message="a message"
        )
        index.take(summaries.summarize(commit, data))
        found, _ = snapshot_of(data)
        shown(found, context)
        compared(before, found, context)
        render_card(found.manifest, "a message")
        signature = found.manifest.signature
        signature_task(signature), signature_kind(signature)
        references({"rows": 3, "columns": []}, signature)
        described_columns({}, signature)
        drawn(Inputs.of(signature), {})
        manifests.loads(manifests.dumps(found.manifest), "m@1")

    return Prepared(seeds, read, changed_json)


class Index:
    """The tables of the index in memory, which are emptied after each input."""

    def __init__(self) -> None:
        self.db = database._connect(":memory:")
        database._create(self.db)

    def take(self, found: summaries.CommitSummary) -> None:
        """Write a version, read it again, and remove it."""
        new = rows.VersionRow(5, None, "m", 1, found.info, found.segments, found.why, found.lost)
        self.db.execute("BEGIN")
        try:
            rows.insert(self.db, rows.Names(self.db), [new])
            rows.read(self.db, [5])
        finally:
            self.db.execute("ROLLBACK")


def compared(before: Snapshot, after: Snapshot, context: Any) -> None:
    """Compare two versions in both directions."""
    for one, two in ((before, after), (after, before)):
        sections = dict(diff._sections(context, one, two))
        arrays = array_changes(context, one, two)
        result = diff.DiffResult(
            before=one.info,
            after=two.info,
            sections=sections,
            arrays=arrays,
            cells=[],
            shared=0,
            stored=1,
        )
        result.text()
        result.html()


def drawn(inputs: Inputs, profile: Mapping[str, Any]) -> None:
    """Draw synthetic rows for the inputs of a version, and decode them as a request."""
    try:
        decoder = Decoder(inputs)
        rows = synthetic_rows.draw(decoder, None, profile, 4)
        count = acceptances.Acceptance(inputs=inputs, rows=rows).count  # wide inputs get fewer
        acceptances.decode_rows(decoder, rows, range(count))
    except (NbModelError, synthetic_values.NotDrawn):
        pass


# -- profile.json --------------------------------------------------------------


def data_profile() -> Prepared:
    """``profile.json``: shown, compared, used as a reference for drift and to draw rows."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(size=40), "heavy": np.repeat([0.0, 5.0], 20),
            "city": pd.Categorical(["Bonn", "Köln"] * 20), "well": rng.random(40) > 0.5,
            "when": pd.date_range("2024-01-01", periods=40, tz="UTC"),
            "text": [f"word {n}" for n in range(40)], "gap": [None, 1.0] * 20,
        }
    )  # fmt: skip
    columns = tuple(Column(name, str(frame[name].dtype), (-1,)) for name in frame)
    raw = manifests.dumps(manifest_of(signature=Signature(columns, OUTPUTS)))
    matrix = manifests.dumps(
        manifest_of(signature=Signature((Column("input", "float64", (-1, 6)),), ()))
    )
    versions = [manifests.loads(text, "m@1") for text in (raw, matrix)]
    seeds = [dumps(profile(frame)), dumps(profile(rng.normal(size=(20, 6))))]
    before, _ = snapshot_of(raw)

    def read(data: bytes) -> None:
        found, context = snapshot_of(raw, profile_json=data)
        document = found.profile(context)
        shown(found, context)
        a, b = (replace(before, tree=VersionTree(COMMIT, {"profile.json": name})) for name in "ab")
        both = SimpleNamespace(git=Objects({"a": seeds[0], "b": data}))
        compared(a, b, both)
        for version in versions:
            references(document, version.signature)
            described_columns(document, version.signature)
            drawn(Inputs.of(version.signature), document)

    return Prepared(seeds, read, changed_json)


# -- notes ---------------------------------------------------------------------


def version_notes() -> Prepared:
    """Git notes of a version: lines of JSON that every user can add."""
    raw = manifests.dumps(manifest_of())
    found, context = snapshot_of(raw)

    def line(**more: Any) -> bytes:
        fact = {"who": "Ann", "email": "a@b.c", "time": 1_700_000_000, "text": "checked",
                "metrics": {"auc": 0.9}, **more}  # fmt: skip
        return json.dumps(fact).encode()

    seeds = [
        line() + b"\n" + line(attached={"acceptance": {"format": 1}}) + b"\n",
        line(metrics={"a": float("nan"), "b": 1e300}, time=0) + b"\nnot ours\n",
    ]

    def read(data: bytes) -> None:
        shown(found, context, notes.read(Objects({f"refs/notes/nbmodel:{COMMIT}": data}), COMMIT))

    return Prepared(seeds, read, _changed_line)


def _changed_line(data: bytes, chance: Random) -> bytes:
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    lines[place] = changed_json(lines[place], chance)
    return b"\n".join(lines)


# -- acceptance.json -----------------------------------------------------------


def acceptance() -> Prepared:
    """``acceptance.json``: read, decoded as the rows of a request, compared with answers."""
    from sklearn.linear_model import LogisticRegression

    from nbmodel.predict import input_detection
    from nbmodel.predict.acceptance_recording import record
    from nbmodel.predict.acceptance_replay import replay
    from nbmodel.predict.methods import supported_inputs
    from nbmodel.predict.predictor import Predictor

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.normal(size=40), "size": rng.integers(0, 9, 40)})
    model = LogisticRegression().fit(frame, frame.age > 0)
    inputs = input_detection.inputs_of(model, frame)
    proved = record(model, inputs, profile(frame), data=frame, budget=10.0)
    seeds = [acceptances.dumps(proved)]

    def read(data: bytes) -> None:
        found = acceptances.loads(data, "m@1")
        acceptances.records(found, range(found.count))
        drawn(found.inputs, {})
        predictor = Predictor(model, supported_inputs(model, found.inputs))
        if found.count:
            replay(found, predictor)

    return Prepared(seeds, read, changed_json)
