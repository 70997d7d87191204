"""Openings, what owners said when they were asked, and where they can be told."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import AskId, CameraId, FeedId, IncidentId, OpeningId, PushId, SessionId, UserId
from backend.model.lending import AskedView, OpeningView, WaiterView
from backend.model.openings import Answer, Ask, Opening, OpeningEnd, Reach, Waiter
from backend.model.owners import PushSubscription
from backend.store.rows import by_incident, columns, fields, value, values
from backend.store.tables import ask_waiters, asks, cameras, openings, push_subscriptions, users

_IS_OPEN = openings.c.ended_at.is_(None)


class Openings:
    """Those that have not ended, unless it says otherwise; the oldest first."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, opening: Opening) -> None:
        """Raises sqlalchemy.exc.IntegrityError when this person has the camera open for the incident."""
        await self._db.execute(insert(openings).values(**columns(opening)))

    async def get(self, opening: OpeningId) -> Opening | None:
        """Ended or not."""
        found = await self._db.execute(select(openings).where(openings.c.id == opening))
        return value(found.one_or_none(), Opening)

    async def held(self, camera: CameraId, incident: IncidentId, user: UserId) -> Opening | None:
        """What this person holds of the camera for the incident."""
        found = await self._where(
            openings.c.camera_id == camera, openings.c.incident_id == incident, openings.c.user_id == user
        )
        return found[0] if found else None

    async def all(self) -> list[Opening]:
        return await self._where()

    async def of_feed(self, feed: FeedId) -> list[Opening]:
        return await self._where(openings.c.feed_id == feed)

    async def of_camera(self, camera: CameraId) -> list[Opening]:
        return await self._where(openings.c.camera_id == camera)

    async def of_incident(self, incident: IncidentId) -> list[Opening]:
        return await self._where(openings.c.incident_id == incident)

    async def of_users(self, held_by: list[UserId], incident: IncidentId | None = None) -> list[Opening]:
        """Those of any of these people, of one incident or of all."""
        of_one = [] if incident is None else [openings.c.incident_id == incident]
        return await self._where(openings.c.user_id.in_(held_by), *of_one)

    async def lets(self, feed: FeedId, user: UserId | None, now: datetime) -> bool:
        """Whether this person may see that feed now; for None, whether anybody may."""
        of_one = [] if user is None else [openings.c.user_id == user]
        held = await self._where(openings.c.feed_id == feed, *of_one)
        return any(opening.open_at(now) for opening in held)

    async def renew(self, opening: OpeningId, expires_at: datetime) -> None:
        await self._db.execute(update(openings).where(openings.c.id == opening).values(expires_at=expires_at))

    async def end(self, opening: OpeningId, end: OpeningEnd, at: datetime) -> None:
        await self._db.execute(
            update(openings).where(openings.c.id == opening, _IS_OPEN).values(ended_at=at, end=end.value)
        )

    async def views(self, these: Sequence[IncidentId]) -> dict[IncidentId, list[OpeningView]]:
        """Those of each incident with the names of who holds them."""
        rows = await self._db.execute(
            select(openings, users.c.display_name.label("user"))
            .join(users, users.c.id == openings.c.user_id)
            .where(openings.c.incident_id.in_(these), _IS_OPEN)
            .order_by(openings.c.opened_at, openings.c.id)
        )
        return by_incident(rows, OpeningView)

    async def _where(self, *where: ColumnElement[bool]) -> list[Opening]:
        rows = await self._db.execute(
            select(openings).where(_IS_OPEN, *where).order_by(openings.c.opened_at, openings.c.id)
        )
        return values(rows, Opening)


