"""What receipts are made of: uses of somebody's cameras, and of a caller's picture. Reading only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import CameraId, FeedId, SiteId, UseId, UserId
from backend.model.uses import LeafKind, UseEntry
from backend.store.rows import values
from backend.store.tables import cameras, sites
from backend.store.tables_public import uses

_BEGINS = (uses.c.kind == LeafKind.OPEN.value, uses.c.opening_id.is_not(None))


class Receipts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def of_owner(self, owner: UserId, before: int | None, most: int) -> list[UseEntry]:
        """How each use of this owner's cameras began, the newest first; below that number."""
        older = [] if before is None else [uses.c.number < before]
        asked = _of(sites.c.owner_id == owner).where(*older).order_by(uses.c.number.desc()).limit(most)
        return values(await self._db.execute(asked), UseEntry)

    async def count(self, owner: UserId) -> int:
        asked = _of(sites.c.owner_id == owner).with_only_columns(func.count())
        return await self._db.scalar(asked) or 0

    async def of_site(
        self, site: SiteId, since: datetime, until: datetime, most: int | None = None
    ) -> list[UseEntry]:
        """How each use of this site's cameras began that began in this time, the first first."""
        when = (uses.c.at >= since, uses.c.at < until)
        asked = _of(sites.c.id == site).where(*when).order_by(uses.c.number).limit(most)
        return values(await self._db.execute(asked), UseEntry)

    async def ended(self, site: SiteId, since: datetime, until: datetime) -> list[UseEntry]:
        """The viewers' sessions with this site's cameras that ended in this time, the first first."""
        asked = (
            select(uses)
            .join(cameras, cameras.c.id == uses.c.camera_id)
            .where(
                cameras.c.site_id == site,
                uses.c.kind == LeafKind.END.value,
                uses.c.at >= since,
                uses.c.at < until,
            )
            .order_by(uses.c.number)
        )
        return values(await self._db.execute(asked), UseEntry)

    async def one(self, owner: UserId, use: UseId) -> UseEntry | None:
        """How this use began, where it is of a camera of theirs."""
        found = values(await self._db.execute(_of(sites.c.owner_id == owner, uses.c.id == use)), UseEntry)
        return found[0] if found else None

    async def of_feed(self, feed: FeedId) -> list[UseEntry]:
        """Every leaf about this picture, the first first."""
        asked = select(uses).where(uses.c.feed_id == feed).order_by(uses.c.number)
        return values(await self._db.execute(asked), UseEntry)

    async def leaves(self, of: Sequence[UseId]) -> dict[str, list[UseEntry]]:
        """All leaves of these uses, each the first first."""
        asked = select(uses).where(uses.c.id.in_(of)).order_by(uses.c.number)
        held: dict[str, list[UseEntry]] = {use: [] for use in of}
        for entry in values(await self._db.execute(asked), UseEntry):
            held[entry.id].append(entry)
        return held

    async def places(self, of: Sequence[CameraId]) -> dict[str, tuple[str, SiteId, str]]:
        """Of each camera its name, and its site's id and name. Retired or not."""
        rows = await self._db.execute(
            select(cameras.c.id, cameras.c.name, sites.c.id.label("site_id"), sites.c.name.label("site"))
            .join(sites, sites.c.id == cameras.c.site_id)
            .where(cameras.c.id.in_(of))
        )
        return {row.id: (row.name, SiteId(row.site_id), row.site) for row in rows}


def _of(*where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    joined = uses.join(cameras, cameras.c.id == uses.c.camera_id).join(sites, sites.c.id == cameras.c.site_id)
    return select(uses).select_from(joined).where(*_BEGINS, *where)
