"""Other eyes: what TAK clients are told, where an operator has said so. Off unless they have.

Every two seconds what is true is compared with what was said last: what changed is said, what has not is said
again before it goes stale, and what is over is taken away. That bounds how much is ever sent. Nothing private
leaves here: no name, no number, nobody's words, no picture; units only while somebody is on duty in them.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from backend.model.entries import Action
from backend.model.incidents import INCIDENT_TYPES, PANIC, Incident
from backend.model.people import Unit
from backend.model.positions import PositionSource
from backend.services.steps import Steps
from backend.store.store import Tx
from notifications.cot import Marker, MarkerKind, event, removal

LOOK_S = 2.0
AGAIN = timedelta(seconds=20)  # what stays is said again, for whoever has just come or has lost it
STALE = timedelta(seconds=70)  # three times over, and a little
OLD = timedelta(seconds=120)  # a position that nobody has renewed for so long is said no more
AT_ONCE = 1000  # events of one look; the rest waits for the next, the longest unsaid first
REMOVALS = 3  # how often it is said that something is over: UDP may lose one
SYSTEM, SUBJECT = "system", "tak"


class Shown(StrEnum):
    """What may be told."""

    INCIDENTS = "incidents"
    CALLERS = "callers"
    UNITS = "units"
    CAMERAS = "cameras"


class Destination(Protocol):
    """One receiver (notifications/tak)."""

    @property
    def url(self) -> str: ...

    def offer(self, uid: str, event: bytes) -> None:
        """Never waits; a newer event of the same thing takes the older one's place."""
        ...

    async def run(self) -> None:
        """Send what is offered. Runs until cancelled."""
        ...


class _Said(msgspec.Struct, frozen=True):
    marker: Marker
    at: datetime


