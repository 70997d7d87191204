"""A city's history in a real log: what a service writes in months, written in a second, and then served.

The database is filled by the store, leaves by the service's own rules; the log's process is the real one.
"""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from backend.model import uses as rules
from backend.model.ids import FeedId, IncidentId, OpeningId, UseId, UserId, new_id
from backend.model.uses import NONE, Field, LeafKind, UseEntry
from backend.store.store import Store
from backend.store.tables import feeds, incidents

ZONE = ZoneInfo("Europe/Helsinki")
CATEGORIES = ("Medical", "Break-in", "Fire", "Medical", "Traffic collision")


async def write(database: Path, openings: int, now: datetime) -> None:
    """So many openings of cameras over the last hundred days, each with its end; the log comes for them."""
    store = Store(f"sqlite+aiosqlite:///{database}")
    async with store.begin() as tx:
        user, _ = (await tx.users.by_name("dana")) or (None, "")
        assert user is not None
        for at in range(openings):
            when = now - timedelta(days=100) * (openings - 1 - at) / max(openings - 1, 1)
            incident, feed = IncidentId(new_id("inc")), FeedId(new_id("fed"))
            category = CATEGORIES[at % len(CATEGORIES)]
            held = {"type": category, "words": "", "opened_at": when, "opened_by": user.id}
            await tx.uses._db.execute(insert(incidents).values(id=incident, **held))
            placed = {"incident_id": incident, "kind": "camera", "state": "ended", "since": when}
            await tx.uses._db.execute(insert(feeds).values(id=feed, **placed))
            opened = _opened(user.id, incident, feed, when, category)
            await tx.uses.add(opened)
            await tx.uses.add(_ended(opened))
    await store.close()


def write_now(database: Path, openings: int) -> None:
    """The same, without a loop of one's own."""
    asyncio.run(write(database, openings, datetime.now(UTC)))


def _opened(user: UserId, incident: IncidentId, feed: FeedId, when: datetime, category: str) -> UseEntry:
    use = UseId(new_id("use"))
    fields = {
        "use": use,
        "hour": rules.hour(when.astimezone(ZONE)),
        "at": rules.exact(when),
        "source": "camera",
        "category": category,
        "reason": "see-scene",
        "level": "nearby",
        "role": "dispatcher",
        "district": NONE,
        "camera": new_id("cam"),
    }
    salted = _salted(fields)
    return UseEntry(
        id=use,
        key=OpeningId(new_id("opn")),
        kind=LeafKind.OPEN,
        incident_id=incident,
        feed_id=feed,
        user_id=user,
        at=when,
        fields=salted,
        leaf=rules.leaf(LeafKind.OPEN, salted),
    )


def _ended(opened: UseEntry) -> UseEntry:
    salted = _salted(
        {
            "use": opened.id,
            "hour": opened.fields["hour"].value,
            "at": opened.fields["at"].value,
            "duration_s": "61.0",
            "viewers": "1",
            "outcome": "hung-up",
        }
    )
    return UseEntry(
        id=opened.id,
        key=opened.key,
        kind=LeafKind.END,
        incident_id=opened.incident_id,
        feed_id=opened.feed_id,
        user_id=opened.user_id,
        at=opened.at,
        fields=salted,
        leaf=rules.leaf(LeafKind.END, salted),
    )


def _salted(fields: dict[str, str]) -> dict[str, Field]:
    return {name: rules.salted(value, secrets.token_bytes(16)) for name, value in fields.items()}
