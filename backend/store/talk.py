"""What the desk and callers say to each other, and how far each side has read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import LinkId, WordId
from backend.model.talk import Marks, TalkView, Word, WordKind, WordView
from backend.store.rows import columns, last_of_each, value, values
from backend.store.tables import links, users
from backend.store.tables_talk import talk_marks, words


class Talk:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, word: Word) -> None:
        await self._db.execute(insert(words).values(**columns(word)))

    async def get(self, word: WordId) -> Word | None:
        return value((await self._db.execute(select(words).where(words.c.id == word))).one_or_none(), Word)

    async def at(self, link: LinkId, number: int) -> Word | None:
        """The word with this number in the thread."""
        asked = select(words).where(words.c.link_id == link, words.c.number == number)
        return value((await self._db.execute(asked)).one_or_none(), Word)

    async def newest(self, link: LinkId) -> int:
        """The number of its last word; 0 when there is none."""
        return await self._db.scalar(select(func.max(words.c.number)).where(words.c.link_id == link)) or 0

    async def said_by(self, link: LinkId, *, caller: bool) -> int:
        """How many words the caller, or the desk, has said in this thread."""
        whose = words.c.user_id.is_(None) if caller else words.c.user_id.is_not(None)
        asked = select(func.count()).select_from(words).where(words.c.link_id == link, whose)
        return await self._db.scalar(asked) or 0

    async def after(self, link: LinkId, number: int, most: int) -> list[Word]:
        """The next words of a thread, oldest first."""
        asked = select(words).where(words.c.link_id == link, words.c.number > number)
        return values(await self._db.execute(asked.order_by(words.c.number).limit(most)), Word)

    # As the desk sees it

    async def view(self, word: WordId) -> WordView:
        """One that is there."""
        return _view((await self._db.execute(_shown().where(words.c.id == word))).one())

    async def before(self, link: LinkId, before: int | None, most: int) -> tuple[WordView, ...]:
        """The last words of a thread, or the last below that number; oldest first."""
        asked = _shown().where(words.c.link_id == link)
        if before is not None:
            asked = asked.where(words.c.number < before)
        rows = (await self._db.execute(asked.order_by(words.c.number.desc()).limit(most))).all()
        return tuple(_view(row) for row in reversed(rows))

    async def last(self, incidents: Sequence[str], most: int) -> list[TalkView]:
        """The last words of each thread of these incidents; of one without any how the caller reads."""
        newest = last_of_each(words, words.c.link_id, words.c.incident_id.in_(incidents), most)
        asked = _shown().where(words.c.id.in_(newest))
        found: dict[tuple[str, str], list[WordView]] = {}
        for row in await self._db.execute(asked.order_by(words.c.link_id, words.c.number)):
            found.setdefault((row.incident_id, row.link_id), []).append(_view(row))
        there = select(links.c.incident_id, links.c.id).join(talk_marks)
        for row in await self._db.execute(there.where(links.c.incident_id.in_(incidents))):
            found.setdefault((row.incident_id, row.id), [])
        marks = await self._marks([link for _, link in found])
        return [
            TalkView(incident_id=incident, link_id=link, words=tuple(held), marks=marks.get(link, Marks()))
            for (incident, link), held in found.items()
        ]

    # Marks

    async def marks(self, link: LinkId) -> Marks:
        return (await self._marks([link])).get(link, Marks())

    async def mark(
        self,
        link: LinkId,
        *,
        delivered: int = 0,
        read: int = 0,
        desk_read: int = 0,
        language: str | None = None,
    ) -> Marks | None:
        """How far the thread is now; None when it had been as far already. Marks only rise."""
        before = await self.marks(link)
        read = max(read, before.read)
        now = Marks(
            delivered=max(delivered, read, before.delivered),
            read=read,
            desk_read=max(desk_read, before.desk_read),
            language=language or before.language,
        )
        if now == before:
            return None
        changed = await self._db.execute(
            update(talk_marks).where(talk_marks.c.link_id == link).values(**columns(now))
        )
        if changed.rowcount == 0:
            await self._db.execute(insert(talk_marks).values(link_id=link, **columns(now)))
        return now

    async def _marks(self, links: Sequence[str]) -> dict[str, Marks]:
        rows = await self._db.execute(select(talk_marks).where(talk_marks.c.link_id.in_(links)))
        return {
            row.link_id: Marks(
                delivered=row.delivered, read=row.read, desk_read=row.desk_read, language=row.language
            )
            for row in rows
        }


def _shown() -> Select[Any]:
    return select(words, users.c.display_name.label("by")).outerjoin(users, users.c.id == words.c.user_id)


def _view(row: Any) -> WordView:
    return WordView(
        id=row.id,
        number=row.number,
        at=row.at,
        by=row.by,
        kind=WordKind(row.kind),
        text=row.text,
        phrase=row.phrase,
        answers=row.answers,
        language=row.language,
        translated=row.translated,
    )
