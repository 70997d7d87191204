"""Monthly statements: each site's month, held against its connectors' own signed counters, and kept.

Made once the month is over and its last minutes can come no more, and before any of them is forgotten: the
loop that prunes them (services.minutes) asks for this first. Made by whichever process comes first, once.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from backend.model import receipts, statements
from backend.model.connectors import Connector
from backend.model.entries import Action
from backend.model.ids import SiteId, StatementId, new_id
from backend.model.months import Month, before
from backend.model.people import Role, User
from backend.model.receipts import Told
from backend.model.refusals import Refusal, Refused
from backend.model.statements import (
    MOST_LINES,
    Came,
    CameraMonth,
    MismatchView,
    Printed,
    Seen,
    Span,
    Statement,
    StatementView,
    Verdict,
    minute_of,
)
from backend.model.uses import LeafKind, UseEntry
from backend.services.minutes import sound
from backend.services.receipts import Receipts
from backend.services.steps import Steps

log = logging.getLogger(__name__)

BACK = 2  # months that are made when they are missing: their minutes are all there
BACK_AT_MOST = 24  # where minutes of before are still kept, for the service was off
AT_ONCE = 100
LISTED = 240  # of one owner
PAUSE_S = 0.02  # between two days of minutes: others want the processor too
_DAY = timedelta(days=1)


class Statements:
    """`zone` is the agency's clock."""

    def __init__(self, steps: Steps, reading: Receipts, agency: str, zone: ZoneInfo) -> None:
        self._steps, self._receipts, self._agency, self._zone = steps, reading, agency, zone

    # Made

    async def make(self) -> int:
        """All that are due and missing; how many were made. Asked again it makes none twice."""
        made = 0
        for month in await self._due():
            while True:
                async with self._steps.read() as tx:
                    lacking = await tx.statements.lacking(month.name, month.starts_at, month.ends_at, AT_ONCE)
                for site in lacking:
                    made += await self._make(site, month)
                if not lacking:
                    break
        return made

    async def _due(self) -> list[Month]:
        now = self._steps.clock()
        async with self._steps.read() as tx:
            oldest = await tx.statements.oldest_minute()
        usual = before(now, BACK, self._zone).starts_at
        since = usual if oldest is None else min(usual, oldest)
        return statements.over(now, since, self._zone, BACK_AT_MOST)

    async def _make(self, site: SiteId, month: Month) -> bool:
        statement = await self._compared(site, month)
        async with self._steps.begin() as step:
            held = await step.tx.sites.get(site)
            if held is None or await step.tx.statements.has(site, month.name):
                return False  # another process came first
            await step.tx.statements.add(statement)
            await step.record(
                Action.STATEMENT_MAKE,
                actor="system",
                subject=statement.id,
                site=site,
                month=month.name,
                verdict=statement.verdict.value,
                openings=str(sum(camera.openings for camera in statement.cameras)),
            )
            step.site_changed(site, held.owner_id)
        if statement.verdict is Verdict.MISMATCH:
            log.error("the statement %s does not match: %s", statement.id, statement.counted)
        return True

    async def _compared(self, site: SiteId, month: Month) -> Statement:
        async with self._steps.read() as tx:
            stood = await tx.statements.cameras(site, month.starts_at, month.ends_at)
            around = (month.starts_at - _DAY, month.ends_at + _DAY)
            opened = await tx.statements.openings(site, *around)
            began = await tx.receipts.of_site(site, month.starts_at, month.ends_at)
            uses = list(dict.fromkeys([entry.id for entry in began]))
            leaves = await tx.receipts.leaves(uses)
            ended = await tx.receipts.ended(site, month.starts_at, month.ends_at)
            connectors = await tx.statements.connectors(site, *around)
        seen = [one for one in map(_seen, ended) if one is not None]
        since = min([month.starts_at, *(one.start for one in seen)]) - timedelta(minutes=5)
        until = month.ends_at + timedelta(minutes=5)
        came = [await self._came(connector, since, until, month) for connector in connectors]
        came = [each for each in came if each.until > month.starts_at and each.since < month.ends_at]
        spans = [Span(start=held.opened_at, end=held.ended_at) for held in opened]
        counted = statements.compare(month, came, spans, seen)
        told: dict[str, list[Told]] = {}
        for entry in began:
            one = receipts.tell(receipts.opened(leaf) for leaf in leaves[entry.id])
            told.setdefault(str(entry.camera_id), []).append(one)
        return Statement(
            id=StatementId(new_id("stm")),
            site_id=site,
            month=month.name,
            starts_at=month.starts_at,
            ends_at=month.ends_at,
            made_at=self._steps.clock(),
            verdict=statements.verdict(counted),
            cameras=tuple(
                CameraMonth(
                    camera_id=camera,
                    name=name,
                    openings=len(told.get(camera, [])),
                    seconds=round(sum(one.seconds or 0 for one in told.get(camera, [])), 1),
                    bytes=sum(one.bytes or 0 for one in told.get(camera, [])),
                    stills=sum(one.stills or 0 for one in told.get(camera, [])),
                    recorded=sum(bool(one.recorded) for one in told.get(camera, [])),
                )
                for camera, name in stood
            ),
            counted=counted,
        )

    async def _came(self, connector: Connector, since: datetime, until: datetime, month: Month) -> Came:
        """What this connector told, day by day, each minute's signature looked at."""
        media: dict[int, int] = {}
        forged, day = 0, since
        while day < until:
            async with self._steps.read() as tx:
                told = await tx.statements.minutes(connector.id, day, min(day + _DAY, until))
            good = await asyncio.to_thread(sound, connector, told)
            for held in good:
                media[minute_of(held.minute)] = held.media_bytes
            inside = {held.minute for held in told if month.starts_at <= held.minute < month.ends_at}
            forged += len(inside - {held.minute for held in good})
            day += _DAY
            await asyncio.sleep(PAUSE_S)
        return Came(
            since=connector.enrolled_at, until=connector.retired_at or until, media=media, forged=forged
        )

    # Read

    async def mine(self, owner: User) -> list[StatementView]:
        """An owner's, the newest month first."""
        async with self._steps.read() as tx:
            return [_view(held, site) for held, site in await tx.statements.of_owner(owner.id, LISTED)]

    async def mismatches(self) -> list[MismatchView]:
        """Those that do not match, for supervisors, the newest first."""
        async with self._steps.read() as tx:
            return [msgspec.convert(row, MismatchView) for row in await tx.statements.mismatches(AT_ONCE)]

    async def printed(self, user: User, statement: StatementId) -> Printed:
        """All that the paper says: for the site's owner, and for supervisors where it does not match.

        Raises Refused.
        """
        published = await self._receipts.published()
        async with self._steps.read() as tx:
            found = await tx.statements.get(statement)
            site = await tx.sites.get(found.site_id) if found is not None else None
            if found is None or site is None or site.owner_id is None:
                raise Refused(Refusal.NOT_FOUND)
            if user.id != site.owner_id and not (
                user.role is Role.SUPERVISOR and found.verdict is Verdict.MISMATCH
            ):
                raise Refused(Refusal.NOT_FOUND)
            owner = await tx.users.get(site.owner_id)
            began = await tx.receipts.of_site(site.id, found.starts_at, found.ends_at, MOST_LINES)
            lines = await self._receipts.views(tx, began, published)
        return Printed(
            agency=self._agency,
            zone=self._zone,
            site=site.name,
            address=site.address,
            owner=owner.display_name if owner is not None else "",
            statement=found,
            lines=tuple(lines),
        )


def _seen(entry: UseEntry) -> Seen | None:
    """A viewer's session by its leaf; None where what it says has been erased."""
    assert entry.kind is LeafKind.END
    said = receipts.opened(entry).fields
    start, end = receipts.moment(said.get("from")), receipts.moment(said.get("at"))
    sent = said.get("bytes", "")
    if start is None or end is None or not sent.isdigit():
        return None
    return Seen(start=start, end=end, bytes=int(sent))


def _view(held: Statement, site: str) -> StatementView:
    where = f"/api/statements/{held.id}"
    return StatementView(
        id=held.id,
        site_id=held.site_id,
        site=site,
        month=held.month,
        made_at=held.made_at,
        verdict=held.verdict,
        openings=sum(camera.openings for camera in held.cameras),
        seconds=round(sum(camera.seconds for camera in held.cameras), 1),
        bytes=sum(camera.bytes for camera in held.cameras),
        cameras=held.cameras,
        counted=held.counted,
        html=f"{where}.html",
        pdf=f"{where}.pdf",
        csv=f"{where}.csv",
    )
