"""Figures: what an operator reads off at /metrics, gathered within a bound.

Numbers and the ids of what lives now; never a telephone number, a name, a text or a secret.
"""

import asyncio
import logging

import msgspec

from backend.hub import Hub
from backend.services.engines import LIMIT_S, Engines, Reading
from backend.store.store import Store

log = logging.getLogger(__name__)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything as it stands now. None for what did not answer in time."""

    engines: Reading | None
    sockets: int
    outbox_waiting: int | None
    audit_entries: int | None


class Figures:
    """Reads them; whoever asks often keeps the answer for a while."""

    def __init__(self, engines: Engines, store: Store, hub: Hub) -> None:
        self._engines, self._store, self._hub = engines, store, hub

    async def report(self) -> Report:
        """What is known, in at most the time that the engines and the database are given."""
        engines, (waiting, entries) = await asyncio.gather(self._engines.read(), self._stored())
        return Report(
            engines=engines, sockets=self._hub.listeners, outbox_waiting=waiting, audit_entries=entries
        )

    async def _stored(self) -> tuple[int | None, int | None]:
        try:
            async with asyncio.timeout(LIMIT_S), self._store.read() as tx:
                return await tx.messages.waiting(), (await tx.entries.kept())[0]
        except TimeoutError:
            return None, None
        except Exception:
            log.exception("the database could not be read")
            return None, None
