"""What each served name answers with, and how a version replaces another without a failed request.

A slot follows its references. When a stage or branch moves, the new version is loaded and warmed
beside the old one, and then takes its place. Requests that started with the old version finish
with it.
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
from nbmodel.predict.acceptance_replay import one_line
from nbmodel.serve.inference.loaded import LoadedVersion, load
from nbmodel.versioning.resolve import resolve

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

POLL_SECONDS = 0.5  # between two checks of the registry
RETRY_SECONDS = 5.0  # until a version that could not be loaded is tried again

_PLAN_FIELDS = {"primary": "reference", "canary": "canary", "shadow": "shadow"}  # by role

logger = logging.getLogger("nbmodel.serve")


@dataclass(frozen=True, slots=True)
class ServingPlan:
    """Which versions a name answers with.

    Attributes
    ----------
    reference : str
        The version that answers.
    canary : str
        A version that answers `share` of the requests; the id of a request decides which.
    share : float
        0 to 1.
    shadow : str
        A version that scores a copy of each request; its outputs are only logged.
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
    def parse(cls, reference: str, canary: str = "", shadow: str = "") -> ServingPlan:
        """Read a plan as a user writes it: ``--canary churn@8=10%``.

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
class RejectedVersion:
    """A version that a reference moved to, and that could not take over.

    Attributes
    ----------
    commit : str
    reason : str
    until : float
        `time.monotonic` at which it is tried again; infinite if its outputs differ from those at
        commit.
    """

    commit: str
    reason: str
    until: float


@dataclass(slots=True, kw_only=True)
class Slot:
    """One served name and its versions.

    Attributes
    ----------
    plan : ServingPlan
    primary : LoadedVersion
    canary, shadow : LoadedVersion or None
    problem : str
        Why a version could not take over; empty if none failed.
    switches : int
        How often a version replaced another.
    rejected : dict of str to RejectedVersion
        By role.
    """

    plan: ServingPlan
    primary: LoadedVersion
    canary: LoadedVersion | None = None
    shadow: LoadedVersion | None = None
    problem: str = ""
    switches: int = 0
    rejected: dict[str, RejectedVersion] = field(default_factory=dict)

    def choose(self, request_id: str) -> LoadedVersion:
        """The version that answers a request; always the same one for the same id."""
        if self.canary is not None and fraction(request_id) < self.plan.share:
            return self.canary
        return self.primary

    def shares(self) -> list[tuple[str, LoadedVersion, float]]:
        """Role, version and share of the requests of each version that scores."""
        canary_share = self.plan.share if self.canary is not None else 0.0
        roles = (
            ("primary", self.primary, 1 - canary_share),
            ("canary", self.canary, canary_share),
            ("shadow", self.shadow, 1.0),
        )
        return [(role, version, share) for role, version, share in roles if version is not None]


def fraction(request_id: str) -> float:
    """A number from 0 to 1 that is always the same for an id."""
    digest = hashlib.blake2b(request_id.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Slots:
    """The slots of one server; a thread keeps them up to date with the registry.

    Parameters
    ----------
    registry : Registry
        Used by that thread alone once `follow` was called.
    plans : sequence of ServingPlan
    trust : bool
        Load other people's versions like own ones.
    loaded : callable, optional
        Called with ``replaced=True`` when a version replaced another.
    check : callable, optional
        Takes a version that was loaded and returns the version that answers; raises to reject it.

    Raises
    ------
    NotFound, Untrusted, ...
        If a version cannot be loaded.
    """

    def __init__(
        self, registry: Registry, plans: list[ServingPlan], *, trust: bool = False,
        loaded: Callable[..., None] | None = None,
        check: Callable[[LoadedVersion], LoadedVersion] | None = None,
    ) -> None:  # fmt: skip
        self._registry = registry
        self._trust = trust
        self._loaded = loaded
        self._check = check
        self.executor: Executor = ThreadPoolExecutor(1, "nbmodel-score")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        names = [plan.name for plan in plans]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise InvalidValue(
                f"{', '.join(sorted(repeated))} cannot be served twice by one server.",
                "Name each model once; --canary and --shadow add a second version of it.",
            )
        self._slots = {plan.name: self._open(plan) for plan in plans}

    def __getitem__(self, name: str) -> Slot:
        slot = self._slots.get(name)
        if slot is None:
            raise NotFound("served model", name[:80], "this server", self._slots)
        return slot

    def all(self) -> Mapping[str, Slot]:
        """Every slot, by its name."""
        return self._slots

    def follow(self) -> None:
        """Start the thread that follows the registry."""
        self._thread = threading.Thread(target=self._follow, name="nbmodel-follow", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop that thread and the scoring thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.executor.shutdown()

    # -- following the registry ------------------------------------------------

    def _open(self, plan: ServingPlan) -> Slot:
        return Slot(
            plan=plan,
            primary=self._load(plan.reference),
            canary=self._load(plan.canary) if plan.canary else None,
            shadow=self._load(plan.shadow) if plan.shadow else None,
        )

    def _load(self, reference: str) -> LoadedVersion:
        version = load(self._registry, reference, self.executor, trust=self._trust)
        return self._check(version) if self._check is not None else version

    def _follow(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            for slot in self._slots.values():
                problems = [why for role in _PLAN_FIELDS if (why := self._update(slot, role))]
                problem = problems[0] if problems else ""
                if problem and problem != slot.problem:
                    logger.warning(
                        "%s stays at %s: %s",
                        slot.plan.name, slot.primary.reference, display.line(problem),
                    )  # fmt: skip
                slot.problem = problem

    def _update(self, slot: Slot, role: str) -> str:
        """Load the version that a reference names now; the reason if the old version stays."""
        current: LoadedVersion | None = getattr(slot, role)
        if current is None:
            return ""
        commit = ""
        try:
            reference = getattr(slot.plan, _PLAN_FIELDS[role])
            commit = self._commit_of(reference)
            rejected = slot.rejected.get(role)
            if rejected and rejected.commit == commit and time.monotonic() < rejected.until:
                return rejected.reason
            if commit != current.info.commit:
                self._replace(slot, role, current, self._load(reference))
            slot.rejected.pop(role, None)
        except Exception as error:  # noqa: BLE001  a version's own code may raise anything
            ours = isinstance(error, NbModelError)
            reason = str(error) if ours else f"{reference} cannot be loaded: {one_line(error)}"
            wait = math.inf if isinstance(error, AnswersDiffer) else RETRY_SECONDS
            slot.rejected[role] = RejectedVersion(commit, reason, time.monotonic() + wait)
            return reason
        return ""

    def _replace(
        self, slot: Slot, role: str, current: LoadedVersion, replacement: LoadedVersion
    ) -> None:
        setattr(slot, role, replacement)
        slot.switches += 1
        if self._loaded is not None:
            self._loaded(replaced=True)
        logger.info(
            "%s: %s took over from %s",
            slot.plan.name, replacement.reference, current.reference,
        )  # fmt: skip

    def _commit_of(self, reference: str) -> str:
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
