"""Receipts: what became of a camera while others saw it, told to whoever lent it, and to callers of theirs.

After step 13 of the story. Everything in a receipt is what leaves of the public log commit to, so that the
file beside it proves each word; what has been erased is said to be, and what is sealed is withheld here too.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from backend.model import contests, receipts
from backend.model.contests import Contest
from backend.model.ids import CameraId, SiteId, Token, UseId
from backend.model.incidents import FeedState, Incident
from backend.model.links import Link
from backend.model.people import User
from backend.model.receipts import (
    FILE,
    MOST_LEAVES,
    VERSION,
    CallerReceipt,
    ReceiptFile,
    ReceiptPage,
    ReceiptView,
    Sealed,
    Viewer,
)
from backend.model.refusals import Refusal, Refused
from backend.model.rungs import RungChange
from backend.model.uses import LeafKind, UseEntry
from backend.services.keys import Keys
from backend.services.limits import Rate
from backend.services.proofs import RECEIPT, proves
from backend.services.steps import Steps
from backend.store.store import Tx
from backend.tlog.client import LogAway, LogRefused
from backend.tlog.talk import Status
from media.ports import Holder, Sfu

A_PAGE = 10
SETTLES = timedelta(seconds=10)  # after an end: on a busy machine what a screen was sent is written later
_MINUTE = timedelta(minutes=1)
CALLERS_WORDS = "This phone cannot show that it is the one that shared. Open the link where you shared."


class ProvingLog(Protocol):
    """What of the public log a receipt needs (backend/tlog/client)."""

    async def prove(self, index: int) -> bytes:
        """A tlog-proof at the published checkpoint. Raises LogAway; LogRefused when it is not there yet."""
        ...

    async def status(self) -> Status:
        """How far it is published. Raises LogAway and LogRefused."""
        ...


class Terms(msgspec.Struct, frozen=True):
    """What callers are told besides: whom to ask, and days until precise places are forgotten."""

    contact: str
    places_days: int


class Published(msgspec.Struct, frozen=True):
    """How many entries anybody can check now, and when there will be more; None while nobody can say."""

    size: int
    next_at: datetime | None


class Receipts:
    """Reads only. `agency` is who callers are told had asked them; `sfu` knows whose screens are still on."""

    def __init__(
        self, steps: Steps, keys: Keys, public: ProvingLog, sfu: Sfu, agency: str, terms: Terms
    ) -> None:
        self._steps, self._keys, self._log, self._sfu = steps, keys, public, sfu
        self._agency, self._terms = agency, terms
        self._addresses = Rate(every_s=0.1, burst=300)  # one carrier, one address, many callers
        self._files = Rate(every_s=1, burst=20)  # each is some questions to the log's process

    # Owners

    async def page(self, owner: User, before: int | None = None) -> ReceiptPage:
        """Ten openings of this owner's cameras, the newest first, or those before that number."""
        published = await self.published()
        async with self._steps.read() as tx:
            began = await tx.receipts.of_owner(owner.id, before, A_PAGE + 1)
            shown = await self.views(tx, began[:A_PAGE], published)
            count = await tx.receipts.count(owner.id)
        return ReceiptPage(
            receipts=tuple(shown),
            count=count,
            more=began[A_PAGE - 1].number if len(began) > A_PAGE else None,
            provable_at=published.next_at,
        )

    async def file(self, owner: User, use: UseId) -> ReceiptFile:
        """What proves one offline. Raises Refused."""
        if not self._files.take(owner.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a second, then ask for it again.")
        async with self._steps.read() as tx:
            if await tx.receipts.one(owner.id, use) is None:
                raise Refused(Refusal.NOT_FOUND)
            leaves = (await tx.receipts.leaves([use]))[use]
        return await self._file("owner", leaves)

    async def views(self, tx: Tx, began: Sequence[UseEntry], published: Published) -> list[ReceiptView]:
        """The receipts of the uses that began so, in their order."""
        uses = [entry.id for entry in began]
        leaves = await tx.receipts.leaves(uses)
        held = await tx.contests.of_uses(uses)
        cameras = [entry.camera_id for entry in began if entry.camera_id is not None]
        places = await tx.receipts.places(list(dict.fromkeys(cameras)))
        now = self._steps.clock()
        return [
            _view(leaves[entry.id], held.get(entry.id, []), places, entry.camera_id, published, now)
            for entry in began
            if entry.camera_id is not None
        ]

    # Callers

    async def challenge(self, token: Token, address: str) -> str:
        """What the browser that shared signs. Tells nobody whether a link is there. Raises Refused."""
        link = await self._link(token, address)
        return self._keys.challenge(link.id, self._steps.clock())

    async def of_caller(
        self, token: Token, *, challenge: str, x: str, y: str, signature: str, address: str
    ) -> CallerReceipt:
        """Who saw what this browser shared, whatever has become of its link since. Raises Refused."""
        link = await self._link(token, address)
        now = self._steps.clock()
        if not self._keys.challenge_is_fresh(challenge, link.id, now):
            raise Refused(Refusal.CHALLENGE_STALE)
        key = proves(
            x=x, y=y, signature=signature, challenge=challenge, token=token.reveal(), purpose=RECEIPT
        )
        if key is None:
            raise Refused(Refusal.BAD_SIGNATURE)
        if link.bound_key != key:
            raise Refused(Refusal.LINK_BOUND, CALLERS_WORDS)
        screens = {session.holder for session in self._sfu.state().sessions}  # before what they have told
        async with self._steps.read() as tx:
            leaves = await tx.receipts.of_feed(link.feed_id) if link.feed_id is not None else []
            feed = await tx.feeds.get(link.feed_id) if link.feed_id is not None else None
            incident = await tx.incidents.get(link.incident_id)
            changes = await tx.rungs.of_link(link.id)
            words = await tx.talk.said_by(link.id, caller=True)
            uploads = await tx.uploads.taken(link.id)
            for looks in (await tx.receipts.leaves(uploads)).values():
                leaves += looks
        ended = feed is None or feed.state is FeedState.ENDED
        over = ended or incident is None or incident.closed_at is not None
        on = {
            entry.id for entry in leaves if entry.grant_id is not None and Holder(entry.grant_id) in screens
        }
        settling = feed is not None and ended and now - feed.since < SETTLES
        receipt = await self._callers(link, leaves, now, over, on, settling)
        return self._with_terms(
            msgspec.structs.replace(receipt, words=words, uploads=len(uploads)), link, incident, changes, now
        )

    async def _callers(
        self,
        link: Link,
        leaves: list[UseEntry],
        now: datetime,
        over: bool,
        on: set[UseId],
        settling: bool,
    ) -> CallerReceipt:
        """`on`: uses by which a screen has the picture's session; what it was sent is told at its end.

        `settling`: the end is so near that what a screen was sent may not be written yet.
        """
        published = await self.published()
        uses: dict[UseId, list[UseEntry]] = {}
        for entry in leaves:
            uses.setdefault(entry.id, []).append(entry)
        seals = {use: _sealed(held, now) for use, held in uses.items()}
        opened = {
            use: [receipts.opened(entry, seals[use] is not None) for entry in held]
            for use, held in uses.items()
        }
        seen = {use: receipts.tell(held) for use, held in opened.items()}
        grants = {use: one for use, one in seen.items() if uses[use][0].kind is LeafKind.OPEN}
        if settling:
            on = on | {use for use, one in grants.items() if not one.sessions}
        viewers = [
            Viewer(role=one.role, seconds=one.seconds, watching=not (one.over or over))
            for use, one in grants.items()
            if not over or one.sessions or use in on  # a grant by which nobody looked is nobody
        ]
        proved = _proved(leaves, published)
        return CallerReceipt(
            agency=self._agency,
            live=link.feed_id is not None,
            viewers=tuple(viewers),
            lookers=receipts.lookers(leaf for held in opened.values() for leaf in held),
            over=over and not on,
            stills=sum(one.stills or 0 for one in seen.values()),
            recorded=any(one.recorded for one in seen.values()),
            sealed=next((seal for seal in seals.values() if seal is not None), None),
            proved=proved and bool(leaves),
            provable_at=published.next_at,
            file=await self._file("caller", leaves) if proved and leaves else None,
        )

    def _with_terms(
        self,
        receipt: CallerReceipt,
        link: Link,
        incident: Incident | None,
        changes: Sequence[RungChange],
        now: datetime,
    ) -> CallerReceipt:
        """With what was shared on each rung, and what becomes of it."""
        closed_at = incident.closed_at if incident is not None else None
        ends = [at for at in (link.ended_at, link.revoked_at, closed_at) if at is not None]
        days = self._terms.places_days
        return msgspec.structs.replace(
            receipt,
            shared=receipts.shared_for(changes, min([*ends, now])),
            places_days=days,
            places_until=closed_at + timedelta(days=days) if closed_at is not None else None,
            contact=self._terms.contact,
        )

    async def _link(self, token: Token, address: str) -> Link:
        if not self._addresses.take(address):
            raise Refused(Refusal.TOO_MANY_TRIES, "Too many tries. Wait a minute.")
        async with self._steps.read() as tx:
            link = await tx.links.by_token(token.hashed)
        if link is None or link.bound_key is None:  # nobody has shared by it
            raise Refused(Refusal.LINK_UNKNOWN, "Nothing was shared by this link.")
        return link

    # Both

    async def published(self) -> Published:
        """How far the public log is published now."""
        try:
            status = await self._log.status()
        except (LogAway, LogRefused):
            return Published(0, None)
        if status.trouble is not None:
            return Published(status.published, None)
        due = self._steps.clock() + timedelta(seconds=status.grows_in_s) + _MINUTE
        return Published(status.published, due.replace(second=0, microsecond=0))

    async def _file(self, to: str, leaves: Sequence[UseEntry]) -> ReceiptFile:
        if len(leaves) > MOST_LEAVES:
            raise Refused(Refusal.FULL, f"This receipt has more than {MOST_LEAVES} entries. Ask the agency.")
        now = self._steps.clock()
        uses: dict[str, list[UseEntry]] = {}
        for entry in leaves:
            uses.setdefault(entry.id, []).append(entry)
        hidden = {use for use, held in uses.items() if _sealed(held, now) is not None}
        entries = [
            receipts.proved(
                entry, await self._proof(entry), base64.b64encode(entry.leaf).decode(), entry.id in hidden
            )
            for entry in leaves
        ]
        return ReceiptFile(v=VERSION, type=FILE, to=to, entries=tuple(entries))

    async def _proof(self, entry: UseEntry) -> str | None:
        if entry.index is None:
            return None
        try:
            return (await self._log.prove(entry.index)).decode()
        except LogRefused:
            return None  # not published yet
        except LogAway as fault:
            raise Refused(
                Refusal.LOG_AWAY, "The public log does not answer, so nothing can be proved now. Try again."
            ) from fault


def _sealed(leaves: Sequence[UseEntry], now: datetime) -> Sealed | None:
    return receipts.seal_of([receipts.opened(entry) for entry in leaves], now)


def _proved(leaves: Sequence[UseEntry], published: Published) -> bool:
    return all(entry.index is not None and entry.index < published.size for entry in leaves)


def _view(
    leaves: Sequence[UseEntry],
    held: Sequence[Contest],
    places: dict[str, tuple[str, SiteId, str]],
    camera: CameraId,
    published: Published,
    now: datetime,
) -> ReceiptView:
    sealed = _sealed(leaves, now)
    told = receipts.tell(receipts.opened(entry, sealed is not None) for entry in leaves)
    name, site_id, site = places[camera]
    waits = bool(held) and held[0].outcome is None
    return ReceiptView(
        use=leaves[0].id,
        camera_id=camera,
        camera=name,
        site_id=site_id,
        site=site,
        hour=told.hour,
        category=told.category,
        role=told.role,
        reason=told.reason,
        opened_at=told.opened_at,
        ended_at=told.ended_at if told.over else None,
        over=told.over,
        seconds=told.seconds,
        bytes=told.bytes,
        stills=told.stills,
        looks=told.looks,
        recorded=told.recorded,
        outcome=told.outcome if told.over else None,
        erased=tuple(sorted(told.closed)),
        sealed=sealed,
        proved=_proved(leaves, published),
        contest=contests.view(held[0]) if held else None,
        contests_left=0 if waits else max(0, contests.MOST_OF_A_USE - len(held)),
    )
