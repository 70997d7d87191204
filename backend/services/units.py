"""Units: where they are, while their officer shares it."""

from backend.model.people import User
from backend.model.positions import PositionReport, PositionSource
from backend.model.refusals import Refusal, Refused
from backend.services.limits import Rate
from backend.services.steps import Steps


class Units:
    """Positions of those who are sent."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._rate = Rate(every_s=1, burst=3)

    async def moved(self, user: User, report: PositionReport) -> None:
        """Take the position of this officer's unit. Raises Refused."""
        if user.unit_id is None:
            raise Refused(Refusal.NO_UNIT, "You ride in no unit.")
        if not self._rate.take(user.unit_id):
            raise Refused(Refusal.TOO_OFTEN, "A position a second is enough.")
        async with self._steps.begin() as step:
            try:
                position = report.received(step.now, PositionSource.UNIT)
            except ValueError as error:
                raise Refused(Refusal.BAD_POSITION, str(error)) from error
            unit = await step.tx.units.get(user.unit_id)
            if unit is not None and not position.outdated_by(unit.position, step.now):
                await step.tx.units.move(user.unit_id, position)
                step.unit_changed(user.unit_id)
