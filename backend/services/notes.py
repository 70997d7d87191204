"""Notes: the desk and officers write to each other about one incident. Beside step 10 of the story.

Whoever sees the incident reads them; the desk and whoever is assigned to it write. A note's text is told to
those people's sockets and to nobody else: no entry, log line or public page has it. A still that is kept with
a note is of a picture that its writer has on at that moment, and is counted where that use is told of;
whoever looks at it later is on record, and once in the public log.
"""

import logging
from typing import Protocol

from backend.model.entries import Action
from backend.model.ids import FeedId, GrantId, IncidentId, NoteId, UseId
from backend.model.incidents import Feed, FeedKind, FeedState
from backend.model.notes import (
    A_PAGE,
    MOST_NOTES,
    MOST_STILLS,
    KeptStill,
    Note,
    NotesView,
    NoteView,
    Phrases,
)
from backend.model.people import StaffSession, User
from backend.model.refusals import Refusal, Refused
from backend.model.stills import check_still
from backend.model.uses import LeafKind
from backend.services.board import may_see, visible
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from backend.services.uses import AWAY_WORDS, Uses
from backend.store.store import Tx
from media import ports as media
from media.palettes import Palette, Thermal

log = logging.getLogger(__name__)


class Cleaner(Protocol):
    """Makes a still anew (media/frames): what comes out has a picture in it and nothing else."""

    async def clean(self, jpeg: bytes, thermal: Thermal | None = None) -> bytes:
        """A JPEG; with `thermal` coloured and marked.

        Raises ValueError for what is no picture, and media.ports.Full.
        """
        ...


class Ranges(Protocol):
    """Knows what the black and white of thermal pictures mean (services/aloft)."""

    def thermal_c(self, feed: FeedId) -> tuple[float, float] | None:
        """Degrees Celsius; None where that is not known."""
        ...


