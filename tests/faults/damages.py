"""Damages one file of a repository by a flipped bit, a cut or zeros, and checks the answers."""

from __future__ import annotations

import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nbmodel.errors import NbModelError
from nbmodel.repo.location import Location
from tests.faults import registry_template

# Files by kind. Each kind is damaged equally often, independent of its number of files.
KINDS = {
    "refs": lambda name: name.startswith("refs/"),
    "packed-refs": lambda name: name == "packed-refs",
    "packs": lambda name: name.endswith(".pack"),
    "indexes of packs": lambda name: name.endswith((".idx", ".rev")),
    "loose objects": lambda name: name.startswith("objects/") and name[10:11] == "/",
    "segments": lambda name: name.startswith("lfs/"),
    "others": lambda name: name in ("HEAD", "config", "index") or name.startswith("logs/"),
}


@dataclass(frozen=True)
class Damage:
    """One damage of a file, whose path is relative to the git directory."""

    layout: str
    file: str
    how: str
    offset: int
    amount: int
    known: bool

    def apply(self, data: bytes) -> bytes:
        if self.how == "flip":
            at, bit = divmod(self.offset, 8)
            return data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
        if self.how == "cut":
            return data[: self.offset]
        return data[: self.offset] + bytes(self.amount) + data[self.offset + self.amount :]

    def script(self) -> str:
        """Return a command that repeats it."""
        words = (self.layout, self.file, self.how, self.offset, self.amount, int(self.known))
        return "python -m tests.faults.damages " + " ".join(repr(str(word)) for word in words)


class DamagedRegistry:
    """A registry that is damaged, queried and restored repeatedly."""

    def __init__(self, folder: Path, layout: str) -> None:
        self.layout = layout
        self.project = registry_template.build(folder, layout)
        self.git_dir = self.project / ".git"
        self.cache = Location(self.git_dir).cache
        self.right = registry_template.answers(self.project)
        self.saved = folder / "cache"
        shutil.copytree(self.cache, self.saved)
        wrong = [name for name, answer in self.right.items() if isinstance(answer, NbModelError)]
        assert not wrong, {name: self.right[name] for name in wrong}
        assert self.right["verify"], self.right["verify"]
        assert not self.right["verify"].hints, self.right["verify"]
        files = [p for p in sorted(self.git_dir.rglob("*")) if p.is_file()]
        names = [str(p.relative_to(self.git_dir)) for p in files if p.stat().st_size]
        self.files = {kind: [n for n in names if fits(n)] for kind, fits in KINDS.items()}

    def draw(self, choice: random.Random) -> Damage:
        """Draw a damage of any kind of file."""
        kind = choice.choice([kind for kind, names in self.files.items() if names])
        name = choice.choice(self.files[kind])
        size = (self.git_dir / name).stat().st_size
        how = choice.choice(["flip", "flip", "flip", "cut", "zeros"])
        offset = choice.randrange(size * 8 if how == "flip" else size)
        amount = choice.choice([1, 4, 20, 512, 4096]) if how == "zeros" else 0
        return Damage(self.layout, name, how, offset, amount, choice.random() < 0.5)

    def ask(self, damage: Damage, questions=None) -> dict[str, object]:
        """Return the answers under a damage, and restore the registry."""
        shutil.rmtree(self.cache, ignore_errors=True)
        if damage.known:
            shutil.copytree(self.saved, self.cache)
        path = self.git_dir / damage.file
        whole, mode = path.read_bytes(), path.stat().st_mode
        path.chmod(0o644)
        try:
            path.write_bytes(damage.apply(whole))
            return registry_template.answers(self.project, questions)
        finally:
            path.write_bytes(whole)
            path.chmod(mode)

    def judge(self, answers: dict[str, object]) -> Iterator[tuple[str, str]]:
        """Yield ``(class, question)`` of each answer: right, error, named, silent, raw."""
        verified = answers["verify"]
        names = isinstance(verified, NbModelError) or bool(verified.findings or verified.hints)
        for question, answer in answers.items():
            if question in ("verify", "remarks"):
                if isinstance(answer, registry_template.Raw):
                    yield "raw", question
            elif isinstance(answer, NbModelError):
                yield "error", question
            elif isinstance(answer, registry_template.Raw):
                yield "raw", question
            elif answer == self.right[question]:
                yield "right", question
            elif question == "list" and answers["remarks"]:
                yield "named", question
            else:
                yield ("named by verify" if names else "silent"), question


def run(folder: Path, layout: str, count: int, seed: str) -> tuple[Counter, list[str]]:
    """Damage a registry `count` times; return counts by class, and failures as scripts."""
    damaged = DamagedRegistry(folder, layout)
    choice = random.Random(f"{seed} {layout}")
    counts: Counter = Counter()
    failures = []
    for _ in range(count):
        damage = damaged.draw(choice)
        answers = damaged.ask(damage)
        classes = list(damaged.judge(answers))
        counts["damages"] += 1
        counts.update(kind for kind, _ in classes)
        bad = [(k, q) for k, q in classes if k in ("silent", "raw") or is_lie(k, damage)]
        if bad:
            failures.append(_shrunk(damaged, damage, bad[0], answers))
    return counts, failures


def is_lie(kind: str, damage: Damage) -> bool:
    """Whether an answer is wrong that could be right, although verify reports the damage.

    If a whole line of ``packed-refs`` is lost or renamed, and there was no earlier query, the rest
    is a valid repository, so only verify can report it.
    """
    return kind == "named by verify" and (damage.known or damage.file != "packed-refs")


def _shrunk(damaged: DamagedRegistry, damage: Damage, bad: tuple[str, str], answers) -> str:
    """Make a damage smaller while it still fails; return a script and the wrong answer.

    A flipped bit cannot be smaller. Fewer zeros and a later cut are smaller.
    """
    kind, question = bad
    size = (damaged.git_dir / damage.file).stat().st_size
    while smaller := [d for d in _less(damage, size) if _shows(damaged, d, bad)]:
        damage = smaller[0]
    return f"{damage.script()}\n  {kind}: {question}: {answers.get(question)!r:.300}"


def _less(damage: Damage, size: int) -> Iterator[Damage]:
    """Yield both halves of a damage."""
    if damage.how == "zeros" and damage.amount > 1:
        half = damage.amount // 2
        yield replace(damage, amount=half)
        yield replace(damage, offset=damage.offset + half, amount=damage.amount - half)
    if damage.how == "cut" and damage.offset < size - 1:
        yield replace(damage, offset=(damage.offset + size) // 2)


def _shows(damaged: DamagedRegistry, damage: Damage, bad: tuple[str, str]) -> bool:
    questions = None if bad[1] in ("verify", "remarks", "list") else [bad[1]]
    return bad in list(damaged.judge(damaged.ask(damage, questions)))


def main() -> None:
    """Show the answers under one damage."""
    layout, file, how, offset, amount, known = sys.argv[1:]
    damage = Damage(layout, file, how, int(offset), int(amount), known == "1")
    from tests.faults.campaign import place

    with place() as folder:
        damaged = DamagedRegistry(folder, layout)
        answers = damaged.ask(damage)
        for kind, question in damaged.judge(answers):
            print(f"{kind:16} {question}: {answers[question]!r:.200}")
        print(answers["verify"])


if __name__ == "__main__":
    main()
