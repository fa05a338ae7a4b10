"""Commit: a fitted object becomes a version.

Segments are on disk before `nbmodel.versioning.publish` writes anything of git.
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nbmodel import display, plugins, refs
from nbmodel._version import __version__
from nbmodel.attachments import collect
from nbmodel.display import Result
from nbmodel.errors import AlreadyExists, NameTaken
from nbmodel.flavors.pickling import Pickled
from nbmodel.manifest import Manifest
from nbmodel.predict.inputs import signature_inputs
from nbmodel.progress import counted
from nbmodel.provenance import environment, user_modules
from nbmodel.provenance.data.packages import input_modules
from nbmodel.provenance.data.profile import columns, profile
from nbmodel.provenance.notebook.session import Origin
from nbmodel.records import Code, Description, Payload, Signature, Use, VersionInfo
from nbmodel.repo import trash
from nbmodel.repo.fast_import import FastImport
from nbmodel.trust.scan import CARRIED_CODE_LABEL, imports, strangers
from nbmodel.versioning import attached_files
from nbmodel.versioning.acceptance import CommitAcceptance, at_commit
from nbmodel.versioning.array_summary import summarize_arrays
from nbmodel.versioning.context import Context, trouble
from nbmodel.versioning.payload import content_hash, serialize, store_payload
from nbmodel.versioning.publish import (
    Ancestry,
    Proposal,
    best_effort,
    check_free,
    previous_card,
    publish,
)
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.similar_names import slip_of
from nbmodel.versioning.user_metadata import UserMetadata, validated
from nbmodel.versioning.verbs.branch import track_remote_branch
from nbmodel.versioning.verbs.commit_files import version_files
from nbmodel.versioning.verbs.unchanged import Candidate, repeated_version

_MAX_LISTED = 3  # reasons that a notice lists


@dataclass(frozen=True, repr=False, kw_only=True)
class CommitResult(Result):
    """A version just made: what was stored, and what was shared with earlier ones.

    `content` is the digest that `status` compares with, empty for a large object; `notice` says
    why others will need to trust the version in order to load it. If `unchanged`, no version was
    made, because `version` is the same.
    """

    version: VersionInfo
    stored: int
    shared: int
    seconds: float
    warnings: tuple[str, ...] = ()
    content: str = ""
    notice: str = ""
    unchanged: bool = False

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
        if self.unchanged:
            since = f"unchanged since @{version.number}: no new version (--again makes one)"
            return [version.ref, version.commit[:7], since]
        stored = f"{display.size(self.stored)} stored"
        if self.shared:
            stored += f", {display.size(self.shared)} shared"
        kind = version.type.rpartition(".")[2]
        type_name = f"{version.flavor} {kind}" if version.flavor != "python" else kind
        scores = display.metrics(version.metrics.items())
        parts = [version.ref, version.commit[:7], scores, type_name, stored]
        return [part for part in [*parts, display.duration(self.seconds)] if part]


def commit(
    context: Context,
    obj: Any,
    model: str,
    branch: str,
    metadata: UserMetadata,
    origin: Origin,
    ancestry: Ancestry | None = None,
) -> CommitResult:
    """Store an object as the next version of a model's branch.

    An object that is the latest version already makes none, unless the user states something new
    of it, or asks for one. With `ancestry`, the version is a merge.

    Raises
    ------
    InvalidName, NameTaken
        If the name is outside the grammar, or differs from another only in case.
    NotFound, ReadFailed, TooLarge
        If a file to attach does not exist, cannot be read or is too large.
    NotPicklable
        If a part of the object cannot be stored; it names the part.
    WriteFailed
        If the disk did not take it; nothing was committed.
    LostRace
        If the branch of a merge has moved since the merge began.
    """
    begin = time.perf_counter()
    context.require_writable("commit")
    ref = refs.branch_ref(model, branch)
    _check_target(context, model, ref)
    metadata = validated(metadata)
    attached = collect(metadata.figures, metadata.files)  # before anything is stored
    uses = tuple(dict.fromkeys([*origin.uses, *(_use(context, text) for text in metadata.uses)]))
    with ThreadPoolExecutor(1) as pool:
        # Two gits at once while we pickle: one looks at the tree, one starts and waits.
        code = pool.submit(context.code_state)
        # Until the ref has moved, nobody removes the segments that it will name.
        with context.store.writing(), FastImport(context.git) as importing:
            described = plugins.flavor_for(type(obj)).describe(obj)
            pickled = serialize(obj, origin.variable or model)
            payload, stored = store_payload(context, pickled)
            data_profile = None if metadata.data is None else _profile(metadata.data)
            stored_files = attached_files.store(context, attached)
            candidate = Candidate(
                payload=payload,
                modules=tuple(user_modules.modules_of(pickled.sources)),
                files=stored_files.attachments,
                profile=data_profile,
            )
            if not metadata.again and (same := repeated_version(context, ref, metadata, candidate)):
                return _unchanged(context, same, pickled, begin)
            # After the object is stored: its bytes are safe from its own methods.
            proof = _proof(context, ref, obj, metadata, data_profile)
            signature = _signature(described, metadata, proof)
            if ancestry is not None:
                signature = ancestry.signature(signature)
            described = replace(described, signature=signature)
            names = imports(pickled.skeleton)
            draft = _draft(
                model, branch, described, pickled, names, payload, metadata, origin, uses
            )
            draft = replace(draft, files=stored_files.attachments)
            if ancestry is not None:
                draft = replace(draft, merge=ancestry.merge)
            files = version_files(
                draft, pickled, origin, data_profile, proof.acceptance, stored_files.blobs
            )
            message = metadata.message.strip() or f"{draft.model}: {draft.summary}"

            def propose() -> Proposal:
                state = partial(_code, code, origin)
                return replace(_propose(context, ref, draft, files, ancestry), code=state)

            published = publish(context, ref, message, propose, importing)
    new = published.written + stored_files.stored + sum(s.segment.size for s in stored if s.new)
    shared = sum(s.segment.size for s in stored if not s.new)
    there = published.version.ref
    after: tuple[str, ...] = ()
    if stored or stored_files.stored:
        after = best_effort(there, "a look at what git push takes along", context.tell_of_push)
    unusual = _unusual_metrics(metadata.metrics)
    warnings = (
        *context.news(), *unusual, *proof.warnings, *published.warnings, *pickled.warnings, *after,
    )  # fmt: skip
    notice = _notice(names, pickled)
    seconds = time.perf_counter() - begin
    content = content_hash(pickled)
    return CommitResult(
        version=published.version,
        stored=new,
        shared=shared,
        seconds=seconds,
        warnings=warnings,
        content=content,
        notice=notice,
    )


def _unchanged(
    context: Context, version: VersionInfo, pickled: Pickled, begin: float
) -> CommitResult:
    return CommitResult(
        version=version,
        stored=0,
        shared=version.size,
        seconds=time.perf_counter() - begin,
        warnings=context.news(),
        content=content_hash(pickled),
        unchanged=True,
    )


def _propose(
    context: Context,
    ref: str,
    draft: Manifest,
    files: Mapping[str, bytes],
    ancestry: Ancestry | None,
) -> Proposal:
    if ancestry is None:
        parents: Sequence[VersionInfo] = _parents(context, ref, draft)
    else:
        ancestry.require_tip(context, ref)
        parents = ancestry.parents
    if not parents:
        return Proposal(draft=draft, parents=parents, files=files)
    before, warnings = previous_card(context, parents[0])
    return Proposal(draft=draft, parents=parents, files=files, card=before, warnings=warnings)


def _code(state: Future[Code], origin: Origin) -> Code:
    return replace(state.result(), notebook=origin.notebook)


def _use(context: Context, reference: str) -> Use:
    version = resolve(context, reference)
    return Use(version.model, version.commit)


def _check_target(context: Context, model: str, ref: str) -> None:
    check_free(context, ref)
    if context.git.resolve(ref) is None:
        _require_not_deleted(context, model)
        track_remote_branch(context, *(refs.parse_branch_ref(ref) or (model, "")))
        context.index.refresh()
        other = context.index.same_name(model)
        if other not in (None, model):
            raise NameTaken(model, other)
        names = context.index.names()
        if model not in names and (meant := slip_of(model, names)):
            context.tell(f"{model} is a new model; did you mean {meant}? Commit again as {meant}.")
        for problem in context.index.problems(model):
            if problem.ref == ref:  # it was there, and this commit begins it again
                context.tell(str(trouble(problem)))


def _require_not_deleted(context: Context, model: str) -> None:
    """Refuse to begin a deleted model again: its labels would be those of other versions."""
    if entry := trash.newest(trash.entries(context.git), model, ""):
        raise AlreadyExists(
            f"{model} was deleted on {display.moment(entry.time)}, and can be restored.",
            f"Restore it: %model_restore {model}. Or commit under another name.",
        )


def _unusual_metrics(metrics: Mapping[str, float]) -> list[str]:
    """Say which metrics are not finite: they are recorded, but charts cannot draw them."""
    return [
        f"The metric {name} is {display.number(value)}: charts cannot draw it, and it is sorted "
        f"{'last' if math.isnan(value) else 'beyond all numbers'}."
        for name, value in metrics.items()
        if not math.isfinite(value)
    ]


def _notice(names: Sequence[tuple[str, str]], pickled: Pickled) -> str:
    """What others will hear of before they may load it."""
    if not pickled.custom:  # the rules are not read for it: that takes longer than a small commit
        return ""
    findings = strangers(names, pickled.skeleton, plugins.rules_for)
    if not findings:
        return ""
    more = f" and {len(findings) - _MAX_LISTED} more" if len(findings) > _MAX_LISTED else ""
    listing = "; ".join(findings[:_MAX_LISTED]).replace(
        CARRIED_CODE_LABEL, "it contains code of yours"
    )
    return f"Others will need --trust to load it: {listing}{more}."


def _draft(
    model: str,
    branch: str,
    described: Description,
    pickled: Pickled,
    names: Sequence[tuple[str, str]],
    payload: Payload,
    metadata: UserMetadata,
    origin: Origin,
    uses: tuple[Use, ...],
) -> Manifest:
    called_with = input_modules(metadata.data, described.signature.inputs)
    modules = [*(module for module, _ in names), *pickled.imports, *called_with]
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
        params={**described.params, **metadata.params},
        defaults=tuple(name for name in described.defaults if name not in metadata.params),
        metrics=metadata.metrics,
        tags=metadata.tags,
        signature=described.signature,
        counts=described.counts,
        arrays=summarize_arrays(described.arrays, pickled.buffers),
        environment=environment.distributions(modules),
        uses=uses,
        modules=tuple(user_modules.modules_of(pickled.sources)),
    )


def _proof(
    context: Context,
    ref: str,
    obj: Any,
    metadata: UserMetadata,
    data_profile: Mapping[str, Any] | None,
) -> CommitAcceptance:
    """Acceptance rows of what is committed with its data; others are drawn at release."""
    if data_profile is None:
        return CommitAcceptance()
    return at_commit(context, ref, obj, metadata.data, data_profile)


def _signature(
    described: Description, metadata: UserMetadata, proof: CommitAcceptance
) -> Signature:
    """Inputs as the proof knows them, else as the data has them, else as the object says."""
    outputs = described.signature.outputs
    if proof.acceptance is not None:
        return Signature(signature_inputs(proof.acceptance.inputs), outputs)
    inputs = described.signature.inputs if metadata.data is None else columns(metadata.data)
    return Signature(inputs, outputs)


def _profile(data: Any) -> dict[str, Any]:
    with counted("profiling the data", "columns") as progress:
        return profile(data, progress=progress)


def _parents(context: Context, ref: str, draft: Manifest) -> list[VersionInfo]:
    """The tip of the branch; for a new branch of a model, the tip of its main branch."""
    main = refs.branch_ref(draft.model, refs.DEFAULT_BRANCH)
    tip = context.git.resolve(ref) or context.git.resolve(main)
    return [] if tip is None else [resolve(context, f"{draft.model}@{tip}")]
