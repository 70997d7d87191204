"""E-mail by SMTP: a way for a link when texts do not arrive, or there is no number. The home of aiosmtplib.

Stands behind step 2 of the story. Each message goes out once, over a connection of its own, and ends as
Sent (the server has taken it), NotSent (it has not) or Unknown. SMTP has no question about an earlier
message, so one of unknown outcome is never sent again by itself; should a person send it again, it carries
the same Message-ID, by which mailboxes know the same message (RFC 5322, section 3.6.4). Nothing here logs:
messages hold tokens, and servers' answers may repeat addresses, so they are put into words of ours.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Collection
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

import aiosmtplib

from notifications.ports import CarrierId, CarrierState, Delivery, Message, NotSent, Sent, Unknown

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TAKEN = Delivery(state=CarrierState.SENT)
_PERHAPS = Delivery(
    state=CarrierState.SENT,
    reason="The mail server did not say whether it took the message. It is not sent twice by itself.",
)
_AWAY = "The mail server cannot be reached."
_BROKE = "The mail server broke off before it took the message."
_INSECURE = "The mail server offers no TLS that we can trust. Tell the administrator."
_LOGIN = "The mail server refused our sign-in. Tell the administrator."
_LATER = "The mail server asks us to try again later."
_SENDER = "The mail server refuses our sender's address. Tell the administrator."

# Enhanced status codes (RFC 3463; registry of RFC 5248) that a person can do something about.
_WHY = {
    "1.1": "There is no such mailbox.",
    "1.2": "There is no mail server for this address.",
    "1.3": "The mail server does not take this address.",
    "1.6": "This mailbox has moved.",
    "1.10": "This address takes no e-mail.",
    "2.1": "This mailbox is switched off.",
    "2.2": "This mailbox is full.",
    "3.4": "The mail server says that the message is too large.",
    "7.1": "The mail server does not let us send to this address.",
}


class MailSender:
    """Sends through one mail server. Makes no connection until the first call.

    `tls`: TLS from the first byte (RFC 8314); otherwise STARTTLS, which only a server on this machine may
    do without. `ca` is a PEM file to trust instead of the machine's. `timeout_s` bounds each call.
    Raises ValueError for settings that cannot work.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        tls: bool = False,
        user: str | None = None,
        password: str | None = None,
        ca: Path | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        if (user is None) != (password is None):
            raise ValueError("a user and a password go together")
        self._from = Address(addr_spec=sender)
        self._host, self._port, self._tls, self._timeout_s = host, port, tls, timeout_s
        self._login = (user, password) if user is not None and password is not None else None
        try:
            self._context = ssl.create_default_context(cafile=ca)
        except OSError as error:
            raise ValueError(f"{ca}: {error.strerror or 'no PEM file'}") from error

    def __repr__(self) -> str:
        return f"MailSender({self._host})"

    @property
    def kind(self) -> Literal["email"]:
        """Reaches mailboxes."""
        return "email"

    async def send(self, message: Message) -> Sent:
        """One message to one mailbox. Raises NotSent or Unknown, and never with the address in its words."""
        letter = self._written(message)
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._tls,
            start_tls=False,  # by `_connect`, which says why not
            tls_context=self._context,
            local_hostname=self._from.domain,
            timeout=self._timeout_s,
        )
        handed = False
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._connect(client)
                await client.mail(self._from.addr_spec, encoding="ascii")
                await client.rcpt(message.to, encoding="ascii")
                handed = True  # from here on the server may have it, whatever we hear
                await client.data(letter)
        except aiosmtplib.SMTPResponseException as no:
            raise _refusal(no) from None
        except (TimeoutError, aiosmtplib.SMTPException, OSError):
            if handed:
                raise Unknown("The mail server did not say whether it took the message.") from None
            raise NotSent(_BROKE if client.is_connected else _AWAY, retryable=True) from None
        finally:
            await self._part(client)
        return Sent(carrier_id=_id(message), delivery=_TAKEN)

    async def find(self, message: Message, *, taken: Collection[CarrierId] = ()) -> Sent | None:
        """Nobody can be asked: it counts as sent, in words that say how much is known."""
        return Sent(carrier_id=_id(message), delivery=_PERHAPS)

    async def delivery_of(self, carrier_id: CarrierId) -> Delivery:
        """A mail server reports nothing that we could read."""
        return _TAKEN

    async def aclose(self) -> None:
        """No connection outlasts a call."""

    async def _connect(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.connect()
            if not self._tls:
                await client.ehlo()
                if client.supports_extension("starttls"):
                    await client.starttls()
                elif self._host not in LOOPBACK:
                    raise NotSent(_INSECURE)
        except ssl.SSLError:
            raise NotSent(_INSECURE) from None
        except aiosmtplib.SMTPException as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise NotSent(_INSECURE) from None
            raise
        if self._login is not None:
            try:
                await client.login(*self._login)
            except aiosmtplib.SMTPAuthenticationError as no:
                raise NotSent(_LOGIN, code=str(no.code), retryable=_passes(no.code)) from None
            except aiosmtplib.SMTPNotSupported:
                raise NotSent(_LOGIN) from None

    async def _part(self, client: aiosmtplib.SMTP) -> None:
        """What the server has, it has; it is told good-bye, and not waited for long."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await client.quit()
        client.close()

    def _written(self, message: Message) -> bytes:
        letter = EmailMessage(policy=WIRE)
        letter["From"] = Address(message.sender_name, self._from.username, self._from.domain)
        letter["To"] = Address(addr_spec=message.to)
        letter["Subject"] = message.subject
        letter["Date"] = format_datetime(message.created_at)
        letter["Message-ID"] = f"<{message.key}@{self._from.domain}>"
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
        letter.set_content(message.text)
        letter.add_alternative(message.html, subtype="html")
        return letter.as_bytes()


def _id(message: Message) -> CarrierId:
    return CarrierId(f"mail-{message.key}")


def _passes(code: int) -> bool:
    """Whether the same may be taken a little later (RFC 5321, section 4.2.1): a full disk, a grey list."""
    return 400 <= code < 500


def _refusal(no: aiosmtplib.SMTPResponseException) -> NotSent:
    """The server's no in words for a dispatcher: by its enhanced code, or by what it was that it refused."""
    code = str(no.code)
    if _passes(no.code):
        return NotSent(_LATER, code=code, retryable=True)
    if isinstance(no, aiosmtplib.SMTPSenderRefused):
        return NotSent(_SENDER, code=code)
    said = no.message.split(" ", 1)[0]
    if said.startswith("5.") and (why := _WHY.get(said[2:])):
        return NotSent(why, code=said)
    if isinstance(no, aiosmtplib.SMTPRecipientRefused):
        return NotSent("The mail server does not take this address.", code=code)
    return NotSent("The mail server refused the message.", code=code)
