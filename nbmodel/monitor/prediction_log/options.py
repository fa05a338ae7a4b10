"""Settings of prediction logs as they are written on a line: ``--redact churn:age=hash``.

Each word may begin with a model and a colon; without one it is for every model of the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from nbmodel.errors import InvalidValue, NotFound
from nbmodel.monitor.common import windows
from nbmodel.monitor.prediction_log.settings import LogSettings, Redaction

_SIZE_RE = re.compile(r"([0-9]{1,9})\s*(kB|MB|GB|TB|KiB|MiB|GiB|TiB)", re.ASCII)
_BYTES = {
    "kB": 1000, "MB": 1000**2, "GB": 1000**3, "TB": 1000**4,
    "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What a user writes of the logs of the models that are served.

    Attributes
    ----------
    sample : sequence of str
        ``0.1`` or ``10%``.
    redact : sequence of str
        ``COLUMN``, ``COLUMN=drop`` or ``COLUMN=hash``; ``*`` for every column not named.
    keep : sequence of str
        An age (``90d``) or a size (``10GB``).
    """

    sample: Sequence[str] = ()
    redact: Sequence[str] = ()
    keep: Sequence[str] = ()

    def settings(self, models: Iterable[str]) -> dict[str, LogSettings]:
        """The settings of each model.

        Raises
        ------
        InvalidValue
            If a word makes no sense.
        NotFound
            If it is for a model that is not among `models`.
        """
        found = {model: LogSettings() for model in models}
        for words, apply in (
            (self.sample, _sampled),
            (self.redact, _redacted),
            (self.keep, _kept),
        ):
            for word in words:
                for model, rest in _targets(word, found):
                    found[model] = apply(found[model], rest)
        return found


def _targets(word: str, found: Mapping[str, LogSettings]) -> list[tuple[str, str]]:
    """The models that a word is for, and the rest of it."""
    model, colon, rest = word.partition(":")
    if not colon:
        return [(each, word) for each in found]
    if model not in found:
        raise NotFound("model", model, "what is served", found)
    return [(model, rest)]


def _sampled(settings: LogSettings, word: str) -> LogSettings:
    try:
        share = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except ValueError:
        raise InvalidValue(f"{word!r:.40} is not a share.", "Write --sample 10%.") from None
    return replace(settings, sample=share)


def _redacted(settings: LogSettings, word: str) -> LogSettings:
    column, _, how = word.partition("=")
    if not column:
        raise InvalidValue(f"{word!r:.40} names no column.", "Write --redact age=hash.")
    return replace(settings, redact={**settings.redact, column: cast("Redaction", how or "drop")})


def _kept(settings: LogSettings, word: str) -> LogSettings:
    size = _SIZE_RE.fullmatch(word.strip())
    if size:
        return replace(settings, keep_bytes=int(size[1]) * _BYTES[size[2]])
    try:
        days = windows.parse_duration(word) / windows.UNITS["d"]
    except InvalidValue as error:
        raise InvalidValue(
            f"{word!r:.40} is neither an age nor a size.", "Write --keep 90d or --keep 10GB."
        ) from error
    return replace(settings, keep_days=days)
