"""Links, their spoken codes, the ways they go and the grants that come of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.grants import Grant, Scope
from backend.model.ids import FeedId, GrantId, IncidentId, LinkId, MessageId, SessionId, UserId
from backend.model.links import BY_ITSELF, DeliveryState, Link
from backend.model.messages import OutboxMessage
from backend.store.rows import by_incident, columns, value, values
from backend.store.tables import codes, grants, links, messages


class Links:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, link: Link, token_hash: str) -> None:
        await self._db.execute(insert(links).values(**columns(link), token_hash=token_hash))

    async def get(self, link: LinkId) -> Link | None:
        return value((await self._db.execute(select(links).where(links.c.id == link))).one_or_none(), Link)

    async def by_token(self, token_hash: str) -> Link | None:
        found = await self._db.execute(select(links).where(links.c.token_hash == token_hash))
        return value(found.one_or_none(), Link)

    async def of_incident(self, incident: IncidentId) -> list[Link]:
        """Newest first."""
        return (await self.of_incidents([incident]))[incident]

    async def of_incidents(self, these: Sequence[IncidentId]) -> dict[IncidentId, list[Link]]:
        """Each one's, newest first."""
        rows = await self._db.execute(
            select(links).where(links.c.incident_id.in_(these)).order_by(links.c.issued_at.desc(), links.c.id)
        )
        return by_incident(rows, Link)

    async def unredeemed_until(self, since: datetime, until: datetime) -> list[Link]:
        """Links that nobody redeemed and whose time ran out in (since, until]."""
        rows = await self._db.execute(
            select(links).where(
                links.c.redeemed_at.is_(None),
                links.c.revoked_at.is_(None),
                links.c.ended_at.is_(None),
                links.c.expires_at > since,
                links.c.expires_at <= until,
            )
        )
        return values(rows, Link)

    async def due(self, now: datetime, limit: int) -> list[Link]:
        """Links whose next way is due, the longest waiting first."""
        rows = await self._db.execute(
            select(links).where(links.c.next_at <= now).order_by(links.c.next_at, links.c.id).limit(limit)
        )
        return values(rows, Link)

    async def change(self, link: LinkId, **fields: Any) -> Link:
        """Set fields of a link by name; returns it as it is now."""
        row = msgspec.to_builtins(fields, builtin_types=(datetime,))
        await self._db.execute(update(links).where(links.c.id == link).values(**row))
        changed = await self.get(link)
        if changed is None:
            raise LookupError(f"no link {link}")
        return changed

    async def set_code(self, link: LinkId, code_hash: str, expires_at: datetime) -> None:
        await self._db.execute(delete(codes).where(codes.c.link_id == link))
        await self._db.execute(insert(codes).values(link_id=link, code_hash=code_hash, expires_at=expires_at))

    async def spend_code(self, code_hash: str, now: datetime) -> LinkId | None:
        """The link of an unexpired code, which is gone with this."""
        await self._db.execute(delete(codes).where(codes.c.expires_at <= now))
        found = await self._db.scalar(select(codes.c.link_id).where(codes.c.code_hash == code_hash))
        if found is None:
            return None
        await self._db.execute(delete(codes).where(codes.c.link_id == found))
        return LinkId(found)

    async def code_exists(self, code_hash: str) -> bool:
        found = await self._db.scalar(select(codes.c.link_id).where(codes.c.code_hash == code_hash))
        return found is not None


class Messages:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, message: OutboxMessage) -> None:
        await self._db.execute(insert(messages).values(**columns(message)))

    async def get(self, message: MessageId) -> OutboxMessage | None:
        found = await self._db.execute(select(messages).where(messages.c.id == message))
        return value(found.one_or_none(), OutboxMessage)

    async def of_link(self, link: LinkId) -> list[OutboxMessage]:
        """Every way that it went, oldest first."""
        rows = await self._db.execute(
            select(messages).where(messages.c.link_id == link).order_by(messages.c.created_at, messages.c.id)
        )
        return values(rows, OutboxMessage)

    async def of_incidents(self, these: Sequence[IncidentId]) -> dict[LinkId, list[OutboxMessage]]:
        """The same of each link of these."""
        rows = await self._db.execute(
            select(messages)
            .join(links, links.c.id == messages.c.link_id)
            .where(links.c.incident_id.in_(these))
            .order_by(messages.c.created_at, messages.c.id)
        )
        found: dict[LinkId, list[OutboxMessage]] = defaultdict(list)
        for message in values(rows, OutboxMessage):
            found[message.link_id].append(message)
        return found

    async def newest_of(self, link: LinkId) -> OutboxMessage | None:
        """The last that a carrier took or is to take."""
        found = await self._db.execute(
            select(messages)
            .where(messages.c.link_id == link, messages.c.way.in_(BY_ITSELF))
            .order_by(messages.c.created_at.desc(), messages.c.id)
            .limit(1)
        )
        return value(found.one_or_none(), OutboxMessage)

    async def carrier_ids_of(self, link: LinkId) -> list[str]:
        """The carrier's names of this link's messages, as far as they are known."""
        rows = await self._db.scalars(
            select(messages.c.carrier_id).where(
                messages.c.link_id == link, messages.c.carrier_id.is_not(None)
            )
        )
        return [row for row in rows if row is not None]

    async def unsent(self, until: datetime, limit: int) -> list[OutboxMessage]:
        """Due messages that are queued, or whose sending has an unknown outcome; oldest first."""
        rows = await self._db.execute(
            select(messages)
            .where(
                messages.c.state.in_((DeliveryState.QUEUED.value, DeliveryState.SENDING.value)),
                messages.c.due_at <= until,
            )
            .order_by(messages.c.due_at, messages.c.id)
            .limit(limit)
        )
        return values(rows, OutboxMessage)

    async def waiting(self) -> int:
        """How many are queued, or have an unknown outcome."""
        count: int | None = await self._db.scalar(
            select(func.count())
            .select_from(messages)
            .where(messages.c.state.in_((DeliveryState.QUEUED.value, DeliveryState.SENDING.value)))
        )
        return count or 0

    async def put(self, message: OutboxMessage) -> None:
        row = columns(message)
        await self._db.execute(update(messages).where(messages.c.id == row.pop("id")).values(**row))


