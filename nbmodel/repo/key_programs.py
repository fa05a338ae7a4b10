"""Run ``ssh-keygen`` or ``gpg``, without a terminal: nobody can answer their questions."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbmodel.config import NbModel

SSH_KEYGEN = "ssh-keygen"
MAX_REASON_LENGTH = 300  # characters of a program's message


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """What a program printed; `why` says why it did not run, and is empty if it did."""

    status: int
    output: bytes
    messages: str
    why: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it ended without an error."""
        return not self.why and self.status == 0

    @property
    def reason(self) -> str:
        """The last line of its messages, or why it did not run."""
        lines = self.messages.strip().splitlines()
        return (self.why or (lines[-1] if lines else "it gave no reason"))[:MAX_REASON_LENGTH]


def run_program(words: Sequence[str], data: bytes = b"") -> ProgramResult:
    """Run a program with `data` as its input.

    It has a separate session, without a terminal. So it cannot wait for a passphrase there.
    """
    limit = NbModel.instance().chosen_git_timeout_s()
    try:
        process = subprocess.run(
            [*words], input=data, capture_output=True, check=False, timeout=limit,
            start_new_session=True, env=_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ProgramResult(1, b"", "", f"{words[0]} did not end within {limit:g} s")
    except OSError as error:
        why = f"{words[0]} could not be started: {error.strerror or error}"
        return ProgramResult(1, b"", "", why)
    return ProgramResult(
        process.returncode, process.stdout, process.stderr.decode(errors="replace")
    )


def program_of(name: str, default: str) -> tuple[str, str]:
    """``(program, "")`` for a setting that names a program, or ``("", why)``.

    A relative path would depend on the folder, which may belong to another person.
    """
    program = os.path.expanduser(name or default)  # noqa: PTH111  a bare name is looked up on PATH
    if os.sep in program and not Path(program).is_absolute():
        return "", f"the program {name!r} is a relative path; give the whole one"
    return program, ""


def _environment() -> dict[str, str]:
    """The variables of this process; messages are in English, as nbmodel quotes them."""
    return {**os.environ, "LC_ALL": "C", "LANG": "C"}
