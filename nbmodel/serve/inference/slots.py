"""What each served name answers with now, and how that changes without a request failing.

A slot follows its reference: when a stage or branch moves, the new version is loaded
and warmed beside the old one, then takes its place. Requests that began with the old one
end with it.
"""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from nbmodel import display, refs
from nbmodel.errors import AnswersDiffer, InvalidValue, NbModelError, NotFound
from nbmodel.predict.proving import in_a_line
from nbmodel.serve.inference.loaded import Served, load
from nbmodel.versioning.resolve import resolve

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

EACH = 0.5  # seconds between two looks at the registry
AGAIN = 5.0  # seconds until a version that could not be loaded is tried again

_PLACES = {"primary": "reference", "canary": "canary", "shadow": "shadow"}  # to words of a plan

logger = logging.getLogger("nbmodel.serve")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a name is to answer with.

    Attributes
    ----------
    reference : str
        The version that answers.
    canary : str
        A version that answers `share` of the requests, chosen by their id.
    share : float
        0 to 1.
    shadow : str
        A version that scores a copy of each request, for the log only.
    """

    reference: str
    canary: str = ""
    share: float = 0.0
    shadow: str = ""

    @property
    def name(self) -> str:
        """The model's name, under which it is served."""
        return _model_of(self.reference)

    @classmethod
    def parse(cls, reference: str, canary: str = "", shadow: str = "") -> Plan:
        """A plan from what the user writes: ``--canary churn@8=10%``.

        Raises
        ------
        InvalidValue, InvalidReference
        """
        version, _, percent = canary.partition("=")
        share = _share(percent or "10%") if canary else 0.0
        for text in filter(None, (reference, version, shadow)):
            refs.parse(text)
        return cls(reference, version, share, shadow)


@dataclass(frozen=True, slots=True)
class Refused:
    """A version that does not answer for a reference that moved to it.

    Attributes
    ----------
    commit : str
    why : str
    until : float
        `time.monotonic` at which it is tried again; what answers otherwise does so for good.
    """

    commit: str
    why: str
    until: float


@dataclass(slots=True)
class Slot:
    """A name that is served; its versions are replaced as a whole."""

    plan: Plan
    primary: Served
    canary: Served | None = None
    shadow: Served | None = None
    problem: str = ""
    switches: int = 0
    refused: dict[str, Refused] = field(default_factory=dict)
    listeners: list[Callable[[Served, Served], None]] = field(default_factory=list)

    def choose(self, request: str) -> Served:
        """The version that answers a request: the same one for the same id."""
        if self.canary is not None and fraction(request) < self.plan.share:
            return self.canary
        return self.primary

    def shares(self) -> list[tuple[str, Served, float]]:
        """Role, version and share of the requests of each version that scores."""
        canary = self.plan.share if self.canary is not None else 0.0
        given = (
            ("primary", self.primary, 1 - canary),
            ("canary", self.canary, canary),
            ("shadow", self.shadow, 1.0),
        )
        return [(role, served, share) for role, served, share in given if served is not None]


def fraction(request: str) -> float:
    """A number from 0 to 1 that belongs to an id."""
    digest = hashlib.blake2b(request.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Slots:
    """All that one server serves; a thread of its own keeps them up with the registry.

    Parameters
    ----------
    registry : Registry
        Used by the keeping thread alone once `follow` was called.
    plans : sequence of Plan
    trust : bool
        Load other people's versions as own ones.
    loaded : callable, optional
        Called with ``replaced=True`` when a version took the place of another.
    check : callable, optional
        A version that was loaded to the version that may answer; it raises to keep it out.

    Raises
    ------
    NotFound, Untrusted, ...
        If a version cannot be loaded.
    """

    def __init__(
        self, registry: Registry, plans: list[Plan], *, trust: bool = False,
        loaded: Callable[..., None] | None = None,
        check: Callable[[Served], Served] | None = None,
    ) -> None:  # fmt: skip
        self._registry = registry
        self._trust = trust
        self._loaded = loaded
        self._check = check
        self.executor: Executor = ThreadPoolExecutor(1, "nbmodel-score")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        names = [plan.name for plan in plans]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise InvalidValue(
                f"{', '.join(sorted(twice))} is to be served twice.",
                "Name each model once; --canary and --shadow add a second version of it.",
            )
        self._slots = {plan.name: self._open(plan) for plan in plans}

    def __getitem__(self, name: str) -> Slot:
        slot = self._slots.get(name)
        if slot is None:
            raise NotFound("served model", name[:80], "this server", self._slots)
        return slot

    def all(self) -> Mapping[str, Slot]:
        """Every slot by its name."""
        return self._slots

    def follow(self) -> None:
        """Begin to keep up with the registry."""
        self._thread = threading.Thread(target=self._keep, name="nbmodel-follow", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop keeping up, and end the scoring thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.executor.shutdown()

    # -- keeping up ------------------------------------------------------------

    def _open(self, plan: Plan) -> Slot:
        return Slot(
            plan,
            self._load(plan.reference),
            self._load(plan.canary) if plan.canary else None,
            self._load(plan.shadow) if plan.shadow else None,
        )

    def _load(self, reference: str) -> Served:
        served = load(self._registry, reference, self.executor, trust=self._trust)
        return self._check(served) if self._check is not None else served

    def _keep(self) -> None:
        while not self._stop.wait(EACH):
            for slot in self._slots.values():
                problems = [why for place in _PLACES if (why := self._look(slot, place))]
                problem = problems[0] if problems else ""
                if problem and problem != slot.problem:
                    held, why = slot.primary.name, display.line(problem)
                    logger.warning("%s stays at %s: %s", slot.plan.name, held, why)
                slot.problem = problem

    def _look(self, slot: Slot, place: str) -> str:
        """Follow one reference of a slot; why not, if the version that answers goes on."""
        held: Served | None = getattr(slot, place)
        if held is None:
            return ""
        commit = ""
        try:
            reference = getattr(slot.plan, _PLACES[place])
            commit = self._now(reference)
            refused = slot.refused.get(place)
            if refused and refused.commit == commit and time.monotonic() < refused.until:
                return refused.why
            if commit != held.version.commit:
                self._replace(slot, place, held, self._load(reference))
            slot.refused.pop(place, None)
        except Exception as error:  # noqa: BLE001  a version's own code may raise anything
            ours = isinstance(error, NbModelError)
            why = str(error) if ours else f"{reference} cannot be loaded: {in_a_line(error)}"
            wait = math.inf if isinstance(error, AnswersDiffer) else AGAIN
            slot.refused[place] = Refused(commit, why, time.monotonic() + wait)
            return why
        return ""

    def _replace(self, slot: Slot, place: str, held: Served, fresh: Served) -> None:
        setattr(slot, place, fresh)
        slot.switches += 1
        if self._loaded is not None:
            self._loaded(replaced=True)
        logger.info("%s: %s took over from %s", slot.plan.name, fresh.name, held.name)

    def _now(self, reference: str) -> str:
        self._registry.context.index.refresh()
        return resolve(self._registry.context, reference).commit


@lru_cache
def _model_of(reference: str) -> str:
    return refs.parse(reference).model


def _share(text: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise InvalidValue(f"{text!r:.40} is not a share.", "Write --canary churn@8=10%.")
    return value
