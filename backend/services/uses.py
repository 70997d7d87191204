"""Uses: no entry in the public log, no picture. What is written there, and the grants that come of it.

Steps 11 and 13 of the story. A leaf is written with the step that it tells of, beside what it commits to;
the log takes it before anybody is let see, and whatever it has not taken yet is handed to it again and again,
which makes no second entry of it. While the log is away nothing opens but a caller's own picture, on a grant
that the engine takes for that alone.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.model import disclosure
from backend.model import uses as rules
from backend.model.grants import Grant
from backend.model.ids import GrantId, IncidentId, UseId, UserId, new_id
from backend.model.incidents import Feed, FeedKind, Incident
from backend.model.openings import Opening, OpeningEnd
from backend.model.people import User
from backend.model.positions import Point, Position, distance_m
from backend.model.refusals import Refusal, Refused
from backend.model.uses import NONE, Ground, Kept, LeafKind, UseEntry
from backend.services.board import broken_for, may_see
from backend.services.keys import Keys
from backend.services.steps import Step, Steps
from backend.store.store import Tx
from backend.tlog.client import LogAway, LogRefused
from media import ports as media
from media.grants import Basis, Claims, SignedGrant, sign

log = logging.getLogger(__name__)

NOTHING_KEPT = Kept()
LASTS = timedelta(minutes=30)  # of a grant to see what is not a lent camera
RENEWED_BEFORE = timedelta(minutes=10)  # its end, while somebody watches
LOOK_S = 1.0
AT_ONCE = 256  # leaves that are handed to the log together
SPOOLED_AFTER_S = 0.5  # a caller's picture waits for the log no longer
AWAY_WORDS = "The public log cannot be written, so no picture opens now. Try again in a moment."

District = Callable[[Point | Position], str | None]


class Log(Protocol):
    """The public log (backend/tlog/client). All of it may be asked again: the same leaf is the same entry."""

    @property
    def up(self) -> bool:
        """Whether it is connected now."""
        ...

    async def append(self, leaves: Sequence[bytes]) -> list[int]:
        """Their indexes, once they are on the disk. Raises LogAway and LogRefused."""
        ...

    async def grant(self, leaf: bytes, claims: Claims) -> SignedGrant:
        """The claims, signed once the leaf is on the disk, with its index. Raises LogAway and LogRefused."""
        ...


def nowhere(_: Point | Position) -> str | None:
    """Where no districts are known."""
    return None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the step has read before a leaf is written. What is not there is read for the leaf."""

    incident: Incident | None = None
    user: User | None = None


UNREAD = Seen()


