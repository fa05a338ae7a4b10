"""Raw commit and tag objects, as bytes of unknown origin, taken apart without trust."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbmodel.records import Person

MESSAGE_LIMIT = 1 << 16  # characters kept of a message
MAX_TIME = 253402300799  # the last second of the year 9999, where datetime ends

_OID = re.compile(rb"[0-9a-f]{40}")
_PERSON = re.compile(rb"(?P<name>[^<]*)<(?P<email>[^>]*)>(?:\s*(?P<time>-?[0-9]{1,18}))?")
_SIGNATURE = re.compile(r"^-----BEGIN (?:PGP|SSH|SIGNED) [A-Z]+-----$", re.MULTILINE)
# The encodings git's own i18n.commitEncoding is used with. Others Python knows (punycode, a
# compressed or escaped form) are no text encodings of people and could be slow on purpose.
_ENCODINGS = re.compile(
    r"utf-?8|us-ascii|iso-?8859-?1?[0-9]|latin-?1|windows-125[0-9]|cp125[0-9]|koi8-[ru]"
    r"|shift[-_]jis|sjis|cp932|euc-(?:jp|kr)|gbk|gb2312|gb18030|big5",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Signed:
    """Who, when and what of a commit or an annotated tag.

    Attributes
    ----------
    parents : tuple of str
        Of a commit; of a tag the one object it points to, if that is a commit.
    person : Person
        A commit's author, a tag's tagger; empty names where git's line makes no sense.
    time : int
        The committer's or tagger's clock, seconds since the epoch; 0 if unknown.
    message : str
        Without signature, stripped, at most `MESSAGE_LIMIT` characters.
    """

    parents: tuple[str, ...]
    person: Person
    time: int
    message: str


def commit(data: bytes) -> Signed:
    """Take a raw commit apart; whatever makes no sense is left empty."""
    header, _, body = data.partition(b"\n\n")
    fields = _fields(header)
    encoding = _encoding(fields)
    person, _ = _person(fields.get(b"author", b""), encoding)
    _, time = _person(fields.get(b"committer", b""), encoding)
    parents = tuple(
        line[7:].decode()
        for line in header.split(b"\n")
        if line.startswith(b"parent ") and _OID.fullmatch(line, 7)
    )
    return Signed(parents, person, time, _message(body, encoding))


def tag(data: bytes) -> Signed:
    """Take a raw annotated tag apart."""
    header, _, body = data.partition(b"\n\n")
    fields = _fields(header)
    encoding = _encoding(fields)
    person, time = _person(fields.get(b"tagger", b""), encoding)
    target = fields.get(b"object", b"")
    names_commit = fields.get(b"type") == b"commit" and _OID.fullmatch(target)
    message = _message(body, encoding)
    if signature := _SIGNATURE.search(message):
        message = message[: signature.start()].rstrip()
    return Signed((target.decode(),) if names_commit else (), person, time, message)


def _fields(header: bytes) -> dict[bytes, bytes]:
    """First value of each header; the lines of a folded one (a signature) begin with a space."""
    fields: dict[bytes, bytes] = {}
    for line in header.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key:
            fields.setdefault(key, value)
    return fields


def _encoding(fields: dict[bytes, bytes]) -> str:
    named = fields.get(b"encoding", b"").decode("latin-1")
    return named if _ENCODINGS.fullmatch(named) else "utf-8"


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        # Old tools wrote the bytes of their locale and no encoding header; this never fails.
        return data.decode("latin-1")


def _person(line: bytes, encoding: str) -> tuple[Person, int]:
    match = _PERSON.match(line)
    if match is None:
        return Person(_text(line[:200], encoding).strip(), ""), 0
    name, email = (_text(match[part][:400], encoding).strip() for part in ("name", "email"))
    return Person(name, email), min(max(int(match["time"] or 0), 0), MAX_TIME)


def _message(body: bytes, encoding: str) -> str:
    text = _text(body[: 8 * MESSAGE_LIMIT], encoding).strip()
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"