class Grants:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, grant: Grant, secret_hash: str, session: SessionId | None = None) -> None:
        await self._db.execute(
            insert(grants).values(**columns(grant), secret_hash=secret_hash, session_id=session)
        )

    async def by_secret(self, secret_hash: str) -> Grant | None:
        found = await self._db.execute(select(grants).where(grants.c.secret_hash == secret_hash))
        return value(found.one_or_none(), Grant)

    async def get(self, grant: GrantId) -> Grant | None:
        return value(
            (await self._db.execute(select(grants).where(grants.c.id == grant))).one_or_none(), Grant
        )

    async def session_of(self, grant: GrantId) -> SessionId | None:
        """The signed-in session that a grant to watch was given to."""
        found: str | None = await self._db.scalar(select(grants.c.session_id).where(grants.c.id == grant))
        return SessionId(found) if found is not None else None

    async def revoke_of_link(self, link: LinkId, now: datetime) -> list[GrantId]:
        return await self._revoke(now, grants.c.link_id == link)

    async def revoke_of_incident(self, incident: IncidentId, now: datetime) -> list[GrantId]:
        return await self._revoke(now, grants.c.incident_id == incident)

    async def revoke_of_session(self, session: SessionId, now: datetime) -> list[GrantId]:
        return await self._revoke(now, grants.c.session_id == session)

    async def revoke_watching(self, session: SessionId, now: datetime) -> list[GrantId]:
        """What lets this session see pictures; what it shows goes on."""
        return await self._revoke(now, grants.c.session_id == session, grants.c.scope == Scope.WATCH.value)

    async def revoke(self, grant: GrantId, now: datetime) -> list[GrantId]:
        return await self._revoke(now, grants.c.id == grant)

    async def revoke_of_feed(self, feed: FeedId, now: datetime) -> list[GrantId]:
        """Everybody's, who watches and who publishes."""
        return await self._revoke(now, grants.c.feed_id == feed)

    async def revoke_watcher(self, feed: FeedId, user: UserId, now: datetime) -> list[GrantId]:
        """One person's to watch one feed."""
        return await self._revoke(
            now,
            grants.c.feed_id == feed,
            grants.c.scope == Scope.WATCH.value,
            grants.c.user_id == user,
        )

    async def publisher_of(self, feed: FeedId) -> Grant | None:
        """What lets a feed be published now."""
        found = await self._db.execute(
            select(grants)
            .where(
                grants.c.feed_id == feed,
                grants.c.scope == Scope.PUBLISH.value,
                grants.c.revoked_at.is_(None),
            )
            .order_by(grants.c.issued_at.desc())
            .limit(1)
        )
        return value(found.one_or_none(), Grant)

    async def prolong(self, grant: GrantId, expires_at: datetime) -> None:
        await self._db.execute(update(grants).where(grants.c.id == grant).values(expires_at=expires_at))

    async def revoke_watchers(
        self, incident: IncidentId, users: list[UserId], now: datetime
    ) -> list[GrantId]:
        return await self._revoke(
            now,
            grants.c.incident_id == incident,
            grants.c.scope == Scope.WATCH.value,
            grants.c.user_id.in_(users),
        )

    async def _revoke(self, now: datetime, *where: ColumnElement[bool]) -> list[GrantId]:
        held = await self._db.scalars(select(grants.c.id).where(grants.c.revoked_at.is_(None), *where))
        ids = [GrantId(row) for row in held]
        await self._db.execute(update(grants).where(grants.c.id.in_(ids)).values(revoked_at=now))
        return ids
