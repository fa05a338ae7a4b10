"""Signatures inside of commits and tags: put in, and taken out again, as git does it.

An object that could be read in two ways is ambiguous, and its signature is then not valid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel.errors import GitFailed

if TYPE_CHECKING:
    from nbmodel.repo.git import Git
    from nbmodel.repo.signing import Signer

_HEADER = b"gpgsig"
_ARMOR = re.compile(
    rb"^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE|SSH SIGNATURE)-----",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class SignedBytes:
    """The bytes that a signature covers, and the signature; empty without one."""

    payload: bytes
    signature: bytes = b""
    is_ambiguous: bool = False


def sign_commit(git: Git, oid: str, signer: Signer) -> str:
    """Write a commit again with a signature; return its id.

    Raises
    ------
    SigningFailed
        If there is no signature. Nothing was written.
    WriteFailed, GitFailed
        If git could not write it.
    """
    commit = git.read(oid)
    if commit is None or commit.kind != "commit":
        raise GitFailed(f"git has lost the commit {oid} that it has just made.", "Try again.")
    signature = signer.sign(commit.data)
    header, mark, message = commit.data.partition(b"\n\n")
    lines = b"\n ".join(signature.rstrip(b"\n").split(b"\n"))
    data = b"%s\n%s %s%s%s" % (header, _HEADER, lines, mark, message)
    return git.run("hash-object", "-t", "commit", "-w", "--stdin", data=data).decode().strip()


def begins_signature(text: bytes) -> bool:
    """Whether a line of a text begins a signature, so that a message must not contain it."""
    return _ARMOR.search(text) is not None


def split_commit(data: bytes) -> SignedBytes:
    """Take the signature out of a raw commit."""
    header, mark, message = data.partition(b"\n\n")
    rest: list[bytes] = []
    signature: list[bytes] = []
    count, is_inside, is_other = 0, False, False
    for line in header.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == _HEADER:
            count, is_inside = count + 1, True
            signature.append(value)
        elif is_inside and line[:1] == b" ":
            signature.append(line[1:])
        else:
            is_inside, is_other = False, is_other or key.startswith(_HEADER)
            rest.append(line)
    lines = b"".join(line + b"\n" for line in signature)
    return SignedBytes(b"\n".join(rest) + mark + message, lines, count > 1 or is_other)


def split_tag(data: bytes) -> SignedBytes:
    """Take the signature out of a raw tag. It begins at the last line that begins one."""
    starts = [match.start() for match in _ARMOR.finditer(data)]
    if not starts:
        return SignedBytes(data)
    is_in_header = starts[0] < data.find(b"\n\n")
    return SignedBytes(data[: starts[-1]], data[starts[-1] :], len(starts) > 1 or is_in_header)
