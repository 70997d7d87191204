"""Units: where they are, while somebody is on duty in them and at no other time.

A report costs no transaction: the newest of each unit is kept here for a moment, and some times a second all
that moved are written down and told together. What a crash loses is a quarter of a second of positions.
"""

import asyncio
from datetime import datetime
from itertools import islice

from backend.model.ids import UnitId
from backend.model.people import User
from backend.model.positions import Position, PositionReport, PositionSource
from backend.model.refusals import Refusal, Refused
from backend.model.tracks import Doubt, Track, judge
from backend.services.limits import Rate
from backend.services.steps import Steps

TOLD_S = 0.25
AT_ONCE = 2000  # of one transaction; the others wait, a newer position in place of an older
UNITS = 20_000  # whose reports are counted; the rate of one unused for longest is forgotten first
WORDS = {
    Doubt.STALE: "This position is too old. Send where you are now.",
    Doubt.FUTURE: "This position is from the future. Set the sender's clock.",
    Doubt.JUMP: "Nothing gets there that fast. It counts when the next reports agree.",
}


class Units:
    """Positions of those who are sent."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._rate = Rate(every_s=1, burst=3, keys=UNITS)
        self._tracks: dict[UnitId, Track] = {}  # of units on duty
        self._moved: dict[UnitId, Position] = {}  # and not written down yet

    async def moved(self, user: User, report: PositionReport) -> None:
        """Take the position of this officer's phone. Raises Refused."""
        if user.unit_id is None:
            raise Refused(Refusal.NO_UNIT, "You are not on duty: your position is not wanted.")
        if not self._rate.take(user.unit_id):
            raise Refused(Refusal.TOO_OFTEN, "A position a second is enough.")
        now = self._steps.clock()
        try:
            position = report.received(now, PositionSource.UNIT)
        except ValueError as error:
            raise Refused(Refusal.BAD_POSITION, str(error)) from error
        doubt = self.take(user.unit_id, position, now)
        if doubt in WORDS:
            raise Refused(Refusal.BAD_POSITION, WORDS[doubt])

    def take(self, unit: UnitId, position: Position, now: datetime) -> Doubt | None:
        """Believe a report, or say why not. For units that somebody is on duty in."""
        track, doubt = judge(self._tracks.get(unit, Track()), position, now)
        self._tracks[unit] = track
        if doubt is None:
            self._moved[unit] = position
        return doubt

    def forget(self, unit: UnitId) -> None:
        """Nobody is on duty there any more. Called inside the step that writes so."""
        self._tracks.pop(unit, None)
        self._moved.pop(unit, None)

    async def run(self) -> None:
        """Write down and tell what moved. Runs until cancelled."""
        while True:
            await asyncio.sleep(TOLD_S)
            await self.look()

    async def look(self) -> None:
        """All of it now, as far as it goes at once."""
        if not self._moved:
            return
        waited = list(islice(self._moved, AT_ONCE))  # the longest
        taken = [(unit, self._moved.pop(unit)) for unit in waited]
        async with self._steps.begin() as step:
            manned = await step.tx.duties.manned()
            moved = [(unit, position) for unit, position in taken if unit in manned]
            for unit, _ in taken:
                if unit not in manned:
                    self.forget(unit)
            if moved:
                await step.tx.units.move(moved)
                step.units_moved(moved)
