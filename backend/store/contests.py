"""Contests of openings, and what supervisors answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.contests import Contest, ContestOutcome
from backend.model.ids import ContestId, UseId, UserId
from backend.store.rows import columns, fields, value, values
from backend.store.tables import cameras, incidents, sites, users
from backend.store.tables_public import uses
from backend.store.tables_receipts import contests

_WAITS = contests.c.outcome.is_(None)


class Contests:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, contest: Contest) -> None:
        """Raises sqlalchemy.exc.IntegrityError while another of the same use has no answer."""
        await self._db.execute(insert(contests).values(**columns(contest)))

    async def get(self, contest: ContestId) -> Contest | None:
        found = await self._db.execute(select(contests).where(contests.c.id == contest))
        return value(found.one_or_none(), Contest)

    async def of_uses(self, of: Sequence[UseId]) -> dict[str, list[Contest]]:
        """By use, the newest first."""
        asked = select(contests).where(contests.c.use_id.in_(of)).order_by(contests.c.number.desc())
        held: dict[str, list[Contest]] = {}
        for contest in values(await self._db.execute(asked), Contest):
            held.setdefault(contest.use_id, []).append(contest)
        return held

    async def count_open(self, of: UserId | None = None) -> int:
        """Those without an answer, of one owner or of all."""
        of_one = [] if of is None else [contests.c.user_id == of]
        asked = select(func.count()).select_from(contests).where(_WAITS, *of_one)
        return await self._db.scalar(asked) or 0

    async def answer(
        self,
        contest: ContestId,
        *,
        outcome: ContestOutcome,
        words: str,
        by: UserId,
        at: datetime,
        number: int,
    ) -> None:
        await self._db.execute(
            update(contests)
            .where(contests.c.id == contest, _WAITS)
            .values(outcome=outcome.value, answer=words, answered_by=by, answered_at=at, answer_number=number)
        )

    async def erase(self, use: UseId) -> None:
        """Take away what was said and answered in words about this use."""
        await self._db.execute(update(contests).where(contests.c.use_id == use).values(words="", answer=""))

    async def listed(self, waiting: bool, most: int) -> list[dict[str, Any]]:
        """With the names that supervisors see, the newest first: those without an answer, or the others."""
        answerer = users.alias()
        rows = await self._db.execute(
            select(
                contests,
                uses.c.index,
                users.c.display_name.label("owner"),
                answerer.c.display_name.label("answerer"),
                cameras.c.name.label("camera"),
                sites.c.name.label("site"),
                incidents.c.type.label("category"),
            )
            .join(uses, uses.c.number == contests.c.number)
            .join(users, users.c.id == contests.c.user_id)
            .join(cameras, cameras.c.id == contests.c.camera_id)
            .join(sites, sites.c.id == cameras.c.site_id)
            .join(incidents, incidents.c.id == contests.c.incident_id)
            .outerjoin(answerer, answerer.c.id == contests.c.answered_by)
            .where(_WAITS if waiting else contests.c.outcome.is_not(None))
            .order_by(contests.c.number.desc())
            .limit(most)
        )
        return [fields(row) for row in rows]
