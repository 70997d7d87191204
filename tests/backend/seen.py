"""Openings of lent cameras that somebody has looked at, for receipts, contests and statements.

seen = await look(house, dana, lent, camera, seconds=12.5, sent=3_000_000)
"""

from typing import Any

import msgspec

from backend.model.ids import GrantSecret
from backend.model.uses import UseEntry
from media import ports as media
from media.grants import read
from signaling import ports as signaling
from tests.backend.house import House, Staff
from tests.backend.lent import AT_THE_SHOP, Lent, press


class Look(msgspec.Struct):
    """One opening: its incident, its camera, and the use that it became."""

    incident: Any
    camera: str
    opening: Any
    use: str


async def admitted(house: House, who: Staff, feed: str) -> signaling.Admission:
    """A screen of theirs is let in."""
    bearer = GrantSecret((await who.post(f"/api/feeds/{feed}/watch"))["bearer"])
    return await house.parts.access.admit_subscriber(signaling.Bearer(bearer.reveal()), media.FeedId(feed))


async def told_end(
    house: House, admission: signaling.Admission, session: str, seconds: float, sent: int
) -> None:
    """The engine tells that this screen's session is over."""
    by = media.ByGrant(
        index=read(admission.grant).index, spooled=False, seconds=seconds, packets=9, bytes_out=sent
    )
    await house.parts.feeds.subscriber_ended(
        media.SessionSummary(
            session=media.SessionId(session),
            feed=admission.feed,
            holder=admission.holder,
            reason=media.EndReason.HUNG_UP,
            seconds=seconds,
            bytes_out=sent,
            by_grant=(by,),
        )
    )


async def look(
    house: House,
    who: Staff,
    lent: Lent,
    camera: str | None = None,
    *,
    seconds: float = 12.5,
    sent: int = 3_000_000,
    incident: Any = None,
    closed: bool = True,
) -> Look:
    """Somebody opens a camera, looks at it, and closes it."""
    held = camera or await lent.camera()
    incident = incident or await who.open(**AT_THE_SHOP)
    opening = (await press(who, incident, held))["opening"]
    admission = await admitted(house, who, opening["feed_id"])
    house.clock.advance(seconds=seconds)
    await told_end(house, admission, f"ses_{opening['id'][-8:]}", seconds, sent)
    if closed:
        await who.delete(f"/api/openings/{opening['id']}")
    async with house.parts.store.read() as tx:
        (first, *_) = await tx.uses.of(opening["id"])
    return Look(incident=incident, camera=held, opening=opening, use=first.id)


async def leaves(house: House, use: str) -> list[UseEntry]:
    async with house.parts.store.read() as tx:
        return (await tx.receipts.leaves([use]))[use]  # type: ignore[list-item]
