"""Which version held a stage, from when to when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nbmodel.records import StageMove


@dataclass(frozen=True, slots=True)
class LiveSpan:
    """The time in which one version held a stage without a break.

    Attributes
    ----------
    move : StageMove
        The move that gave the stage to the version: who did it, when and why.
    end : int or None
        When another version got the stage, or the stage was removed; None if it still holds.
        Seconds since the epoch.
    """

    move: StageMove
    end: int | None = None


def live_spans(moves: Iterable[StageMove]) -> list[LiveSpan]:
    """The spans of every stage of a model, the oldest first.

    A stage that is given again to the version that holds it does not begin another span.

    Parameters
    ----------
    moves : iterable of StageMove
        Every move of one model, the oldest first.

    Examples
    --------
    >>> live_spans([])
    []
    """
    spans: list[LiveSpan] = []
    current: dict[str, int] = {}  # by stage: position of the span that still holds
    for move in moves:
        place = current.get(move.stage)
        if place is not None:
            if not move.removed and spans[place].move.commit == move.commit:
                continue
            spans[place] = replace(spans[place], end=move.time)
            del current[move.stage]
        if not move.removed:
            current[move.stage] = len(spans)
            spans.append(LiveSpan(move))
    return spans


def previous_span(spans: Iterable[LiveSpan], span: LiveSpan) -> LiveSpan | None:
    """The last span of the same stage before `span` in which another version held it."""
    earlier = None
    for other in spans:
        if other is span:
            return earlier
        if other.move.stage == span.move.stage and other.move.commit != span.move.commit:
            earlier = other
    return None


def holders_in_turn(moves: Iterable[StageMove], stage: str) -> list[str]:
    """Commits that held a stage, oldest first, without those that were rolled back."""
    holders: list[str] = []
    for move in sorted(moves, key=lambda m: (m.time, m.counter)):
        if move.stage != stage or move.removed:
            continue
        if move.rolled_back and move.commit in holders:
            while holders[-1] != move.commit:
                holders.pop()
        else:
            holders.append(move.commit)
    return holders
