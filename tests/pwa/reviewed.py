"""Weeks with a history, written into a service's folder before it starts: by the real steps, at another time.

What is written waits for the log, which the service hands it when it is there.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from backend.config import Config
from backend.model.ids import CameraId, IncidentId, SessionId, new_id, new_secret
from backend.model.openings import Reason
from backend.model.people import StaffSession, User
from backend.model.positions import PositionReport
from backend.model.review import monday
from backend.parts import Parts, build
from tests.backend.filelog import FileLog
from tests.backend.house import Clock, House, embedded
from tests.backend.lent import SHOP, Lent, lending
from tests.peers import LOG

AT = PositionReport(latitude=SHOP.latitude, longitude=SHOP.longitude, accuracy_m=5.0)


class Rooms:
    """As much of a house as `lending` needs."""

    def __init__(self, folder: Path, leaves: Path) -> None:
        self.clock = Clock()
        self.parts: Parts = build(
            Config(data_dir=folder, port=0, media_port=0),
            self.clock,
            lambda config, heard: embedded(config, heard, self.clock),
            lambda _: FileLog(leaves, LOG),
        )


async def write(folder: Path, leaves: Path) -> None:
    """A finding of a month ago that nobody closed, and a last week with three."""
    rooms = Rooms(folder, leaves)
    clock, parts = rooms.clock, rooms.parts
    this = monday(clock().date())
    await parts.store.migrate()
    people = {name: await _signed_in(parts, clock, name) for name in ("dana", "lee")}
    clock.advance(days=-35)
    lent = await lending(cast(House, rooms))
    back = (clock().date() - (this - timedelta(days=28))).days
    clock.advance(days=1 - back)  # the Tuesday four weeks ago
    door, corner = await lent.camera(name="Front door"), await lent.camera(name="Corner of Oak and 3rd")
    await _week(parts, lent, people["dana"], door)
    await parts.review.make(this - timedelta(days=28))
    clock.advance(days=21)
    await _week(parts, lent, people["lee"], corner)
    for name in ("Yard", "Till"):
        incident = await _open(parts, people["dana"])
        camera = await lent.camera(name=name)
        await parts.openings.open(people["dana"], incident, CameraId(camera), Reason.FIND_PERSON)
        await parts.openings.stop(CameraId(camera))
        await parts.incidents.close(people["dana"], incident)
    await parts.store.close()


async def _signed_in(parts: Parts, clock: Clock, name: str) -> User:
    async with parts.store.begin() as tx:
        held = await tx.users.by_name(name)
        assert held is not None
        session = StaffSession(
            id=SessionId(new_id("ses")), user=held[0], expires_at=clock() + timedelta(hours=1)
        )
        await tx.sessions.add(session, new_secret(), clock())
    return held[0]


async def _open(parts: Parts, user: User) -> IncidentId:
    view = await parts.incidents.open(
        user, incident_type="Break-in", words="A man with a lamp", callback_number=None, position=AT
    )
    return IncidentId(view.id)


async def _week(parts: Parts, lent: Lent, user: User, often: str) -> None:
    """One camera in six incidents, and others once each."""
    for number in range(6):
        incident = await _open(parts, user)
        await _send(parts, user, incident)
        for camera in (often, await lent.camera(name=f"Camera {number + 1}")):
            parts.openings._rate._held.clear()
            await parts.openings.open(user, incident, CameraId(camera), Reason.SEE_SCENE)
        await parts.incidents.close(user, incident)


async def _send(parts: Parts, user: User, incident: IncidentId) -> Any:
    async with parts.store.read() as tx:
        units = await tx.units.all()
    return await parts.responses.assign(user, incident, units[0].id)
