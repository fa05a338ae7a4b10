"""The keys whose signatures the user accepts, and those that were revoked.

They come from the user's settings only, and each file is read once: what is checked is what was
read. The check itself is that of ``ssh-keygen -Y``, with which git checks signatures too.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nbmodel.config import NbModel
from nbmodel.errors import SignersInvalid
from nbmodel.records import Verification
from nbmodel.repo.key_programs import SSH_KEYGEN, ProgramResult, program_of, run_program
from nbmodel.repo.ssh_signatures import SshSignature, parse_signature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmodel.repo.user_settings import UserSettings

MAX_FILE_BYTES = 1 << 24
MAX_CACHED_CHECKS = 1 << 14
WORKERS = 4
ALLOWED = "gpg.ssh.allowedSignersFile"
REVOKED = "gpg.ssh.revocationFile"
_OWN_SETTING = "c.NbModel.allowed_signers"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedText:
    """Bytes, their signature, and what it must have been made for.

    Attributes
    ----------
    payload, signature : bytes
    namespace : str
        ``git`` for commits and tags.
    time : int
        Seconds since the epoch: the key must have been allowed then.
    """

    payload: bytes
    signature: bytes
    namespace: str
    time: int


@dataclass(frozen=True, slots=True)
class AllowedSigners:
    """The user's lists of keys, and the program that checks signatures.

    Attributes
    ----------
    allowed : bytes or None
        Content of the list of allowed keys; None if the user has none.
    revoked : bytes or None
    program : str
    """

    allowed: bytes | None
    revoked: bytes | None
    program: str

    def verify(self, texts: Sequence[SignedText]) -> list[Verification]:
        """The state of each signature, in order. Equal questions are answered once in a process."""
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(self._verify, texts))

    def _verify(self, text: SignedText) -> Verification:
        try:
            return _state(self, text)
        except _NotRun as error:
            return Verification("unchecked", why=str(error))

    @contextmanager
    def files(self, signature: bytes, public_key: bytes) -> Iterator[SignerFiles]:
        """The lists and a signature as files that nobody else can change."""
        with TemporaryDirectory(prefix="nbmodel-") as folder:
            place = Path(folder)
            kind = public_key[4 : 4 + int.from_bytes(public_key[:4], "big")]
            yield SignerFiles(
                self.program,
                _written(place / "signature", signature),
                _written(place / "allowed", self.allowed or b""),
                _written(place / "own", b"* %s %s\n" % (kind, b64encode(public_key))),
                "" if self.revoked is None else _written(place / "revoked", self.revoked),
            )


@dataclass(frozen=True, slots=True)
class SignerFiles:
    """Files for one check by ``ssh-keygen``; `own` is a list with the key of the signature only."""

    program: str
    signature: str
    allowed: str
    own: str
    revoked: str

    def principals(self, when: str) -> list[str]:
        """The persons whom the list names for the key of the signature."""
        result = self._run("find-principals", "-f", self.allowed, when)
        lines = result.output.decode(errors="replace").splitlines() if result.succeeded else []
        lines = [line.strip() for line in lines if line.strip()]
        # A line of the list may name several persons, of whom each may be asked for.
        return list(dict.fromkeys([*lines, *(n for line in lines for n in line.split(","))]))

    def is_allowed(self, text: SignedText, person: str) -> bool:
        """Whether a person of the list made the signature, with a key that is not revoked."""
        return self._check(text, self.allowed, person, self.revoked)

    def _check(self, text: SignedText, allowed: str, person: str, revoked: str) -> bool:
        words = ["verify", "-f", allowed, "-I", person, "-n", text.namespace, _option(text.time)]
        words += ["-r", revoked] if revoked else []
        return self._run(*words, data=text.payload).succeeded

    def is_intact(self, text: SignedText) -> bool:
        """Whether the signature is that of its key over the text, allowed or not."""
        words = ("check-novalidate", "-n", text.namespace)
        return self._run(*words, data=text.payload).succeeded

    def is_revoked(self, text: SignedText) -> bool:
        """Whether only the list of revoked keys speaks against the key of the signature."""
        return (
            bool(self.revoked)
            and not self._check(text, self.own, "anyone", self.revoked)
            and self._check(text, self.own, "anyone", "")
        )

    def _run(self, command: str, *words: str, data: bytes = b"") -> ProgramResult:
        result = run_program([self.program, "-Y", command, "-s", self.signature, *words], data)
        if result.why:
            raise _NotRun(result.why)
        return result


def read_signers(settings: UserSettings, around: Sequence[Path] = ()) -> AllowedSigners:
    """Read the user's lists of keys.

    Parameters
    ----------
    settings : UserSettings
    around : sequence of Path
        Folders of the registry. A list in one of them could come from another person.

    Raises
    ------
    SignersInvalid
        If a list is named and cannot be read, or lies inside the registry.
    """
    program, why = program_of(settings.get("gpg.ssh.program"), SSH_KEYGEN)
    if why:
        raise SignersInvalid("gpg.ssh.program", settings.get("gpg.ssh.program"), why)
    own = NbModel.instance().chosen_allowed_signers()
    path = own or settings.get(ALLOWED.lower())
    revoked = settings.get(REVOKED.lower())
    return AllowedSigners(
        _read(_OWN_SETTING if own else ALLOWED, path, around) if path else None,
        _read(REVOKED, revoked, around) if revoked else None,
        program,
    )


def _read(setting: str, name: str, around: Sequence[Path]) -> bytes:
    try:
        path = Path(name).expanduser()
        if not path.is_absolute():
            raise SignersInvalid(setting, name, "it is a relative path; give the whole one")
        real = path.resolve()
        if any(real.is_relative_to(folder.resolve()) for folder in around):
            raise SignersInvalid(setting, name, "it lies inside the registry, where a pull writes")
        if not real.is_file():
            raise SignersInvalid(setting, name, "there is no such file")
        with real.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: the home of an unknown user
        raise SignersInvalid(setting, name, str(error)) from error
    if len(data) > MAX_FILE_BYTES:
        raise SignersInvalid(setting, name, f"it has more than {MAX_FILE_BYTES:,} bytes")
    return data


_last_people: dict[tuple[AllowedSigners, bytes], str] = {}


class _NotRun(Exception):
    """The program that checks signatures did not run. The message says why."""


@lru_cache(MAX_CACHED_CHECKS)
def _state(signers: AllowedSigners, text: SignedText) -> Verification:
    if not text.signature:
        return Verification("unsigned")
    signature = parse_signature(text.signature)
    if signature is None:
        return _unparsed(text.signature)
    key = signature.fingerprint
    if signature.namespace != text.namespace:
        why = f"it is a signature for {signature.namespace[:40]!r}, not for {text.namespace!r}"
        return Verification("bad", key=key, why=why)
    with signers.files(text.signature, signature.public_key) as files:
        if person := _allowed_person(signers, signature, files, text):
            return Verification("verified", person, key)
        if not files.is_intact(text):
            return Verification("bad", key=key, why="the signature does not fit the content")
        if files.is_revoked(text):
            return Verification("bad", key=key, why=f"the key {key} was revoked")
    return Verification("not allowed", key=key, why=_why_not(signers, signature))


def _allowed_person(
    signers: AllowedSigners, signature: SshSignature, files: SignerFiles, text: SignedText
) -> str:
    """The person of the list who made a signature; empty for none.

    The last person of the same key is asked for first: that saves one of two processes.
    """
    if signers.allowed is None:
        return ""
    key = (signers, signature.public_key)
    likely = _last_people.get(key)
    if likely and files.is_allowed(text, likely):
        return likely
    for person in files.principals(_option(text.time)):
        if files.is_allowed(text, person):
            _last_people[key] = person
            return person
    return ""


def _unparsed(signature: bytes) -> Verification:
    if b"BEGIN SSH SIGNATURE" in signature:
        return Verification("bad", why="the signature is malformed")
    return Verification(
        "unchecked", why="nbmodel checks SSH signatures only; use git verify-commit or verify-tag"
    )


def _why_not(signers: AllowedSigners, signature: SshSignature) -> str:
    if signers.allowed is None:
        return f"you have no list of allowed keys ({ALLOWED})"
    if b64encode(signature.public_key) in signers.allowed:
        return f"the key {signature.fingerprint} is allowed at other times or for other uses"
    return f"the key {signature.fingerprint} is not in your list of allowed keys"


def _option(seconds: int) -> str:
    """The time of a check, as ssh-keygen reads it: local, as the times in the list are."""
    return time.strftime("-Overify-time=%Y%m%d%H%M%S", time.localtime(seconds))


def _written(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)
