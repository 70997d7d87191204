"""The outbox's rows: each way that a link goes, a text or an e-mail until its outcome is known."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.model.ids import LinkId, MessageId
from backend.model.links import BY_ITSELF, DeliveryState, Way

_BEST = (DeliveryState.DELIVERED, DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.QUEUED)


class OutboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """No words and no token: both are made again from the link when it is sent.

    What is shown or read out (Way.QR, Way.CODE) is there as sent, and no carrier ever takes it.
    """

    id: MessageId
    link_id: LinkId
    way: Way = Way.SMS
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    carrier_id: str | None = None
    reason: str | None = None


def standing(messages: Sequence[OutboxMessage]) -> tuple[DeliveryState, str | None]:
    """How a link stands by all that went of it, oldest first, and a carrier's words about that.

    The newest of each way counts, and of the ways the one that came furthest: failed is what failed by all.
    """
    newest = {message.way: message for message in messages if message.way in BY_ITSELF}
    for best in _BEST:
        for message in newest.values():
            if message.state is best:
                return best, message.reason
    reasons = [message.reason for message in newest.values() if message.reason]
    return DeliveryState.FAILED, reasons[-1] if reasons else None
