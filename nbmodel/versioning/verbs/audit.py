"""Audit: every fact of a model with who, when, why and its signature, and what is wrong with it."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nbmodel import display
from nbmodel.display import Result, Table
from nbmodel.errors import InvalidValue
from nbmodel.index import dates
from nbmodel.versioning.audit.facts import Fact, facts
from nbmodel.versioning.audit.findings import AuditFinding, findings
from nbmodel.versioning.audit.lost_versions import lost_versions
from nbmodel.versioning.audit.remote_losses import remote_losses
from nbmodel.versioning.audit.scan import scan
from nbmodel.versioning.context import Context

MAX_ROWS = 200  # of facts in a notebook or a terminal; the documents have all
HEADINGS = ("date", "fact", "version", "author", "reason", "signature", "id", "before it")
FINDING_HEADINGS = ("what", "respect", "finding")
FIELDS = (
    "time", "kind", "label", "version", "commit", "author", "reason", "signature", "signer", "key",
    "why", "name", "id", "previous",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these, spreadsheets begin a formula


@dataclass(frozen=True, kw_only=True, repr=False)
class AuditResult(Result):
    """The facts of a model, and what is wrong with them.

    Attributes
    ----------
    model : str
    facts : tuple of Fact
        The newest first; only those since the date that was asked for.
    findings : tuple of AuditFinding
        What is wrong with any fact, whatever its date.
    since : str
        The date, or an empty text.
    """

    model: str
    facts: tuple[Fact, ...]
    findings: tuple[AuditFinding, ...]
    since: str = ""

    def __bool__(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def text(self) -> str:
        """A line, then the findings, then the facts."""
        tables = [table.text() for table in self._tables(MAX_ROWS)]
        return "\n\n".join([display.visible(self._headline()), *tables, *self._rest()])

    def html(self) -> str:
        """The same."""
        tables = [table.html() for table in self._tables(MAX_ROWS)]
        lines = [
            f"<div>{display.escaped(line)}</div>" for line in (self._headline(), *self._rest())
        ]
        return "".join([lines[0], *tables, *lines[1:]])

    def csv(self) -> str:
        """Every fact as a row of CSV. The findings are in the other formats."""
        target = io.StringIO()
        writer = csv.DictWriter(target, FIELDS, lineterminator="\n")
        writer.writeheader()
        for fact in self.facts:
            row = {name: str(value) for name, value in _row(fact).items()}
            writer.writerow({name: _cell(value) for name, value in row.items()})
        return target.getvalue()

    def json(self) -> str:
        """Every fact and every finding as a document."""
        document = {
            "format": 1,
            "model": self.model,
            "since": self.since,
            "facts": [_row(fact) for fact in self.facts],
            "findings": [
                {"where": f.where, "kind": f.kind, "problem": f.problem} for f in self.findings
            ],
        }
        return json.dumps(document, indent=1) + "\n"

    def page(self) -> str:
        """Every fact and every finding as a page of HTML."""
        title = display.escaped(f"Audit of {self.model}")
        tables = "".join(table.html() for table in self._tables(len(self.facts)))
        body = display.styled(f"<h1>{title}</h1><p>{display.escaped(self._headline())}</p>{tables}")
        head = f'<meta charset="utf-8"><title>{title}</title>'
        return f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>\n"

    def _headline(self) -> str:
        states = Counter(fact.verification.state for fact in self.facts)
        amounts = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        since = f" since {self.since}" if self.since else ""
        result = display.count(len(self.findings), "finding") if self.findings else "all is well"
        amount = f"{display.count(len(self.facts), 'fact')}{since}"
        return (
            f"{self.model}: {amount} ({amounts}): {result}"
            if amounts
            else f"{self.model}: " + (f"{amount}: {result}")
        )

    def _rest(self) -> list[str]:
        more = len(self.facts) - MAX_ROWS
        return [f"{more} older facts: --as csv, json or html has all."] if more > 0 else []

    def _tables(self, limit: int) -> list[Table]:
        problems = [(f.where, f.kind, f.problem) for f in self.findings]
        rows = [
            (
                display.moment(fact.event.time),
                fact.event.what,
                fact.event.ref,
                fact.event.author,
                fact.event.reason,
                fact.verification.sentence,
                fact.id[:10],
                fact.predecessor,
            )
            for fact in self.facts[:limit]
        ]
        tables = [Table(FINDING_HEADINGS, problems)] if problems else []
        return [*tables, Table(HEADINGS, rows)] if rows else tables


def audit(context: Context, model: str, since: str = "") -> AuditResult:
    """Read every fact of a model from git, and check it.

    Parameters
    ----------
    context : Context
    model : str
        A model; it may be in the trash.
    since : str
        List only facts since then: ``2026-11-01``, or ``30d``. All are checked.

    Raises
    ------
    NotFound
        If there is no such model.
    InvalidValue
        If `since` is not a date.
    GitFailed, ReadFailed
        If the references cannot be listed.
    """
    begin = _begin(since)
    content = scan(context, model)
    every = facts(content)
    checks = (findings, lost_versions, remote_losses)
    problems = [problem for check in checks for problem in check(content, every)]
    return AuditResult(
        model=model,
        facts=tuple(fact for fact in every if fact.event.time >= begin),
        findings=tuple(problems),
        since=since,
    )


def _begin(since: str) -> int:
    if not since:
        return 0
    try:
        return dates.span(since, datetime.now(UTC))[0]
    except ValueError:
        raise InvalidValue(
            f"{since!r} is not a date.", "Write 2026-11-01, or 30d (30 days ago)."
        ) from None


def _row(fact: Fact) -> dict[str, str]:
    event, state = fact.event, fact.verification
    moment = _moment(event.time)
    previous = "not stated" if fact.previous is None else " ".join(fact.previous)
    values: Sequence[str] = (
        moment, event.kind, event.label, event.ref, event.commit, event.author, event.text,
        state.state, state.signer, state.key, state.why, fact.name, fact.id,
        previous if fact.predecessor else "",
    )  # fmt: skip
    return dict(zip(FIELDS, map(display.visible, values), strict=True))


def _cell(value: str) -> str:
    """A cell of CSV that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _moment(time: int) -> str:
    """A time in ISO format; empty if no calendar has it: anyone may have written it."""
    try:
        return datetime.fromtimestamp(time, UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return ""
