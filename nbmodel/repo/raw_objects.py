"""Parse the raw bytes of commits, tags and trees, without trusting them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from nbmodel.records import Person

MAX_MESSAGE_LENGTH = 1 << 16  # characters; the rest of a message is cut off
MAX_NAME_BYTES = 400  # of a name or an address; the rest is cut off
MAX_TIME = 253402300799  # the last second of the year 9999, where datetime ends

_OID = re.compile(rb"[0-9a-f]{40}")
_TIME = re.compile(rb"\s*(-?[0-9]{1,18})")
_SIGNATURE = re.compile(r"^-----BEGIN (?:PGP|SSH|SIGNED) [A-Z]+-----$", re.MULTILINE)
# Encodings that people set as git's i18n.commitEncoding. Python knows others (punycode, compressed
# and escaped forms) that nobody writes text in, and that an attacker could use to waste time.
_ENCODINGS = re.compile(
    r"utf-?8|us-ascii|iso-?8859-?1?[0-9]|latin-?1|windows-125[0-9]|cp125[0-9]|koi8-[ru]"
    r"|shift[-_]jis|sjis|cp932|euc-(?:jp|kr)|gbk|gb2312|gb18030|big5",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SignedObject:
    """The author, time and message of a commit or an annotated tag.

    Attributes
    ----------
    parents : tuple of str
        The parents of a commit. For a tag: the object that it names, if that is a commit.
    person : Person
        The author of a commit, or the tagger of a tag. Its texts are empty if the line is
        malformed.
    time : int
        The time of the committer or tagger, in seconds since the epoch; 0 if unknown.
    message : str
        Without signature, stripped, at most `MAX_MESSAGE_LENGTH` characters.
    tree : str
        Object id of a commit's tree.
    name : str
        The name in a tag: the short name of its reference when it was made.
    """

    parents: tuple[str, ...]
    person: Person
    time: int
    message: str
    tree: str = ""
    name: str = ""


def commit(data: bytes) -> SignedObject:
    """Parse a raw commit. Malformed parts are left empty."""
    header, _, body = data.partition(b"\n\n")
    fields = _fields(header)
    encoding = _encoding(fields)
    parents = tuple(
        line[7:].decode()
        for line in header.split(b"\n")
        if line[:7] == b"parent " and _OID.fullmatch(line, 7)
    )
    person = _person(fields.get(b"author", b""), encoding)
    time = _time(fields.get(b"committer", b""))
    tree = _oid(fields.get(b"tree", b""))
    return SignedObject(parents, person, time, _message(body, encoding), tree)


def tree_of(data: bytes) -> str:
    """Object id of the tree of a raw commit, or an empty text."""
    return _oid(_fields(data.partition(b"\n\n")[0]).get(b"tree", b""))


def target(data: bytes) -> str:
    """Object id that a raw tag names, of any type, or an empty text."""
    return _oid(_fields(data.partition(b"\n\n")[0]).get(b"object", b""))


def entry(data: bytes, name: bytes) -> str | None:
    """Object id of the entry with this name in a raw tree, or None."""
    at = 0
    while at < len(data):
        space, end = data.find(b" ", at), data.find(b"\0", at)
        if not at < space < end:
            return None
        if data[space + 1 : end] == name:
            return data[end + 1 : end + 21].hex()
        at = end + 21
    return None


def _oid(text: bytes) -> str:
    return text.decode() if _OID.fullmatch(text) else ""


def tag(data: bytes) -> SignedObject:
    """Parse a raw annotated tag. Malformed parts are left empty."""
    header, _, body = data.partition(b"\n\n")
    fields = _fields(header)
    encoding = _encoding(fields)
    target, tagger = fields.get(b"object", b""), fields.get(b"tagger", b"")
    names_commit = fields.get(b"type") == b"commit" and _OID.fullmatch(target)
    message = _message(body, encoding)
    if signature := _SIGNATURE.search(message):
        message = message[: signature.start()].rstrip()
    parents = (target.decode(),) if names_commit else ()
    name = fields.get(b"tag", b"").decode(errors="replace")
    return SignedObject(parents, _person(tagger, encoding), _time(tagger), message, name=name)


def _fields(header: bytes) -> dict[bytes, bytes]:
    """The first value of each header. Continuation lines (of a signature) begin with a space."""
    fields: dict[bytes, bytes] = {}
    for line in header.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key and key not in fields:
            fields[key] = value
    return fields


def _encoding(fields: dict[bytes, bytes]) -> str:
    if b"encoding" not in fields:
        return "utf-8"
    name = fields[b"encoding"].decode("latin-1")
    return name if _ENCODINGS.fullmatch(name) else "utf-8"


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        # Old tools wrote text in their locale without an encoding header. This never fails.
        return data.decode("latin-1")


def _person(line: bytes, encoding: str) -> Person:
    name, mark, rest = line.partition(b"<")
    return _person_of(
        name[:MAX_NAME_BYTES], rest.partition(b">")[0][:MAX_NAME_BYTES] if mark else b"", encoding
    )


@lru_cache(maxsize=1024)  # a registry has few authors and many commits
def _person_of(name: bytes, email: bytes, encoding: str) -> Person:
    return Person(_text(name, encoding).strip(), _text(email, encoding).strip())


def _time(line: bytes) -> int:
    match = _TIME.match(line.rpartition(b">")[2])
    return min(max(int(match[1]), 0), MAX_TIME) if match else 0


def _message(body: bytes, encoding: str) -> str:
    text = _text(body[: 8 * MAX_MESSAGE_LENGTH], encoding).strip()
    return text if len(text) <= MAX_MESSAGE_LENGTH else text[: MAX_MESSAGE_LENGTH - 1] + "…"
