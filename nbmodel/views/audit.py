"""audit: every fact of a model with the state of its signature, and what is wrong with them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.versioning.audit.facts import Fact
    from nbmodel.versioning.registry import Registry

MAX_FINDINGS = 200
MAX_REASON_CHARACTERS = 200


def audit(registry: Registry, *, model: str, limit: int = 200) -> Answer:
    """The newest facts of a model, newest first, and the findings of an audit of all its facts."""
    result = registry.audit(model)
    states = Counter(fact.verification.state for fact in result.facts)
    return {
        "model": result.model,
        "facts": [_fact(fact) for fact in result.facts[:limit]],
        "total": len(result.facts),
        "states": sorted(states.items()),
        "findings": [
            {
                "where": display.visible(finding.where),
                "kind": finding.kind,
                "problem": display.visible(finding.problem),
            }
            for finding in result.findings[:MAX_FINDINGS]
        ],
        "problems": len(result.findings),
    }


def _fact(fact: Fact) -> Answer:
    event = fact.event
    return {
        "time": event.time,
        "what": display.visible(event.what),
        "ref": display.visible(event.ref),
        "author": display.visible(event.author),
        "text": display.visible(display.first_line(event.reason, MAX_REASON_CHARACTERS)),
        "state": fact.verification.state,
        "signature": display.visible(fact.verification.sentence),
    }
