"""Where a pickle is scanned: the names in it, read from its opcodes without running them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.errors import SkeletonInvalid
from nbmodel.trust.carried_code import carried_names
from nbmodel.trust.opcodes import CANONICAL, CODES, NAMES, PROTOCOL, Malformed, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nbmodel.trust.rules import RuleTable

_MEMOIZE = CODES["MEMOIZE"]
_GETS = frozenset((CODES["BINGET"], CODES["LONG_BINGET"]))
_STACK_GLOBAL = CODES["STACK_GLOBAL"]
_STRINGS = frozenset(CODES[n] for n in ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"))
_CANONICAL = frozenset(CODES[name] for name in CANONICAL)
_LINES = frozenset((CODES["GLOBAL"], CODES["INST"]))

_PICKLED_CODE = ("cloudpickle.cloudpickle", "nbmodel.flavors.functions")
_CARRIED_CODE = "nbmodel.flavors.isolated"
_CLASS_PARTS = frozenset((("builtins", "type"), ("abc", "ABCMeta"), ("builtins", "property")))
CARRIED_CODE_LABEL = "code that it carries"
_MAX_SHOWN_NAMES = 5


class _Scan:
    """One pass: pairs in order of first use, and the opcodes that no pickler writes."""

    def __init__(self) -> None:
        self.pairs: dict[tuple[str, str], None] = {}
        self.findings: dict[str, None] = {}

    def run(self, skeleton: bytes) -> None:
        memo: list[bytes | None] = []
        # The last two values that were pushed, if they are strings.
        module: bytes | None = None
        name: bytes | None = None
        for code, start, end in walk(skeleton):
            if code == _MEMOIZE:
                memo.append(name)
            elif code in _STRINGS:
                module, name = name, skeleton[start:end]
            elif code in _GETS:
                index = int.from_bytes(skeleton[start:end], "little")
                module, name = name, memo[index] if index < len(memo) else None
            elif code == _STACK_GLOBAL:
                self._global(module, name)
                module = name = None
            else:
                module = name = None
                if code not in _CANONICAL:
                    self._strange(code, skeleton[start:end])

    def _global(self, module: bytes | None, name: bytes | None) -> None:
        try:
            pair = (module or b"").decode(), (name or b"").decode()
        except UnicodeDecodeError:
            pair = ("", "")
        if all(pair):
            self.pairs[pair] = None
        else:
            self.findings["a name that is put together while loading (STACK_GLOBAL)"] = None

    def _strange(self, code: int, operand: bytes) -> None:
        self.findings[f"an opcode that no protocol 5 pickler writes ({NAMES[code]})"] = None
        if code in _LINES:
            module, name = operand.decode("utf-8", "replace").split("\n")[:2]
            self.pairs[(module, name)] = None


def imports(skeleton: bytes) -> tuple[tuple[str, str], ...]:
    """List every ``(module, name)`` in a skeleton once, in order of first use.

    For skeletons of this process: the list says what an object needs, not whether it is safe.

    Returns
    -------
    pairs : tuple of (str, str)

    Raises
    ------
    SkeletonInvalid
        If `skeleton` is not a complete pickle.
    """
    scan = _Scan()
    try:
        scan.run(skeleton)
    except Malformed as error:
        raise SkeletonInvalid(str(error)) from error
    return tuple(scan.pairs)


def strangers(
    pairs: Iterable[tuple[str, str]],
    skeleton: bytes,
    rules: Callable[[str], RuleTable | None],
) -> tuple[str, ...]:
    """Describe those `imports` of a skeleton that others cannot load without ``--trust``.

    Only names are checked. An attribute that its class does not usually have is refused later, by
    the loader.

    Returns
    -------
    descriptions : tuple of str
        Empty if others can load it.
    """
    return tuple(_in_words([pair for pair in pairs if not _allowed(pair, rules)], skeleton))


def examine(skeleton: bytes, rules: Callable[[str], RuleTable | None]) -> tuple[str, ...]:
    """List the reasons not to load a stranger's skeleton, as `Untrusted` shows them.

    Parameters
    ----------
    skeleton : bytes
    rules : callable
        From the name of a top-level package to its table of rules, or None:
        `nbmodel.plugins.rules_for`.

    Returns
    -------
    findings : tuple of str
        Every pair without a rule, and every opcode that a pickler does not write. Empty if the
        loader may try.
    """
    scan = _Scan()
    if skeleton[:2] != bytes((CODES["PROTO"], PROTOCOL)):
        scan.findings["a pickle of another protocol than 5"] = None
    try:
        scan.run(skeleton)
    except Malformed as error:
        scan.findings[str(error)] = None
    refused = [pair for pair in scan.pairs if not _allowed(pair, rules)]
    return (*_in_words(refused, skeleton), *scan.findings)


def _allowed(pair: tuple[str, str], rules: Callable[[str], RuleTable | None]) -> bool:
    table = rules(pair[0].partition(".")[0])
    return table is not None and pair in table


def _in_words(pairs: list[tuple[str, str]], skeleton: bytes) -> Iterator[str]:
    """Describe refused pairs. Code of the author has the names that the author gave it."""
    names = carried_names(skeleton) if any(map(_is_code, pairs)) else ()
    if names:
        yield _code_in_words(names)
    for pair in pairs:
        # The functions that build code add nothing to its name.
        if not (names and (_is_code(pair) or pair in _CLASS_PARTS)):
            yield _description(pair)


def _is_code(pair: tuple[str, str]) -> bool:
    return pair[0].startswith((*_PICKLED_CODE, _CARRIED_CODE))


def _code_in_words(names: tuple[str, ...]) -> str:
    listing = ", ".join(names[:_MAX_SHOWN_NAMES])
    more = f" and {len(names) - _MAX_SHOWN_NAMES} more" if len(names) > _MAX_SHOWN_NAMES else ""
    return f"{CARRIED_CODE_LABEL}: {listing}{more}"


def _description(pair: tuple[str, str]) -> str:
    text = f"{pair[0]}.{pair[1]}"
    text = text if text.isprintable() and len(text) <= 200 else repr(text[:200])
    if pair[0].startswith(_PICKLED_CODE):
        return f"code carried inside the model ({text})"
    if pair[0] == _CARRIED_CODE:
        return f"code of the modules it carries ({text})"
    return text
