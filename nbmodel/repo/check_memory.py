"""The results of earlier checks of signatures, in the user's cache, for lists and logs.

A check starts one or two processes, so a long log of signed versions would be slow each time. What
may be loaded is never decided by these results.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

from nbmodel.records import Verification
from nbmodel.repo.allowed_signers import AllowedSigners, SignedText

MAX_FILE_BYTES = 1 << 25
_LASTING = frozenset({"verified", "bad", "not allowed"})


def verify_remembered(
    signers: AllowedSigners, texts: Sequence[SignedText], folder: Path
) -> list[Verification]:
    """The state of each signature, in order; only those without a result are checked.

    Parameters
    ----------
    signers : AllowedSigners
        Other lists have other results.
    texts : sequence of SignedText
    folder : Path
        In the user's cache. If it cannot be read or written, everything is checked.
    """
    path = folder / _digest(signers.allowed, signers.revoked, signers.program.encode())
    results = _read(path)
    keys = [_digest(t.payload, t.signature, f"{t.namespace} {t.time}".encode()) for t in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in results}
    states = dict(zip(new, signers.verify([*new.values()]), strict=True))
    _add(path, {key: state for key, state in states.items() if state.state in _LASTING})
    results.update(states)
    return [results[key] for key in keys]


def _digest(*parts: bytes | None) -> str:
    """A digest of byte strings that tells where each ends, and which is missing."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"-" if part is None else b"%d:" % len(part) + part)
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Verification]:
    results: dict[str, Verification] = {}
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            path.unlink()
            return results
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:  # usually there is none yet
        return results
    for line in lines:
        with suppress(ValueError, TypeError):  # a process was killed while it wrote
            key, *values = json.loads(line)
            results[key] = Verification(*values)
    return results


def _add(path: Path, states: Mapping[str, Verification]) -> None:
    if not states:
        return
    lines = "".join(f"{json.dumps([key, *astuple(state)])}\n" for key, state in states.items())
    with suppress(OSError):
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(lines)
