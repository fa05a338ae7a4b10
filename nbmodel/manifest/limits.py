"""Limits of a manifest: the same for the writer and for the reader.

A version that nbmodel commits can always be read again. A manifest that a stranger
wrote cannot cost unbounded time or memory.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbmodel.manifest.record import Manifest
    from nbmodel.records import Column

MAX_BUFFERS = 300_000
MAX_SEGMENT_BYTES = 1 << 48
MAX_MODULE_NAME_LENGTH = 1024
MAX_FACTS = 10_000  # of each kind: parameters, metrics, tags, counts, arrays, distributions
MAX_COLUMNS = 100_000  # inputs and outputs each
MAX_DIMENSIONS = 64  # numpy's own limit
MAX_VALUES = 1 << 63  # of one array; numpy's own limit
MAX_NAME_LENGTH = 1 << 14
MAX_TEXT_LENGTH = 1 << 16
MAX_REASON_LENGTH = 300  # a reason may quote a stranger's text


def check_manifest(manifest: Manifest) -> None:
    """Refuse a manifest with more, or with longer, facts and columns than nbmodel reads.

    Raises
    ------
    ValueError
        The message names the part.
    """
    check_facts(
        params=manifest.params,
        metrics=manifest.metrics,
        tags=manifest.tags,
        counts=manifest.counts,
        arrays=manifest.arrays,
        distributions=manifest.environment,
    )
    check_columns(manifest.signature.inputs, manifest.signature.outputs)


def check_text(text: str) -> None:
    """Refuse a text that is too long.

    Raises
    ------
    ValueError
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise ValueError(
            f"a text of {len(text):,} characters; nbmodel reads at most {MAX_TEXT_LENGTH:,}"
        )


def check_facts(**parts: Mapping[str, Any]) -> None:
    """Refuse too many facts, and names and texts that are too long.

    Parameters
    ----------
    **parts : mapping
        The facts by what they are called in messages: ``params``, ``metrics``.

    Raises
    ------
    ValueError
        The message names the part.
    """
    for part, facts in parts.items():
        if len(facts) > MAX_FACTS:
            raise ValueError(f"{len(facts):,} {part}; at most {MAX_FACTS:,} are read")
        longest = max(map(len, facts), default=0)
        if longest > MAX_NAME_LENGTH:
            raise ValueError(f"a name of {longest:,} characters among its {part}")
        texts = (len(value) for value in facts.values() if type(value) is str)
        if (longest := max(texts, default=0)) > MAX_TEXT_LENGTH:
            raise ValueError(f"a text of {longest:,} characters among its {part}")


def check_columns(*sides: Sequence[Column]) -> None:
    """Refuse too many columns, and shapes and names that are too large.

    Raises
    ------
    ValueError
    """
    for columns in sides:
        if len(columns) > MAX_COLUMNS:
            raise ValueError(f"{len(columns):,} columns; at most {MAX_COLUMNS:,} are read")
        for shape in {column.shape for column in columns}:
            if (
                len(shape) > MAX_DIMENSIONS
                or math.prod(max(1, abs(n)) for n in shape) >= MAX_VALUES
            ):
                raise ValueError("a column of a shape that no array can have")
        longest = max((len(column.name) for column in columns), default=0)
        if longest > MAX_NAME_LENGTH:
            raise ValueError(f"a column's name of {longest:,} characters")
