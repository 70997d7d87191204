"""What people have chosen for their pictures, and their ledgers of exposure."""

from datetime import date

from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.care import CareChoice, Exposure, Relief, Watched
from backend.model.grants import Scope
from backend.model.ids import FeedId, UserId
from backend.store.rows import columns, value, values
from backend.store.tables import grants, users
from backend.store.tables_care import care_choices, exposures


class Care:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def choice(self, user: UserId) -> CareChoice | None:
        """What this person has chosen; None for nothing."""
        found = await self._db.execute(select(care_choices).where(care_choices.c.user_id == user))
        return value(found.one_or_none(), CareChoice)

    async def choose(self, user: UserId, choice: CareChoice) -> None:
        row = columns(choice)
        changed = await self._db.execute(
            update(care_choices).where(care_choices.c.user_id == user).values(**row)
        )
        if changed.rowcount == 0:
            await self._db.execute(insert(care_choices).values(user_id=user, **row))

    async def watched(self, user: UserId, feed: FeedId) -> Watched | None:
        """Since when and until when this person may have had that picture on; None for never."""
        held = (
            await self._db.execute(
                select(
                    func.min(grants.c.issued_at).label("since"),
                    func.max(grants.c.revoked_at).label("until"),
                    func.sum(case((grants.c.revoked_at.is_(None), 1), else_=0)).label("hold"),
                ).where(
                    grants.c.feed_id == feed,
                    grants.c.user_id == user,
                    grants.c.scope == Scope.WATCH.value,
                )
            )
        ).one()
        if held.since is None:
            return None
        return Watched(since=held.since, until=None if held.hold else held.until)

    async def add(self, user: UserId, exposure: Exposure) -> None:
        """These seconds beside those that are there."""
        row = exposures.c
        changed = await self._db.execute(
            update(exposures)
            .where(row.user_id == user, row.day == exposure.day, row.type == exposure.type)
            .values(motion_s=row.motion_s + exposure.motion_s, still_s=row.still_s + exposure.still_s)
        )
        if changed.rowcount == 0:
            # msgspec would make a string of the day
            await self._db.execute(
                insert(exposures).values(
                    user_id=user,
                    day=exposure.day,
                    type=exposure.type,
                    motion_s=exposure.motion_s,
                    still_s=exposure.still_s,
                )
            )

    async def ledger(self, user: UserId) -> list[Exposure]:
        """This person's, the last day first."""
        rows = await self._db.execute(
            select(exposures)
            .where(exposures.c.user_id == user)
            .order_by(exposures.c.day.desc(), exposures.c.type)
        )
        return values(rows, Exposure)

    async def sums(self, since: date, today: date) -> list[Relief]:
        """Everybody's from that day on and of today, whoever saw most first."""
        row = exposures.c
        on_day = row.day == today
        rows = await self._db.execute(
            select(
                row.user_id,
                users.c.display_name.label("name"),
                users.c.role,
                func.sum(case((on_day, row.motion_s), else_=0)).label("today_motion_s"),
                func.sum(case((on_day, row.still_s), else_=0)).label("today_still_s"),
                func.sum(row.motion_s).label("week_motion_s"),
                func.sum(row.still_s).label("week_still_s"),
            )
            .join(users, users.c.id == row.user_id)
            .where(row.day >= since)
            .group_by(row.user_id, users.c.display_name, users.c.role)
            .order_by(func.sum(row.motion_s).desc(), row.user_id)
        )
        return values(rows, Relief)

    async def forget(self, before: date) -> int:
        """Days that are older; how many rows went."""
        gone = await self._db.execute(delete(exposures).where(exposures.c.day < before))
        return gone.rowcount
