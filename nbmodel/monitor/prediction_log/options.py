"""Settings of prediction logs as command-line options: ``--redact churn:age=hash``.

An option may start with a model and a colon. Without them it applies to every model.
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
    """Values of the options ``--sample``, ``--redact`` and ``--keep``.

    Attributes
    ----------
    sample : sequence of str
        ``0.1`` or ``10%``.
    redact : sequence of str
        ``COLUMN``, ``COLUMN=drop`` or ``COLUMN=hash``; ``*`` for every column that is not named.
    keep : sequence of str
        An age (``90d``) or a size (``10GB``).
    """

    sample: Sequence[str] = ()
    redact: Sequence[str] = ()
    keep: Sequence[str] = ()

    def settings(self, models: Iterable[str]) -> dict[str, LogSettings]:
        """Return the settings of each model.

        Raises
        ------
        InvalidValue
            If an option cannot be parsed.
        NotFound
            If an option names a model that is not among `models`.
        """
        settings = {model: LogSettings() for model in models}
        for options, apply in (
            (self.sample, _with_sample),
            (self.redact, _with_redaction),
            (self.keep, _with_retention),
        ):
            for option in options:
                for model, rest in _targets(option, settings):
                    settings[model] = apply(settings[model], rest)
        return settings


def _targets(option: str, settings: Mapping[str, LogSettings]) -> list[tuple[str, str]]:
    """Split an option into the models it applies to and its value."""
    model, colon, rest = option.partition(":")
    if not colon:
        return [(name, option) for name in settings]
    if model not in settings:
        raise NotFound("model", model, "what is served", settings)
    return [(model, rest)]


def _with_sample(settings: LogSettings, option: str) -> LogSettings:
    try:
        share = float(option.removesuffix("%")) / (100 if option.endswith("%") else 1)
    except ValueError:
        raise InvalidValue(f"{option!r:.40} is not a share.", "Write --sample 10%.") from None
    return replace(settings, sample=share)


def _with_redaction(settings: LogSettings, option: str) -> LogSettings:
    column, _, how = option.partition("=")
    if not column:
        raise InvalidValue(f"{option!r:.40} names no column.", "Write --redact age=hash.")
    return replace(settings, redact={**settings.redact, column: cast("Redaction", how or "drop")})


def _with_retention(settings: LogSettings, option: str) -> LogSettings:
    size = _SIZE_RE.fullmatch(option.strip())
    if size:
        return replace(settings, keep_bytes=int(size[1]) * _BYTES[size[2]])
    try:
        days = windows.parse_duration(option) / windows.UNITS["d"]
    except InvalidValue as error:
        raise InvalidValue(
            f"{option!r:.40} is neither an age nor a size.", "Write --keep 90d or --keep 10GB."
        ) from error
    return replace(settings, keep_days=days)
