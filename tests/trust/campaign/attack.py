"""The child of the attribute mutator: it changes one place, pickles, loads as a stranger, uses.

The seed and the index determine an attempt completely, so it can be repeated alone.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import warnings
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nbmodel.errors import Untrusted
from nbmodel.flavors.pickling import dump
from nbmodel.trust.loader import load_untrusted
from tests.trust.campaign import related_estimators  # noqa: F401  it adds to RELATIVE
from tests.trust.campaign.guard import Guard
from tests.trust.campaign.hostile_values import (
    DISPLAY_ATTRIBUTES,
    NEARLY,
    OTHER_ATTRIBUTES,
    TEXT_MAKERS,
    VALUES,
    NotApplicable,
    Place,
)
from tests.trust.campaign.mutation_sites import Change, Site, dump_changed, sites
from tests.trust.campaign.relative_values import RELATIVE
from tests.trust.campaign.subjects import FAMILIES, Subject, makers
from tests.trust.campaign.typical_uses import ActiveContent, consume, uses

# Run the script of an attempt with these variables too, to repeat a crash.
HEAP_CHECKS = "LD_PRELOAD=libc_malloc_debug.so.0 MALLOC_CHECK_=3 PYTHONHASHSEED=0"
MAX_VARIANTS = 40  # of places and values, until one is new

# Separate rules check the arrays of numpy; half of the attempts are on arrays.
_PLUMBING = frozenset({"dtype", "ndarray", "scalar"})

# Forbidden outcomes of an attempt. An ordinary error is allowed.
FAILURES = (
    "an honest one is refused", "display", "error at load", "exit", "file", "process", "socket",
    "unpickling",
)  # fmt: skip


@dataclass(frozen=True)
class Attempt:
    """One mutation, described by names and numbers."""

    subject: str
    label: str
    number: int
    path: tuple[Any, ...]
    value: str
    action: str = "replace"
    name: str = ""
    uses: tuple[str, ...] = ()

    def __str__(self) -> str:
        sign = {"replace": "=", "add": f" + {self.name} =", "remove": " removed"}[self.action]
        return (
            f"{self.subject}: {self.label} {sign} {'' if self.action == 'remove' else self.value}"
        )

    def script(self) -> str:
        """Return a Python script that repeats the attempt."""
        fields = ", ".join(f"{key}={value!r}" for key, value in asdict(self).items())
        return (
            f"# {HEAP_CHECKS}\n"
            "from tests.trust.campaign.attack import Attempt, reproduce\n\n"
            f"reproduce(Attempt({fields}))\n"
        )


# -- what to try -------------------------------------------------------------


def plan(index: int, seed: int, block: int, families: tuple[str, ...], variant: int = 0) -> Attempt:
    """Choose the attempt of an index; `block` attempts in a row have one subject.

    A variant is a different choice of place and value, in case that the first is not new.
    """
    rng = random.Random(f"{seed}:{index}:{variant}")
    names = _names(families)
    random.Random(seed).shuffle(names)
    subject = names[index // block % len(names)]
    groups = _groups(subject, families)
    form = _form(rng, groups)
    label = _label(rng, groups, form)
    site = rng.choice(groups[label])
    action = "replace" if form else rng.choices(("replace", "add", "remove"), (85, 11, 4))[0]
    if action != "replace" and site.path[0] not in ("state", "pairs"):
        action = "replace"
    name = rng.choice(DISPLAY_ATTRIBUTES + OTHER_ATTRIBUTES) if action == "add" else ""
    value = rng.choice(RELATIVE[form]) if form else _value(rng)
    if name in DISPLAY_ATTRIBUTES and variant == 0:
        value = rng.choice(TEXT_MAKERS)
    return Attempt(subject, site.label, site.number, site.path, value, action, name)


def _names(families: tuple[str, ...]) -> list[str]:
    """List the subjects in order; ``NBMODEL_SUBJECTS`` is a pattern that selects some."""
    wanted = re.compile(os.environ.get("NBMODEL_SUBJECTS", ""))
    return [name for name in sorted(makers(families)) if wanted.search(name)]


def _form(rng: random.Random, groups: dict[str, list[Site]]) -> str:
    """Every third time a form of what stands there, for values that are made from it."""
    forms = sorted({sites[0].form for sites in groups.values()} - {""})
    always = os.environ.get("NBMODEL_VALUES") == "relative"
    return rng.choice(forms) if forms and (always or rng.random() < 1 / 3) else ""


def _label(rng: random.Random, groups: dict[str, list[Site]], form: str) -> str:
    """Every second time the class comes first: a helper counts as much as 40 lists of a tree."""
    labels = [label for label in sorted(groups) if form in ("", groups[label][0].form)]
    if rng.random() < 0.5:
        return rng.choice(labels)
    kinds = sorted({_kind(label) for label in labels})
    kind = rng.choice([kind for kind in kinds if kind not in _PLUMBING] or kinds)
    return rng.choice([label for label in labels if _kind(label) == kind])


def _kind(label: str) -> str:
    """The class whose state or arguments a label lies in."""
    return re.split(r"[.#]", label)[0]


def _value(rng: random.Random) -> str:
    """Choose a value; nearly right values pass more checks than those of another type."""
    return rng.choice(NEARLY if rng.random() < 0.6 else sorted(VALUES))


@cache
def _subject(name: str) -> Subject:
    family = name.partition("/")[0]
    return makers((family,))[name]()


@cache
def _groups(name: str, families: tuple[str, ...]) -> dict[str, list[Site]]:
    groups: dict[str, list[Site]] = defaultdict(list)
    for site in sites(_subject(name).obj):
        # A module of torch has a dozen similar dicts of hooks.
        groups["hooks" if "_hooks" in site.label else site.label].append(site)
    return groups


@cache
def _refusal(name: str) -> str:
    """Return the reason that a subject is refused without a change; it must load."""
    taken = dump(_subject(name).obj)
    try:
        load_untrusted(taken.skeleton, [memoryview(bytearray(b)) for b in taken.buffers], name)
    except Untrusted as error:
        return "; ".join(error.findings)
    return ""


def _taken(attempt: Attempt, canary: Path) -> Any:
    """Pickle with the change."""
    subject = _subject(attempt.subject)
    site = Site(attempt.number, attempt.path, attempt.label)

    def make(old: Any, owner: Any, siblings: dict[Any, Any]) -> Any:
        return VALUES[attempt.value](Place(old, owner, subject.obj, siblings, canary))

    return dump_changed(subject.obj, Change(site, make, attempt.action, attempt.name))


# -- trying ------------------------------------------------------------------


class Attacker:
    """Makes attempts and reports them line by line.

    Parameters
    ----------
    scratch : Path
        An empty folder.
    lines : int
        File descriptor of the output, or -1.
    """

    def __init__(self, scratch: Path, lines: int = -1) -> None:
        self.canary = scratch / "canary"
        self.canary.mkdir(exist_ok=True)
        (self.canary / "file.txt").write_text("a rose\n")
        self.guard = Guard(self.canary)
        self._lines = lines
        _warm()

    def say(self, **fact: Any) -> None:
        """Write one line at once, before the attempt."""
        if self._lines >= 0:
            os.write(self._lines, json.dumps(fact).encode() + b"\n")

    def make(self, attempt: Attempt) -> tuple[str, str]:
        """Make one attempt; return its outcome and a detail."""
        honest = _refusal(attempt.subject)
        if honest:
            return "an honest one is refused", honest
        try:
            taken = _taken(attempt, self.canary)
        except NotApplicable:
            return "not applicable", ""
        except Exception as error:  # noqa: BLE001 - honest objects refuse some values themselves
            return "not written", f"{type(error).__name__} {error}"[:200]
        self.guard.seen.clear()
        self.guard.allow_cpu()
        with self.guard.watching():
            outcome, detail = self._load_and_use(attempt, taken)
        if self.guard.seen:
            return self.guard.seen[0].partition(":")[0], "; ".join(self.guard.seen[:3])
        return outcome, detail

    def _load_and_use(self, attempt: Attempt, taken: Any) -> tuple[str, str]:
        buffers = [memoryview(bytearray(part)) for part in taken.buffers]
        self.say(use="load")
        try:
            obj = load_untrusted(taken.skeleton, buffers, "m@1")
        except Untrusted as error:
            return "refused", "; ".join(error.findings)[:300]
        except Exception as error:  # noqa: BLE001
            return "error at load", f"{type(error).__name__} {error}"[:300]
        errors = 0
        data = {key: _fresh(value) for key, value in _subject(attempt.subject).data.items()}
        for name, use in uses(obj, data):
            if attempt.uses and name not in attempt.uses:
                continue
            self.say(use=name)
            try:
                consume(use())
            except ActiveContent as error:
                return "display", f"{name}: {error}"
            except Exception:  # noqa: BLE001 - whatever Python says of a wrong value
                errors += 1
            except BaseException as error:  # noqa: BLE001
                return "exit", f"{name}: {type(error).__name__} {error}"[:300]
        return ("error", f"{errors} errors") if errors else ("answered", "")


def _fresh(value: Any) -> Any:
    return value.copy() if hasattr(value, "copy") and not callable(value) else value


def _warm() -> None:
    """Let libraries make their first system calls before the guard watches."""
    import joblib
    import threadpoolctl
    from sklearn.utils.parallel import _get_threadpool_controller

    joblib.cpu_count(only_physical_cores=True)
    _get_threadpool_controller()
    threadpoolctl.threadpool_info()
    # The processes of joblib are allowed; here threads replace them.
    joblib.parallel_config("threading")


def make_attacker(scratch: str) -> Attacker:
    """Prepare this process for attempts; its lines replace standard output."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    lines = os.dup(1)
    os.dup2(2, 1)
    os.chdir(scratch)
    return Attacker(Path(scratch), lines)


