"""The board: what each person may see, whole, and nothing more."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from backend.hub import DutyChanged, LevelTold, News, SessionEnded, SessionLocked, SiteChanged
from backend.model import links as link_rules
from backend.model import responses as response_rules
from backend.model import rungs as rung_rules
from backend.model import uploads as upload_rules
from backend.model.entries import Entry
from backend.model.glass import BrokenGlass
from backend.model.hangar import DronesMoved, FlightChanged, Hangar
from backend.model.ids import IncidentId
from backend.model.incidents import Feed, FeedKind, FeedState, Incident
from backend.model.links import Link, LinkFor, Way, WentBy
from backend.model.messages import OutboxMessage
from backend.model.notes import SHOWN as NOTES_SHOWN
from backend.model.people import Role, StaffSession, User
from backend.model.positions import Position, PositionSource
from backend.model.refusals import Refusal, Refused
from backend.model.talk import SHOWN as WORDS_SHOWN
from backend.model.views import (
    ConnectionChanged,
    EntryRecorded,
    EntryView,
    Event,
    FeedView,
    IncidentChanged,
    IncidentHidden,
    IncidentView,
    LinkView,
    NearbyChanged,
    NotesRead,
    NoteWritten,
    PositionMoved,
    Snapshot,
    StillTaken,
    TalkMarked,
    UnitChanged,
    UnitsMoved,
    WordSaid,
)
from backend.services.connections import Connections
from backend.services.fresh import Together
from backend.store.store import Store, Tx

AT_ONCE = 500  # a database takes only so many values in one question
CLOSED_SHOWN = 50
ENTRIES_SHOWN = 500
TRAIL_SHOWN = 300
_FOR_THE_DESK = frozenset({"number", "email"})
_NAMED = {"cam_": "camera", "usr_": "person"}


class Board:
    """Views of the store. `sender` is the kind of carrier that texts go by."""

    def __init__(self, store: Store, sender: str, connections: Connections) -> None:
        self._store, self._sender, self._connections = store, sender, connections
        self._desks: Together[Snapshot] = Together()

    def link(
        self,
        link: Link,
        messages: Sequence[OutboxMessage],
        now: datetime,
        feed: FeedState | None = None,
    ) -> LinkView:
        """A link, with the state of its feed where that is known, and all that went of it, oldest first."""
        newest = {message.way: message for message in messages}
        taken = [message.way for message in messages if message.way in link_rules.BY_ITSELF]
        way = taken[-1] if taken else Way.QR
        if self._sender == "console":  # a text that reached no phone is no way that it went
            newest.pop(Way.SMS, None)
        state = link_rules.state(link, now)
        return LinkView(
            id=link.id,
            feed_id=link.feed_id,
            kind=link.kind,
            whom=link.whom,
            manner=link.manner,
            state=state,
            number=link.number or None,
            email=link.email or None,
            language=link.language,
            reason=link.delivery_reason,
            sender=way.value if way in newest and way in link_rules.BY_ITSELF else "console",
            ways=tuple(
                WentBy(way=went.way, state=went.state, at=went.created_at, reason=went.reason)
                for went in sorted(newest.values(), key=lambda went: went.created_at)
            ),
            unreached=link.unreached_at is not None and state in link_rules.UNOPENED,
            issued_at=link.issued_at,
            expires_at=link.expires_at,
            opened_at=link.opened_at,
            redeemed_at=link.redeemed_at,
            asking=link.asking_key is not None,
            camera=link.camera,
            position=link.position,
            rung=link.rung,
            rung_reason=rung_rules.believed(link.rung, link.rung_reason, feed),
            rung_since=link.rung_since,
        )

    def feed(self, feed: Feed, name: str = "") -> FeedView:
        return FeedView(
            id=feed.id,
            incident_id=feed.incident_id,
            kind=feed.kind,
            state=feed.state,
            since=feed.since,
            connection=self._connections.of(feed.id),
            name=name,
            camera_id=feed.camera_id,
            unit_id=feed.unit_id,
            still_at=self._connections.still_at(feed.id),
        )

    async def incident(self, tx: Tx, incident: Incident, now: datetime) -> IncidentView:
        """Everything about one incident, as a dispatcher may see it."""
        return (await self.incidents(tx, [incident], now))[0]

    async def incidents(self, tx: Tx, these: Sequence[Incident], now: datetime) -> list[IncidentView]:
        """The same of many, in their order: each table is asked once for AT_ONCE of them."""
        views: list[IncidentView] = []
        for start in range(0, len(these), AT_ONCE):
            views += await self._views(tx, these[start : start + AT_ONCE], now)
        return views

    async def _views(self, tx: Tx, these: Sequence[Incident], now: datetime) -> list[IncidentView]:
        ids = [incident.id for incident in these]
        names = await tx.names.of({incident.opened_by for incident in these})
        links = await tx.links.of_incidents(ids)
        messages = await tx.messages.of_incidents(ids)
        feeds = await tx.feeds.of_incidents(ids)
        states: dict[str | None, FeedState] = {f.id: f.state for held in feeds.values() for f in held}
        called = {**await tx.feeds.names(ids), **_witnesses(links)}
        sites = await tx.sites.names({incident.site_id for incident in these if incident.site_id is not None})
        news = await tx.entries.news_at(ids)
        responses = await tx.responses.of_incidents(ids)
        openings = await tx.openings.views(ids)
        asks = await tx.asks.views(ids)
        alerts = await tx.alerts.views(ids)
        uploads = await tx.uploads.of_incidents(ids)
        glass = await tx.glass.views(ids, now)
        handlers = await tx.handling.handlers_of(ids)
        offers = await tx.handling.offers_of(ids)
        return [
            IncidentView(
                id=incident.id,
                type=incident.type,
                words=incident.words,
                opened_at=incident.opened_at,
                opened_by=names.get(incident.opened_by, incident.opened_by),
                callback_number=incident.callback_number,
                position=incident.position,
                closed_at=incident.closed_at,
                news_at=news.get(incident.id, incident.opened_at),
                unit_ids=incident.unit_ids,
                responses=tuple(response_rules.view(response) for response in responses[incident.id]),
                links=tuple(
                    self.link(link, messages.get(link.id, ()), now, states.get(link.feed_id))
                    for link in links[incident.id]
                ),
                feeds=tuple(self.feed(feed, called.get(feed.id, "")) for feed in _shown(feeds[incident.id])),
                openings=tuple(openings[incident.id]),
                asks=tuple(asks[incident.id]),
                alerts=tuple(alerts[incident.id]),
                glass=tuple(glass[incident.id]),
                uploads=tuple(upload_rules.view(upload) for upload in uploads[incident.id]),
                site=sites.get(incident.site_id) if incident.site_id is not None else None,
                handler=handlers.get(incident.id),
                transfer=offers.get(incident.id),
            )
            for incident in these
        ]

    async def snapshot(self, user: User, now: datetime) -> Snapshot:
        """What a socket starts from. Those at the desk who come together share the work: all see the same."""
        if is_desk(user):
            return await self._desks.ask(lambda: self._snapshot(user, now))
        return await self._snapshot(user, now)

    async def _snapshot(self, user: User, now: datetime) -> Snapshot:
        async with self._store.read() as tx:
            broken = set() if is_desk(user) else await tx.glass.incidents_of(user.id, now)
            incidents = [i for i in await tx.incidents.open() if may_see(user, i.unit_ids) or i.id in broken]
            views = await self.incidents(tx, incidents, now)
            units = await tx.units.all()
            notes = await tx.notes.last([view.id for view in views], NOTES_SHOWN)
            phrases = await tx.notes.phrases()
            talks = await tx.talk.last([view.id for view in views], WORDS_SHOWN) if is_desk(user) else []
            duty = None if is_desk(user) else await tx.duties.last(user.id)  # only officers ride
        return Snapshot(
            now=now,
            incidents=tuple(trim(user, view) for view in views),
            units=tuple(units),
            notes=tuple(notes),
            phrases=phrases.desk if is_desk(user) else phrases.officer,
            duty=duty,
            talks=tuple(talks),
        )

    async def audience(self, session: StaffSession, now: datetime) -> "tuple[Audience, Snapshot]":
        """What this session may see from now on: as whoever its person is on duty as."""
        async with self._store.read() as tx:
            user = await tx.users.get(session.user.id) or session.user
        session = msgspec.structs.replace(session, user=user)
        snapshot = await self.snapshot(user, now)
        return Audience(session, snapshot), snapshot

    async def closed(self, now: datetime) -> list[IncidentView]:
        """Closed incidents, the last closed first."""
        async with self._store.read() as tx:
            return await self.incidents(tx, await tx.incidents.closed(CLOSED_SHOWN), now)

    async def entries(self, user: User, incident: IncidentId, now: datetime) -> list[EntryView]:
        """An incident's log, oldest first. Raises Refused."""
        async with self._store.read() as tx:
            await visible(tx, user, incident, now)
            entries = await tx.entries.of_incident(incident, ENTRIES_SHOWN)
            names = await tx.names.of(called for entry in entries for called in (entry.actor, entry.subject))
            return [trim_entry(user, entry_view(entry, names)) for entry in entries]

    async def trail(self, user: User, incident: IncidentId, now: datetime) -> list[Position]:
        """Where the caller has been, oldest first. Raises Refused."""
        async with self._store.read() as tx:
            await visible(tx, user, incident, now)
            trail = await tx.incidents.trail(incident, TRAIL_SHOWN)
        return [at for at in trail if at.source is PositionSource.CALLER]  # a dispatcher's guess is no step


