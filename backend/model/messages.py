"""The outbox's rows: a text message that a link needs, until its outcome is known."""

from datetime import datetime

import msgspec

from backend.model.ids import LinkId, MessageId
from backend.model.links import DeliveryState


class OutboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """No words and no token: both are made again from the link when it is sent."""

    id: MessageId
    link_id: LinkId
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    carrier_id: str | None = None
    reason: str | None = None
