"""The drones of one connector: each with a link and a task of its own; what all say in few frames.

The service may be away: heartbeats go on, what drones say is then told to nobody, and nothing is kept for it.
Loaded only where there are drones, for it needs pymavlink.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from media.connector import wire
from media.connector.autopilot import Autopilot
from media.connector.drone_frames import MOST_DRONES, TELEMETRY_HZ, DroneReport, Result
from media.connector.folder import Camera, Drone
from media.connector.recorder import Recorder

_SAID_PER_S, _SAID_BURST = 6.0, 60.0  # of all drones together: the service reads 20 frames a second
_LOG_EVERY_S = 60.0
_log = logging.getLogger(__name__)

Say = Callable[[wire.Drones | wire.Telemetry | wire.Answer | wire.Said], None]


class Drones:
    """`run` until cancelled. `say` takes a frame or drops it; `busy` tells that frames wait to be sent.

    `flights` is the folder of telemetry logs, for drones that are recorded.
    """

    def __init__(self, say: Say, busy: Callable[[], bool], flights: Path) -> None:
        self._say, self._busy, self._flights = say, busy, flights
        self._flying: dict[str, tuple[Autopilot, asyncio.Task[None]]] = {}
        self._cameras: set[str] = set()
        self._told: tuple[DroneReport, ...] = ()
        self._may_say, self._said_at, self._held = _SAID_BURST, 0.0, 0
        self._logged: dict[str, dict[str, int]] = {}

    def settle(self, drones: Sequence[Drone], cameras: Sequence[Camera]) -> None:
        """These and no others from now on; one that was changed is begun anew."""
        self._cameras = {camera.name for camera in cameras if camera.kind == "drone"}
        wanted = {drone.name: drone for drone in drones[:MOST_DRONES]}
        for name, (autopilot, task) in list(self._flying.items()):
            if wanted.get(name) != autopilot.drone:
                task.cancel()
                del self._flying[name]
        for name, drone in wanted.items():
            if name not in self._flying:
                recorder = Recorder(self._flights, name) if drone.record else None
                autopilot = Autopilot(drone, self._heard, recorder)
                self._flying[name] = autopilot, asyncio.create_task(self._keep(autopilot))

    def order(self, command: wire.Command) -> None:
        found = self._flying.get(command.drone)
        if found is None:
            words = "This connector has no such drone any more."
            self._say(
                wire.Answer(order=command.order, drone=command.drone, result=Result.NO_ANSWER, words=words)
            )
        else:
            found[0].order(command.order, command.do)

    def welcomed(self) -> None:
        """The service is new, or has forgotten."""
        self._told = self.reports()
        self._say(wire.Drones(drones=self._told))

    def reports(self) -> tuple[DroneReport, ...]:
        return tuple(self._report(autopilot) for autopilot, _ in self._flying.values())

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due, log_at = loop.time(), loop.time() + _LOG_EVERY_S
        try:
            while True:
                due = max(due + 1 / TELEMETRY_HZ, loop.time())
                await asyncio.sleep(due - loop.time())
                self._tell()
                if loop.time() > log_at:
                    log_at = loop.time() + _LOG_EVERY_S
                    self._log_counts()
        finally:
            tasks = [task for _, task in self._flying.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _tell(self) -> None:
        if (now := self.reports()) != self._told:
            self._told = now
            self._say(wire.Drones(drones=now))
        states = tuple(
            state for autopilot, _ in self._flying.values() if (state := autopilot.state()) is not None
        )
        if states and not self._busy():  # on a slow network the newest are told, later
            self._say(wire.Telemetry(states=states))

    def _report(self, autopilot: Autopilot) -> DroneReport:
        drone = autopilot.drone
        colour, thermal = (name if name in self._cameras else None for name in drone.pictures)
        return DroneReport(
            name=drone.name,
            label=drone.label,
            system=autopilot.system,
            signed=bool(drone.key),
            colour=colour,
            thermal=thermal,
            autopilot=autopilot.about[:32],
            remote_id=autopilot.remote_id,
            trouble=autopilot.trouble,
        )

    async def _keep(self, autopilot: Autopilot) -> None:
        """A mistake in one drone's program is that drone's alone, and it is begun anew."""
        while True:
            try:
                await autopilot.run()
                return
            except Exception:
                _log.exception("The link of %s has failed and is begun anew.", autopilot.drone.name)
            await asyncio.sleep(1)

    def _heard(self, frame: wire.Answer | wire.Said) -> None:
        if isinstance(frame, wire.Said):
            now = asyncio.get_running_loop().time()
            self._may_say = min(_SAID_BURST, self._may_say + (now - self._said_at) * _SAID_PER_S)
            self._said_at = now
            if self._may_say < 1:
                self._held += 1
                return
            self._may_say -= 1
        self._say(frame)

    def _log_counts(self) -> None:
        """What was passed over, once a minute and when it grew."""
        for name, (autopilot, _) in self._flying.items():
            counts, before = autopilot.counts, self._logged.get(name, {})
            grown = [
                f"{n - before.get(what, 0)} {what}" for what, n in counts.items() if n > before.get(what, 0)
            ]
            if grown:
                _log.info("%s: passed over in the last minute: %s.", name, ", ".join(grown))
            self._logged[name] = counts
