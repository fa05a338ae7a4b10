"""The slice alone gives the target the value that the whole history gave it."""

import re
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from nbmodel.provenance.cells import Cell
from nbmodel.provenance.dataflow.slicing import backward_slice
from nbmodel.provenance.failure import Failure, failure_of

STATEMENTS = """
{a} = 1
{a} = [2]
{a} = {b}
{a} = [{b}]
{a} = ({b}, 3)
{a} = [*{b}[:2], *{c}[:2]]
{a} = {b}[:2] + [{c}]
{a} = len({b}) * 2 + 1
{a} = {b} if {c} else 4
{a}: list = [{b}]
{a}, {b} = {b}, {a}
{a}, *{b} = [{c}, 5, 6]
{a} += [7]
{a} += {b}[:2]
{a}[0] = {b}
{a}[0] += {b}[:1]
{a}[0].append(8)
{a}.append({b})
{a}.append(9)
{a} = list({b})
{a} = {b}[0]
{a} = len({b}) + {c}
{a} = sum([10, len({b})])
del {a}
del {a}[0]
{a} = [n for n in list({b}) if n is not {c}]
[n.append(11) for n in list({a})]
{a} = [{b} for {b} in [12, 13]]
print(({a} := {b})) if {c} else None
{a} = {b} and {c}
if {a}:|    {b} = [14]|else:|    {b} = {c}
if {a}:|    {b} = 15
for {a} in list({b})[:3]:|    {c} = [{a}]|    {c}.append(16)
for {a} in [[17], {b}]:|    {a}.append(18)
while True:|    {a} = {b}|    break
try:|    {a} = {b}[0]|except Exception as {c}:|    {a} = 19
try:|    {a} = 20|    {b} = {c}[0]|finally:|    {a} = 21
with suppress(Exception):|    {a} = {b}[0]|    {c} = 22
match {a}:|    case [{b}, *{c}]:|        pass|    case int():|        {b} = 23
def {f}(n):|    n.append(24)|    return {a}
def {f}(n):|    m = [n]|    m[0].append(25)|    return m
def {f}(n):|    global {a}|    {a} = {b}|    return n
def {f}(n):|    n = list(n)|    n.append(26)|    return {g}(n)
def {f}(n, {a}=27):|    {b} = {a}|    return {b}
def {f}(n):|    {a}.append(n)
def {f}(n):|    def inner():|        n.append({a})|    return inner
@{g}|def {f}(n):|    return {a}
{f} = {g}
{f} = lambda n: n.append({a})
{a} = {f}({b})
{a} = {f}(n={b})
{a} = list(map({f}, list({b})))
{f}({a})
{f}(*[{a}])
({f}({a}) or {f})()
{a} = [{f}(n) for n in [{b}]]
class {k}:| part = {a}| def __init__(o, n): o.n = n| def grow(o): return o.n.append(28), {b}
class {k}:|    n = [29]|    def grow(self):|        global {a}|        {a} = self
{a} = {k}({b})
{a} = {b}.grow()
{a} = {b}.n
{a}.n = {b}
{a} = {k}.part
raise ValueError
{a}.append(nothing)
{a} = {f}({b}, nothing)
print({a}.append(30), nothing)
{a} = [{b}.append(31)][1]
{a}[0].append(32).nothing
assert not {f}({a}), {b}.append(33)
{a}, {b} = {f}({c})
if {a}.append(34) or nothing:|    {b} = 35
for {a} in {f}({b}).nothing:|    {c} = 36
""".strip().splitlines()
PICKS = {
    "a": "abcd",
    "b": "abcd",
    "c": "abcd",
    "f": ["f", "g"],
    "g": ["f", "g"],
    "k": ["K"],
}


@st.composite
def statements(draw):
    words = {slot: draw(st.sampled_from(list(names))) for slot, names in PICKS.items()}
    return draw(st.sampled_from(STATEMENTS)).format(**words).replace("|", "\n")


sources = st.lists(st.lists(statements(), min_size=1, max_size=3).map("\n".join), max_size=10)


def run(texts, namespace):
    """Execute as a kernel does; return how each cell failed, or None."""
    failures = []
    for text in texts:
        try:
            exec(text, namespace)
        except Exception as error:  # noqa: BLE001  any failure is a cell that failed
            at_compile = isinstance(error, SyntaxError)
            failed = Failure(error="SyntaxError") if at_compile else failure_of(error, namespace)
            failures.append(failed)
        else:
            failures.append(None)
    return failures


def canonical(value, seen):
    """A value without the addresses in it, shared parts told apart from equal ones."""
    if id(value) in seen:
        return f"same as {seen[id(value)]}"
    if isinstance(value, list | tuple):
        seen[id(value)] = len(seen)
        return [type(value).__name__, *(canonical(part, seen) for part in value)]
    if type(value).__name__ == "K":
        seen[id(value)] = len(seen)
        return {name: canonical(part, seen) for name, part in sorted(vars(value).items())}
    return value if isinstance(value, int | None) else type(value).__name__


def outcome(texts, name):
    namespace = {"suppress": suppress, "print": str}
    failures = run(texts, namespace)
    return failures, canonical(namespace[name], {}) if name in namespace else "undefined"


START = "a = []\nb = [1]\nc = 2\nd = [[3]]"


@settings(max_examples=400, deadline=None)
@given(sources, st.sampled_from("abcd"))
def test_the_slice_alone_gives_the_same_value(texts, name):
    texts = [START, *texts]
    failures, expected = outcome(texts, name)
    cells = [
        Cell(n, text, failure is None, failure=failure)
        for n, (text, failure) in enumerate(zip(texts, failures, strict=True), 1)
    ]
    selected = backward_slice(cells, name)
    assert [cell.number for cell in selected] == sorted(cell.number for cell in selected)
    again, value = outcome([cell.source for cell in selected], name)
    assert value == expected, [cell.source for cell in selected]
    assert again == [None] * len(selected), "the recorded cells do not run to their end"


@settings(max_examples=150, deadline=None)
@given(sources, st.sampled_from("abcd"))
def test_slicing_again_changes_nothing(texts, name):
    cells = [Cell(n, text, n % 3 > 0) for n, text in enumerate(texts, 1)]
    first = backward_slice(cells, name)
    assert backward_slice(first, name) == first


@settings(max_examples=150, deadline=None)
@given(sources, sources, st.randoms(use_true_random=False), st.sampled_from("abcd"))
def test_cells_of_other_variables_are_left_out(texts, others, order, name):
    def renamed(text):
        for old in [*"abcdfg", "K", "nothing"]:
            text = re.sub(rf"\b{old}\b", f"{old}_2", text)
        return text

    merged = [(text, True) for text in texts]
    for text in others:
        merged.insert(order.randint(0, len(merged)), (renamed(text), False))
    cells = [Cell(n, text) for n, (text, _) in enumerate(merged, 1)]
    ours = {n for n, (_, own) in enumerate(merged, 1) if own}
    assert {cell.number for cell in backward_slice(cells, name)} <= ours
