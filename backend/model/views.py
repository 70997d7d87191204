"""What a signed-in browser is shown: whole things, so that any one message heals a missed one."""

from datetime import datetime

import msgspec

from backend.model.alerts import AlertView
from backend.model.care import CareChoice
from backend.model.duty import DutyView
from backend.model.glass import GlassView
from backend.model.handling import HandlerView, TransferView
from backend.model.hangar import DronesMoved, FlightChanged, Hangar
from backend.model.incidents import FeedKind, FeedState
from backend.model.lending import AskedView, OpeningView
from backend.model.links import Capture, LinkFor, LinkKind, LinkState, Manner, WentBy
from backend.model.notes import NoteReader, NotesView, NoteView
from backend.model.people import Unit, User
from backend.model.pictures import Connection, Level
from backend.model.positions import Position
from backend.model.responses import ResponseView
from backend.model.rungs import Rung, RungReason
from backend.model.talk import Marks, TalkView, WordView
from backend.model.uploads import UploadView


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A link as a dispatcher sees it. Officers see no number, no e-mail address and no way that it went."""

    id: str
    feed_id: str | None  # what is shared by it; None for a link that asks for no camera
    kind: LinkKind
    whom: LinkFor
    manner: Manner
    state: LinkState
    number: str | None  # None when there is none
    email: str | None
    language: str  # that its text or e-mail is written in
    reason: str | None  # the carrier's, when state is failed
    sender: str  # "sms" or "email": how it goes now; "console" when it is only shown
    ways: tuple[WentBy, ...]  # oldest first
    unreached: bool  # nobody has opened it, and no way is left that it goes by itself
    issued_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    redeemed_at: datetime | None
    asking: bool  # another phone wants in; the dispatcher may allow it
    camera: Capture
    position: Capture
    rung: Rung | None  # where the caller is on the ladder; None while nothing is shared
    rung_reason: RungReason | None
    rung_since: datetime | None


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, with how the caller's picture reaches us; `connection` is None while nothing is known.

    `still_at`: what comes is stills and no video, and this is when the newest was taken.
    """

    id: str
    incident_id: str
    kind: FeedKind
    state: FeedState
    since: datetime
    connection: Connection | None
    name: str = ""  # a camera's, or a unit's call sign; empty for the caller's
    camera_id: str | None = None
    unit_id: str | None = None
    still_at: datetime | None = None


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """An incident with all that hangs on it, newest link first. `callback_number` is None for officers."""

    id: str
    type: str
    words: str
    opened_at: datetime
    opened_by: str
    callback_number: str | None
    position: Position | None
    closed_at: datetime | None
    news_at: datetime  # of the newest entry that deserves an eye, for marks that outlast a page
    unit_ids: tuple[str, ...]
    responses: tuple[ResponseView, ...]  # how far each of them is
    links: tuple[LinkView, ...]
    feeds: tuple[FeedView, ...]
    openings: tuple[OpeningView, ...] = ()  # of lent cameras, those that are open
    asks: tuple[AskedView, ...] = ()  # of owners
    alerts: tuple[AlertView, ...] = ()  # of units that are not clear
    glass: tuple[GlassView, ...] = ()  # who sees it though the rules lock them out; officers see their own
    uploads: tuple[UploadView, ...] = ()  # photos and clips of callers, the first first
    site: str | None = None  # the name of the site whose own call it is
    handler: HandlerView | None = None  # which dispatcher has it
    transfer: TransferView | None = None  # its offer to a colleague; None for officers


class LockedOut(msgspec.Struct, frozen=True, kw_only=True):
    """An officer whom the rules lock out of an incident; `unit` is a call sign."""

    user_id: str
    name: str
    unit: str | None


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an incident's log, with names for ids."""

    index: int
    at: datetime
    action: str
    actor: str  # a display name, or caller, carrier, system
    subject: str
    refusal: str | None
    details: dict[str, str]


