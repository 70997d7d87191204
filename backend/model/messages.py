"""The outbox's rows: each way that a link goes, a text or an e-mail until its outcome is known."""

from datetime import datetime

import msgspec

from backend.model.ids import LinkId, MessageId
from backend.model.links import DeliveryState, Way


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
