"""Mail by SMTP. The server and its password are in the environment, never in the registry.

``NBMODEL_SMTP`` is ``smtps://USER@HOST:465`` for TLS from the start, or ``smtp://USER@HOST:587``
for STARTTLS. Without TLS, nothing is sent to another machine: a mail of an alert and a password are
never readable on the network.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from nbmodel._version import __version__
from nbmodel.config import SMTP_PASSWORD_VARIABLE, SMTP_SENDER_VARIABLE, SMTP_VARIABLE
from nbmodel.display import visible
from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts.channels.base import (
    TIMEOUT_SECONDS,
    Notification,
    NotificationChannel,
)
from nbmodel.monitor.alerts.channels.facts import fact_lines, title

MAX_ADDRESS_CHARACTERS = 254  # RFC 5321, 4.5.3.1.3: a path of 256 with its angle brackets
_PORTS = {"smtp": 587, "smtps": 465}
# A dot-atom of RFC 5322 and a domain name. Quoted local parts and comments are not taken.
_ADDRESS_RE = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_FORM = "Set it to smtp://USER@HOST:587 or smtps://USER@HOST:465."


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes the mails.

    Attributes
    ----------
    host : str
    port : int
    user : str
        Empty if the server needs no login.
    tls : bool
        Whether TLS begins with the connection, and not with STARTTLS.
    sender : str
    """

    host: str
    port: int
    user: str
    tls: bool
    sender: str

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine, so that nothing is on the network."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def mail_server() -> MailServer:
    """Return the server that the environment names.

    Raises
    ------
    InvalidValue
        If a variable is missing or not valid.
    """
    text = os.environ.get(SMTP_VARIABLE, "")
    if not text:
        raise InvalidValue(f"{SMTP_VARIABLE} is not set.", _FORM)
    try:
        parts = urlsplit(text)
        usual = _PORTS.get(parts.scheme, 0)
        host, port = parts.hostname, usual and (parts.port or usual)
    except ValueError:
        host, port = None, 0
    if not host or not port or not text.isprintable() or " " in text:
        raise InvalidValue(f"{SMTP_VARIABLE} is not the address of a mail server.", _FORM)
    if parts.password is not None:
        raise InvalidValue(
            f"{SMTP_VARIABLE} contains a password.", f"Set {SMTP_PASSWORD_VARIABLE} to it instead."
        )
    user = unquote(parts.username or "")
    sender = os.environ.get(SMTP_SENDER_VARIABLE, "") or (user if "@" in user else "")
    if not _is_address(sender):
        raise InvalidValue(
            "The mail has no valid sender.", f"Set {SMTP_SENDER_VARIABLE} to a mail address."
        )
    return MailServer(host, port, user, parts.scheme == "smtps", sender)


def message(address: str, notification: Notification, sender: str) -> EmailMessage:
    """Return the mail of an alert; line breaks in names cannot begin a header."""
    document = notification.document()
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = address
    mail["Subject"] = f"nbmodel: {title(document)}"
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: so that no out-of-office reply comes back
    mail["X-Mailer"] = f"nbmodel/{__version__}"
    facts = "\n".join(fact_lines(document))
    mail.set_content(f"{visible(notification.text())}\n\n{facts}\n", charset="utf-8")
    return mail


def _is_address(text: str) -> bool:
    return len(text) <= MAX_ADDRESS_CHARACTERS and _ADDRESS_RE.fullmatch(text) is not None


def _check(address: str) -> None:
    if not _is_address(address):
        raise InvalidValue(
            f"{address[:80]!r} is not a mail address.", "Use mail:NAME@HOST, one address each."
        )


def _send(address: str, notification: Notification) -> None:
    _check(address)
    server = mail_server()
    mail = message(address, notification, server.sender)
    password = os.environ.get(SMTP_PASSWORD_VARIABLE, "")
    if not (server.user + password).isascii():  # Python's smtplib takes no other login
        raise InvalidValue(
            "The login of the mail server has characters outside ASCII.",
            f"Change the user or the password: {SMTP_VARIABLE}, {SMTP_PASSWORD_VARIABLE}.",
        )
    with _connection(server) as client:
        if server.user:
            client.login(server.user, password)
        client.send_message(mail)


def _connection(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        client.ehlo()
        if client.has_extn("starttls"):
            client.starttls(context=context)
        elif not server.is_local:
            raise smtplib.SMTPNotSupportedError(
                f"{server.host} does not offer STARTTLS; nothing is sent without TLS"
            )
    except BaseException:  # Ctrl-C too must not leave a connection open
        client.close()
        raise
    return client


CHANNEL = NotificationChannel(_send, _check, "mail:NAME@HOST", is_secret=False)
