"""Hand-overs: who leaves when, so that an incident is never without a picture from above.

Rules only: how long each takes and can stay comes from its plan.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from backend.model.ids import DroneId

OVERLAP = timedelta(seconds=20)  # both are there: the next one's picture is seen before the other turns away
APART_M = 30.0  # the next one waits so far short of the place until the other has left


class Relief(msgspec.Struct, frozen=True, kw_only=True):
    """One that could take over: how long from the command to the scene, and how long it could stay there."""

    drone_id: DroneId
    to_scene_s: float
    stays_s: float


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """One drone's time over the scene. `gap_s` is how long nobody was there before it; 0 when handed over."""

    drone_id: DroneId
    launch_at: datetime
    on_scene_at: datetime
    leaves_at: datetime
    gap_s: float = 0.0


def relay(
    leaves_at: datetime, reliefs: Sequence[Relief], now: datetime, until: datetime
) -> tuple[list[Shift], str | None]:
    """The shifts after the one that must leave then, and words when there is a time without a picture.

    Of those that can be there in time the one that stays longest is next; when none can, who is there first.
    Each goes once: what charges is planned anew when it is ready.
    """
    shifts: list[Shift] = []
    left = list(reliefs)
    while left and leaves_at < until:
        meets_at = leaves_at - OVERLAP
        in_time = [one for one in left if now + _seconds(one.to_scene_s) <= meets_at]
        if in_time:
            after = max(in_time, key=lambda one: (one.stays_s, -one.to_scene_s, one.drone_id))
        else:
            after = min(left, key=lambda one: (one.to_scene_s, -one.stays_s, one.drone_id))
        on_scene_at = max(meets_at, now + _seconds(after.to_scene_s))
        left.remove(after)
        shift = Shift(
            drone_id=after.drone_id,
            launch_at=on_scene_at - _seconds(after.to_scene_s),
            on_scene_at=on_scene_at,
            leaves_at=on_scene_at + _seconds(after.stays_s),
            gap_s=max(0.0, (on_scene_at - leaves_at).total_seconds()),
        )
        if shift.leaves_at <= leaves_at:  # it could stay no longer than who is there
            continue
        shifts.append(shift)
        leaves_at = shift.leaves_at
    return shifts, _gaps(shifts, leaves_at, until)


def _gaps(shifts: Sequence[Shift], last_leaves_at: datetime, until: datetime) -> str | None:
    words = [
        f"Nobody is over the scene for {shift.gap_s:.0f} s before {shift.on_scene_at:%H:%M:%S} UTC."
        for shift in shifts
        if shift.gap_s > 0
    ]
    if last_leaves_at < until:
        words.append(f"From {last_leaves_at:%H:%M:%S} UTC there is no drone to take over.")
    return " ".join(words) or None


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
