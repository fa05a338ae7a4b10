"""Parse the words of a command, and name a mistake in the user's own words."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from nbmodel.commands.base import Command
from nbmodel.errors import did_you_mean

_MESSAGE_FLAGS = ("-m", "--message")


class IntermixedParser(ArgumentParser):
    """A parser of a command that takes options before, between and behind its other words."""

    _parsing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; argparse calls this again for each of its two passes."""
        if self._parsing:
            return super().parse_known_args(args, namespace)
        self._parsing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._parsing = False


def parse(parser: ArgumentParser, command: Command, words: Sequence[str]) -> Namespace:
    """Parse the words of a magic; words that belong nowhere are reported to `parser.error`."""
    args, rest = parser.parse_known_intermixed_args(list(words))
    if rest:
        parser.error(unexpected(command, words, rest))
    return args


def unexpected(command: Command, words: Sequence[str], rest: Sequence[str]) -> str:
    """What to do about words that a command does not take.

    Examples
    --------
    >>> from nbmodel.commands.models import COMMIT
    >>> unexpected(COMMIT, ["clf", "-m", "no", "quotes"], ["quotes"])
    'Quote the message: -m "no quotes".'
    """
    # IPython replaced the expressions that it can evaluate: this one was split at its blanks.
    braced = next((word for word in words if word.count("{") > word.count("}")), "")
    if braced and " " not in braced:
        option = braced.partition("=")[0] if "=" in braced.partition("{")[0] else "value"
        return (
            f"The expression behind {braced.partition('{')[0]}{{ could not be evaluated. Put the "
            f"expression into a variable first: {option} = ..., then write {{{option}}}."
        )
    flags = [flag for each in command.arguments for flag in each.flags if flag.startswith("-")]
    for word in rest:
        if word.startswith("-"):
            hint = did_you_mean(word.partition("=")[0], flags) or f"Options: {', '.join(flags)}."
            return f"There is no option {word}. {hint}"
    for flag in _MESSAGE_FLAGS:
        if flag in flags and rest[0] in _message(words, flag).split()[1:]:
            return f'Quote the message: {flag} "{_message(words, flag)}".'
    usage = " ".join(["%model_" + command.name, *(_placeholder(a.flags[0], a.options)
                      for a in command.arguments if not a.flags[0].startswith("-"))])  # fmt: skip
    return f"{' '.join(rest)} is too much: write {usage}."


def _message(words: Sequence[str], flag: str) -> str:
    text: list[str] = []
    for word in words[words.index(flag) + 1 :] if flag in words else ():
        if word.startswith("-"):
            break
        text.append(word)
    return " ".join(text)


def _placeholder(name: str, options: Any) -> str:
    metavar = str(options.get("metavar") or name).upper()
    return f"[{metavar}]" if options.get("nargs") in ("?", "*") else metavar
