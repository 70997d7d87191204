"""Notes of incidents, the stills kept with them, how far each reader is, and the agency's phrases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import IncidentId, NoteId, UserId
from backend.model.incidents import FeedKind
from backend.model.notes import KeptStill, Note, NoteReader, NotesView, NoteView, Phrases, StillView
from backend.model.people import User
from backend.store.rows import columns, last_of_each, value
from backend.store.tables import units, users
from backend.store.tables_notes import note_readers, note_stills, notes, phrases

_SHOWN = (
    notes,
    users.c.display_name.label("by"),
    units.c.call_sign.label("unit"),
    note_stills.c.kind,
    note_stills.c.name,
    note_stills.c.width,
    note_stills.c.height,
)


class Notes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    # Notes

    async def add(self, note: Note) -> None:
        await self._db.execute(insert(notes).values(**columns(note)))

    async def get(self, note: NoteId) -> Note | None:
        return value((await self._db.execute(select(notes).where(notes.c.id == note))).one_or_none(), Note)

    async def newest(self, incident: IncidentId) -> int:
        """The number of its last note; 0 when there is none."""
        asked = select(func.max(notes.c.number)).where(notes.c.incident_id == incident)
        return await self._db.scalar(asked) or 0

    async def view(self, note: NoteId) -> NoteView:
        """One that is there."""
        return _view((await self._db.execute(_shown().where(notes.c.id == note))).one())

    async def before(self, incident: IncidentId, before: int | None, most: int) -> NotesView:
        """The last notes of an incident, or the last below that number, with all of its readers."""
        asked = _shown().where(notes.c.incident_id == incident)
        if before is not None:
            asked = asked.where(notes.c.number < before)
        rows = (await self._db.execute(asked.order_by(notes.c.number.desc()).limit(most))).all()
        readers = await self._readers([incident])
        return NotesView(
            incident_id=incident,
            notes=tuple(_view(row) for row in reversed(rows)),
            readers=tuple(readers.get(incident, ())),
        )

    async def last(self, incidents: Sequence[str], most: int) -> list[NotesView]:
        """The last notes of each of these incidents that has any, in one question whatever their number."""
        newest = last_of_each(notes, notes.c.incident_id, notes.c.incident_id.in_(incidents), most)
        asked = _shown().where(notes.c.id.in_(newest))
        found: dict[str, list[NoteView]] = {}
        for row in await self._db.execute(asked.order_by(notes.c.incident_id, notes.c.number)):
            found.setdefault(row.incident_id, []).append(_view(row))
        readers = await self._readers(list(found))
        return [
            NotesView(incident_id=incident, notes=tuple(held), readers=tuple(readers.get(incident, ())))
            for incident, held in found.items()
        ]

    # Stills

    async def keep(self, still: KeptStill, jpeg: bytes) -> None:
        await self._db.execute(insert(note_stills).values(**columns(still), jpeg=jpeg))

    async def still(self, note: NoteId) -> tuple[KeptStill, IncidentId] | None:
        """The still of a note, without its picture, and the incident that it is kept with."""
        row = (
            await self._db.execute(
                select(note_stills, notes.c.incident_id).join(notes).where(note_stills.c.note_id == note)
            )
        ).one_or_none()
        held = value(row, KeptStill)
        return (held, IncidentId(row.incident_id)) if row is not None and held is not None else None

    async def picture(self, note: NoteId) -> bytes:
        """The picture of a still that is there: a JPEG."""
        found: bytes = (
            await self._db.execute(select(note_stills.c.jpeg).where(note_stills.c.note_id == note))
        ).scalar_one()
        return found

    async def stills_of(self, incident: IncidentId) -> int:
        """How many are kept with an incident."""
        asked = select(func.count()).select_from(note_stills.join(notes))
        return await self._db.scalar(asked.where(notes.c.incident_id == incident)) or 0

    async def kept_in(self, session: str) -> int:
        """How many stills were kept of what this media session showed."""
        asked = select(func.count()).select_from(note_stills).where(note_stills.c.session == session)
        return await self._db.scalar(asked) or 0

    # Readers

    async def mark(self, incident: IncidentId, user: User, delivered: int, read: int) -> NoteReader | None:
        """How far they are now; None when they had been as far already. Marks only rise."""
        where = (note_readers.c.incident_id == incident, note_readers.c.user_id == user.id)
        before = (await self._db.execute(select(note_readers).where(*where))).one_or_none()
        read = max(read, before.read if before is not None else 0)
        delivered = max(delivered, read, before.delivered if before is not None else 0)
        if before is not None and (delivered, read) == (before.delivered, before.read):
            return None
        held = {"unit_id": user.unit_id, "delivered": delivered, "read": read}
        if before is None:
            held |= {"incident_id": incident, "user_id": user.id}
            await self._db.execute(insert(note_readers).values(**held))
        else:
            await self._db.execute(update(note_readers).where(*where).values(**held))
        readers = await self._readers([incident], user.id)
        return readers[incident][0]

    async def _readers(
        self, incidents: Sequence[str], user: UserId | None = None
    ) -> dict[str, list[NoteReader]]:
        asked = (
            select(note_readers, users.c.display_name, units.c.call_sign)
            .join(users, users.c.id == note_readers.c.user_id)
            .outerjoin(units, units.c.id == note_readers.c.unit_id)
            .where(note_readers.c.incident_id.in_(incidents))
            .order_by(users.c.display_name, users.c.id)
        )
        if user is not None:
            asked = asked.where(note_readers.c.user_id == user)
        found: dict[str, list[NoteReader]] = {}
        for row in await self._db.execute(asked):
            found.setdefault(row.incident_id, []).append(
                NoteReader(
                    user_id=row.user_id,
                    name=row.display_name,
                    unit=row.call_sign,
                    delivered=row.delivered,
                    read=row.read,
                )
            )
        return found

    # Phrases

    async def phrases(self) -> Phrases:
        """The agency's, or the defaults of a side for which it has none."""
        held: dict[str, list[str]] = {}
        for row in await self._db.execute(select(phrases).order_by(phrases.c.side, phrases.c.place)):
            held.setdefault(row.side, []).append(row.text)
        return Phrases(**{side: tuple(texts) for side, texts in held.items()})

    async def set_phrases(self, given: Phrases) -> None:
        """In the place of those before. A side that is empty gets the defaults again."""
        await self._db.execute(delete(phrases))
        rows = [
            {"side": side, "place": place, "text": text}
            for side, texts in (("desk", given.desk), ("officer", given.officer))
            for place, text in enumerate(texts)
        ]
        if rows:
            await self._db.execute(insert(phrases), rows)


def _shown() -> Select[Any]:
    return (
        select(*_SHOWN)
        .join(users, users.c.id == notes.c.user_id)
        .outerjoin(units, units.c.id == notes.c.unit_id)
        .outerjoin(note_stills, note_stills.c.note_id == notes.c.id)
    )


def _view(row: Any) -> NoteView:
    still = None
    if row.kind is not None:
        still = StillView(kind=FeedKind(row.kind), name=row.name, width=row.width, height=row.height)
    return NoteView(
        id=row.id,
        number=row.number,
        at=row.at,
        by_id=row.user_id,
        by=row.by,
        unit=row.unit,
        text=row.text,
        still=still,
    )
