"""Sign commits, tags and texts as git does, with the user's key.

git signs a commit with a header ``gpgsig``, and a tag with lines after its message
(gpg-interface.c and commit.c of git). Only settings of the user decide whether, with which key
and with which program: see `nbmodel.repo.user_settings`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from nbmodel.config import NbModel
from nbmodel.errors import SigningFailed
from nbmodel.repo.key_programs import SSH_KEYGEN, ProgramResult, program_of, run_program
from nbmodel.repo.user_settings import UserSettings

GIT_NAMESPACE = "git"
_GPG_PROGRAMS = {
    "openpgp": ("gpg", ("gpg.program", "gpg.openpgp.program")),
    "x509": ("gpgsm", ("gpg.x509.program",)),
}
_PERSON_RE = re.compile(rb"^(?:committer|tagger) (.*>) ", re.MULTILINE)
_NO_KEY = (
    "Name your key: git config --global gpg.format ssh, and git config --global user.signingkey "
    "~/.ssh/id_ed25519.pub. Or set c.NbModel.signing_key."
)
_REFUSED = (
    "Check the key. If it has a passphrase, add it to your agent: ssh-add. To go on without "
    "signatures, switch them off: git config --global commit.gpgsign false (and tag.gpgsign)."
)


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs: git's name for the format, the key, and the program."""

    form: str
    key: str
    program: str

    def sign(self, data: bytes, namespace: str = GIT_NAMESPACE) -> bytes:
        """The signature of `data`, in lines of text.

        Raises
        ------
        SigningFailed
            If the key is missing, or it is refused.
        """
        result = self._ssh(data, namespace) if self.form == "ssh" else self._gpg(data)
        signature = result.output.replace(b"\r\n", b"\n")
        if not result.succeeded or b"-----BEGIN " not in signature:
            raise SigningFailed(f"It could not be signed: {_sentence(result)}", _REFUSED)
        return signature if signature.endswith(b"\n") else signature + b"\n"

    def _ssh(self, data: bytes, namespace: str) -> ProgramResult:
        words = [self.program, "-Y", "sign", "-n", namespace, "-f"]
        if not is_public_key(self.key):
            return run_program([*words, self.key], data)
        with NamedTemporaryFile(prefix="nbmodel-", suffix=".pub") as file:
            file.write(f"{self.key.removeprefix('key::')}\n".encode())
            file.flush()
            return run_program([*words, file.name], data)

    def _gpg(self, data: bytes) -> ProgramResult:
        person = _PERSON_RE.search(data)  # as git does: their address chooses the key
        key = self.key or (person[1].decode(errors="replace") if person else "")
        words = [self.program, "--status-fd=2", "-bsau", key]
        result = run_program(words, data)
        if result.succeeded and "[GNUPG:] SIG_CREATED " not in result.messages:
            return ProgramResult(1, b"", result.messages)
        return result


def signer(settings: UserSettings, what: Literal["commit", "tag"]) -> Signer | None:
    """What signs a commit or a tag; None if the user has not asked for signatures.

    Raises
    ------
    SigningFailed
        If the user wants signatures and has no key, or the format is not one of git's.
    """
    if NbModel.instance().chosen_sign():
        return ssh_signer(settings)
    if not settings.is_on(f"{what}.gpgsign"):
        return None
    form = settings.get("gpg.format") or "openpgp"
    if form == "ssh":
        return ssh_signer(settings)
    if form not in _GPG_PROGRAMS:
        raise SigningFailed(
            f"gpg.format is {form!r}, which is not a format of git's signatures.",
            "Use openpgp, x509 or ssh: git config --global gpg.format ssh",
        )
    default, names = _GPG_PROGRAMS[form]
    return Signer(form, settings.get("user.signingkey"), _program(settings, default, *names))


def ssh_signer(settings: UserSettings) -> Signer:
    """What signs with the user's SSH key.

    Raises
    ------
    SigningFailed
        If the user has named no SSH key.
    """
    is_ssh = settings.get("gpg.format") == "ssh"
    git_key = settings.get("user.signingkey")
    key = NbModel.instance().chosen_signing_key()
    # Without gpg.format, user.signingkey may be the id of a key of OpenPGP.
    if not key and (is_ssh or is_public_key(git_key) or "/" in git_key):
        key = git_key
    key = key or _key_of_command(settings)
    if not key:
        raise SigningFailed("There is no SSH key to sign with.", _NO_KEY)
    if not is_public_key(key):
        key = os.path.expanduser(key)  # noqa: PTH111  as git does
        if not Path(key).is_absolute():
            raise SigningFailed(
                f"The signing key {key!r} is a relative path.",
                "Give the whole path: git config --global user.signingkey ~/.ssh/id_ed25519.pub",
            )
        if not Path(key).is_file():
            raise SigningFailed(f"The signing key {key!r} is not there.", _NO_KEY)
    return Signer("ssh", key, _program(settings, SSH_KEYGEN, "gpg.ssh.program"))


def is_public_key(text: str) -> bool:
    """Whether a setting is a key itself, and not the path of a key."""
    return text.startswith(("key::", "ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"))


def _key_of_command(settings: UserSettings) -> str:
    """The first key that ``gpg.ssh.defaultKeyCommand`` prints, as git takes it."""
    command = settings.get("gpg.ssh.defaultkeycommand")
    if not command:
        return ""
    result = run_program(["sh", "-c", command])
    first = result.output.decode(errors="replace").partition("\n")[0].strip()
    if not result.succeeded or not is_public_key(first):
        raise SigningFailed(
            f"gpg.ssh.defaultKeyCommand ({command!r}) printed no key: {_sentence(result)}", _NO_KEY
        )
    return first


def _program(settings: UserSettings, default: str, *names: str) -> str:
    program, why = program_of(settings.get(*names), default)
    if why:
        raise SigningFailed(f"It could not be signed: {why}.", f"Correct {names[-1]} of git.")
    return program


def _sentence(result: ProgramResult) -> str:
    return f"{result.reason.rstrip('.')}."
