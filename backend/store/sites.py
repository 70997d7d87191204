"""Sites and their telephone numbers. Those that were retired are kept for the log and shown nowhere."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import SiteId, UserId
from backend.model.sites import Site
from backend.store.rows import columns, fields
from backend.store.tables import connectors, site_numbers, sites

_STANDS = sites.c.retired_at.is_(None)


class Sites:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, site: Site) -> None:
        row = _row(site)
        await self._db.execute(insert(sites).values(**row))
        await self._set_numbers(site)

    async def change(self, site: Site) -> None:
        """All of it, as it is now."""
        await self._db.execute(update(sites).where(sites.c.id == site.id).values(**_row(site)))
        await self._set_numbers(site)

    async def get(self, site: SiteId) -> Site | None:
        """Retired or not."""
        found = await self._whole(sites.c.id == site)
        return found[0] if found else None

    async def names(self, these: Iterable[SiteId]) -> dict[SiteId, str]:
        """What each is called, retired or not."""
        rows = await self._db.execute(select(sites.c.id, sites.c.name).where(sites.c.id.in_(sorted(these))))
        return {row.id: row.name for row in rows}

    async def of_owner(self, owner: UserId | None) -> list[Site]:
        """Those that stand, oldest first; the city's for None."""
        return await self._whole(_STANDS, _of(owner))

    async def count(self, owner: UserId | None) -> int:
        found = await self._db.scalar(select(func.count()).select_from(sites).where(_STANDS, _of(owner)))
        return found or 0

    async def by_number(self, number: str) -> list[Site]:
        """Whose telephone this is (E.164); several sites may share a switchboard."""
        holders = select(site_numbers.c.site_id).where(site_numbers.c.number == number)
        return await self._whole(_STANDS, sites.c.id.in_(holders))

    async def retire(self, site: SiteId, at: datetime) -> None:
        """The site and its connectors, which are let in no more."""
        await self._db.execute(update(sites).where(sites.c.id == site).values(retired_at=at))
        await self._db.execute(
            update(connectors)
            .where(connectors.c.site_id == site, connectors.c.retired_at.is_(None))
            .values(retired_at=at)
        )
        await self._db.execute(delete(site_numbers).where(site_numbers.c.site_id == site))

    async def _set_numbers(self, site: Site) -> None:
        await self._db.execute(delete(site_numbers).where(site_numbers.c.site_id == site.id))
        if site.numbers:
            rows = [{"site_id": site.id, "number": number} for number in site.numbers]
            await self._db.execute(insert(site_numbers), rows)

    async def _whole(self, *where: ColumnElement[bool]) -> list[Site]:
        chosen = select(sites).where(*where).order_by(sites.c.added_at, sites.c.id)
        found = list(await self._db.execute(chosen))
        numbers: dict[str, list[str]] = {row.id: [] for row in found}
        held = await self._db.execute(
            select(site_numbers)
            .where(site_numbers.c.site_id.in_(select(sites.c.id).where(*where)))
            .order_by(site_numbers.c.number)
        )
        for row in held:
            numbers[row.site_id].append(row.number)
        return [_site(fields(row), numbers[row.id]) for row in found]


def _of(owner: UserId | None) -> ColumnElement[bool]:
    return sites.c.owner_id.is_(None) if owner is None else sites.c.owner_id == owner


def _row(site: Site) -> dict[str, Any]:
    row = columns(site)
    del row["numbers"]
    point: dict[str, float] = row.pop("point")
    return {**row, **point}


def _site(row: dict[str, Any], numbers: list[str]) -> Site:
    point = {name: row.pop(name) for name in ("latitude", "longitude")}
    return msgspec.convert({**row, "point": point, "numbers": numbers}, Site)
