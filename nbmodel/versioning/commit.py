"""Commit: a fitted object becomes a version.

Segments are on disk before `nbmodel.versioning.landing` writes anything of git.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nbmodel import display, plugins, refs
from nbmodel._version import __version__
from nbmodel.display import Result
from nbmodel.errors import NameTaken
from nbmodel.flavors.pickling import Pickled
from nbmodel.manifest import Manifest
from nbmodel.predict import acceptance
from nbmodel.predict.input_detection import signature_inputs
from nbmodel.progress import counted
from nbmodel.provenance import carried, environment
from nbmodel.provenance.profile import columns, dumps, profile
from nbmodel.provenance.session import Origin
from nbmodel.provenance.slicing import to_percent
from nbmodel.records import (
    Code,
    Description,
    Payload,
    Signature,
    Use,
    VersionInfo,
)
from nbmodel.repo.fast_import import FastImport
from nbmodel.store import lfs_format
from nbmodel.store.grouping import LARGE_BUFFER_BYTES
from nbmodel.trust.scan import imports, strangers
from nbmodel.versioning.aftermath import best_effort
from nbmodel.versioning.attributes import attributes
from nbmodel.versioning.content import content_of
from nbmodel.versioning.context import Context, trouble
from nbmodel.versioning.facts import Facts, checked
from nbmodel.versioning.internals import notes_of
from nbmodel.versioning.landing import Proposal, check_free, land, previous_card
from nbmodel.versioning.payload import put_away, take_apart
from nbmodel.versioning.proof import FILE as ACCEPTANCE
from nbmodel.versioning.proof import CommitProof, at_commit
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.snapshot import SKELETON, segment_path
from nbmodel.versioning.tracking import take_over

_NAMED = 3  # reasons that a notice lists


@dataclass(frozen=True, repr=False)
class CommitResult(Result):
    """A version just made: what was stored, and what was shared with earlier ones.

    `content` is the digest that `status` compares with, empty for a large object; `notice` says
    why others will need to trust the version in order to load it.
    """

    version: VersionInfo
    stored: int
    shared: int
    seconds: float
    warnings: tuple[str, ...] = ()
    content: str = ""
    notice: str = ""

    def text(self) -> str:
        """One line, then warnings and the notice."""
        after = (*self.warnings, *([self.notice] if self.notice else ()))
        return "\n".join(["  ".join(self._parts()), *(f"  {line}" for line in after)])

    def html(self) -> str:
        """The same line with the reference set off."""
        ref, commit, *rest = (display.escaped(part) for part in self._parts())
        line = f"<b>{ref}</b> &ensp;<code>{commit}</code> &ensp;{' &ensp;'.join(rest)}"
        notes = (f'<div class="warn">{display.escaped(w)}</div>' for w in self.warnings)
        notice = f"<div>{display.escaped(self.notice)}</div>" if self.notice else ""
        return f"<div>{line}</div>{''.join(notes)}{notice}"

    def _parts(self) -> list[str]:
        version = self.version
        stored = f"{display.size(self.stored)} stored"
        if self.shared:
            stored += f", {display.size(self.shared)} shared"
        kind = version.type.rpartition(".")[2]
        named = f"{version.flavor} {kind}" if version.flavor != "python" else kind
        scores = display.metrics(version.metrics.items())
        parts = [version.ref, version.commit[:7], scores, named, stored]
        return [part for part in [*parts, display.duration(self.seconds)] if part]


def commit(
    context: Context, obj: Any, model: str, branch: str, facts: Facts, origin: Origin
) -> CommitResult:
    """Store an object as the next version of a model's branch.

    Raises
    ------
    InvalidName, NameTaken
        If the name is outside the grammar, or differs from another only in case.
    NotPicklable
        If a part of the object cannot be stored; it names the part.
    WriteFailed
        If the disk did not take it; nothing was committed.
    """
    begin = time.perf_counter()
    context.require_writable("commit")
    ref = refs.branch_ref(model, branch)
    _check_target(context, model, ref)
    facts = checked(facts)
    uses = tuple(dict.fromkeys([*origin.uses, *(_use(context, text) for text in facts.uses)]))
    with ThreadPoolExecutor(1) as pool:
        # Two gits at once while we pickle: one looks at the tree, one starts and waits.
        code = pool.submit(context.code_state)
        # Until the ref has moved, nobody removes the segments that it will name.
        with context.store.writing(), FastImport(context.git) as importing:
            described = plugins.flavor_for(type(obj)).describe(obj)
            pickled = take_apart(obj, origin.variable or model)
            payload, stored = put_away(context, pickled)
            known = None if facts.data is None else _profile(facts.data)
            # After the object is stored: whatever its own methods do, its bytes are safe.
            proof = _proof(context, ref, obj, facts, known)
            described = replace(described, signature=_signature(described, facts, proof))
            names = imports(pickled.skeleton)
            draft = _draft(model, branch, described, pickled, names, payload, facts, origin, uses)
            files = _common_files(draft, pickled, origin) | _data_files(known, proof)
            files[".gitattributes"] = attributes(files)
            message = facts.message.strip() or f"{draft.model}: {draft.summary}"

            def propose() -> Proposal:
                state = partial(_code, code, origin)
                return replace(_propose(context, ref, draft, files), code=state)

            landed = land(context, ref, message, propose, importing)
    new = landed.written + sum(s.segment.size for s in stored if s.new)
    shared = sum(s.segment.size for s in stored if not s.new)
    there = landed.version.ref
    after: tuple[str, ...] = ()
    if stored:
        after = best_effort(there, "a look at what git push takes along", context.tell_of_push)
    warnings = (*context.news(), *proof.warnings, *landed.warnings, *pickled.warnings, *after)
    notice = _notice(names, pickled)
    seconds = time.perf_counter() - begin
    content = content_of(pickled)
    return CommitResult(landed.version, new, shared, seconds, warnings, content, notice)


def _propose(context: Context, ref: str, draft: Manifest, files: Mapping[str, bytes]) -> Proposal:
    parents = _parents(context, ref, draft)
    if not parents:
        return Proposal(draft, parents, files)
    before, warnings = previous_card(context, parents[0])
    return Proposal(draft, parents, files, before, warnings=warnings)


def _code(state: Future[Code], origin: Origin) -> Code:
    return replace(state.result(), notebook=origin.notebook)


def _use(context: Context, reference: str) -> Use:
    version = resolve(context, reference)
    return Use(version.model, version.commit)


def _check_target(context: Context, model: str, ref: str) -> None:
    check_free(context, ref)
    if context.git.resolve(ref) is None:
        take_over(context, *(refs.parse_branch_ref(ref) or (model, "")))
        context.index.refresh()
        other = context.index.same_name(model)
        if other not in (None, model):
            raise NameTaken(model, other)
        for problem in context.index.problems(model):
            if problem.ref == ref:  # it was there, and this commit begins it anew
                context.tell(str(trouble(problem)))


def _notice(names: Sequence[tuple[str, str]], pickled: Pickled) -> str:
    """What others will hear of before they may load it."""
    if not pickled.custom:  # the rules are not read for it: that takes longer than a small commit
        return ""
    found = strangers(names, pickled.skeleton, plugins.rules_for)
    if not found:
        return ""
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"Others will need --trust to load it: {'; '.join(found[:_NAMED])}{more}."


def _draft(
    model: str,
    branch: str,
    described: Description,
    pickled: Pickled,
    names: Sequence[tuple[str, str]],
    payload: Payload,
    facts: Facts,
    origin: Origin,
    uses: tuple[Use, ...],
) -> Manifest:
    modules = [*(module for module, _ in names), *pickled.imports]
    return Manifest(
        model=model,
        branch=branch,
        number=0,
        type=described.type,
        flavor=described.flavor,
        summary=described.summary,
        variable=origin.variable,
        payload=payload,
        python=platform.python_version(),
        nbmodel=__version__,
        params={**described.params, **facts.params},
        metrics=facts.metrics,
        tags=facts.tags,
        signature=described.signature,
        counts=described.counts,
        arrays=notes_of(described.arrays, pickled.buffers),
        environment=environment.distributions(modules),
        uses=uses,
        modules=tuple(carried.modules_of(pickled.sources)),
    )


# -- the commit --------------------------------------------------------------


def _proof(
    context: Context, ref: str, obj: Any, facts: Facts, known: Mapping[str, Any] | None
) -> CommitProof:
    """Acceptance rows of what is committed with its data; others are drawn at release."""
    if known is None:
        return CommitProof()
    return at_commit(context, ref, obj, facts.data, known)


def _signature(described: Description, facts: Facts, proof: CommitProof) -> Signature:
    """Inputs as the proof knows them, else as the data has them, else as the object says."""
    outputs = described.signature.outputs
    if proof.acceptance is not None:
        return Signature(signature_inputs(proof.acceptance.inputs), outputs)
    inputs = described.signature.inputs if facts.data is None else columns(facts.data)
    return Signature(inputs, outputs)


def _common_files(draft: Manifest, pickled: Pickled, origin: Origin) -> dict[str, bytes]:
    payload = draft.payload
    large = payload.skeleton.size >= LARGE_BUFFER_BYTES
    files = {
        "requirements.txt": environment.requirements(draft.environment).encode(),
        SKELETON: lfs_format.write_pointer(payload.skeleton) if large else pickled.skeleton,
    }
    for number, segment in enumerate(payload.segments):
        files[segment_path(number)] = lfs_format.write_pointer(segment)
    if origin.cells:
        files["cells.py"] = to_percent(origin.cells).encode(errors="replace")
    return files | carried.files_of(pickled.sources)


def _data_files(known: Mapping[str, Any] | None, proof: CommitProof) -> dict[str, bytes]:
    """The data profile and the acceptance rows, of a version that is committed with data."""
    if known is None:
        return {}
    files = {"profile.json": dumps(known)}
    if proof.acceptance is not None:
        files[ACCEPTANCE] = acceptance.dumps(proof.acceptance)
    return files


def _profile(data: Any) -> dict[str, Any]:
    with counted("profiling the data", "columns") as progress:
        return profile(data, progress=progress)


def _parents(context: Context, ref: str, draft: Manifest) -> list[VersionInfo]:
    """The tip of the branch; for a new branch of a model, the tip of its main branch."""
    main = refs.branch_ref(draft.model, refs.DEFAULT_BRANCH)
    tip = context.git.resolve(ref) or context.git.resolve(main)
    return [] if tip is None else [resolve(context, f"{draft.model}@{tip}")]
