"""Notes and rules of two clones as one: nothing that either of them has is lost."""

from __future__ import annotations

import json
from typing import Any

from nbmodel import documents, refs
from nbmodel.errors import RemoteConflict
from nbmodel.repo import ref_updates
from nbmodel.repo.network import Network
from nbmodel.repo.remote_settings import Remote
from nbmodel.repo.signed_objects import sign_commit
from nbmodel.repo.signing import signer
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing import tracking
from nbmodel.versioning.sharing.shared import RULES_REF, SharedRefs, relation

MAX_RULES_BYTES = 1 << 22
_OURS, _THEIRS = "refs/notes/ours", "refs/notes/theirs"
_KEY = ("model", "stage", "rule")

Entry = dict[str, Any]


def merge(
    context: Context, network: Network, remote: Remote, ours: SharedRefs, theirs: SharedRefs
) -> tuple[str, str]:
    """Bring notes and rules of the remote into this clone; return the ids of both."""
    base = tracking.rules(context, remote)
    rules = merge_rules(context, base, ours.rules, theirs.rules)
    return merge_notes(context, network, ours.notes, theirs.notes), rules


def merge_notes(context: Context, network: Network, ours: str, theirs: str) -> str:
    """Bring the notes of a remote into those of this clone; return the id of the result.

    Notes are lines that are only added. So both have all lines afterwards, each once.

    Parameters
    ----------
    context : Context
    network : Network
    ours, theirs : str
        Commits of the notes, both in this clone; empty for none.

    Raises
    ------
    Locked, WriteFailed, GitFailed
        If the notes of this clone could not be moved.
    """
    related = relation(context.git, ours, theirs)
    if related in ("same", "new", "ahead"):
        return ours
    merged = theirs if related == "behind" else _union(context, network, ours, theirs)
    ref_updates.move(context.git, refs.NOTES_REF, merged, ours)
    return merged


def _union(context: Context, network: Network, ours: str, theirs: str) -> str:
    """A merge of both, made by git in the repository of the network: no reference here moves."""
    git, person = network.git, context.identity.person
    settings = (f"user.name={person.name}", f"user.email={person.email}")
    for ref, oid in ((_OURS, ours), (_THEIRS, theirs)):
        git.run("update-ref", ref, oid)
    words = ("--ref", _OURS, "merge", "--quiet", "--strategy=cat_sort_uniq", _THEIRS)
    git.run("notes", *words, settings=settings)
    merged = git.run("rev-parse", "--verify", _OURS).decode().strip()
    signs = signer(context.identity.settings, "commit")
    return sign_commit(git, merged, signs) if signs else merged


def merge_rules(context: Context, base: str, ours: str, theirs: str) -> str:
    """Bring the rules of a remote into those of this clone; return the id of the result.

    Parameters
    ----------
    context : Context
    base, ours, theirs : str
        Blobs: at the last push or pull, here, and there; empty for none.

    Raises
    ------
    RemoteConflict
        If both have changed the same rule in different ways.
    """
    if theirs in ("", ours, base):
        return ours
    if ours == base:
        merged = theirs
    else:
        versions = [rule_entries(context, oid) for oid in (base, ours, theirs)]
        data = _dumps(_merged(*versions))
        merged = context.git.run("hash-object", "-w", "--stdin", data=data).decode().strip()
    if merged != ours:
        ref_updates.move(context.git, RULES_REF, merged, ours)
    return merged


def rule_entries(context: Context, oid: str) -> dict[tuple[str, ...], Entry]:
    """The rules of a document by model, stage and rule; `oid` is empty for no document.

    Raises
    ------
    RemoteConflict
        If it cannot be read.
    """
    blob = context.git.read(oid, MAX_RULES_BYTES) if oid else None
    if blob is None:
        return {}
    try:
        entries = documents.loads(blob.data, MAX_RULES_BYTES)["alerts"]
        return {tuple(str(entry[name]) for name in _KEY): dict(entry) for entry in entries}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RemoteConflict(
            f"The rules in the object {oid[:10]} cannot be read.",
            "Both clones have changed the rules. Update nbmodel, or remove the rules of one clone.",
        ) from None


def _merged(
    base: dict[tuple[str, ...], Entry],
    ours: dict[tuple[str, ...], Entry],
    theirs: dict[tuple[str, ...], Entry],
) -> list[Entry]:
    result = []
    for key in dict.fromkeys([*ours, *theirs]):
        before, mine, other = (each.get(key) for each in (base, ours, theirs))
        if mine != before and other != before and not _alike(mine, other):
            raise RemoteConflict(
                f"Both have changed a rule. Here: {_rule_text(key, mine)}. "
                f"At the remote: {_rule_text(key, other)}.",
                "Make them alike with %model_alert, then repeat.",
            )
        entry = other if mine == before else mine
        if entry is not None:
            result.append(entry)
    return result


def _alike(mine: Entry | None, other: Entry | None) -> bool:
    """Whether two entries differ at most in who wrote them when."""
    if mine is None or other is None:
        return mine is other
    return set(mine.get("notify", ())) == set(other.get("notify", ()))


def _rule_text(key: tuple[str, ...], entry: Entry | None) -> str:
    model, stage, rule = key
    subject = refs.stage_reference(model, stage) if stage else model
    receivers = (
        "removed" if entry is None else ", ".join(map(str, entry.get("notify", ()))) or "no one"
    )
    return f"{subject} {rule} ({receivers})"


def _dumps(entries: list[Entry]) -> bytes:
    document = {"format": 1, "alerts": entries}
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()