def _witnesses(links: Mapping[IncidentId, Sequence[Link]]) -> dict[str, str]:
    """What the feeds of third parties are called, the first that was sent a link first."""
    called: dict[str, str] = {}
    for held in links.values():
        theirs = [link for link in reversed(held) if link.whom is LinkFor.THIRD_PARTY]
        for number, link in enumerate(theirs, 1):
            if link.feed_id is not None:
                called[link.feed_id] = f"Witness {number}" if len(theirs) > 1 else "Witness"
    return called


def _shown(feeds: list[Feed]) -> list[Feed]:
    """Without a camera's earlier feeds: each opening anew has its own, and the last tells how it is."""
    newest = {feed.camera_id: feed for feed in feeds if feed.kind is FeedKind.CAMERA}
    return [feed for feed in feeds if feed.kind is not FeedKind.CAMERA or newest[feed.camera_id] is feed]


def entry_view(entry: Entry, names: dict[str, str]) -> EntryView:
    """An entry with names for ids."""
    return EntryView(
        index=entry.index,
        at=entry.at,
        action=entry.action.value,
        actor=names.get(entry.actor, entry.actor),
        subject=entry.subject,
        refusal=entry.refusal,
        details=_with_names(entry, names),
    )


def _with_names(entry: Entry, names: dict[str, str]) -> dict[str, str]:
    """The details, and what the camera or who the person is that an entry is about: the log has only ids."""
    kind = _NAMED.get(entry.subject[:4])
    called = names.get(entry.subject) if kind is not None else None
    return entry.details if called is None or kind is None else {**entry.details, kind: called}


