"""Parse the words of a command, and name a mistake in the user's own words."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from nbmodel.commands.base import Command
from nbmodel.errors import did_you_mean

_MESSAGE_FLAGS = ("-m", "--message")


class ShellParser(ArgumentParser):
    """A parser whose help and errors may go to a pipe that is closed (``| head``)."""

    def _print_message(self, message: str, file: Any = None) -> None:
        with suppress(OSError):  # the first releases of Python 3.11 do not catch it
            super()._print_message(message, file)


class IntermixedParser(ShellParser):
    """A parser of a command that takes options before, between and behind its other words."""

    _parsing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; argparse calls this again for each of its two passes."""
        if self._parsing:
            return super().parse_known_args(args, namespace)
        self._parsing, usage = True, self.usage
        # For its errors, argparse fills in the usage by `%`: a word such as 10% is not a format.
        self.usage = self.format_usage().removeprefix("usage: ").replace("%", "%%")
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._parsing, self.usage = False, usage


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
        if flag in flags and rest[0] in _words_behind(words, flag)[1:]:
            return f'Quote the message: {flag} "{" ".join(_words_behind(words, flag))}".'
    for flag in _pair_flags(command):
        if rest[0] in (behind := _words_behind(words, flag))[1:2]:
            return _one_value(flag, behind)
    if f"--{rest[0]}" in flags:
        return f"Did you mean --{rest[0]}?"
    usage = " ".join(["%model_" + command.name, *(_placeholder(a.flags[0], a.options)
                      for a in command.arguments if not a.flags[0].startswith("-"))])  # fmt: skip
    return f"{' '.join(rest)} is too much: write {usage}."


def open_quote(line: str) -> str:
    r"""What to do about a line in which a quote is not closed.

    Examples
    --------
    >>> open_quote("clf -m it's good --name churn")
    'Quote the message: -m "it\'s good".'
    """
    match = _MESSAGE_RE.search(line)
    if match is None:
        return f"A quote is not closed in: {line}"
    text = match["text"].strip().strip("'\"").replace('"', "'")
    return f'Quote the message: {match["flag"]} "{text}".'


_MESSAGE_RE = re.compile(r"(?:^|\s)(?P<flag>-m|--message)\s+(?P<text>.*?)(?=\s--?[a-z]|$)")


def _pair_flags(command: Command) -> Iterator[str]:
    """The options that take ``NAME=VALUE``."""
    for each in command.arguments:
        if str(each.options.get("metavar", "")).startswith("NAME"):
            yield from each.flags


def _one_value(flag: str, words: Sequence[str]) -> str:
    """How to write ``NAME=VALUE`` that was split at its blanks."""
    name, equals, value = " ".join(words).partition("=")
    if not equals:
        name, _, value = " ".join(words).partition(" ")
    name, value = name.strip(), value.strip()
    if "(" in value:
        return (
            f"Put the expression into a variable first: {name} = {value}, "
            f"then write {flag} {name}={{{name}}}."
        )
    if " " in value:
        return f'Quote the value: {flag} {name}="{value}".'
    return f"Write {flag} {name}={value}, without blanks."


def _words_behind(words: Sequence[str], flag: str) -> list[str]:
    """The words between an option and the next one."""
    behind: list[str] = []
    for word in words[words.index(flag) + 1 :] if flag in words else ():
        if word.startswith("-"):
            break
        behind.append(word)
    return behind


def _placeholder(name: str, options: Any) -> str:
    metavar = str(options.get("metavar") or name).upper()
    return f"[{metavar}]" if options.get("nargs") in ("?", "*") else metavar