class Eyes:
    """Keeps the maps of others true."""

    def __init__(
        self, steps: Steps, destinations: Sequence[Destination], shown: frozenset[Shown], public_url: str
    ) -> None:
        self._steps, self.destinations, self._shown = steps, tuple(destinations), shown
        self._public_url = public_url.rstrip("/")
        self._said: dict[str, _Said] = {}
        self._leaving: dict[str, tuple[Marker, int]] = {}
        self._on_record: set[str] = set()  # incidents

    async def begin(self) -> None:
        """Put on record what is told to whom from now on, when that is another thing than before."""
        to = ", ".join(destination.url for destination in self.destinations)
        now = {"to": to, "shows": ", ".join(sorted(self._shown)) if to else ""}
        async with self._steps.begin() as step:
            before = await step.tx.entries.last(Action.TAK_SET)
            if now != (before.details if before is not None else {"to": "", "shows": ""}):
                await step.record(Action.TAK_SET, actor="operator", subject=SUBJECT, details=now)

    async def run(self) -> None:
        """Keep them true, and every destination sending. Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for destination in self.destinations:
                group.create_task(destination.run())
            while True:
                await self.look()
                await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Once."""
        now = self._steps.clock()
        async with self._steps.read() as tx:
            incidents = [held for held in await tx.incidents.open() if held.position is not None]
            markers, old = await self._markers(tx, incidents, now)
        if self._shown & {Shown.INCIDENTS, Shown.CALLERS, Shown.CAMERAS}:
            await self._record(incidents)
        for uid in self._said.keys() - markers.keys():
            gone = self._said.pop(uid)
            if uid not in old:  # that one runs out by itself where it is shown
                self._leaving[uid] = (gone.marker, REMOVALS)
        for uid in self._leaving.keys() & markers.keys():
            del self._leaving[uid]
        for uid, (marker, left) in list(self._leaving.items()):
            self._offer(uid, removal(marker, now))
            self._leaving[uid] = (marker, left - 1)
            if left == 1:
                del self._leaving[uid]
        due = [uid for uid, marker in markers.items() if self._is_due(uid, marker, now)]
        due.sort(key=lambda uid: self._said[uid].at.timestamp() if uid in self._said else 0.0)
        for uid in due[:AT_ONCE]:
            self._offer(uid, event(markers[uid], now))
            self._said[uid] = _Said(markers[uid], now)

    def _offer(self, uid: str, said: bytes) -> None:
        for destination in self.destinations:
            destination.offer(uid, said)

    def _is_due(self, uid: str, marker: Marker, now: datetime) -> bool:
        said = self._said.get(uid)
        if said is None or not timedelta() <= now - said.at < AGAIN:
            return True
        return msgspec.structs.replace(said.marker, at=marker.at, stale=marker.stale) != marker

    async def _markers(
        self, tx: Tx, incidents: Sequence[Incident], now: datetime
    ) -> tuple[dict[str, Marker], set[str]]:
        """What is so, by uid; and the uids of what is, but was where it was too long ago."""
        found, old = list[Marker](), set[str]()
        for incident in incidents:
            if Shown.INCIDENTS in self._shown:
                found.append(self._incident(incident, now))
            assert incident.position is not None
            if Shown.CALLERS in self._shown and incident.position.source is PositionSource.CALLER:
                found.append(self._caller(incident))
            if Shown.CAMERAS in self._shown:
                found += await self._cameras(tx, incident, now)
        if Shown.UNITS in self._shown:
            found += [_unit(unit) for unit in await tx.units.all() if unit.crew and unit.position]
        markers = {}
        for marker in found:
            if marker.stale <= now:
                old.add(marker.uid)
            else:
                markers[marker.uid] = marker
        return markers, old

    def _incident(self, incident: Incident, now: datetime) -> Marker:
        at = incident.position
        assert at is not None
        return Marker(
            uid=f"sightline.{incident.id}",
            kind=MarkerKind.INCIDENT,
            label=incident.type if incident.type in (*INCIDENT_TYPES, PANIC) else "Incident",
            latitude=at.latitude,
            longitude=at.longitude,
            accuracy_m=at.accuracy_m,
            at=now,
            stale=now + STALE,
            guessed=at.source is not PositionSource.CALLER,
            page=self._page(incident),
        )

    def _caller(self, incident: Incident) -> Marker:
        at = incident.position
        assert at is not None
        return Marker(
            uid=f"sightline.{incident.id}.caller",
            kind=MarkerKind.CALLER,
            label="Caller",
            latitude=at.latitude,
            longitude=at.longitude,
            accuracy_m=at.accuracy_m,
            at=at.at,
            stale=at.at + OLD,
            heading_deg=at.heading_deg,
            speed_mps=at.speed_mps,
            page=self._page(incident),
        )

    async def _cameras(self, tx: Tx, incident: Incident, now: datetime) -> list[Marker]:
        """Lent cameras that somebody sees for it now; what their owners call them is not said."""
        held = [opening for opening in await tx.openings.of_incident(incident.id) if opening.open_at(now)]
        cameras = [await tx.cameras.get(camera) for camera in sorted({one.camera_id for one in held})]
        return [
            Marker(
                uid=f"sightline.{incident.id}.{camera.id}",
                kind=MarkerKind.CAMERA,
                label="Camera",
                latitude=camera.point.latitude,
                longitude=camera.point.longitude,
                at=now,
                stale=now + STALE,
                looks_deg=camera.view.heading_deg,
                field_deg=camera.view.field_deg if camera.view.heading_deg is not None else 360.0,
                page=self._page(incident),
            )
            for camera in cameras
            if camera is not None
        ]

    def _page(self, incident: Incident) -> str:
        """Where somebody who signs in, and may see it, sees the pictures."""
        return f"{self._public_url}/#{incident.id}"

    async def _record(self, incidents: Sequence[Incident]) -> None:
        """Each incident that is told of says so in its log, once."""
        self._on_record &= {incident.id for incident in incidents}
        new = [incident for incident in incidents if incident.id not in self._on_record]
        if not new:
            return
        async with self._steps.begin() as step:
            for incident in new:
                if not await step.tx.entries.did(SYSTEM, Action.TAK_SHOW, incident.id):
                    await step.record(
                        Action.TAK_SHOW, actor=SYSTEM, subject=incident.id, incident=incident.id
                    )
        self._on_record.update(incident.id for incident in new)


def _unit(unit: Unit) -> Marker:
    at = unit.position
    assert at is not None
    return Marker(
        uid=f"sightline.{unit.id}",
        kind=MarkerKind.UNIT,
        label=unit.call_sign,
        latitude=at.latitude,
        longitude=at.longitude,
        accuracy_m=at.accuracy_m,
        at=at.at,
        stale=at.at + OLD,
        heading_deg=at.heading_deg,
        speed_mps=at.speed_mps,
    )
