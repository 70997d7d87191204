"""A real mail server (aiosmtpd) that a test can make refuse, wait, drop and ask for TLS.

async with mail_server(tls=True) as server:
    sender = MailSender(host="localhost", port=server.port, ca=server.ca, …)
"""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

WAIT_S = 10.0
USER, PASSWORD = "sightline", "a-long-secret-of-the-mail-server"


class MailServer:
    """What has arrived, and how it behaves from now on."""

    def __init__(self, port: int, ca: Path | None) -> None:
        self.port, self.ca = port, ca
        self.arrived: list[tuple[Envelope, Session]] = []
        self.refuse_rcpt: list[str] = []  # answers to RCPT, one each
        self.refuse_data: list[str] = []  # answers after the message
        self.stall_s = 0.0  # before RCPT is answered
        self.drop_after_data = False  # it has the message, and says nothing

    @property
    def letters(self) -> list[EmailMessage]:
        """The messages that it has taken."""
        return [
            message_from_bytes(bytes(held.content or b""), policy=default)  # type: ignore[arg-type]
            for held, _ in self.arrived
        ]

    async def letter(self, count: int = 1) -> EmailMessage:
        """The last one, as soon as there are so many."""
        async with asyncio.timeout(WAIT_S):
            while len(self.arrived) < count:  # noqa: ASYNC110  it comes over a socket
                await asyncio.sleep(0.01)
        return self.letters[-1]

    async def handle_RCPT(  # noqa: N802  aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.stall_s)
        if self.refuse_rcpt:
            return self.refuse_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.refuse_data:
            return self.refuse_data.pop(0)
        self.arrived.append((envelope, session))
        if self.drop_after_data:
            _hang_up(server)
        return "250 2.0.0 taken"


def _hang_up(talk: SMTP) -> None:
    if isinstance(talk.transport, asyncio.Transport):
        talk.transport.abort()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "mail.pem", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


@asynccontextmanager
async def mail_server(
    folder: Path | None = None, *, tls: str = "", login: bool = False, host: str = "127.0.0.1"
) -> AsyncIterator[MailServer]:
    """Runs one. `tls` is "", "starttls" or "smtps"; with `folder` for its certificate."""
    context, ca = None, None
    if tls:
        assert folder is not None
        ca, private = _certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(ca, private)
    held = MailServer(0, ca)

    def check(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    def made() -> SMTP:
        with warnings.catch_warnings():  # it cannot tell that TLS was there from the first byte
            warnings.simplefilter("ignore", UserWarning)
            talk = SMTP(
                held,
                hostname="mail.test",
                tls_context=context if tls == "starttls" else None,
                require_starttls=tls == "starttls",
                auth_required=login,
                auth_require_tls=tls == "starttls",
                authenticator=check,
                loop=loop,
            )
        talks.append(talk)
        return talk

    talks: list[SMTP] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(made, host, 0, ssl=context if tls == "smtps" else None)
    held.port = server.sockets[0].getsockname()[1]
    try:
        yield held
    finally:
        server.close()
        for talk in talks:
            _hang_up(talk)
