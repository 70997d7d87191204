"""The outbox: takes texts and e-mails from their rows to the carriers, and their outcomes back.

A row says queued before a send, sending during one, and the outcome after. A crash or a lost answer leaves
it at sending: then the carrier is asked for the message before it is ever sent again, so that no link is
lost and none is texted twice (decision 0005). Nothing here may log a number, a text or a token.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from backend.model import links as rules
from backend.model.entries import Action
from backend.model.ids import LinkId, MessageId
from backend.model.links import DeliveryState, Link, LinkState, Manner, Way
from backend.model.messages import OutboxMessage, standing
from backend.services.keys import Keys
from backend.services.links import address
from backend.services.steps import Step, Steps
from notifications.messages import invitation, letter
from notifications.ports import (
    CarrierId,
    CarrierState,
    Delivery,
    Message,
    MessageKey,
    NotSent,
    Sender,
    Sent,
    Unknown,
)
from notifications.templates import Ask, Reader

log = logging.getLogger(__name__)

AT_ONCE = 8  # messages on their way to the carrier at a time
LOOK_S = 1.0  # a wake-up is only a hint: the rows are looked at anyway
CLAIM = timedelta(seconds=15)  # longer than any call of a Sender; after it a send has an unknown outcome
DEADLINES = {  # what is later than this helps nobody; a mail server's grey list asks for some minutes
    Way.SMS: timedelta(minutes=3),
    Way.EMAIL: timedelta(minutes=10),
}
NOT_NEEDED = "Not needed any more."
NO_SENDER = "Nothing goes this way from here any more. Tell the administrator."
LATE = {
    Way.SMS: "The carrier cannot be reached. Read out a spoken code instead.",
    Way.EMAIL: "The mail server has not taken it for ten minutes. Read out a spoken code instead.",
}

_STATES = {
    CarrierState.ACCEPTED: DeliveryState.SENT,
    CarrierState.SENT: DeliveryState.SENT,
    CarrierState.DELIVERED: DeliveryState.DELIVERED,
    CarrierState.FAILED: DeliveryState.FAILED,
}
_RANK = {state: rank for rank, state in enumerate(DeliveryState)}  # in the order of what outweighs what
_NEEDS_NO_TEXT = (LinkState.SHARING, LinkState.ENDED, LinkState.REVOKED, LinkState.EXPIRED)


class Outbox:
    """One worker per database."""

    def __init__(
        self, steps: Steps, senders: Mapping[Way, Sender], keys: Keys, *, agency: str, public_url: str
    ) -> None:
        self._steps, self._senders, self._keys = steps, senders, keys
        self._agency, self._public_url = agency, public_url
        self._work = asyncio.Event()
        self._busy = 0

    def wake(self) -> None:
        """There may be a message to send."""
        self._work.set()

    async def run(self) -> None:
        """Send what is due, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._work.clear()
                for message, link in await self._claim():
                    self._busy += 1
                    group.create_task(self._deliver(message, link))
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._work.wait()
                except TimeoutError:
                    continue

    async def reported(self, key: MessageId, carrier_id: str, delivery: Delivery) -> bool:
        """The carrier's own news of a message, in any order and any number; False for one we do not know."""
        async with self._steps.begin() as step:
            message = await step.tx.messages.get(key)
            if message is None or message.carrier_id not in (None, carrier_id):
                return False
            link = await step.tx.links.get(message.link_id)
            if link is None:
                return False
            await self._settle(step, message, link, CarrierId(carrier_id), delivery, Action.LINK_DELIVERY)
        return True

    async def _claim(self) -> list[tuple[OutboxMessage, Link]]:
        """Due messages as they were before this claim, each marked sending."""
        room = AT_ONCE - self._busy
        if room <= 0:
            return []
        async with self._steps.read() as tx:
            if not await tx.messages.unsent(self._steps.clock(), 1):
                return []
        claimed = []
        async with self._steps.begin() as step:
            for message in await step.tx.messages.unsent(step.now, room):
                link = await step.tx.links.get(message.link_id)
                if link is None:
                    continue
                if rules.state(link, step.now) in _NEEDS_NO_TEXT and message.state is DeliveryState.QUEUED:
                    await self._fail(step, message, link, NOT_NEEDED)
                elif step.now - message.created_at > DEADLINES[message.way]:
                    await self._fail(step, message, link, LATE[message.way])
                else:
                    sending = msgspec.structs.replace(
                        message,
                        state=DeliveryState.SENDING,
                        due_at=step.now + CLAIM,
                        attempts=message.attempts + 1,
                    )
                    await step.tx.messages.put(sending)
                    claimed.append((message, link))
        return claimed

    async def _deliver(self, message: OutboxMessage, link: Link) -> None:
        try:
            await self._try(message, link)
        except Exception:
            log.exception("message %s could not be handled; it is tried again", message.id)
        finally:
            self._busy -= 1

    async def _try(self, message: OutboxMessage, link: Link) -> None:
        words = self._words(message, link)
        try:
            sent = await self._find_or_send(message, words, link)
        except NotSent as no:
            await self._refused(message.id, no)
        except Unknown as unknown:
            log.warning("message %s: %s; the carrier is asked before it is sent again", message.id, unknown)
        else:
            async with self._steps.begin() as step:
                current, held = await self._current(step, message.id)
                await self._settle(step, current, held, sent.carrier_id, sent.delivery, Action.LINK_SEND)

    def _words(self, message: OutboxMessage, link: Link) -> Message:
        url = address(self._public_url, self._keys, link.id, link.manner)
        ask, reader, quiet = Ask(link.kind.value), Reader(link.whom.value), link.manner is not Manner.OPEN
        if message.way is Way.EMAIL:
            mail = letter(self._agency, url, ask, link.language, reader=reader, quiet=quiet)
            return Message(
                key=MessageKey(message.id),
                to=link.email,
                text=mail.text,
                created_at=message.created_at,
                subject=mail.subject,
                html=mail.html,
                sender_name=self._agency if mail.named else "",
            )
        return Message(
            key=MessageKey(message.id),
            to=link.number,
            text=invitation(self._agency, url, ask, link.language, reader=reader, quiet=quiet),
            created_at=message.created_at,
            valid_for_s=max(1, int((link.expires_at - self._steps.clock()).total_seconds())),
            status_callback=f"{self._public_url.rstrip('/')}/api/twilio/status?message={message.id}",
        )

    async def _find_or_send(self, message: OutboxMessage, words: Message, link: Link) -> Sent:
        sender = self._senders.get(message.way)
        if sender is None:
            raise NotSent(NO_SENDER)
        if message.state is DeliveryState.SENDING:
            async with self._steps.read() as tx:
                taken = await tx.messages.carrier_ids_of(link.id)
            found = await sender.find(words, taken=[CarrierId(other) for other in taken])
            if found is not None:
                return found
            if rules.state(link, self._steps.clock()) in _NEEDS_NO_TEXT:
                raise NotSent(NOT_NEEDED)
        return await sender.send(words)

    async def _refused(self, key: MessageId, no: NotSent) -> None:
        async with self._steps.begin() as step:
            message, link = await self._current(step, key)
            if message.state is not DeliveryState.SENDING:
                return  # a callback knows better
            again = step.now + timedelta(seconds=2**message.attempts)
            if no.retryable and again - message.created_at < DEADLINES[message.way]:
                queued = msgspec.structs.replace(message, state=DeliveryState.QUEUED, due_at=again)
                await step.tx.messages.put(queued)
            else:
                await self._fail(step, message, link, no.reason, no.code)

    async def _fail(
        self, step: Step, message: OutboxMessage, link: Link, reason: str, code: str | None = None
    ) -> None:
        delivery = Delivery(state=CarrierState.FAILED, reason=reason, code=code)
        await self._settle(step, message, link, None, delivery, Action.LINK_SEND)

    async def _settle(
        self,
        step: Step,
        message: OutboxMessage,
        link: Link,
        carrier_id: CarrierId | None,
        delivery: Delivery,
        action: Action,
    ) -> None:
        """Take an outcome in; one that says less than what is known already changes nothing."""
        state = _STATES[delivery.state]
        # until the carrier has named it, what stands there is our own guess, and giving up is one too
        if message.carrier_id is not None and _RANK[state] <= _RANK[message.state]:
            return
        settled = msgspec.structs.replace(
            message, state=state, carrier_id=carrier_id or message.carrier_id, reason=delivery.reason
        )
        await step.tx.messages.put(settled)
        stands, reason = standing(await step.tx.messages.of_link(link.id))
        at_once = {"next_at": step.now} if stands is DeliveryState.FAILED and link.next_at is not None else {}
        await step.tx.links.change(link.id, delivery=stands, delivery_reason=reason, **at_once)
        details = {"way": message.way.value, "state": state.value}
        if delivery.reason:
            details["reason"] = delivery.reason
        if delivery.code:
            details["code"] = delivery.code
        await step.record(
            action,
            actor=self._actor(message.way),
            subject=link.id,
            incident=link.incident_id,
            details=details,
        )
        step.changed(link.incident_id)

    def _actor(self, way: Way) -> str:
        sender = self._senders.get(way)
        return "system" if sender is None or sender.kind == "console" else "carrier"

    async def _current(self, step: Step, key: MessageId) -> tuple[OutboxMessage, Link]:
        message = await step.tx.messages.get(key)
        link = await step.tx.links.get(LinkId(message.link_id)) if message else None
        if message is None or link is None:
            raise LookupError(f"no message {key}")
        return message, link
