"""Prices and invoices."""

from collections.abc import Iterable
from datetime import date

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Select

from backend.model.cameras import ParticipationLevel
from backend.model.fees import BillableSite, Invoice
from backend.model.ids import InvoiceId, SiteId, UserId
from backend.model.sites import SiteKind
from backend.store.rows import columns, value, values
from backend.store.tables import cameras, invoices, prices, sites, users


class Fees:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def lock(self) -> None:
        """Nobody else changes prices or invoices until this transaction ends.

        SQLite has one writer anyway. With many, two who count the same invoices would give one number twice.
        """
        if self._db.dialect.name == "postgresql":
            await self._db.exec_driver_sql("LOCK TABLE invoices, prices IN SHARE ROW EXCLUSIVE MODE")

    async def prices(self) -> dict[ParticipationLevel, int]:
        """Cents by level; a level that nobody has set a price for is not in it."""
        rows = await self._db.execute(select(prices.c.level, prices.c.cents))
        return {ParticipationLevel(row.level): row.cents for row in rows}

    async def set_price(self, level: ParticipationLevel, cents: int) -> None:
        await self._db.execute(delete(prices).where(prices.c.level == level.value))
        await self._db.execute(insert(prices).values(level=level.value, cents=cents))

    async def unbilled(self, year: int, most: int) -> list[BillableSite]:
        """Sites with an owner and a camera and without an invoice of that year, the oldest first."""
        rows = await self._db.execute(
            select(sites.c.id, sites.c.owner_id, sites.c.name, sites.c.address, users.c.display_name)
            .join(users, users.c.id == sites.c.owner_id)
            .where(sites.c.id.in_(_unbilled(year)))
            .order_by(sites.c.added_at, sites.c.id)
            .limit(most)
        )
        found = list(rows)
        counts: dict[str, dict[ParticipationLevel, int]] = {}
        held = await self._db.execute(
            select(cameras.c.site_id, cameras.c.level, func.count().label("count"))
            .where(cameras.c.site_id.in_([row.id for row in found]), cameras.c.retired_at.is_(None))
            .group_by(cameras.c.site_id, cameras.c.level)
        )
        for row in held:
            counts.setdefault(row.site_id, {})[ParticipationLevel(row.level)] = row[2]
        return [
            BillableSite(
                id=SiteId(row.id),
                owner_id=UserId(row.owner_id),
                name=row.name,
                address=row.address,
                addressee=row.display_name,
                cameras=counts[row.id],
            )
            for row in found
        ]

    async def count_unbilled(self, year: int) -> int:
        return await self._db.scalar(select(func.count()).select_from(_unbilled(year).subquery())) or 0

    async def last_number(self, year: int) -> str | None:
        """The highest number of that year."""
        found: str | None = await self._db.scalar(
            select(func.max(invoices.c.number)).where(invoices.c.year == year)
        )
        return found

    async def add(self, invoice: Invoice) -> None:
        lines = msgspec.to_builtins(invoice.lines)
        row = columns(invoice) | {"lines": lines, "due_on": invoice.due_on, "paid_on": invoice.paid_on}
        await self._db.execute(insert(invoices).values(**row))

    async def get(self, invoice: InvoiceId) -> Invoice | None:
        return value(
            (await self._db.execute(select(invoices).where(invoices.c.id == invoice))).one_or_none(), Invoice
        )

    async def by_number(self, numbers: Iterable[str]) -> dict[str, Invoice]:
        """Those that there are."""
        rows = await self._db.execute(select(invoices).where(invoices.c.number.in_(list(numbers))))
        return {invoice.number: invoice for invoice in values(rows, Invoice)}

    async def of_year(self, year: int) -> list[Invoice]:
        """The newest number first."""
        rows = await self._db.execute(
            select(invoices).where(invoices.c.year == year).order_by(invoices.c.number.desc())
        )
        return values(rows, Invoice)

    async def of_owner(self, owner: UserId) -> list[Invoice]:
        """Those of the sites that are theirs, the newest first."""
        rows = await self._db.execute(
            select(invoices)
            .join(sites, sites.c.id == invoices.c.site_id)
            .where(sites.c.owner_id == owner)
            .order_by(invoices.c.number.desc())
        )
        return values(rows, Invoice)

    async def owner_of(self, invoice: InvoiceId) -> UserId | None:
        """Whose site it bills."""
        found = await self._db.scalar(
            select(sites.c.owner_id)
            .join(invoices, invoices.c.site_id == sites.c.id)
            .where(invoices.c.id == invoice)
        )
        return UserId(found) if found is not None else None

    async def mark(self, invoice: InvoiceId, paid_on: date | None, note: str) -> None:
        await self._db.execute(
            update(invoices).where(invoices.c.id == invoice).values(paid_on=paid_on, paid_note=note)
        )


def _unbilled(year: int) -> Select[tuple[str]]:
    """Ids of sites that take part, are somebody's, and have no invoice of that year."""
    return (
        select(sites.c.id)
        .join(cameras, cameras.c.site_id == sites.c.id)
        .where(
            sites.c.kind != SiteKind.CITY.value,
            sites.c.owner_id.is_not(None),
            sites.c.retired_at.is_(None),
            cameras.c.retired_at.is_(None),
            sites.c.id.not_in(select(invoices.c.site_id).where(invoices.c.year == year)),
        )
        .distinct()
    )
