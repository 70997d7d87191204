"""Steps: one transaction, its audit entries, and the news of it, told only once it is true."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from backend.hub import DutyChanged, Hub, News, SessionEnded, SessionLocked, SiteChanged
from backend.model.entries import Action, Entry
from backend.model.ids import IncidentId, LinkId, SessionId, SiteId, UnitId, UserId
from backend.model.incidents import Incident
from backend.model.notes import NoteReader, NoteView
from backend.model.people import User
from backend.model.positions import Position
from backend.model.refusals import Refusal, Refused
from backend.model.talk import Marks, WordView
from backend.model.views import (
    EntryRecorded,
    IncidentChanged,
    IncidentView,
    NearbyChanged,
    NotesRead,
    NoteWritten,
    PositionMoved,
    TalkMarked,
    UnitAt,
    UnitChanged,
    UnitsMoved,
    WordSaid,
)
from backend.services import audit
from backend.services.board import Board, entry_view, still_open, visible
from backend.store.store import Store, Tx

Clock = Callable[[], datetime]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Who tried what; `found` once it is known to be about something that there is."""

    action: Action
    actor: str
    subject: str
    incident: IncidentId | None = None
    found: bool = False


class Step:
    """What one verb does: reads and writes through `tx`, records, and marks what to tell."""

    def __init__(self, tx: Tx, now: datetime, board: Board) -> None:
        self.tx, self.now, self._board = tx, now, board
        self._entries: list[Entry] = []
        self._changed: dict[IncidentId, None] = {}
        self._moved: dict[IncidentId, Position] = {}
        self._units: dict[UnitId, None] = {}
        self._units_moved: tuple[UnitAt, ...] = ()
        self._duties: dict[UserId, None] = {}
        self._nearby: dict[IncidentId, None] = {}
        self._sites: dict[SiteId, UserId | None] = {}
        self._notes: list[NoteWritten | NotesRead | WordSaid | TalkMarked] = []
        self._ended: list[SessionId] = []
        self._locked: list[SessionId] = []
        self._attempt: Attempt | None = None

    def attempts(self, action: Action, *, actor: str, subject: str) -> None:
        """What is tried: should Refused be raised, everything is undone and the refusal is on record."""
        self._attempt = Attempt(action=action, actor=actor, subject=subject)

    def about(self, incident: IncidentId | None, subject: str | None = None) -> None:
        """The incident (or the thing, or both) that the attempt turns out to be about.

        Only then is a refusal recorded: what nobody has ever heard of leaves no entry.
        """
        if self._attempt is not None:
            self._attempt = Attempt(
                action=self._attempt.action,
                actor=self._attempt.actor,
                subject=subject or self._attempt.subject,
                incident=incident,
                found=True,
            )

    async def open_incident(self, incident: IncidentId) -> Incident:
        """The incident that the attempt is about, while it is open. Raises Refused."""
        found = await self.tx.incidents.get(incident)
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        self.about(incident)
        return still_open(found)

    async def open_to(self, user: User, incident: IncidentId) -> Incident:
        """The same, when this person may see it. Raises Refused."""
        if await self.tx.incidents.get(incident) is not None:
            self.about(incident)
        return still_open(await visible(self.tx, user, incident, self.now))

    @property
    def attempt(self) -> "Attempt | None":
        """What was tried and on what; None until both are known."""
        return self._attempt if self._attempt and self._attempt.found else None

    async def record(
        self,
        action: Action,
        *,
        actor: str,
        subject: str,
        incident: IncidentId | None = None,
        refusal: Refusal | None = None,
        details: dict[str, str] | None = None,
        **more: str,
    ) -> None:
        """Append to the audit log; the incident's watchers see the line."""
        entry = await audit.record(
            self.tx,
            self.now,
            action,
            actor=actor,
            subject=subject,
            incident_id=incident,
            refusal=refusal,
            details={**(details or {}), **more},
        )
        self._entries.append(entry)

    def changed(self, incident: IncidentId) -> None:
        """The incident, its links or its feeds look different now."""
        self._changed[incident] = None

    async def changed_view(self, incident: IncidentId) -> IncidentView:
        """The same, and how it looks to the desk. Raises Refused (not-found)."""
        self.changed(incident)
        found = await self.tx.incidents.get(incident)
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        return await self._board.incident(self.tx, found, self.now)

    def moved(self, incident: IncidentId, position: Position) -> None:
        """The incident's position moved, and nothing else."""
        self._moved[incident] = position

    def unit_changed(self, unit: UnitId) -> None:
        """A unit, or who is on duty in it, is another now."""
        self._units[unit] = None

    def units_moved(self, moved: Iterable[tuple[UnitId, Position]]) -> None:
        """Where these are, and nothing else."""
        self._units_moved = tuple(UnitAt(id=unit, position=position) for unit, position in moved)

    def duty_changed(self, user: UserId) -> None:
        """This person sees other incidents now."""
        self._duties[user] = None

    def nearby_changed(self, incident: IncidentId) -> None:
        """What may be opened near this incident is another now."""
        self._nearby[incident] = None

    def wrote(self, incident: IncidentId, note: NoteView) -> None:
        """Somebody wrote to those on the incident."""
        self._notes.append(NoteWritten(incident_id=incident, note=note))

    def read(self, incident: IncidentId, reader: NoteReader) -> None:
        """Notes have reached somebody, or been read."""
        self._notes.append(NotesRead(incident_id=incident, reader=reader))

    def said(self, incident: IncidentId, link: LinkId, word: WordView) -> None:
        """The desk and a caller talk."""
        self._notes.append(WordSaid(incident_id=incident, link_id=link, word=word))

    def talk_marked(self, incident: IncidentId, link: LinkId, marks: Marks) -> None:
        """Words have reached the caller, or been read."""
        self._notes.append(TalkMarked(incident_id=incident, link_id=link, marks=marks))

    def site_changed(self, site: SiteId, owner: UserId | None) -> None:
        """Something at this site changed: its owner is told, or supervisors where it is the city's."""
        self._sites[site] = owner

    def session_ended(self, session: SessionId) -> None:
        """The sockets of this session are to close."""
        self._ended.append(session)

    def session_locked(self, session: SessionId) -> None:
        """Likewise, and its pages are to hide what they show."""
        self._locked.append(session)

    async def news(self) -> list[News]:
        """All of it as of the end of this transaction: things first, then the lines about them."""
        told: list[News] = []
        for changed in self._changed:
            incident = await self.tx.incidents.get(changed)
            if incident is not None:
                told.append(IncidentChanged(incident=await self._board.incident(self.tx, incident, self.now)))
        told += [PositionMoved(incident_id=moved, position=at) for moved, at in self._moved.items()]
        told += [DutyChanged(user_id=user) for user in self._duties]
        units = await self.tx.units.some(self._units) if self._units else []
        told += [UnitChanged(unit=unit) for unit in units]
        if self._units_moved:
            told.append(UnitsMoved(units=self._units_moved))
        told += self._notes
        names = await self.tx.names.of(
            called for entry in self._entries for called in (entry.actor, entry.subject)
        )
        told += [
            EntryRecorded(incident_id=entry.incident_id, entry=entry_view(entry, names))
            for entry in self._entries
            if entry.incident_id is not None
        ]
        told += [NearbyChanged(incident_id=near) for near in self._nearby]
        told += [SiteChanged(site_id=site, owner_id=owner) for site, owner in self._sites.items()]
        told += [SessionLocked(session_id=session) for session in self._locked]
        told += [SessionEnded(session_id=session) for session in self._ended]
        return told


class Steps:
    """Begins steps: the one way in which a service writes."""

    def __init__(self, store: Store, hub: Hub, board: Board, clock: Clock) -> None:
        self._store, self._hub, self._board = store, hub, board
        self.clock = clock

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Step]:
        """One step. An exception inside undoes all of it; Refused leaves the entry of `attempts` behind."""
        step: Step | None = None
        try:
            async with self._store.begin() as tx:
                step = Step(tx, self.clock(), self._board)
                yield step
                told = await step.news()
        except Refused as no:
            if step is not None and step.attempt is not None:
                await self._refused(step.attempt, no.refusal)
            raise
        for news in told:
            await self._hub.publish(news)

    async def _refused(self, attempt: Attempt, refusal: Refusal) -> None:
        async with self.begin() as step:
            await step.record(
                attempt.action,
                actor=attempt.actor,
                subject=attempt.subject,
                incident=attempt.incident,
                refusal=refusal,
            )

    async def forget(self) -> None:
        """What was deleted leaves as little behind in the database's files as can be."""
        await self._store.forget()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """Look without writing."""
        async with self._store.read() as tx:
            yield tx