def is_desk(user: User) -> bool:
    """Whether this person works the console and sees every incident."""
    return user.role in (Role.DISPATCHER, Role.SUPERVISOR)


def may_see(user: User, unit_ids: tuple[str, ...]) -> bool:
    """The desk and pilots see every incident, an officer those that the officer's unit is assigned to."""
    return is_desk(user) or user.role is Role.PILOT or (user.unit_id is not None and user.unit_id in unit_ids)


async def broken_for(tx: Tx, user: User, incident: Incident, now: datetime) -> BrokenGlass | None:
    """What lets this person see it whom the rules lock out; None for those whom they do not."""
    if may_see(user, incident.unit_ids) or incident.closed_at is not None:
        return None
    return await tx.glass.held(user.id, incident.id, now)


async def sees(tx: Tx, user: User, incident: Incident, now: datetime) -> bool:
    """Whether this person may see it now, by the rules or by broken glass."""
    return may_see(user, incident.unit_ids) or await broken_for(tx, user, incident, now) is not None


async def visible(tx: Tx, user: User, incident: IncidentId, now: datetime) -> Incident:
    """The incident, when this person may see it now. Raises Refused."""
    found = await tx.incidents.get(incident)
    if found is None:
        raise Refused(Refusal.NOT_FOUND)
    if not await sees(tx, user, found, now):
        raise Refused(Refusal.NOT_ASSIGNED)
    if found.closed_at is not None and not is_desk(user):
        raise Refused(Refusal.INCIDENT_CLOSED)
    return found


