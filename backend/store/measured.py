"""What callers' links are measured by. A row of figures names no link: it cannot be led back to one."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import LinkId
from backend.model.measured import Browser, CallerFigure, Network
from backend.store.rows import columns, values
from backend.store.tables import incidents, links
from backend.store.tables_measured import caller_figures, unmeasured


class Measured:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def expect(self, link: LinkId) -> None:
        """This link is to be measured once its incident is closed."""
        await self._db.execute(insert(unmeasured).values(link_id=link))

    async def said(self, link: LinkId, browser: Browser, network: Network) -> None:
        """What the browser that opened it first said of itself."""
        await self._db.execute(
            update(unmeasured)
            .where(unmeasured.c.link_id == link, unmeasured.c.browser.is_(None))
            .values(browser=browser.value, network=network.value)
        )

    async def due(self, limit: int) -> list[tuple[LinkId, Browser, Network]]:
        """Those whose incident is closed, with what their browser said."""
        rows = await self._db.execute(
            select(unmeasured)
            .join(links, links.c.id == unmeasured.c.link_id)
            .join(incidents, incidents.c.id == links.c.incident_id)
            .where(incidents.c.closed_at.is_not(None))
            .order_by(unmeasured.c.link_id)
            .limit(limit)
        )
        return [
            (
                LinkId(row.link_id),
                Browser(row.browser) if row.browser is not None else Browser.UNKNOWN,
                Network(row.network) if row.network is not None else Network.UNKNOWN,
            )
            for row in rows
        ]

    async def add(self, link: LinkId, figure: CallerFigure) -> bool:
        """Keep the figure and forget whose it is; whether it was still to be measured."""
        gone = await self._db.execute(delete(unmeasured).where(unmeasured.c.link_id == link))
        if gone.rowcount:
            row = {**columns(figure), "rungs": list(figure.rungs), "reasons": list(figure.reasons)}
            await self._db.execute(insert(caller_figures).values(**row))
        return bool(gone.rowcount)

    async def figures(self, since: datetime, until: datetime, limit: int) -> list[CallerFigure]:
        """Those of these hours, the newest first."""
        rows = await self._db.execute(
            select(caller_figures)
            .where(caller_figures.c.hour >= since, caller_figures.c.hour < until)
            .order_by(caller_figures.c.hour.desc(), caller_figures.c.id.desc())
            .limit(limit)
        )
        return values(rows, CallerFigure)

    async def forget(self, before: datetime) -> int:
        """Rows that are older; how many went."""
        gone = await self._db.execute(delete(caller_figures).where(caller_figures.c.hour < before))
        return gone.rowcount
