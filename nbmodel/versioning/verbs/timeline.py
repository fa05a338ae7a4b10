"""Timeline: what happened to a model, when, by whom and why; and which version held each stage."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from nbmodel import display, refs
from nbmodel.display import Result, Table
from nbmodel.errors import InvalidValue
from nbmodel.figures.charted import Charted, Charts
from nbmodel.figures.stages import stage_bars
from nbmodel.repo import notes as git_notes
from nbmodel.versioning import events as model_events
from nbmodel.versioning.context import Context
from nbmodel.versioning.events import NO_REASON, Event, newest_first
from nbmodel.versioning.live_spans import LiveSpan, live_spans

PAGE = 100
MAX_EVENTS = 1000
MAX_OLDER_NOTED = 1000  # versions before the page whose notes are read
HEADINGS = ("date", "event", "version", "author", "reason")
LIVE_HEADINGS = ("stage", "version", "from", "to", "author", "reason")


@dataclass(frozen=True, repr=False, kw_only=True)
class Timeline(Charted, Result):
    """The events of a model, newest first, and the spans in which versions held stages.

    Attributes
    ----------
    model : str
    events : tuple of Event
    spans : tuple of LiveSpan
        The oldest first.
    names : dict of str to str
        The reference of each version in `spans`, by commit id.
    has_more : bool
        Whether older events were left out.
    warnings : tuple of str
        What is missing in the events.
    """

    model: str
    events: tuple[Event, ...]
    spans: tuple[LiveSpan, ...]
    names: dict[str, str]
    has_more: bool
    warnings: tuple[str, ...] = ()

    def charts(self) -> Charts:
        """The chart of the stages."""
        spans = [(span.move, span.end) for span in self.spans]
        draw = partial(stage_bars, self.model, spans, self.names, int(time.time()))
        return {"stages": draw} if spans else {}

    def missing_charts(self) -> dict[str, str]:
        """Why a model without stages has no chart."""
        return {} if self.spans else {"stages": f"No version of {self.model} has held a stage."}

    def text(self) -> str:
        """Two tables: the spans, then the events."""
        tables = [table.text() for table in self._tables()]
        rest = ["... older events: -n NUMBER"] if self.has_more else []
        return "\n\n".join([*tables, *rest, *map(display.visible, self.warnings)])

    def html(self) -> str:
        """The same tables."""
        rest = '<div class="dim">older events: -n NUMBER</div>' if self.has_more else ""
        tables = "".join(table.html() for table in self._tables())
        return tables + rest + display.warned(self.warnings)

    def including(self, events: Iterable[Event], limit: int) -> Timeline:
        """The timeline with other events too, the newest `limit` of all."""
        every = sorted([*self.events, *events], key=newest_first)
        # Events that are older than the oldest of this page may not be the next ones.
        if self.has_more and self.events:
            every = [event for event in every if event.time >= self.events[-1].time]
        more = self.has_more or len(every) > limit
        return replace(self, events=tuple(every[:limit]), has_more=more)

    def _tables(self) -> list[Table]:
        live = [
            (
                span.move.stage,
                self.names.get(span.move.commit, span.move.commit[:7]),
                display.moment(span.move.time),
                "now" if span.end is None else display.moment(span.end),
                span.move.author.name,
                display.first_line(span.move.message) or NO_REASON,
            )
            for span in reversed(self.spans)
        ]
        rows = [
            (
                display.moment(event.time),
                event.what,
                event.ref,
                event.author,
                event.reason,
            )
            for event in self.events
        ]
        tables = [Table(LIVE_HEADINGS, live, labels=frozenset({"stage"}))] if live else []
        return [*tables, Table(HEADINGS, rows)]


def timeline(context: Context, model: str, *, limit: int = PAGE) -> Timeline:
    """The newest events of a model.

    Parameters
    ----------
    context : Context
    model : str
    limit : int
        Events at most, up to `MAX_EVENTS`.

    Raises
    ------
    NotFound
        If there is no such model.
    InvalidValue
        If the limit is not positive.
    """
    if limit < 1:
        raise InvalidValue(f"A timeline of {limit} events was asked for.", "Use 1 or more.")
    limit = min(limit, MAX_EVENTS)
    context.index.refresh()
    context.require_model(refs.check_name("model", model))
    index = context.index
    moves, releases = index.moves(model), index.release_events(model)
    versions = index.log(model, limit=limit + 1)
    on_page = {version.commit for version in versions}
    noted = git_notes.commits(context.git)
    # A note may be newer than every event of the page although its version is older.
    older_noted = index.versions_of(model, noted - on_page, limit=MAX_OLDER_NOTED + 1)
    marked = {move.commit for move in moves} | {release.commit for release in releases}
    older_marked = index.versions_of(model, marked - on_page)
    names = {v.commit: v.ref for v in [*versions, *older_noted, *older_marked]}
    annotated = [version for version in versions if version.commit in noted]
    annotated += older_noted[:MAX_OLDER_NOTED]
    every = [
        *map(model_events.of_commit, versions),
        *(note for version in annotated for note in model_events.of_notes(context, version)),
        *(model_events.of_release(release, names) for release in releases),
        *(model_events.of_move(move, names) for move in moves),
    ]
    events = sorted(every, key=newest_first)
    return Timeline(
        model=model,
        events=tuple(events[:limit]),
        spans=tuple(live_spans(reversed(moves))),
        names=names,
        has_more=len(events) > limit or len(older_noted) > MAX_OLDER_NOTED,
    )
