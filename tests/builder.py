"""Writes git objects and refs byte by byte, also those that git would refuse to write."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from nbmodel import manifest
from nbmodel.records import Payload, Segment
from nbmodel.repo.git import Git
from nbmodel.repo.repositories import create_bare

ANN = b"Ann <ann@example.org>"
START = 1_700_000_000


def segment(text: str) -> Segment:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Segment(digest, digest, len(text))


def manifest_of(model="churn", branch="main", number=1, segments=(), **fields) -> manifest.Manifest:
    defaults = {
        "type": "sklearn.pipeline.Pipeline",
        "flavor": "sklearn",
        "summary": "Pipeline(StandardScaler, LogisticRegression)",
        "python": "3.11.7",
        "nbmodel": "0.1.0",
        "payload": Payload(segment("skeleton"), tuple(map(segment, segments)), ()),
    }
    return manifest.Manifest(model=model, branch=branch, number=number, **(defaults | fields))


class Builder:
    """A bare repository under construction; its clock ticks a minute a commit."""

    def __init__(self, path: Path) -> None:
        create_bare(path)
        self.path = path
        self.git = Git(path)
        self.clock = START

    # -- objects ---------------------------------------------------------------

    def put(self, kind: str, data: bytes) -> str:
        whole = f"{kind} {len(data)}\0".encode() + data
        oid = hashlib.sha1(whole).hexdigest()
        path = self.object_path(oid)
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(zlib.compress(whole, 1))
        return oid

    def object_path(self, oid: str) -> Path:
        return self.path / "objects" / oid[:2] / oid[2:]

    def tree(self, *entries: tuple[str, str, str]) -> str:
        """Of ``(mode, name, object id)``."""
        rows = (f"{mode} {name}".encode() + b"\0" + bytes.fromhex(o) for mode, name, o in entries)
        return self.put("tree", b"".join(rows))

    def commit(self, tree: str, parents=(), message=b"a message", who=ANN, when=None, extra=b""):
        when = self.tick() if when is None else when
        lines = [b"tree " + tree.encode(), *(b"parent " + p.encode() for p in parents)]
        lines += [b"%s %s %d +0100" % (role, who, when) for role in (b"author", b"committer")]
        lines += [extra] if extra else []
        return self.put("commit", b"\n".join(lines) + b"\n\n" + message)

    def tick(self) -> int:
        self.clock += 60
        return self.clock

    # -- versions --------------------------------------------------------------

    def tree_of(self, model="churn", branch="main", number=1, **fields) -> str:
        data = manifest.dumps(manifest_of(model, branch, number, **fields))
        return self.tree(("100644", "model.json", self.put("blob", data)))

    def version(self, model="churn", branch="main", number=1, *, parents=None, **rest) -> str:
        """Commit a version on top of a branch, or on `parents`, and move the branch."""
        named = ("message", "who", "when", "extra")
        about = {key: rest.pop(key) for key in named if key in rest}
        ref = f"refs/heads/models/{model}/{branch}"
        if parents is None:
            parents = [tip] if (tip := self.read_ref(ref)) else []
        oid = self.commit(self.tree_of(model, branch, number, **rest), parents, **about)
        self.set_ref(ref, oid)
        return oid

    def versions(self, count: int, model="churn", branch="main", first=1, **rest) -> list[str]:
        return [self.version(model, branch, first + n, **rest) for n in range(count)]

    # -- refs ------------------------------------------------------------------

    def read_ref(self, ref: str) -> str | None:
        path = self.path / ref
        return path.read_text().strip() if path.exists() else None

    def set_ref(self, ref: str, oid: str | None) -> None:
        path = self.path / ref
        if oid is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(oid + "\n")

    def tag(self, name: str, target: str, message=b"why", when=None, kind="commit", tagger=ANN):
        when = self.tick() if when is None else when
        lines = [b"object " + target.encode(), b"type " + kind.encode(), b"tag " + name.encode()]
        lines += [b"tagger %s %d +0000" % (tagger, when)] if tagger else []
        oid = self.put("tag", b"\n".join(lines) + b"\n\n" + message)
        self.set_ref(f"refs/tags/{name}", oid)
        return oid
