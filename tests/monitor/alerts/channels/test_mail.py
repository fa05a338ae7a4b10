"""Mail by a real SMTP server: STARTTLS, TLS, login, and text that tries to add headers."""

from __future__ import annotations

import smtplib
import ssl
from email import message_from_bytes
from email.policy import default

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts.channels import mail
from nbmodel.monitor.alerts.channels.mail import mail_server
from nbmodel.monitor.alerts.channels.table import check_notifier
from nbmodel.monitor.alerts.notify import Notifier, allow
from tests.fixtures.processes import free_port
from tests.monitor.alerts.channels.conftest import HOSTILE, Message

USER, PASSWORD = "bot@example.org", "p4ss w0rd:@/%"


class Inbox:
    """Keeps the mails that arrive, with their envelopes."""

    def __init__(self):
        self.envelopes = []
        self.logins = []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append((session.ssl is not None, envelope))
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1] == (USER, PASSWORD), handled=False)

    def mails(self):
        return [message_from_bytes(each.content, policy=default) for _, each in self.envelopes]


def text_of(message):
    return message.get_content().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return path, context


@pytest.fixture
def smtp(authority, monkeypatch):
    """A function that starts a server; it returns the inbox and sets the environment."""
    path, context = authority
    started = []

    def start(kind):
        inbox = Inbox()
        options = {
            "smtps": {"ssl_context": context, "auth_require_tls": False},
            "smtp": {"tls_context": context, "require_starttls": True, "auth_required": True},
            "plain": {},
        }[kind]
        controller = Controller(
            inbox, hostname="127.0.0.1", port=free_port(), authenticator=inbox.authenticate,
            **options,
        )  # fmt: skip
        controller.start()
        started.append(controller)
        user = "" if kind == "plain" else f"{USER.replace('@', '%40')}@"
        scheme = "smtp" if kind == "plain" else kind
        monkeypatch.setenv("NBMODEL_SMTP", f"{scheme}://{user}127.0.0.1:{controller.port}")
        monkeypatch.setenv("NBMODEL_SMTP_PASSWORD", PASSWORD)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        if kind == "plain":
            monkeypatch.setenv("NBMODEL_SMTP_FROM", USER)
        return inbox

    yield start
    for controller in started:
        controller.stop()


@pytest.mark.parametrize("kind", ["smtp", "smtps"])
def test_mail_is_sent_by_tls_after_a_login(smtp, kind):
    inbox = smtp(kind)
    mail.CHANNEL.send("nina@example.org", Message())
    ((tls, envelope),) = inbox.envelopes
    assert (envelope.rcpt_tos, envelope.mail_from) == (["nina@example.org"], USER)
    assert tls or kind == "smtps"  # there, a client without TLS gets no answer
    assert inbox.logins == [(USER, PASSWORD)]
    (message,) = inbox.mails()
    assert message["Subject"] == "nbmodel: firing: churn@3 in prod, psi(age) > 0.2"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    assert message["Message-ID"].endswith("@example.org>")
    text = text_of(message)
    assert text.startswith("firing  churn@3 in prod  psi(age) > 0.2\n")
    assert "last good  churn@2\n" in text
    assert PASSWORD not in message.as_string()


def test_hostile_text_adds_no_header_and_no_recipient(smtp):
    inbox = smtp("plain")
    for words in HOSTILE:
        mail.CHANNEL.send("nina@example.org", Message(words))
    assert len(inbox.envelopes) == len(HOSTILE)
    for (_, envelope), message in zip(inbox.envelopes, inbox.mails(), strict=True):
        assert envelope.rcpt_tos == ["nina@example.org"]
        assert sorted(message.keys()) == sorted(
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Mailer",
             "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
        )  # fmt: skip
        assert len(message["Subject"]) < 250
        assert not message.defects
        assert text_of(message).startswith("firing  ")


@pytest.mark.parametrize(
    "address",
    ["", "nina", "nina@", "@example.org", "nina@example.org\r\nBcc: v@example.org", "n a@b.c",
     "nina@example.org,other@example.org", "<nina@example.org>", "nina@exa mple", "nina@-x.org",
     '"nina"@example.org', "ni..na@example.org", "nina@[127.0.0.1]", "ünal@example.org",
     "a" * 251 + "@b.c", "nina@example.org\n", "nina@example..org"],
)  # fmt: skip
def test_addresses_that_are_not_valid_are_refused(address):
    with pytest.raises(InvalidValue):
        check_notifier(f"mail:{address}")
    with pytest.raises(InvalidValue):
        mail.CHANNEL.send(address, Message())


def test_valid_addresses():
    for address in ("nina@example.org", "o'neil+models@mail.example.org", "root@localhost"):
        assert check_notifier(f"mail:{address}") == f"mail:{address}"


@pytest.mark.parametrize(
    ("server", "sender", "reason"),
    [
        ("", "a@b.c", "NBMODEL_SMTP is not set"),
        ("http://host", "a@b.c", "not the address of a mail server"),
        ("http://host:25", "a@b.c", "not the address of a mail server"),
        ("//host:25", "a@b.c", "not the address of a mail server"),
        ("smtp://", "a@b.c", "not the address of a mail server"),
        ("smtp://host:99999", "a@b.c", "not the address of a mail server"),
        ("smtp://a b", "a@b.c", "not the address of a mail server"),
        ("smtp://bot:s3cret@host", "a@b.c", "contains a password"),
        ("smtp://bot@host", "", "no valid sender"),
        ("smtp://bot@host", "a@b.c\nBcc: d@e.f", "no valid sender"),
    ],
)
def test_a_mail_server_that_is_not_valid_is_refused(monkeypatch, server, sender, reason):
    monkeypatch.setenv("NBMODEL_SMTP", server)
    monkeypatch.setenv("NBMODEL_SMTP_FROM", sender)
    with pytest.raises(InvalidValue, match=reason) as refusal:
        mail_server()
    assert "s3cret" not in str(refusal.value)


def test_a_wrong_password_and_an_unknown_certificate_are_failures(smtp, monkeypatch, caplog):
    inbox = smtp("smtp")
    allow("mail:nina@example.org")
    monkeypatch.setenv("NBMODEL_SMTP_PASSWORD", "wr0ng")
    notifier = Notifier()
    notifier.notify(["mail:nina@example.org"], Message())
    notifier.close()
    assert (notifier.failed, notifier.sent, inbox.envelopes) == (1, 0, [])
    assert "mail:nina@example.org could not be notified" in caplog.text
    assert "wr0ng" not in caplog.text
    monkeypatch.setenv("NBMODEL_SMTP_PASSWORD", "wörd")
    with pytest.raises(InvalidValue, match="outside ASCII"):
        mail.CHANNEL.send("nina@example.org", Message())
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.delenv("NBMODEL_SMTP_PASSWORD")
    with pytest.raises(ssl.SSLError):
        mail.CHANNEL.send("nina@example.org", Message())
    assert inbox.envelopes == []


def test_nothing_is_sent_to_another_machine_without_tls(smtp, monkeypatch):
    inbox = smtp("plain")
    monkeypatch.setattr(mail.MailServer, "is_local", False)
    with pytest.raises(smtplib.SMTPNotSupportedError):
        mail.CHANNEL.send("nina@example.org", Message())
    assert inbox.envelopes == []
