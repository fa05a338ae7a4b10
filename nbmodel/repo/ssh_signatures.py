"""The text form of an SSH signature, parsed without trusting it.

The format is that of OpenSSH's PROTOCOL.sshsig, in lines of base64.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import dataclass

MAX_SIGNATURE_BYTES = 1 << 16  # a key of RSA with 16,384 bits has 6 KB
_ARMOR_RE = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?"
)
_MAGIC = b"SSHSIG\x00\x00\x00\x01"  # and the version of the format
_HASHES = (b"sha256", b"sha512")


@dataclass(frozen=True, slots=True)
class SshSignature:
    """The parts of a signature that say who made it, and for what."""

    public_key: bytes
    namespace: str

    @property
    def fingerprint(self) -> str:
        """The digest of the key, as ``ssh-keygen -l`` prints it."""
        digest = b64encode(hashlib.sha256(self.public_key).digest()).decode()
        return f"SHA256:{digest.rstrip('=')}"


def parse_signature(text: bytes) -> SshSignature | None:
    """Parse a signature; None for what OpenSSH would not have written."""
    match = _ARMOR_RE.fullmatch(text) if len(text) <= MAX_SIGNATURE_BYTES else None
    if match is None:
        return None
    try:
        data = b64decode(match[1].replace(b"\n", b""), validate=True)
    except Error:
        return None
    fields = _strings(data[len(_MAGIC) :]) if data.startswith(_MAGIC) else []
    if len(fields) != 5:
        return None
    public_key, namespace, reserved, hash_name, _ = fields
    if reserved or hash_name not in _HASHES or not public_key:
        return None
    return SshSignature(public_key, namespace.decode(errors="replace"))


def _strings(data: bytes) -> list[bytes]:
    """Byte strings, each behind its length; empty if they do not fill the data exactly."""
    fields, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data) or at + 4 > len(data):
            return []
        fields.append(data[at + 4 : end])
        at = end
    return fields
