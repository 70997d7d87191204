"""Glass: a supervisor lets an officer see one incident that the rules lock them out of. Beside the story.

It holds once the public log has its leaf, for half an hour at most, and ends with the incident, by a
supervisor's hand or by time; whatever is seen by it ends then, at the engine too. It opens the incident and
nothing of an owner's: cameras are asked for as by anybody else (services.presses).
"""

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from backend.model import glass as rules
from backend.model import uses as leaves
from backend.model.entries import Action
from backend.model.glass import BrokenGlass, GlassEnd, GlassReason
from backend.model.ids import GlassId, GrantId, IncidentId, UnitId, UserId, new_id
from backend.model.openings import OpeningEnd
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.uses import LeafKind
from backend.model.views import IncidentView, LockedOut
from backend.services.board import may_see
from backend.services.endings import Ending
from backend.services.keys import Keys
from backend.services.limits import Rate
from backend.services.openings import Openings
from backend.services.steps import Step, Steps
from backend.services.uses import Uses
from media.ports import EndReason, Holder, Sfu

LOOK_S = 1.0
AWAY = "The public log cannot be written, and without its entry no glass is broken. Assign the unit instead."
_SYSTEM = "system"


class Glass:
    """`zone` is the agency's clock."""

    def __init__(
        self, steps: Steps, keys: Keys, uses: Uses, openings: Openings, sfu: Sfu, zone: ZoneInfo
    ) -> None:
        self._steps, self._keys, self._uses = steps, keys, uses
        self._openings, self._sfu, self._zone = openings, sfu, zone
        self._rate = Rate(every_s=5, burst=5)

    async def locked_out(self, incident: IncidentId) -> list[LockedOut]:
        """The officers for whom glass could be broken. Raises Refused."""
        async with self._steps.read() as tx:
            found = await tx.incidents.get(incident)
            if found is None:
                raise Refused(Refusal.NOT_FOUND)
            held = {glass.user_id for glass in await tx.glass.of_incident(incident)}
            units = {unit.id: unit.call_sign for unit in await tx.units.all()}
            people = await tx.users.all()
        return [
            LockedOut(
                user_id=user.id,
                name=user.display_name,
                unit=units.get(user.unit_id or user.usual_unit_id or UnitId("")),
            )
            for user in people
            if rules.why_not(user, found.unit_ids) is None and user.id not in held
        ]

    async def break_for(
        self, by: User, incident: IncidentId, user: UserId, reason: GlassReason, minutes: int
    ) -> IncidentView:
        """Let this officer see it, at most half an hour. It is public at once. Raises Refused."""
        if not self._rate.take(by.id):
            raise Refused(Refusal.TOO_OFTEN, "Glass is broken one officer at a time: wait some seconds.")
        async with self._steps.begin() as step:
            glass = await self._break(step, by, incident, user, reason, minutes)
        try:
            await self._uses.stands()
        except Refused:
            await self._unbroken(glass)
            raise Refused(Refusal.LOG_AWAY, AWAY) from None
        async with self._steps.begin() as step:  # now it holds, and those whom it is for are told
            return await step.changed_view(incident)

    async def _break(
        self, step: Step, by: User, incident: IncidentId, user: UserId, reason: GlassReason, minutes: int
    ) -> BrokenGlass:
        step.attempts(Action.GLASS_BREAK, actor=by.id, subject=user)
        whom = await step.tx.users.get(user)
        if whom is None:
            raise Refused(Refusal.NOT_FOUND)
        found = await step.open_incident(incident)
        refusal = rules.why_not(whom, found.unit_ids)
        if refusal is not None:
            raise Refused(refusal, f"{whom.display_name} is not locked out of this incident.")
        held = await step.tx.glass.of_incident(incident)
        if any(glass.user_id == user for glass in held):
            raise Refused(Refusal.GLASS_BROKEN, f"Glass is broken for {whom.display_name} already.")
        if len(held) >= rules.LIVE_AT_ONCE:
            raise Refused(Refusal.TOO_MANY, "Glass is broken for many here: assign their units instead.")
        if not self._uses.up:
            raise Refused(Refusal.LOG_AWAY, AWAY)
        until = step.now + rules.lasts(minutes)
        local = step.now.astimezone(self._zone)
        leaf = await self._uses.state(
            step,
            LeafKind.BREAK_GLASS,
            {
                "by": by.role.value,
                "whom": whom.role.value,
                "why": reason.value,
                "until": leaves.hour(until.astimezone(self._zone)),
                "officer": self._keys.pseudonym("user", whom.id, leaves.quarter(local)),
            },
            None,
            by.id,
            incident,
        )
        glass = BrokenGlass(
            id=GlassId(new_id("gls")),
            incident_id=incident,
            user_id=user,
            by=by.id,
            reason=reason,
            at=step.now,
            expires_at=until,
            number=leaf.number,
        )
        await step.tx.glass.add(glass)
        await step.record(
            Action.GLASS_BREAK,
            actor=by.id,
            subject=user,
            incident=incident,
            glass=glass.id,
            reason=reason.value,
            until=until.isoformat(timespec="seconds"),
        )
        return glass

    async def _unbroken(self, glass: BrokenGlass) -> None:
        """The log did not take it, so it does not hold; should it do so later, nothing hangs on that."""
        ending, grants = Ending(), list[GrantId]()
        async with self._steps.begin() as step:
            await self._take_back(step, glass, GlassEnd.LOG_AWAY, _SYSTEM, ending, grants)
            await step.record(
                Action.GLASS_BREAK,
                actor=glass.by,
                subject=glass.user_id,
                incident=glass.incident_id,
                refusal=Refusal.LOG_AWAY,
                glass=glass.id,
            )
        await self._finish(ending, grants)

    async def revoke(self, by: User, glass: GlassId) -> None:
        """Nothing is seen by it any more when this returns; once more is nothing. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.GLASS_END, actor=by.id, subject=glass)
            held = await step.tx.glass.get(glass)
            if held is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(held.incident_id, held.user_id)
            ending, grants = await self._end(
                step, [held] if held.ended_at is None else [], GlassEnd.REVOKED, by=by.id
            )
        await self._finish(ending, grants)

    async def end_incident(self, step: Step, incident: IncidentId, *, by: str) -> None:
        """All of an incident that closes; what hangs on them ends with it."""
        await self._end(step, await step.tx.glass.of_incident(incident), GlassEnd.INCIDENT_CLOSED, by=by)

    async def watch(self) -> None:
        """End what time ends. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """End those whose time is up: the engine has stopped their pictures at that very moment."""
        async with self._steps.read() as tx:
            if not await tx.glass.over(self._steps.clock()):
                return
        async with self._steps.begin() as step:
            over = await step.tx.glass.over(step.now)
            ending, grants = await self._end(step, over, GlassEnd.EXPIRED, by=_SYSTEM)
        await self._finish(ending, grants)

    async def _end(
        self, step: Step, held: Sequence[BrokenGlass], end: GlassEnd, *, by: str
    ) -> tuple[Ending, list[GrantId]]:
        ending, grants = Ending(), list[GrantId]()
        for glass in held:
            await self._take_back(step, glass, end, by, ending, grants)
            await step.record(
                Action.GLASS_END,
                actor=by,
                subject=glass.user_id,
                incident=glass.incident_id,
                glass=glass.id,
                end=end.value,
                seconds=f"{(step.now - glass.at).total_seconds():.1f}",
            )
            step.changed(glass.incident_id)
        return ending, grants

    async def _take_back(
        self,
        step: Step,
        glass: BrokenGlass,
        end: GlassEnd,
        by: str,
        ending: Ending,
        grants: list[GrantId],
    ) -> None:
        """It is over, and so is what is seen by it; who has been assigned since keeps what the rules give."""
        await step.tx.glass.end(glass.id, end, step.now)
        user, incident = (
            await step.tx.users.get(glass.user_id),
            await step.tx.incidents.get(glass.incident_id),
        )
        assert user is not None
        assert incident is not None
        if not may_see(user, incident.unit_ids):
            grants += await step.tx.grants.revoke_watchers(incident.id, [user.id], step.now)
            await self._openings.end_of(
                step, OpeningEnd.RELEASED, by=by, users=[user.id], incident=incident.id, into=ending
            )

    async def _finish(self, ending: Ending, grants: list[GrantId]) -> None:
        await asyncio.gather(*(self._sfu.end_holder(Holder(grant), EndReason.REVOKED) for grant in grants))
        await self._openings.finish(ending)
