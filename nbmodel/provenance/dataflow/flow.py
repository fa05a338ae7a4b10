"""What each cell reads and changes, followed forward through the cells that ran.

What a name stands for is worked out in `nbmodel.provenance.dataflow.objects`.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbmodel.provenance.dataflow.calls import CallEffects
from nbmodel.provenance.dataflow.effects import (
    AbstractObject,
    Effects,
    FunctionSummary,
    merge_summaries,
)
from nbmodel.provenance.dataflow.steps import (
    AbstractValue,
    Bind,
    CallStep,
    CellCode,
    Class,
    Conditional,
    Function,
    MayRun,
    Mutate,
    ReadName,
    SetProcessState,
    Step,
    StoreInto,
    Wildcard,
)
from nbmodel.provenance.dataflow.syntax import RETURN

_ARGUMENT = "@argument"  # the object that a caller passed, even if its parameter is bound again


class Flow(CallEffects):
    """Follows steps in run order; one for the notebook, one inside each function body."""

    def __init__(self, outer: Flow | None = None, own: frozenset[str] = frozenset()) -> None:
        super().__init__(outer, own)
        self._bound: set[str] = set()
        self._looping = False
        self._summaries: dict[Function | Class, FunctionSummary] = (
            {} if outer is None else outer._summaries
        )
        self._active: set[Function | Class] = set() if outer is None else outer._active
        self._enclosed: dict[Function | Class, frozenset[str]] = (
            {} if outer is None else outer._enclosed
        )

    def cell(self, code: CellCode, number: int, binds: Iterable[str], complete: bool) -> Effects:
        """Follow one cell; of an incomplete one nothing is certain."""
        self.effects, self._bound = Effects(), set()
        self._forget_targets()
        steps = (*(Bind(((name, AbstractValue()),)) for name in binds), *code.steps)
        self._run(steps if complete else (Conditional((steps,)),))
        if code.last is not None:  # IPython's output history
            self._bind(((f"_{number}", code.last),))
            self._run((Conditional(((Bind((("_", code.last),)),),)),))
        if complete:
            self.effects.kills = self._bound
        self.effects.library |= bool(code.modules)
        return self.effects

    def effects_of_reading(self, name: str) -> Effects:
        """What it takes to use variable `name` now."""
        self.effects, self._bound = Effects(), set()
        self._use(name)
        return self.effects

    def _forget_targets(self) -> None:
        """Drop the targets of comprehensions: another cell numbers its own alike."""
        for name in [name for name in self._links if "@" in name]:
            for other in self._links.pop(name):
                self._links[other].discard(name)
        for name in [name for name in self._variables if "@" in name]:
            del self._variables[name]

    # -- steps ---------------------------------------------------------------

    def _run(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case ReadName(name):
                    self._use(name)
                case Bind(pairs):
                    self._bind(pairs)
                case CallStep(call):
                    self._do(call)
                case Mutate(value):
                    self._change(self._resolve(value).names)
                case StoreInto(into, value, path):
                    self._store(into, value, path)
                case MayRun(code):
                    self._touch(code)
                case Conditional():
                    self._branch(step)
                case Wildcard():
                    self.effects.wildcard = True
                case SetProcessState(key):
                    self.effects.process_state[key] = False

    def _branch(self, branch: Conditional) -> None:
        before, ends = self._bound, []
        for block in branch.blocks:
            self._bound = set(before)
            self._replaced.append([])
            if branch.again and not self._looping:
                # What the end of a loop's body links, its beginning may change.
                self._looping = True
                self._run(block)
                self._looping = False
            self._run(block)
            ends.append(self._bound)
            # Where the block did not run, names are what they were before.
            for name, obj, links in reversed(self._replaced.pop()):
                if obj is not None:
                    self._variables[name] |= obj
                self._link(name, links)
        self._bound = set.intersection(*ends) if branch.exhaustive and ends else before

    def _bind(self, pairs: tuple[tuple[str, AbstractValue], ...]) -> None:
        objects = [(name, self._resolve(value)) for name, value in pairs]
        shared = [self._with_linked(obj.names) for _, obj in objects]
        if self._outer is None:
            self._summaries.clear()
        for (name, obj), names in zip(objects, shared, strict=True):
            self.effects.defs.add(name)
            self._bound.add(name)
            before = self._variables.get(name)
            if name != RETURN:
                links = self._links.pop(name, set())
                for other in links:
                    self._links[other].discard(name)
                if self._replaced:
                    self._replaced[-1].append((name, before, links))
            elif before is not None:  # a function may return at several places
                obj |= before
            self._variables[name] = obj
            if not obj.fixed:
                self._link(name, names)

    def _store(self, into: AbstractValue, value: AbstractValue, path: tuple[str, ...]) -> None:
        key = self._process(path)
        if key:
            self.effects.process_state[key] = False
        target, part = self._resolve(into), self._resolve(value)
        self._change(target.names | into.shares)
        for name in into.shares:  # fixed only as long as all that is added is
            obj = self._find(name)
            if obj is not None and obj.fixed and not part.fixed:
                self._variables[name] = AbstractObject(obj.names, obj.functions, obj.constructor)
            if obj is not None and part.functions - obj.functions:
                self._summaries.clear()
                self._variables[name] = obj | AbstractObject(
                    functions=part.functions, fixed=obj.fixed
                )
        self._link_all(target.names, part.names)

    # -- names ---------------------------------------------------------------

    def _use(self, name: str) -> None:
        """Read a name, and with it what the functions it may run read and change."""
        pending, visited_names = [name], set()
        while pending:
            name = pending.pop()
            if name in visited_names:
                continue
            visited_names.add(name)
            if name not in self._bound:
                self.effects.uses.add(name)
            if self._outer is not None and name not in self._own:
                continue  # the caller follows the global names of a function
            obj = self._find(name)
            if obj is None:
                continue
            self.effects.library |= bool(obj.module)
            for code in obj.functions:
                pending.extend(self._ran(self._summary(code)))

    def _touch(self, code: Function | Class) -> None:
        names = self._ran(self._body(code) if isinstance(code, Class) else self._summary(code))
        for name in names:
            self._use(name)

    def _ran(self, summary: FunctionSummary) -> frozenset[str]:
        """Apply what a function does to global names; return those that it reads."""
        for name, obj in summary.rebound.items():
            before = self._find(name)
            self._variables[name] = obj if before is None else obj | before
        for name, others in summary.linked.items():
            self._link_all({name}, others)
        self._change(summary.effects)
        self.effects.process_state.update(dict.fromkeys(summary.process_state, False))
        if not self._replaced:
            self.effects.process_state.update(summary.process_state)
        self.effects.wildcard |= summary.wildcard
        return summary.reads

    # -- functions -----------------------------------------------------------

    def _summary(self, code: Function | Class) -> FunctionSummary:
        summary = self._summaries.get(code)
        if summary is None:
            if code in self._active:  # recursion adds nothing
                return FunctionSummary()
            self._active.add(code)
            if isinstance(code, Class):
                summary = merge_summaries(
                    [self._summary(method) for method in code.methods.values()]
                )
            else:
                summary = self._body(code)
            self._active.discard(code)
            self._summaries[code] = summary
        # Variables of a function that has returned are not names of the caller of its closure.
        enclosed_names = self._enclosed.get(code, frozenset()) - self._own
        if isinstance(code, Function):
            enclosed_names -= set(code.params)
        return summary.without(enclosed_names) if enclosed_names else summary

    def _body(self, code: Function | Class) -> FunctionSummary:
        params = code.params if isinstance(code, Function) else ()
        arguments = {f"{param}{_ARGUMENT}": param for param in params}
        own = code.locals | arguments.keys() | {RETURN}
        inner = Flow(self, own)
        inner._looping = self._looping
        for argument, param in arguments.items():
            inner._variables[param] = AbstractObject()
            inner._bound |= {param, argument}
            inner._link(param, [argument])
        inner._run(code.steps)
        defs = inner.effects.defs
        retained = {
            param: frozenset(
                arguments.get(name, name)
                for name in inner._links.get(argument, ())
                if name in arguments or name not in own
            )
            for argument, param in arguments.items()
        }
        result = inner._variables.get(RETURN, AbstractObject())
        for function in result.functions:
            self._enclosed[function] = self._enclosed.get(function, frozenset()) | own
        return FunctionSummary(
            reads=frozenset(inner.effects.uses - own),
            effects=frozenset(defs - own),
            changed_params=frozenset(
                param for argument, param in arguments.items() if argument in defs
            ),
            retained={param: names for param, names in retained.items() if names},
            returned=frozenset(
                arguments.get(name, name)
                for name in inner._links.get(RETURN, ())
                if name in arguments or name not in own
            ),
            functions=result.functions,
            rebound={name: obj for name, obj in inner._variables.items() if name not in own},
            linked={
                name: others
                for name in inner._links.keys() - own
                if (others := frozenset(inner._links[name] - own))
            },
            process_state=inner.effects.process_state,
            wildcard=inner.effects.wildcard,
        )
