"""Merge: a version whose object is made of the latest versions of several branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbmodel import display
from nbmodel.display import Result
from nbmodel.errors import CannotMerge, InvalidValue, NbModelError
from nbmodel.merging.base import Member, MergeMethod, MergeRequest
from nbmodel.merging.methods import find_method
from nbmodel.merging.weights import SAMPLES, shares
from nbmodel.provenance.notebook.session import Origin
from nbmodel.records import Column, Merge, MergeMember, VersionInfo
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.publish import Ancestry, check_free
from nbmodel.versioning.user_metadata import UserMetadata
from nbmodel.versioning.verbs.checkout import checkout
from nbmodel.versioning.verbs.commit import CommitResult, commit
from nbmodel.versioning.verbs.merge_plan import MergePlan, plan_merge, sample_counts
from nbmodel.versioning.verbs.merge_scores import RESULT, LabeledRows, labeled_rows, scores_table


@dataclass(frozen=True, kw_only=True, repr=False)
class MergeResult(Result):
    """The version of a merge, what it was made of, and the metrics of each.

    `scores` has the metrics of each member by its reference, and of the result as ``merged``. If
    `unchanged`, no version was made, because the branch contains all sources already.
    """

    version: VersionInfo
    method: str
    members: tuple[VersionInfo, ...] = ()
    weights: tuple[float, ...] = ()
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    commit: CommitResult | None = None
    left_out: tuple[VersionInfo, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def unchanged(self) -> bool:
        """Whether there was nothing to merge."""
        return self.commit is None

    def text(self) -> str:
        """The metrics, the new version, and what it was made of."""
        table = [scores_table(self.scores).text()] if self.scores else []
        first = self._unchanged() if self.commit is None else self.commit.text()
        return "\n".join([*table, first, *(f"  {line}" for line in self._lines())])

    def html(self) -> str:
        """The same."""
        table = scores_table(self.scores).html() if self.scores else ""
        escaped = display.escaped
        first = self._unchanged() if self.commit is None else ""
        line = f"<div>{escaped(first)}</div>" if self.commit is None else self.commit.html()
        return table + line + "".join(f"<div>{escaped(line)}</div>" for line in self._lines())

    def _unchanged(self) -> str:
        names = ", ".join(version.ref for version in self.left_out)
        return f"Nothing to merge: {self.version.ref} contains {names} already."

    def _lines(self) -> list[str]:
        if self.commit is None:
            return []
        shares_ = self.weights or (None,) * len(self.members)
        parts = [
            version.ref if share is None else f"{version.ref} ({share:.4g})"
            for version, share in zip(self.members, shares_, strict=True)
        ]
        lines = [f"{self.method} of {', '.join(parts)}"]
        if self.left_out:
            names = ", ".join(version.ref for version in self.left_out)
            lines.append(f"Left out, because another one contains it: {names}.")
        return [*lines, *self.warnings]


def merge(
    context: Context,
    sources: Sequence[str],
    into: str,
    how: str | Callable[..., Any],
    *,
    weights: Sequence[float] | str = (),
    data: Any = None,
    target: Any = None,
    message: str = "",
    origin: Origin | None = None,
    trust: bool = False,
    offline: bool = False,
) -> MergeResult:
    """Merge versions into a branch: one commit whose parents are the tip and the sources.

    Parameters
    ----------
    context : Context
    sources : sequence of str
    into : str
        The branch.
    how : str or callable
        A method, or a function that takes the list of fitted members and returns the model.
    weights : sequence of float, or "samples"
        One for each member, in the order of the members.
    data, target : object, optional
        Rows and their true answers, which score the members and the result before the commit.
    message : str
    origin : Origin, optional
        The cells that made a function of the notebook.
    trust, offline : bool
        As for a checkout of each member.

    Raises
    ------
    CannotMerge
        If the members do not fit together, or the method cannot combine them.
    InvalidValue, NotFound
        If a branch, a source, a weight or a row is not usable.
    Untrusted
        If another person made a member, and it needs more than the validating loader allows.
    LostRace
        If the branch moved meanwhile. Nothing was committed.
    """
    context.require_writable("merge")
    name, method = find_method(how)
    plan = plan_merge(context, sources, into)
    check_free(context, plan.ref)
    if not plan.sources:
        return MergeResult(version=plan.tip, method=name, left_out=plan.left_out)
    rows = labeled_rows(data, target, name, trains=method.trains)
    loader = _Loader(context, trust=trust, offline=offline)
    request = _request(context, plan, name, method, weights, rows, loader)
    members = method.members_of(request)
    scores = {} if rows is None else {m.ref: rows.score(m.model, m.ref) for m in members}
    model = _combined(method, request)
    if rows is not None:
        scores[RESULT] = rows.score(model, "The merged model")
    versions = tuple(loader.versions[member] for member in members)
    weighed = request.has_weights or (method.takes_weights and len(versions) > 1)
    result = MergeResult(
        version=plan.tip,
        method=name,
        members=versions,
        weights=request.weights if weighed else (),
        scores=scores,
        left_out=plan.left_out,
        warnings=tuple(loader.warnings),
    )
    commit_result = _committed(context, model, plan, result, message, origin or Origin())
    return replace(result, version=commit_result.version, commit=commit_result)


def _committed(
    context: Context,
    model: Any,
    plan: MergePlan,
    result: MergeResult,
    message: str,
    origin: Origin,
) -> CommitResult:
    ancestry = Ancestry(
        parents=(plan.tip, *plan.sources),
        merge=Merge(result.method, _recorded(result.members, result.weights)),
        inputs=_common_inputs(context, result.members),
    )
    metadata = UserMetadata(
        message=message.strip() or _message(plan, result.method),
        metrics=result.scores.get(RESULT, {}),
        again=True,
    )
    variable = snapshots.read(context, plan.tip).manifest.variable
    origin = replace(origin, variable=variable)
    return commit(context, model, plan.tip.model, plan.branch, metadata, origin, ancestry)


class _Loader:
    """Loads each member once, by the rules of a checkout."""

    def __init__(self, context: Context, *, trust: bool, offline: bool) -> None:
        self._context, self._trust, self._offline = context, trust, offline
        self.versions: dict[Member, VersionInfo] = {}
        self.warnings: list[str] = []

    def member(self, version: VersionInfo) -> Member:
        member = Member(ref=version.ref, load=lambda: self._load(version))
        self.versions[member] = version
        return member

    def _load(self, version: VersionInfo) -> Any:
        reference = f"{version.model}@{version.commit}"
        result = checkout(self._context, reference, trust=self._trust, offline=self._offline)
        self.warnings += (f"{version.ref}: {warning}" for warning in result.warnings)
        return result.model


def _request(
    context: Context,
    plan: MergePlan,
    name: str,
    method: MergeMethod,
    weights: Sequence[float] | str,
    rows: LabeledRows | None,
    loader: _Loader,
) -> MergeRequest:
    members = {v.commit: loader.member(v) for v in (plan.tip, *plan.sources)}
    numbers = _weights_of(context, plan, name, method, weights)
    return MergeRequest(
        members=[members[version.commit] for version in plan.members],
        ours=members[plan.tip.commit],
        theirs=[members[version.commit] for version in plan.sources],
        weights=shares(numbers, [version.ref for version in plan.members]),
        has_weights=bool(numbers),
        data=rows.training_data if rows else None,
        target=rows.training_values if rows else None,
    )


def _weights_of(
    context: Context,
    plan: MergePlan,
    name: str,
    method: MergeMethod,
    weights: Sequence[float] | str,
) -> Sequence[float]:
    numbers: Sequence[float]
    if not isinstance(weights, str):
        numbers = list(weights)
    elif weights == SAMPLES:
        numbers = sample_counts(context, plan.members)
    else:
        raise InvalidValue(
            f"The weights {weights!r} are not numbers.", f"Give numbers, or {SAMPLES!r}."
        )
    if numbers and not method.takes_weights:
        raise InvalidValue(
            f"The method {name} takes no weights.", "Leave them out, or use --how average or vote."
        )
    return numbers


def _combined(method: MergeMethod, request: MergeRequest) -> Any:
    try:
        return method.function(request)
    except NbModelError:
        raise
    except Exception as error:  # frameworks and plug-ins may raise anything
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise CannotMerge(why.rstrip("."), "Choose another method: --how.") from error


def _recorded(versions: Sequence[VersionInfo], weights: Sequence[float]) -> tuple[MergeMember, ...]:
    if not weights:
        return tuple(MergeMember(version.commit) for version in versions)
    pairs = zip(versions, weights, strict=True)
    return tuple(MergeMember(version.commit, weight) for version, weight in pairs)


def _common_inputs(context: Context, versions: Sequence[VersionInfo]) -> tuple[Column, ...]:
    """The inputs in the signatures of all members; none if their names or shapes differ.

    A column for which the members know different types, or no type, has none.
    """
    signatures = [snapshots.read(context, version).manifest.signature for version in versions]
    first, *others = [signature.inputs for signature in signatures]
    untyped = [replace(column, dtype="") for column in first]
    if any([replace(column, dtype="") for column in inputs] != untyped for inputs in others):
        return ()
    types = [{c.dtype for c in each} - {""} for each in zip(first, *others, strict=True)]
    return tuple(
        replace(column, dtype=dtypes.pop() if len(dtypes) == 1 else "")
        for column, dtypes in zip(first, types, strict=True)
    )


def _message(plan: MergePlan, method: str) -> str:
    names = ", ".join(version.ref for version in plan.sources)
    return f"Merge {names} into {plan.line} ({method})"
