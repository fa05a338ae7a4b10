"""How data is written into a page: repeated values once, then compressed, as text."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MIN_SHARED_CHARACTERS = 48  # of JSON; shorter values are repeated


def packed_text(data: object) -> str:
    """Return data as JSON, compressed with gzip, in base64."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    packed = gzip.compress(text.encode("utf-8", "backslashreplace"), mtime=0)
    return base64.b64encode(packed).decode()


@dataclass
class Packer:
    """Replaces what occurs twice by ``{"$": n}``, the n-th of `shared`.

    What is shared is whole: it holds no such reference itself.
    """

    values: Iterable[Any]
    shared: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._places: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        for value in self.values:
            self._count(value)

    def __call__(self, value: Any) -> Any:
        """`value` with its largest repeated parts replaced, and what looks like a reference."""
        text = json.dumps(value) if _looks_shared(value) else _text(value)
        if self._counts[text] > 1 or _looks_shared(value):
            if text not in self._places:
                self._places[text] = len(self.shared)
                self.shared.append(value)
            return {"$": self._places[text]}
        if isinstance(value, dict):
            return {key: self(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self(part) for part in value]
        return value

    def _count(self, value: Any) -> None:
        text = _text(value)
        if not text:
            return
        self._counts[text] += 1
        if self._counts[text] > 1:
            return  # its parts go with it
        if isinstance(value, dict):
            for part in value.values():
                self._count(part)
        if isinstance(value, list | tuple):
            for part in value:
                self._count(part)


def _text(value: Any) -> str:
    """What tells two values apart; empty if it is too short to be worth a reference."""
    if not isinstance(value, str | dict | list | tuple):
        return ""
    text = json.dumps(value, ensure_ascii=False, sort_keys=False)
    return text if len(text) >= MIN_SHARED_CHARACTERS else ""


def _looks_shared(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"$"}