class Agency(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs this."""

    name: str
    incident_types: tuple[str, ...]
    sender: str  # "sms" or "console"
    email: bool  # whether links go by e-mail too
    quiet_words: dict[str, str]  # all that the text of a silent or covert link says, by language
    country: str  # ISO 3166: how numbers without a prefix are read
    currency: str  # ISO 4217, of the annual fee


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in. Every state-changing request carries `csrf` in X-CSRF-Token.

    `session` is an id and no secret: a phone tells by it whether what it keeps is of this session.
    """

    user: User
    agency: Agency
    csrf: str
    session: str
    lock_after_s: int  # without anybody's input
    care: CareChoice  # how pictures open


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot"):
    """The first message on a socket: everything that this person may see now."""

    now: datetime  # the server's clock, to tell ages by
    incidents: tuple[IncidentView, ...]
    units: tuple[Unit, ...]
    notes: tuple[NotesView, ...]  # the last of each incident that has any
    phrases: tuple[str, ...]  # what this person can say by one press
    duty: DutyView | None = None  # one's own, the last
    talks: tuple[TalkView, ...] = ()  # with callers: the last of each thread that has any; the desk's only


class IncidentChanged(msgspec.Struct, frozen=True, kw_only=True, tag="incident"):
    """An incident, its links or its feeds changed."""

    incident: IncidentView


class IncidentHidden(msgspec.Struct, frozen=True, kw_only=True, tag="incident-hidden"):
    """This person may no longer see the incident."""

    incident_id: str


class PositionMoved(msgspec.Struct, frozen=True, kw_only=True, tag="position"):
    """The incident's position moved."""

    incident_id: str
    position: Position


class ConnectionChanged(msgspec.Struct, frozen=True, kw_only=True, tag="connection"):
    """The caller's connection is another now: how the picture reaches us, not how it reaches a viewer."""

    incident_id: str
    feed_id: str
    connection: Connection


class StillTaken(msgspec.Struct, frozen=True, kw_only=True, tag="still"):
    """The caller's picture comes as stills, and the newest is of this moment; None: it moves again."""

    incident_id: str
    feed_id: str
    at: datetime | None


class LevelChanged(msgspec.Struct, frozen=True, kw_only=True, tag="level"):
    """What this browser's own connection lets through of one picture; told to nobody else."""

    session: str  # the last part of the WHEP session URL
    feed_id: str
    level: Level


class NearbyChanged(msgspec.Struct, frozen=True, kw_only=True, tag="nearby"):
    """What may be opened near this incident is another now: ask again for what is shown."""

    incident_id: str


class NoteWritten(msgspec.Struct, frozen=True, kw_only=True, tag="note"):
    """Somebody wrote to those on an incident. One's own comes too: that is how a page knows its number."""

    incident_id: str
    note: NoteView


class NotesRead(msgspec.Struct, frozen=True, kw_only=True, tag="notes-read"):
    """More of an incident's notes have reached somebody, or been read."""

    incident_id: str
    reader: NoteReader


class WordSaid(msgspec.Struct, frozen=True, kw_only=True, tag="word"):
    """Somebody said something on a caller's page. The desk's only."""

    incident_id: str
    link_id: str
    word: WordView


class TalkMarked(msgspec.Struct, frozen=True, kw_only=True, tag="talk-marks"):
    """More of a thread has reached the caller or was read, or the caller reads another language."""

    incident_id: str
    link_id: str
    marks: Marks


class UnitChanged(msgspec.Struct, frozen=True, kw_only=True, tag="unit"):
    """A unit, or who is on duty in it, is another now."""

    unit: Unit


class UnitAt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a unit is."""

    id: str
    position: Position


class UnitsMoved(msgspec.Struct, frozen=True, kw_only=True, tag="units-moved"):
    """Where units are that have moved; some times a second, however many do."""

    units: tuple[UnitAt, ...]


class EntryRecorded(msgspec.Struct, frozen=True, kw_only=True, tag="entry"):
    """Something was written to an incident's log."""

    incident_id: str
    entry: EntryView


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag="tick"):
    """Nothing happened, and the socket is alive: a browser that hears nothing for long connects again."""

    now: datetime  # the server's clock


class Resumed(msgspec.Struct, frozen=True, kw_only=True, tag="resumed"):
    """The page goes on from where it was: what it missed follows, and no Snapshot."""

    now: datetime  # the server's clock


class Numbered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What stands in every message beside the event itself, but in those that are about the socket itself."""

    n: int = 0  # one more than the last on this page, however many sockets it has had
    listener: str = ""  # in the first only: by what name, with the last `n`, the page comes back


class SignedOut(msgspec.Struct, frozen=True, kw_only=True, tag="signed-out"):
    """The session ended; the socket closes after this."""


class Locked(msgspec.Struct, frozen=True, kw_only=True, tag="locked"):
    """The session is locked: the page hides what it shows, and the socket closes after this."""


Event = (
    Snapshot
    | IncidentChanged
    | IncidentHidden
    | PositionMoved
    | ConnectionChanged
    | StillTaken
    | LevelChanged
    | NearbyChanged
    | NoteWritten
    | NotesRead
    | WordSaid
    | TalkMarked
    | UnitChanged
    | UnitsMoved
    | DronesMoved
    | Hangar
    | FlightChanged
    | EntryRecorded
    | Tick
    | Resumed
    | SignedOut
    | Locked
)
