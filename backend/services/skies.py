"""Skies: where drones may fly over this city, what the weather is, and which aircraft are heard.

The areas are read once, at the start; the ways from every dock are looked for then, in a thread, so that no
incident waits for them. Weather and aircraft come from stations, each with a token of its own, or by hand.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from backend.model.devices import Device, DeviceKind
from backend.model.docks import Dock
from backend.model.entries import Action
from backend.model.ids import DeviceId, DeviceToken
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.traffic import FORGET, Aircraft
from backend.model.weather import AHEAD, Weather
from backend.services.limits import Rate
from backend.services.steps import Steps

if TYPE_CHECKING:
    from backend.airspace.routes import Airspace

MOST_AIRCRAFT = 500
SEEN_EVERY = timedelta(minutes=1)


class Skies:
    """`survey` before it is asked for ways. `file`: the city's areas, None where all is free."""

    def __init__(self, steps: Steps, file: Path | None) -> None:
        self._steps, self._file = steps, file
        self.airspace: Airspace | None = None
        self.trouble: str | None = None  # why there is no airspace though there are docks
        self.areas: bytes | None = None  # the file as it is
        self._weather: Weather | None = None
        self._traffic: dict[str, Aircraft] = {}
        self._seen: dict[DeviceId, datetime] = {}
        self._tries = Rate(every_s=0.2, burst=60)
        self._strangers = Rate(every_s=1, burst=30, keys=1)

    def read(self) -> None:
        """Read the file. Raises BadAreas with words for the operator, or OSError."""
        if self._file is not None:
            from backend.airspace import areas  # shapely takes longer to load than a small agency's service

            raw = self._file.read_bytes()
            areas.read(raw)
            self.areas = raw

    async def begin(self, docks: Sequence[Dock]) -> None:
        """The last weather that was known, and the ways from these docks."""
        async with self._steps.read() as tx:
            self._weather = await tx.skies.weather()
        await self.survey(docks)

    async def survey(self, docks: Sequence[Dock]) -> None:
        """Look for the ways from these docks, again when one was added. One shut in is `trouble`."""
        if not docks:
            self.airspace, self.trouble = None, None
            return
        from backend.airspace.areas import BadAreas

        try:
            self.airspace, self.trouble = await asyncio.to_thread(_surveyed, self.areas, docks), None
        except BadAreas as bad:
            self.airspace, self.trouble = None, str(bad)

    @property
    def weather(self) -> Weather | None:
        """The last report; how old it may be is the rules' to say."""
        return self._weather

    def traffic(self, now: datetime) -> tuple[Aircraft, ...]:
        """What was heard lately."""
        old = [name for name, aircraft in self._traffic.items() if now - aircraft.at > FORGET]
        for name in old:
            del self._traffic[name]
        return tuple(self._traffic.values())

    async def say(self, user: User, report: Weather) -> None:
        """The weather by somebody who looked. Raises Refused (bad-weather)."""
        self._check(report)
        async with self._steps.begin() as step:
            await step.tx.skies.put(report, user.id)
            await step.record(
                Action.WEATHER_SET,
                actor=user.id,
                subject=user.id,
                wind=f"{report.wind.speed_mps:.0f} m/s from {report.wind.from_deg:.0f}",
            )
        self._weather = report

    async def admit(self, token: DeviceToken | None) -> Device:
        """Which station that is. Raises Refused (unknown-grant, device-retired, wrong-scope, too-often)."""
        found = None
        if token is not None:
            async with self._steps.read() as tx:
                found = await tx.devices.by_token(token.hashed)
        if found is None:
            if not self._strangers.take("all"):
                raise Refused(Refusal.TOO_OFTEN, "Wait a few seconds, then try again.")
            raise Refused(Refusal.GRANT_UNKNOWN, "This station's token is not known. Register it again.")
        if found.kind is not DeviceKind.STATION:
            raise Refused(Refusal.WRONG_SCOPE, "This device is no station.")
        if found.retired_at is not None:
            raise Refused(Refusal.DEVICE_RETIRED, "This station was retired.")
        if not self._tries.take(found.id):
            raise Refused(Refusal.TOO_OFTEN, "Five messages a second are enough.")
        return found

    async def measured(self, station: Device, report: Weather) -> None:
        """The weather as a station has it. Raises Refused (bad-weather)."""
        self._check(report)
        async with self._steps.begin() as step:
            await step.tx.skies.put(report, station.id)
            await step.tx.devices.seen(station.id, step.now)
        self._weather = report

    async def hears(self, station: Device, heard: Sequence[Aircraft]) -> int:
        """What a receiver hears, newer positions in place of older ones; how many were taken."""
        now, taken = self._steps.clock(), 0
        self.traffic(now)
        for aircraft in heard:
            held = self._traffic.get(aircraft.name)
            if now - aircraft.at > FORGET or aircraft.at > now + AHEAD or (held and aircraft.at <= held.at):
                continue
            if held is None and len(self._traffic) >= MOST_AIRCRAFT:
                break
            self._traffic[aircraft.name] = aircraft
            taken += 1
        if now - self._seen.get(station.id, now - SEEN_EVERY) >= SEEN_EVERY:
            async with self._steps.begin() as step:
                await step.tx.devices.seen(station.id, now)
            self._seen[station.id] = now
        return taken

    def _check(self, report: Weather) -> None:
        now = self._steps.clock()
        if report.at > now + AHEAD:
            raise Refused(Refusal.BAD_WEATHER, "This report is from the future. Set the station's clock.")
        if self._weather is not None and report.at < self._weather.at:
            raise Refused(Refusal.BAD_WEATHER, "A newer report is known.")


def _surveyed(raw: bytes | None, docks: Sequence[Dock]) -> "Airspace":
    from backend.airspace import areas
    from backend.airspace.routes import Airspace

    found = areas.read(raw) if raw is not None else []
    airspace = Airspace(found, docks)
    for dock in docks:
        airspace.look_around(dock, dock.waiver.ceiling_m)
    return airspace