class Notes:
    """Writing, reading, marks and stills of an incident's notes; and the agency's phrases."""

    def __init__(self, steps: Steps, uses: Uses, sfu: media.Sfu, cleaner: Cleaner, ranges: Ranges) -> None:
        self._steps, self._uses, self._sfu, self._cleaner = steps, uses, sfu, cleaner
        self._ranges = ranges
        self._writes = Rate(every_s=1, burst=10)
        self._stills = Rate(every_s=5, burst=4)  # each is a process for a moment
        self._marks = Rate(every_s=0.25, burst=60)
        self._looks = Rate(every_s=0.5, burst=30)

    # Writing

    async def write(
        self,
        session: StaffSession,
        incident: IncidentId,
        note: NoteId,
        text: str,
        still: tuple[FeedId, bytes] | None = None,
        palette: Palette | None = None,
    ) -> NoteView:
        """Write to those on the incident; the same id again is the same note as at first. Raises Refused.

        `still` is the feed that it shows, which the writer must have on, and a JPEG from the browser. One of
        a thermal picture, as the camera sent it, is coloured in `palette`.
        """
        user = session.user
        if not self._writes.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Not so fast. It is sent again in a moment.")
        kept = None
        if still is not None:
            kept = await self._cleaned(session, incident, note, *still, palette)
        async with self._steps.begin() as step:
            again = await self._again(step.tx, user, incident, note)
            if again is not None:
                return again
            step.attempts(Action.NOTE_WRITE, actor=user.id, subject=note)
            await self._may_write(step, session, incident)
            number = await step.tx.notes.newest(incident) + 1
            if number > MOST_NOTES:
                raise Refused(Refusal.TOO_MANY, f"An incident has at most {MOST_NOTES} notes.")
            await step.tx.notes.add(
                Note(
                    id=note,
                    incident_id=incident,
                    number=number,
                    user_id=user.id,
                    unit_id=user.unit_id,
                    at=step.now,
                    text=text,
                )
            )
            details: dict[str, str] = {}
            if still is not None and kept is not None:
                await self._keep(step, session, incident, note, still[0], kept)
                details["still"] = still[0]
            await step.record(
                Action.NOTE_WRITE, actor=user.id, subject=note, incident=incident, details=details
            )
            view = await step.tx.notes.view(note)
            step.wrote(incident, view)
        return view

    async def _cleaned(
        self,
        session: StaffSession,
        incident: IncidentId,
        note: NoteId,
        feed: FeedId,
        raw: bytes,
        palette: Palette | None,
    ) -> bytes | None:
        """The picture made anew, for whoever may keep it; None for a note that is there already."""
        async with self._steps.begin() as step:  # for a refusal's entry
            if await self._again(step.tx, session.user, incident, note) is not None:
                return None
            step.attempts(Action.NOTE_WRITE, actor=session.user.id, subject=note)
            await self._may_write(step, session, incident)
            shown, *_ = await self._watched(step, session.user, incident, feed)
        thermal = None
        if palette is not None and shown.kind is FeedKind.THERMAL:
            thermal = Thermal(palette=palette, range_c=self._ranges.thermal_c(feed))
        if not self._stills.take(session.user.id):
            raise Refused(Refusal.TOO_OFTEN, "One still every five seconds is enough. Try again in a moment.")
        try:
            check_still(raw)
            return await self._cleaner.clean(raw, thermal)
        except ValueError as error:
            raise Refused(Refusal.BAD_PICTURE, f"This picture cannot be kept: {error}.") from error
        except media.Full as full:
            raise Refused(Refusal.FULL, "Too many stills at once. Try again in a moment.") from full

    async def _keep(
        self,
        step: Step,
        session: StaffSession,
        incident: IncidentId,
        note: NoteId,
        feed_id: FeedId,
        jpeg: bytes,
    ) -> None:
        if await step.tx.notes.stills_of(incident) >= MOST_STILLS:
            raise Refused(Refusal.TOO_MANY, f"An incident has at most {MOST_STILLS} stills.")
        feed, use, media_session = await self._watched(step, session.user, incident, feed_id)
        width, height = check_still(jpeg)
        named = {} if feed.kind is FeedKind.CALLER else await step.tx.feeds.names([incident])
        await step.tx.notes.keep(
            KeptStill(
                note_id=note,
                feed_id=feed.id,
                kind=feed.kind,
                name=named.get(feed.id, ""),
                use_id=use,
                session=media_session,
                width=width,
                height=height,
            ),
            jpeg,
        )

    async def _watched(
        self, step: Step, user: User, incident: IncidentId, feed_id: FeedId
    ) -> tuple[Feed, UseId, str]:
        """The feed, the use by which this person has it on now, and the engine's session. Raises Refused.

        While the engine still has the session its end has not been told, so the still is counted with it.
        """
        tx = step.tx
        feed = await tx.feeds.get(feed_id)
        if feed is None or feed.incident_id != incident:
            raise Refused(Refusal.NOT_FOUND)
        if feed.kind is FeedKind.CAMERA and not await tx.openings.lets(feed.id, user.id, step.now):
            raise Refused(Refusal.NOT_OPENED, "Its owner's rules let you see this camera no longer.")
        if feed.state is not FeedState.ENDED:
            for session in self._sfu.state().sessions:
                if session.publishes or session.feed != media.FeedId(feed_id):
                    continue
                grant = await tx.grants.get(GrantId(session.holder))
                if grant is None or grant.user_id != user.id or grant.revoked_at is not None:
                    continue
                use = await tx.uses.latest_of(feed.id, grant)
                if use is not None and not await tx.uses.tells_of(session.session):
                    return feed, use.id, session.session
        raise Refused(Refusal.NOT_WATCHING, "Open the picture first: a still is of what you see.")

    async def _again(self, tx: Tx, user: User, incident: IncidentId, note: NoteId) -> NoteView | None:
        """This person's note of that id, which is there already. Raises Refused for anybody else's."""
        held = await tx.notes.get(note)
        if held is None:
            return None
        if (held.user_id, held.incident_id) != (user.id, incident):
            raise Refused(Refusal.NOTE_TAKEN)
        return await tx.notes.view(note)

    async def _may_write(self, step: Step, session: StaffSession, incident: IncidentId) -> None:
        found = await step.open_to(session.user, incident)
        if not may_see(session.user, found.unit_ids):  # broken glass is for seeing
            raise Refused(Refusal.NOT_ASSIGNED)
        if not await step.tx.sessions.is_open(session.id, step.now):
            raise Refused(Refusal.NOT_SIGNED_IN, "Sign in again.")  # signed out since the request came in

    # Reading

    async def page(self, user: User, incident: IncidentId, before: int | None) -> NotesView:
        """An incident's last notes, or those before that number. Raises Refused."""
        async with self._steps.read() as tx:
            await visible(tx, user, incident, self._steps.clock())
            return await tx.notes.before(incident, before, A_PAGE)

    async def mark(self, user: User, incident: IncidentId, delivered: int, read: int) -> None:
        """Notes have reached this person's screen, or been read, up to those numbers. Raises Refused.

        Late, doubled or early marks change nothing: they only rise, and never past the last note.
        """
        if not self._marks.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        async with self._steps.begin() as step:
            await step.open_to(user, incident)
            newest = await step.tx.notes.newest(incident)
            reader = await step.tx.notes.mark(incident, user, min(delivered, newest), min(read, newest))
            if reader is not None:
                step.read(incident, reader)

    async def look(self, user: User, note: NoteId) -> bytes:
        """The still of a note, a JPEG; the look is on record first. Raises Refused."""
        if not self._looks.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then look again.")
        async with self._steps.begin() as step:
            step.attempts(Action.NOTE_LOOK, actor=user.id, subject=note)
            found = await step.tx.notes.still(note)
            if found is None:
                raise Refused(Refusal.NOT_FOUND)
            still, incident = found
            step.about(incident)
            await visible(step.tx, user, incident, step.now)
            callers = still.kind is FeedKind.CALLER
            if not (callers or self._uses.up):
                raise Refused(Refusal.LOG_AWAY, AWAY_WORDS)
            if not await step.tx.entries.did(user.id, Action.NOTE_LOOK, note):
                (began, *_) = await step.tx.uses.of_use(still.use_id)
                await self._uses.state(step, LeafKind.LOOK, {"by": user.role.value}, began, user.id)
            await step.record(Action.NOTE_LOOK, actor=user.id, subject=note, incident=incident)
            jpeg = await step.tx.notes.picture(note)
        if not callers:
            await self._uses.stands()
        return jpeg

    # Phrases

    async def phrases(self) -> Phrases:
        """What can be said by one press."""
        async with self._steps.read() as tx:
            return await tx.notes.phrases()

    async def set_phrases(self, user: User, phrases: Phrases) -> Phrases:
        """In the place of those before; pages have them when they connect again. Empty: the defaults."""
        async with self._steps.begin() as step:
            await step.tx.notes.set_phrases(phrases)
            await step.record(
                Action.PHRASES_SET,
                actor=user.id,
                subject="agency",
                desk=str(len(phrases.desk)),
                officer=str(len(phrases.officer)),
            )
            return await step.tx.notes.phrases()