class Uses:
    """`spool` signs while the log is away; `zone` is the agency's clock."""

    def __init__(
        self,
        steps: Steps,
        keys: Keys,
        public: Log,
        spool: Ed25519PrivateKey,
        zone: ZoneInfo,
        district: District = nowhere,
    ) -> None:
        self._steps, self._keys, self._log, self._spool = steps, keys, public, spool
        self._zone, self._district = zone, district
        self._handing = asyncio.Lock()
        self._owed: dict[str, UseEntry] = {}  # renewals that the engine has not heard of, by use
        self._away = False  # that has been said
        self._taken = set[int]()  # by the log, and not noted here yet: of the last second

    # Inside a step: what is to be written

    async def open_camera(
        self,
        step: Step,
        opening: Opening,
        seen: Seen = UNREAD,
        *,
        new: bool = False,
    ) -> UseEntry:
        """A lent camera is opened, or opened for longer. `new`: no leaf can be of it yet."""
        use, kind = _goes_on(None if new else await step.tx.uses.latest(opening.id))
        entry = UseEntry(
            id=use,
            key=opening.id,
            kind=kind,
            incident_id=opening.incident_id,
            feed_id=opening.feed_id,
            user_id=opening.user_id,
            at=step.now,
            camera_id=opening.camera_id,
            opening_id=opening.id,
            expires_at=opening.expires_at,
        )
        return await self._allow(step, entry, FeedKind.CAMERA, opening.reason.value, seen)

    async def watch(self, step: Step, grant: Grant, feed: Feed, seen: Seen = UNREAD) -> UseEntry:
        """What lets this grant's holder see that feed: the same each time while it holds. Raises Refused."""
        if grant.user_id is None:
            raise Refused(Refusal.WRONG_SCOPE)
        if feed.kind is not FeedKind.CAMERA:
            return await step.tx.uses.latest(grant.id) or await self._watch(step, grant, feed, None, seen)
        held = await step.tx.openings.of_feed(feed.id)
        mine = next((opening for opening in held if opening.user_id == grant.user_id), None)
        if mine is None:
            raise Refused(Refusal.NOT_OPENED)
        latest = await step.tx.uses.latest(mine.id)
        return latest or await self.open_camera(step, mine, seen, new=True)

    async def close_camera(self, step: Step, opening: Opening, end: OpeningEnd) -> None:
        """An opening is over, whether anybody looked or not."""
        before = await step.tx.uses.latest(opening.id)
        if before is not None:
            seconds = (step.now - opening.opened_at).total_seconds()
            await self._finish(step, before, LeafKind.CLOSE, opening.opened_at, seconds, end.value)

    async def saw(
        self, step: Step, summary: media.SessionSummary, grant: Grant, feed: Feed, kept: Kept = NOTHING_KEPT
    ) -> None:
        """A media session is over: for how long somebody saw it, how many bytes, and what was kept of it.

        Told twice it is one.
        """
        if await step.tx.uses.tells_of(summary.session):
            return
        before = await step.tx.uses.latest_of(feed.id, grant)
        if before is not None:
            entries = [await _where(step.tx, one) for one in summary.by_grant]
            await self._finish(
                step,
                before,
                LeafKind.END,
                step.now - timedelta(seconds=summary.seconds),
                summary.seconds,
                summary.reason.value,
                summary,
                ",".join(entries),
                kept,
            )

    async def state(
        self,
        step: Step,
        kind: LeafKind,
        fields: dict[str, str],
        about: UseEntry | None,
        by: UserId | None,
        incident: IncidentId | None = None,
        use: UseId | None = None,
    ) -> UseEntry:
        """Say something of a use that nobody sees a picture by, or of none.

        `use` names one that has no entry before this: of what was sent and never opened. `fields` are the
        kind's own (backend.model.disclosure.STATED); the use, the hour and the time are added here. `by` is
        None for a caller. Raises ValueError for fields that are not the kind's.
        """
        named = about.id if about is not None else use
        own = named or UseId(new_id("use"))
        entry = UseEntry(
            id=own,
            key=about.key if about is not None else own,
            kind=kind,
            incident_id=about.incident_id if about is not None else incident,
            feed_id=about.feed_id if about is not None else None,
            user_id=by,
            at=step.now,
            camera_id=about.camera_id if about is not None else None,
            opening_id=about.opening_id if about is not None else None,
            grant_id=about.grant_id if about is not None else None,
        )
        told = {"hour": rules.hour(step.now.astimezone(self._zone)), "at": rules.exact(step.now), **fields}
        if named is not None:
            told["use"] = named
        if told.keys() != disclosure.STATED[kind]:
            raise ValueError(f"a leaf of kind {kind.value} has the fields {sorted(disclosure.STATED[kind])}")
        return await self._add(step, entry, told)

    # After its commit: what the log and the engine must hear

    async def hold(self, openings: Sequence[Opening]) -> None:
        """Returns once the log has what opened them. Raises Refused (log-away)."""
        async with self._steps.read() as tx:
            new = [entry for _, entry in await self.unheld(tx, openings)]
        if not new:
            return
        try:
            await self._log.append([entry.leaf for entry in new])
        except (LogAway, LogRefused) as fault:
            raise self._refused(fault) from fault
        self._taken.update(entry.number for entry in new)

    async def stands(self) -> None:
        """Returns once the log has all that was written until now. Raises Refused (log-away)."""
        try:
            await self.hand_over()
        except (LogAway, LogRefused) as fault:
            raise self._refused(fault) from fault

    @property
    def up(self) -> bool:
        """Whether the log takes anything now."""
        return self._log.up

    async def unheld(self, tx: Tx, openings: Sequence[Opening]) -> list[tuple[Opening, UseEntry]]:
        """Those that the log does not have: nobody may see a picture by them."""
        found = [(opening, await tx.uses.latest(opening.id)) for opening in openings]
        return [
            (opening, entry)
            for opening, entry in found
            if entry is not None
            and entry.kind is LeafKind.OPEN
            and entry.index is None
            and entry.number not in self._taken
        ]

    async def grant(self, entry: UseEntry, feed: Feed, holder: media.Holder) -> SignedGrant:
        """What the engine lets this holder see it by. Raises Refused (log-away)."""
        assert entry.expires_at is not None
        claims = Claims(
            index=0,  # the log says which
            feed=media.FeedId(feed.id),
            holder=holder,
            expires_at=entry.expires_at.timestamp(),
        )
        if feed.kind is not FeedKind.CALLER:
            try:
                return await self._log.grant(entry.leaf, claims)
            except (LogAway, LogRefused) as fault:
                raise self._refused(fault) from fault
        try:
            if not self._log.up:
                raise LogAway("the log is not connected")
            async with asyncio.timeout(SPOOLED_AFTER_S):
                return await self._log.grant(entry.leaf, claims)
        except (LogAway, LogRefused, TimeoutError) as fault:
            log.warning("a caller's own picture goes on without the log: %s", fault)
        return sign(self._spool, msgspec.structs.replace(claims, index=entry.number, basis=Basis.SPOOL))

    async def extend(self, sfu: media.Sfu, opening: Opening) -> None:
        """Who sees this lent camera may go on. Raises Refused (log-away)."""
        async with self._steps.read() as tx:
            entry, feed = await tx.uses.latest(opening.id), await tx.feeds.get(opening.feed_id)
            held = [await tx.grants.get(GrantId(key)) for key in _watching(sfu, opening.feed_id)]
        if entry is None or feed is None:
            return
        try:
            await self._log.append([entry.leaf])
        except (LogAway, LogRefused) as fault:
            raise self._refused(fault) from fault
        for grant in held:
            if grant is not None and grant.user_id == opening.user_id:
                await _renew(sfu, await self.grant(entry, feed, media.Holder(grant.id)))

    # All the time

    async def run(self, sfu: media.Sfu) -> None:
        """Hand over what waits, and let who watches go on. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look(sfu)

    async def look(self, sfu: media.Sfu) -> None:
        """Both, once."""
        try:
            await self.hand_over()
        except (LogAway, LogRefused) as fault:
            if not self._away:
                log.error("the public log takes nothing, and leaves wait for it: %s", fault)
            self._away = True
        else:
            self._away = False
        await self.renew(sfu)

    async def hand_over(self) -> None:
        """Give the log what it does not have yet, in order. Raises LogAway and LogRefused."""
        async with self._handing:
            while True:
                async with self._steps.read() as tx:
                    waiting = await tx.uses.waiting(AT_ONCE)
                if not waiting:
                    return
                indexes = await self._log.append([entry.leaf for entry in waiting])
                placed = [(entry.number, index) for entry, index in zip(waiting, indexes, strict=True)]
                async with self._steps.begin() as step:
                    await step.tx.uses.logged(placed)
                self._taken.difference_update(number for number, _ in placed)

    async def renew(self, sfu: media.Sfu) -> None:
        """Who watches what is not a lent camera goes on while it may be seen."""
        watching = _watching(sfu)
        self._owed = {key: entry for key, entry in self._owed.items() if key in watching}
        if not watching:
            return
        async with self._steps.read() as tx:
            soon = self._steps.clock() + RENEWED_BEFORE
            due = {entry.key for entry in await tx.uses.running_out(list(watching), soon)}
            held = [await tx.grants.get(GrantId(key)) for key in (*due, *(self._owed.keys() - due))]
            grants = [(grant, await tx.feeds.get(grant.feed_id)) for grant in held if grant and grant.feed_id]
        for grant, feed in grants:
            if feed is None or not (self._log.up or feed.kind is FeedKind.CALLER):
                continue
            if grant.id in due:
                async with self._steps.begin() as step:
                    before = await step.tx.uses.latest(grant.id)
                    if before is None or not await _may_go_on(step.tx, grant, before, step.now):
                        continue
                    self._owed[grant.id] = await self._watch(step, grant, feed, before, UNREAD)
            try:
                signed = await self.grant(self._owed[grant.id], feed, media.Holder(grant.id))
            except Refused:
                continue  # it is owed, and tried again
            del self._owed[grant.id]
            await _renew(sfu, signed)

    # Inside

    def _refused(self, fault: Exception) -> Refused:
        log.error("no picture opens: %s", fault)
        return Refused(Refusal.LOG_AWAY, AWAY_WORDS)

    async def _watch(
        self, step: Step, grant: Grant, feed: Feed, before: UseEntry | None, seen: Seen
    ) -> UseEntry:
        assert grant.user_id is not None
        use, kind = _goes_on(before)
        entry = UseEntry(
            id=use,
            key=grant.id,
            kind=kind,
            incident_id=feed.incident_id,
            feed_id=feed.id,
            user_id=grant.user_id,
            at=step.now,
            grant_id=grant.id,
            expires_at=step.now + LASTS,
        )
        return await self._allow(step, entry, feed.kind, "call", seen)

    async def _allow(
        self, step: Step, entry: UseEntry, source: FeedKind, reason: str, seen: Seen
    ) -> UseEntry:
        """Written down: who sees what, for what, and what the rules said at this moment.

        By broken glass for as long as that holds. Raises Refused when nothing lets them see it.
        """
        tx, local = step.tx, step.now.astimezone(self._zone)
        quarter = rules.quarter(local)
        assert entry.incident_id is not None
        assert entry.user_id is not None
        incident = seen.incident or await tx.incidents.get(entry.incident_id)
        user = seen.user or await tx.users.get(entry.user_id)
        camera = await tx.cameras.get(entry.camera_id) if entry.camera_id is not None else None
        assert incident is not None
        assert user is not None
        glass = await broken_for(tx, user, incident, step.now)
        if glass is None and not may_see(user, incident.unit_ids):
            raise Refused(Refusal.NOT_ASSIGNED)
        if glass is not None and entry.expires_at is not None:
            entry = msgspec.structs.replace(entry, expires_at=min(entry.expires_at, glass.expires_at))
        away_m = distance_m(camera.point, incident.position) if camera and incident.position else None
        place = camera.point if camera else incident.position
        assigned = user.unit_id is not None and user.unit_id in incident.unit_ids
        return await self._add(
            step,
            entry,
            {
                "use": entry.id,
                "hour": rules.hour(local),
                "at": rules.exact(step.now),
                "source": source.value,
                "category": incident.type,
                "reason": reason,
                "level": camera.level.value if camera else NONE,
                "distance": rules.band(away_m) if camera else NONE,
                "hours": ("yes" if camera.hours.open_at(local) else "no") if camera else NONE,
                "role": user.role.value,
                "assigned": "yes" if assigned else "no",
                "basis": (Ground.RULES if glass is None else Ground.BREAK_GLASS).value,
                "unit": self._keys.pseudonym("unit", user.unit_id, quarter) if user.unit_id else NONE,
                "officer": self._keys.pseudonym("user", user.id, quarter),
                "camera": camera.id if camera else NONE,
                "district": (self._district(place) if place else None) or NONE,
            },
        )

    async def _finish(
        self,
        step: Step,
        before: UseEntry,
        kind: LeafKind,
        began: datetime,
        seconds: float,
        outcome: str,
        summary: media.SessionSummary | None = None,
        entries: str = "",
        kept: Kept = NOTHING_KEPT,
    ) -> None:
        assert before.feed_id is not None
        over = msgspec.structs.replace(
            before,
            kind=kind,
            at=step.now,
            number=0,
            index=None,
            expires_at=None,
            session=summary.session if summary is not None else None,
        )
        await self._add(
            step,
            over,
            {
                "use": before.id,
                "hour": rules.hour(step.now.astimezone(self._zone)),
                "at": rules.exact(step.now),
                "from": rules.exact(began),
                "duration_s": f"{seconds:.1f}",
                "viewers": str(await step.tx.uses.people(before.feed_id)),
                "bytes": NONE if summary is None else str(summary.bytes_out),
                "stills": str(kept.stills),
                "recorded": "yes" if kept.recorded else "no",
                "outcome": outcome,
                "entries": entries or NONE,
            },
        )

    async def _add(self, step: Step, entry: UseEntry, fields: dict[str, str]) -> UseEntry:
        salted = {
            name: rules.salted(value, secrets.token_bytes(rules.SALT_BYTES)) for name, value in fields.items()
        }
        return await step.tx.uses.add(
            msgspec.structs.replace(entry, fields=salted, leaf=rules.leaf(entry.kind, salted))
        )


async def _renew(sfu: media.Sfu, signed: SignedGrant) -> None:
    try:
        await sfu.renew(signed)
    except (media.Ungranted, media.Full) as fault:
        log.error("the engine does not take a renewal: %s", fault)


def _watching(sfu: media.Sfu, feed: str | None = None) -> set[str]:
    """The grants by which somebody watches now, any feed or that one."""
    return {
        session.holder
        for session in sfu.state().sessions
        if not session.publishes and feed in (None, session.feed)
    }


async def _may_go_on(tx: Tx, grant: Grant, before: UseEntry, now: datetime) -> bool:
    """Whether it may be seen for longer than it was; broken glass is not made to last by watching."""
    held, incident = await tx.grants.get(grant.id), await tx.incidents.get(grant.incident_id)
    if held is None or held.revoked_at is not None or held.user_id is None:
        return False
    user = await tx.users.get(held.user_id)
    if user is None or incident is None or incident.closed_at is not None:
        return False
    if may_see(user, incident.unit_ids):
        return True
    glass = await broken_for(tx, user, incident, now)
    return glass is not None and (before.expires_at is None or glass.expires_at > before.expires_at)


async def _where(tx: Tx, by: media.ByGrant) -> str:
    """What a session was sent by one entry: its index, seconds and bytes."""
    index = await tx.uses.index_of(by.index) if by.spooled else by.index
    return f"{'waiting' if index is None else index}:{by.seconds:.1f}:{by.bytes_out}"


def _goes_on(before: UseEntry | None) -> tuple[UseId, LeafKind]:
    """The use that an entry is of, and whether it begins or renews it."""
    return (UseId(new_id("use")), LeafKind.OPEN) if before is None else (before.id, LeafKind.RENEW)
