"""Invitations to lend cameras, and requests to be invited."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import RequestId, UserId
from backend.model.owners import OwnerInvitation, OwnerRequest, RequestState
from backend.store.rows import columns, value, values
from backend.store.tables import invitations, owner_requests


class Owners:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def invite(self, invitation: OwnerInvitation, token_hash: str) -> None:
        await self._db.execute(insert(invitations).values(token_hash=token_hash, **columns(invitation)))

    async def invitation(self, token_hash: str) -> OwnerInvitation | None:
        found = await self._db.execute(select(invitations).where(invitations.c.token_hash == token_hash))
        return value(found.one_or_none(), OwnerInvitation)

    async def spend(self, token_hash: str, at: datetime) -> None:
        await self._db.execute(
            update(invitations).where(invitations.c.token_hash == token_hash).values(used_at=at)
        )

    async def forget_expired(self, before: datetime) -> None:
        """Invitations that ran out by then, spent or not."""
        await self._db.execute(delete(invitations).where(invitations.c.expires_at < before))

    async def invited(self, now: datetime) -> int:
        """How many invitations wait to be accepted."""
        found = await self._db.scalar(
            select(func.count())
            .select_from(invitations)
            .where(invitations.c.used_at.is_(None), invitations.c.expires_at > now)
        )
        return found or 0

    async def add_request(self, request: OwnerRequest) -> None:
        await self._db.execute(insert(owner_requests).values(**columns(request)))

    async def request(self, request: RequestId) -> OwnerRequest | None:
        found = await self._db.execute(select(owner_requests).where(owner_requests.c.id == request))
        return value(found.one_or_none(), OwnerRequest)

    async def requests(self, limit: int) -> list[OwnerRequest]:
        """Those that wait first, oldest first; then the newest that were decided."""
        waiting = await self._db.execute(
            select(owner_requests)
            .where(owner_requests.c.state == RequestState.WAITING.value)
            .order_by(owner_requests.c.asked_at, owner_requests.c.id)
            .limit(limit)
        )
        decided = await self._db.execute(
            select(owner_requests)
            .where(owner_requests.c.state != RequestState.WAITING.value)
            .order_by(owner_requests.c.decided_at.desc(), owner_requests.c.id)
            .limit(limit)
        )
        return (values(waiting, OwnerRequest) + values(decided, OwnerRequest))[:limit]

    async def waiting(self) -> int:
        found = await self._db.scalar(
            select(func.count())
            .select_from(owner_requests)
            .where(owner_requests.c.state == RequestState.WAITING.value)
        )
        return found or 0

    async def decide(self, request: RequestId, state: RequestState, by: UserId, at: datetime) -> None:
        await self._db.execute(
            update(owner_requests)
            .where(owner_requests.c.id == request)
            .values(state=state.value, decided_by=by, decided_at=at)
        )
