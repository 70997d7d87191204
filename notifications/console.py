"""The sender of a house without a carrier: it reaches no phone; the dispatcher hands the link over herself.

Marked `console`, so that screens say so plainly. It prints nothing: a link holds a token, and logs are kept.
"""

from collections.abc import Collection
from typing import Literal

from notifications.ports import CarrierId, CarrierState, Delivery, Message, Sent

_SHOWN = Delivery(
    state=CarrierState.SENT, reason="No text was sent: no carrier is configured. Show or read out the link."
)


class ConsoleSender:
    """Takes every message and sends none. Its ids follow from the message, so a message has only one."""

    @property
    def kind(self) -> Literal["console"]:
        """Reaches no phone."""
        return "console"

    async def send(self, message: Message) -> Sent:
        """Says that the dispatcher has it."""
        return Sent(carrier_id=CarrierId(f"console-{message.key}"), delivery=_SHOWN)

    async def find(self, message: Message, *, taken: Collection[CarrierId] = ()) -> Sent | None:
        """Nothing can have been lost on the way."""
        sent = await self.send(message)
        return None if sent.carrier_id in taken else sent

    async def delivery_of(self, carrier_id: CarrierId) -> Delivery:
        """It never gets further than the screen."""
        return _SHOWN

    async def aclose(self) -> None:
        """There is nothing to let go of."""