class Asks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, ask: Ask) -> None:
        """Raises sqlalchemy.exc.IntegrityError when the owner was asked for this incident before."""
        await self._db.execute(insert(asks).values(**columns(ask)))

    async def get(self, ask: AskId) -> Ask | None:
        return value((await self._db.execute(select(asks).where(asks.c.id == ask))).one_or_none(), Ask)

    async def about(self, camera: CameraId, incident: IncidentId) -> Ask | None:
        """The one ask there is for this camera and incident."""
        found = await self._db.execute(
            select(asks).where(asks.c.camera_id == camera, asks.c.incident_id == incident)
        )
        return value(found.one_or_none(), Ask)

    async def waiting(self, incident: IncidentId | None = None) -> list[Ask]:
        """Those without an answer, of one incident or of all."""
        of_one = [] if incident is None else [asks.c.incident_id == incident]
        rows = await self._db.execute(
            select(asks).where(asks.c.answer.is_(None), *of_one).order_by(asks.c.asked_at, asks.c.id)
        )
        return values(rows, Ask)

    async def wait(self, ask: AskId, waiter: Waiter, at: datetime) -> None:
        """Somebody else waits for the same answer."""
        await self._db.execute(
            insert(ask_waiters).values(
                ask_id=ask, user_id=waiter.user_id, reason=waiter.reason.value, pressed_at=at
            )
        )

    async def waiters(self, ask: AskId) -> list[Waiter]:
        """Who else waits, the first first; nobody once there is an answer."""
        rows = await self._db.execute(
            select(ask_waiters)
            .where(ask_waiters.c.ask_id == ask)
            .order_by(ask_waiters.c.pressed_at, ask_waiters.c.user_id)
        )
        return values(rows, Waiter)

    async def answer(self, ask: AskId, answer: Answer, at: datetime) -> None:
        """Nobody waits any more."""
        await self._db.execute(
            update(asks).where(asks.c.id == ask).values(answer=answer.value, answered_at=at)
        )
        await self._db.execute(delete(ask_waiters).where(ask_waiters.c.ask_id == ask))

    async def reached(self, ask: AskId, reach: Reach) -> None:
        await self._db.execute(update(asks).where(asks.c.id == ask).values(reach=reach.value))

    async def views(self, these: Sequence[IncidentId]) -> dict[IncidentId, list[AskedView]]:
        """Those of each incident, the newest first, with the names of the cameras and of who waits."""
        waiting = await self._waiting_for(these)
        rows = await self._db.execute(
            select(asks, cameras.c.name.label("camera"))
            .join(cameras, cameras.c.id == asks.c.camera_id)
            .where(asks.c.incident_id.in_(these))
            .order_by(asks.c.asked_at.desc(), asks.c.id)
        )
        found: dict[IncidentId, list[AskedView]] = defaultdict(list)
        for row in rows:
            view = msgspec.convert(fields(row), AskedView)
            found[row.incident_id].append(msgspec.structs.replace(view, waiting=tuple(waiting[row.id])))
        return found

    async def _waiting_for(self, these: Sequence[IncidentId]) -> dict[str, list[WaiterView]]:
        """Who waits for the answer to which ask."""
        open_now = (asks.c.incident_id.in_(these), asks.c.answer.is_(None))
        asked_by = select(asks.c.id, asks.c.asked_by.label("user_id"), asks.c.asked_at.label("at"))
        joined = select(asks.c.id, ask_waiters.c.user_id, ask_waiters.c.pressed_at)
        joined = joined.join(ask_waiters, ask_waiters.c.ask_id == asks.c.id)
        all_of_them = union_all(asked_by.where(*open_now), joined.where(*open_now)).subquery()
        rows = await self._db.execute(
            select(all_of_them.c.id, users.c.id, users.c.display_name)
            .join(users, users.c.id == all_of_them.c.user_id)
            .order_by(all_of_them.c.at, users.c.id)
        )
        found: dict[str, list[WaiterView]] = defaultdict(list)
        for ask, user_id, user in rows:
            found[ask].append(WaiterView(user_id=user_id, user=user))
        return found


class Push:
    """Where people's browsers take messages."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def at(self, endpoint: str) -> PushSubscription | None:
        """Whose this endpoint is."""
        found = await self._db.execute(
            select(push_subscriptions).where(push_subscriptions.c.endpoint == endpoint)
        )
        return value(found.one_or_none(), PushSubscription)

    async def put(self, subscription: PushSubscription, most: int) -> list[PushSubscription]:
        """Keep it; who went for it: an endpoint belongs to who named it last, and one person has `most`."""
        before = await self.at(subscription.endpoint)
        gone = [] if before is None else [before]
        kept = [held for held in await self.of_user(subscription.user_id) if held not in gone]
        gone += kept[: max(0, len(kept) + 1 - most)]
        for old in gone:
            await self.forget(old.id)
        await self._db.execute(insert(push_subscriptions).values(**columns(subscription)))
        return gone

    async def named_again(self, subscription: PushId, session: SessionId | None, at: datetime) -> None:
        """It counts as the newest of this person's, and goes with that session."""
        await self._db.execute(
            update(push_subscriptions)
            .where(push_subscriptions.c.id == subscription)
            .values(added_at=at, session_id=session)
        )

    async def of_user(self, user: UserId) -> list[PushSubscription]:
        """Oldest first."""
        rows = await self._db.execute(
            select(push_subscriptions)
            .where(push_subscriptions.c.user_id == user)
            .order_by(push_subscriptions.c.added_at, push_subscriptions.c.id)
        )
        return values(rows, PushSubscription)

    async def of_session(self, session: SessionId) -> list[PushSubscription]:
        """What this session named last."""
        rows = await self._db.execute(
            select(push_subscriptions).where(push_subscriptions.c.session_id == session)
        )
        return values(rows, PushSubscription)

    async def forget(self, subscription: PushId) -> None:
        await self._db.execute(delete(push_subscriptions).where(push_subscriptions.c.id == subscription))

    async def count(self) -> int:
        found: int | None = await self._db.scalar(select(func.count()).select_from(push_subscriptions))
        return found or 0
