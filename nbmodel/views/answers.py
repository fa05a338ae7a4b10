"""The dispatch: a verb and its arguments to an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.views import (
    actions,
    audit,
    difference,
    files,
    firing,
    history,
    home,
    lineage,
    merging,
    monitoring,
    rows,
    sharing,
    summary,
    timeline,
    trash,
    tree,
    version,
)
from nbmodel.views.arguments import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbmodel.versioning.registry import Registry
    from nbmodel.views.texts import Answer

# Change nothing.
QUESTIONS: Mapping[str, Callable[..., Answer]] = {
    "registry": summary.registry,
    "sharing": sharing.sharing,
    "home": home.home,
    "rows": rows.rows,
    "version": version.version,
    "file": files.file,
    "history": history.history,
    "timeline": timeline.timeline,
    "audit": audit.audit,
    "alertHistory": timeline.alert_history,
    "lineage": lineage.lineage,
    "diff": difference.diff,
    "models": tree.models,
    "log": history.log,
    "sparklines": tree.sparklines,
    "monitor": monitoring.monitor,
    "distribution": monitoring.distribution,
    "monitoringState": monitoring.monitoring_state,
    "health": monitoring.health,
    "traffic": monitoring.traffic,
    "firing": firing.firing,
    "deletion": trash.deletion,
    "trash": trash.trash,
    "merging": merging.merging,
    "state": summary.state,
}
# May take seconds: a face must not wait for their answers with everything else.
SLOW = frozenset(
    {
        "monitor",
        "distribution",
        "monitoringState",
        "health",
        "traffic",
        "firing",
        "alertHistory",
        "audit",
    }
)
# Wait for a network or load models: no face and no other question waits for them.
SLOW_ACTIONS = frozenset({"push", "pull", "merge"})
# Change the registry; the verbs refuse where it is read-only.
ACTIONS: Mapping[str, Callable[..., Answer]] = {
    "promote": actions.promote,
    "rollback": actions.rollback,
    "release": actions.release,
    "card": actions.card,
    "approve": actions.approve,
    "delete": actions.delete,
    "restore": actions.restore,
    "push": actions.push,
    "pull": actions.pull,
}
# Load models, which only the kernel of a notebook may do.
KERNEL_ACTIONS: Mapping[str, Callable[..., Answer]] = {"merge": actions.merge}


def answer(registry: Registry, verb: str, arguments: Mapping[str, Any]) -> Answer:
    """Answer a question, or do an action, of `labextension/src/view/data/source.ts`.

    Parameters
    ----------
    registry : Registry
        May be shared between threads.
    verb : str
    arguments : mapping
        From a stranger: names, types and sizes are checked here.

    Returns
    -------
    dict
        Ready for strict JSON.

    Raises
    ------
    InvalidValue
        If there is no such verb, or it takes no such arguments.
    NbModelError
        Whatever the verb itself raises.
    """
    function = QUESTIONS.get(verb) or ACTIONS.get(verb) or KERNEL_ACTIONS.get(verb)
    if function is None:
        verbs = [*QUESTIONS, *ACTIONS, *KERNEL_ACTIONS]
        raise InvalidValue(
            f"There is no question {verb[:80]!r}.",
            did_you_mean(verb, verbs) or f"Ask one of: {', '.join(verbs)}.",
        )
    return function(registry, **checked(verb, function, arguments))