def main(arguments: list[str]) -> None:
    """Make the attempts from one index to another; write lines to standard output."""
    scratch, seed, begin, end, block, families = arguments
    attacker = make_attacker(scratch)
    chosen = tuple(families.split(",")) if families else FAMILIES
    first = True
    for index in range(int(begin), int(end)):
        attacker.say(start=index)
        clear_log()
        for variant in range(MAX_VARIANTS):
            attempt = plan(index, int(seed), int(block), chosen, variant)
            attacker.say(attempt=asdict(attempt), text=str(attempt))
            if first:
                attacker.guard.confine()
                attacker.say(filtered=attacker.guard.filtered)
                first = False
            outcome, detail = attacker.make(attempt)
            if outcome not in ("not applicable", "not written"):
                break
        attacker.say(end=index, outcome=outcome, detail=detail)


def clear_log() -> None:
    """Drop the output of an attempt that ended well."""
    os.ftruncate(2, 0)
    os.lseek(2, 0, os.SEEK_SET)


def reproduce(attempt: Attempt) -> None:
    """Make one attempt in this process, and print the outcome."""
    import tempfile

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        attacker = Attacker(Path(scratch), 1)
        _subject(attempt.subject)
        attacker.guard.confine()
        print(attempt, *attacker.make(attempt), sep="\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
