"""Locators: positions of vehicles, in batches. What an officer's phone says goes before (model/tracks).

Nothing is taken of a unit that nobody is on duty in. A message costs no transaction but a look, once a
second, at who is on duty and whether the token still holds; nothing here may log a token.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from backend.model.devices import Device, DeviceKind
from backend.model.ids import DeviceId, DeviceToken, UnitId
from backend.model.locators import LocatorReport, Passed, PassedOver, Taken
from backend.model.refusals import Refusal, Refused
from backend.model.tracks import Doubt
from backend.services.limits import Rate
from backend.services.steps import Steps
from backend.services.units import UNITS, Units

KNOWN_S = 1.0  # for so long it is believed who is on duty
SEEN_EVERY = timedelta(minutes=1)
MOST_SOCKETS = 4  # of one locator: it connects again before we know that it left


class Roster(msgspec.Struct, frozen=True):
    """Who is there to be spoken of, as of a moment."""

    units: dict[str, UnitId]  # by call sign
    manned: set[str]
    read_at: float


class Locators:
    """Takes what they say."""

    def __init__(self, steps: Steps, units: Units) -> None:
        self._steps, self._units = steps, units
        self._roster: Roster | None = None
        self._held: dict[DeviceId, float] = {}  # when a token was last seen to hold
        self._seen: dict[DeviceId, datetime] = {}
        self._sockets: dict[DeviceId, int] = {}
        self._messages = Rate(every_s=0.02, burst=100)  # of one locator: ten thousand units a second
        self._reports = Rate(every_s=1, burst=3, keys=UNITS)  # of one unit
        self._strangers = Rate(every_s=1, burst=30, keys=1)

    async def admit(self, token: DeviceToken | None) -> Device:
        """Whose token this is. Raises Refused (unknown-grant, device-retired, wrong-scope, too-often)."""
        if token is None:
            raise self._stranger()
        async with self._steps.read() as tx:
            device = await tx.devices.by_token(token.hashed)
        if device is None:
            raise self._stranger()
        self._check(device)
        return device

    def arrive(self, device: Device) -> None:
        """A socket of this locator opens. Raises Refused (full)."""
        if self._sockets.get(device.id, 0) >= MOST_SOCKETS:
            raise Refused(Refusal.FULL, f"This locator has {MOST_SOCKETS} connections already.")
        self._sockets[device.id] = self._sockets.get(device.id, 0) + 1

    def leave(self, device: Device) -> None:
        """It is closed."""
        self._sockets[device.id] -= 1
        if not self._sockets[device.id]:
            del self._sockets[device.id]

    async def take(self, device: Device, reports: Sequence[LocatorReport]) -> Taken:
        """Believe what can be believed of one message. Raises Refused (too-often, device-retired)."""
        if not self._messages.take(device.id):
            raise Refused(Refusal.TOO_OFTEN, "Send more reports in one message, and fewer messages.")
        roster = await self._look(device)
        now = self._steps.clock()
        passed = [
            PassedOver(index=index, why=why.value)
            for index, report in enumerate(reports)
            if (why := self._take(device, roster, report, now)) is not None
        ]
        return Taken(taken=len(reports) - len(passed), passed=tuple(passed))

    def _take(
        self, device: Device, roster: Roster, report: LocatorReport, now: datetime
    ) -> Passed | Doubt | None:
        named = roster.units.get(report.unit) if report.unit is not None else device.unit_id
        if named is None or device.unit_id not in (None, named):
            return Passed.UNKNOWN_UNIT
        if named not in roster.manned:
            return Passed.OFF_DUTY
        if not self._reports.take(named):
            return Passed.TOO_OFTEN
        try:
            position = report.received(now)
        except ValueError:
            return Passed.BAD_POSITION
        return position if isinstance(position, Doubt) else self._units.take(named, position, now)

    async def _look(self, device: Device) -> Roster:
        moment, roster = time.monotonic(), self._roster
        if roster is None or moment - roster.read_at >= KNOWN_S:
            async with self._steps.read() as tx:
                roster = Roster(await tx.units.call_signs(), await tx.duties.manned(), moment)
            self._roster = roster
        if moment - self._held.get(device.id, 0.0) >= KNOWN_S:
            async with self._steps.read() as tx:
                found = await tx.devices.get(device.id)
            self._check(found or device)
            self._held[device.id] = moment
            await self._note(device)
        return roster

    async def _note(self, device: Device) -> None:
        """When it was last seen, to the minute."""
        now = self._steps.clock()
        if device.id not in self._seen or now - self._seen[device.id] >= SEEN_EVERY:
            self._seen[device.id] = now
            async with self._steps.begin() as step:
                await step.tx.devices.seen(device.id, now)

    def _check(self, device: Device) -> None:
        if device.kind is not DeviceKind.LOCATOR:
            raise Refused(Refusal.WRONG_SCOPE, "This device publishes a picture and no positions.")
        if device.retired_at is not None:
            raise Refused(Refusal.DEVICE_RETIRED, "This locator was retired.")

    def _stranger(self) -> Refused:
        if not self._strangers.take("all"):
            return Refused(Refusal.TOO_OFTEN, "Wait a few seconds, then connect again.")
        return Refused(Refusal.GRANT_UNKNOWN, "This locator's token is not known. Register it again.")
