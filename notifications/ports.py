"""What the outbox asks of a carrier, and what it may answer.

Stands behind step 2 of the story: backend.services.links writes the message in the transaction that
issues the link; a worker then hands it to a Sender. No sender keeps state of its own, retries, or logs a
number or a text: the text carries the link's token.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType, Protocol, runtime_checkable

import msgspec

MessageKey = NewType("MessageKey", str)  # the outbox's name for one message; opaque here
CarrierId = NewType("CarrierId", str)  # the carrier's name for it, e.g. Twilio's SID


class CarrierState(StrEnum):
    """How far a message has come, in the carrier's words made few."""

    ACCEPTED = "accepted"  # the carrier has it and will try
    SENT = "sent"  # handed to the phone's network
    DELIVERED = "delivered"  # the network says that the phone has it
    FAILED = "failed"  # it will not arrive


_RANK = {
    CarrierState.ACCEPTED: 0,
    CarrierState.SENT: 1,
    CarrierState.FAILED: 2,
    CarrierState.DELIVERED: 3,
}


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message so far. `reason` is for the dispatcher, `code` is the carrier's own."""

    state: CarrierState
    reason: str | None = None
    code: str | None = None


def advance(old: Delivery | None, new: Delivery) -> Delivery:
    """The later of two reports, whichever came first: a state never goes back, and delivered is final.

    A phone that has the text outweighs a report of failure, in either order. Of two equal states the first
    stays, unless only the second says why.
    """
    if old is None or _RANK[new.state] > _RANK[old.state]:
        return new
    if new.state is old.state and old.reason is None and new.reason is not None:
        return new
    return old


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One text message to one phone, or one e-mail to one mailbox. Its repr shows the key only."""

    key: MessageKey
    to: str  # E.164, or an e-mail address
    text: str  # holds a token: never logged
    created_at: datetime  # aware; no send of it can have happened earlier
    valid_for_s: int = 3600  # the carrier gives up after that: a link that has expired helps nobody
    status_callback: str | None = None  # absolute URL for the carrier's reports
    subject: str = ""  # an e-mail's, like all below
    html: str = ""
    sender_name: str = ""

    def __repr__(self) -> str:
        return f"Message(key={self.key!r}, …)"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The carrier has the message, and this is how far it is."""

    carrier_id: CarrierId
    delivery: Delivery = Delivery(state=CarrierState.ACCEPTED)


class NotSent(Exception):
    """A definite no: nothing went out. `reason` is a sentence for the dispatcher."""

    def __init__(self, reason: str, *, code: str | None = None, retryable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.retryable = retryable  # the same message may succeed later, unchanged


class Unknown(Exception):
    """The carrier gave no answer that settles it. Ask `Sender.find` before a message is sent again."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Sender(Protocol):
    """Takes messages to phones or mailboxes. Each call ends within seconds, whatever the network does."""

    @property
    def kind(self) -> Literal["sms", "email", "console"]:
        """`console` reaches no phone: the dispatcher is shown the link instead."""
        ...

    async def send(self, message: Message) -> Sent:
        """Sends once. Raises NotSent (nothing went out) or Unknown (it may have)."""
        ...

    async def find(self, message: Message, *, taken: Collection[CarrierId] = ()) -> Sent | None:
        """What the carrier has of a message whose outcome is unknown; None when it has nothing.

        `taken` are ids that belong to other messages: the same link sent again has the same text. Raises
        Unknown when the carrier does not say. A request still under way can land after a None.
        """
        ...

    async def delivery_of(self, carrier_id: CarrierId) -> Delivery:
        """How far a message is, when reports were missed. Raises Unknown when the carrier does not say."""
        ...

    async def aclose(self) -> None:
        """Lets go of connections."""
        ...


@runtime_checkable  # Litestar checks what it injects
class CallbackReader(Protocol):
    """Reads the reports that a carrier posts to `Message.status_callback`; pairs are the form's, in order."""

    def verify_callback(self, url: str, params: Sequence[tuple[str, str]], signature: str | None) -> bool:
        """Did the carrier sign this? `url` is the address as the carrier was given it, query included."""
        ...

    def parse_callback(self, params: Sequence[tuple[str, str]]) -> tuple[CarrierId, Delivery]:
        """What a signed report says. Raises ValueError for what no carrier sends."""
        ...


# Web Push: what alerts ask of a push service


class PushAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One browser (RFC 8030): where its push service takes messages, and the keys that seal them (RFC 8291).

    `p256dh` is an uncompressed P-256 point and `auth` 16 bytes, both in base64url without padding. Whoever
    knows them can make a phone ring, so its repr shows none of it.
    """

    endpoint: str
    p256dh: str
    auth: str

    def __repr__(self) -> str:
        return "PushAddress(…)"


class PushWords(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `topic` names what a newer message replaces: at most 32 characters of base64url.

    What is not `urgent` may wait until the phone is awake (RFC 8030, section 5.3).
    """

    payload: bytes
    topic: str
    valid_for_s: int  # the push service drops it after that
    urgent: bool = True


class PushOutcome(StrEnum):
    """What a push service said."""

    TAKEN = "taken"
    GONE = "gone"  # the browser is no longer subscribed; it must be forgotten
    FAILED = "failed"  # nothing went out, as far as is known


class Pusher(Protocol):
    """Takes messages to browsers. A call ends within a few seconds and never raises for the network."""

    @property
    def key(self) -> str:
        """What a browser subscribes with (RFC 8292): a P-256 point, base64url without padding."""
        ...

    def misfit(self, address: PushAddress) -> str | None:
        """A sentence that says why this cannot be an address of ours; None when it can."""
        ...

    async def push(self, address: PushAddress, words: PushWords) -> PushOutcome:
        """Sends once."""
        ...

    async def aclose(self) -> None:
        """Lets go of connections."""
        ...