def still_open(incident: Incident) -> Incident:
    """The same. Raises Refused (incident-closed)."""
    if incident.closed_at is not None:
        raise Refused(Refusal.INCIDENT_CLOSED, "This incident is closed.")
    return incident


def trim(user: User, view: IncidentView) -> IncidentView:
    """What this person may see of it: numbers and addresses are for the desk only."""
    if is_desk(user):
        return view
    view = msgspec.structs.replace(view, glass=tuple(held for held in view.glass if held.user_id == user.id))
    links = tuple(msgspec.structs.replace(link, number=None, email=None, ways=()) for link in view.links)
    return msgspec.structs.replace(view, callback_number=None, links=links, transfer=None)


def trim_entry(user: User, view: EntryView) -> EntryView:
    """The same for a line of the log."""
    if is_desk(user) or _FOR_THE_DESK.isdisjoint(view.details):
        return view
    details = {name: text for name, text in view.details.items() if name not in _FOR_THE_DESK}
    return msgspec.structs.replace(view, details=details)


class Audience:
    """One socket's view: turns news into what this session may be told, if anything."""

    def __init__(self, session: StaffSession, snapshot: Snapshot) -> None:
        self._session, self.user = session, session.user
        self._shown = {incident.id for incident in snapshot.incidents}

    def hears(self, news: News) -> Event | None:
        """The event for this socket, or None: `news` itself where nothing of it is kept from this person."""
        match news:
            case UnitChanged() | UnitsMoved():
                return news
            case DutyChanged() | SessionEnded() | SessionLocked():
                return None  # whose it is begins anew, or is over (api.events)
            case IncidentChanged():
                return self._incident(news)
            case LevelTold():
                return news.event if news.session_id == self._session.id else None
            case DronesMoved():
                return self._drones(news)
            case Hangar():
                return self.hangar(news)
            case FlightChanged():
                return news if self._flies() or news.flight.incident_id in self._shown else None
            case SiteChanged():
                return None  # owners have a socket of their own
            case (
                PositionMoved()
                | ConnectionChanged()
                | StillTaken()
                | NearbyChanged()
                | NoteWritten()
                | NotesRead()
            ):
                return news if news.incident_id in self._shown else None
            case WordSaid() | TalkMarked():
                return news if is_desk(self.user) and news.incident_id in self._shown else None
            case EntryRecorded():
                if news.incident_id not in self._shown:
                    return None
                entry = trim_entry(self.user, news.entry)
                return news if entry is news.entry else msgspec.structs.replace(news, entry=entry)

    def _flies(self) -> bool:
        return is_desk(self.user) or self.user.role is Role.PILOT

    def _drones(self, news: DronesMoved) -> Event | None:
        """Officers are told of those that fly for incidents of theirs."""
        if self._flies():
            return news
        theirs = tuple(drone for drone in news.drones if drone.incident_id in self._shown)
        return DronesMoved(drones=theirs) if theirs else None

    def hangar(self, whole: Hangar) -> Hangar:
        """As this person may see it: docks are not for officers, flights for their incidents are."""
        if self._flies():
            return whole
        return Hangar(
            docks=(), flights=tuple(flight for flight in whole.flights if flight.incident_id in self._shown)
        )

    def _incident(self, news: IncidentChanged) -> Event | None:
        view = news.incident
        sees = may_see(self.user, view.unit_ids) or any(g.user_id == self.user.id for g in view.glass)
        if sees and (view.closed_at is None or is_desk(self.user)):
            self._shown.add(view.id)
            return news if is_desk(self.user) else IncidentChanged(incident=trim(self.user, view))
        if view.id in self._shown:
            self._shown.discard(view.id)
            return IncidentHidden(incident_id=view.id)
        return None
