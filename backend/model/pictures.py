"""How a picture comes to us and how it goes on: the caller's connection in one word, a viewer's in one level.

Rules only: the engine's figures of a second go in, one word comes out, and it does not flap.
"""

from enum import StrEnum

import msgspec


class Connection(StrEnum):
    """How the caller's picture reaches us, from best to worst."""

    GOOD = "good"
    WEAK = "weak"  # it may stutter or blur
    VERY_WEAK = "very-weak"  # it breaks: the caller should move
    GONE = "gone"  # nothing arrives


class Level(StrEnum):
    """What a viewer's own connection lets through, from best to worst; the engine's own words."""

    FULL = "full"
    HALF = "half"  # half of the frames
    QUARTER = "quarter"
    KEYFRAMES = "keyframes"  # nothing between keyframes
    STILLS = "stills"  # a keyframe now and then


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived of one caller's picture in the last second."""

    live: bool
    bitrate_bps: int = 0  # 0 when not measured yet
    loss: float = 0.0  # 0 to 1, before repeats
    unrepaired: float = 0.0  # 0 to 1, that no repeat brought in time
    rtt_ms: float | None = None
    freezes: int = 0  # in the last FREEZES_OVER seconds


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Beyond any of these a connection is as weak as that."""

    bitrate_bps: int
    loss: float
    unrepaired: float
    rtt_ms: float
    freezes: int


FREEZES_OVER = 10
WORSE_AFTER = 2  # readings in a row before a worse word is said
BETTER_AFTER = 5  # and before a better one is
# Loss itself is repaired up to about a third; a low rate alone is what a congested uplink adapts to. A camera
# that is turned round freezes the picture once.
VERY_WEAK = Bounds(bitrate_bps=40_000, loss=0.35, unrepaired=0.08, rtt_ms=1500, freezes=4)
WEAK = Bounds(bitrate_bps=100_000, loss=0.10, unrepaired=0.02, rtt_ms=600, freezes=2)
_RANK = {connection: rank for rank, connection in enumerate(Connection)}


def grade(arrival: Arrival) -> Connection:
    """One second in one word."""
    if not arrival.live:
        return Connection.GONE
    if _is_beyond(VERY_WEAK, arrival):
        return Connection.VERY_WEAK
    return Connection.WEAK if _is_beyond(WEAK, arrival) else Connection.GOOD


def _is_beyond(bounds: Bounds, arrival: Arrival) -> bool:
    return (
        0 < arrival.bitrate_bps < bounds.bitrate_bps
        or arrival.loss > bounds.loss
        or arrival.unrepaired > bounds.unrepaired
        or (arrival.rtt_ms or 0.0) > bounds.rtt_ms
        or arrival.freezes >= bounds.freezes
    )


class Standing(msgspec.Struct, frozen=True):
    """What is said of a connection, and the last seconds' words. None until there is something to say."""

    said: Connection | None = None
    recent: tuple[Connection, ...] = ()


def settle(standing: Standing, now: Connection) -> Standing:
    """The standing after one more second.

    Worse is said after WORSE_AFTER seconds that were all worse, and as mildly as the mildest of them; better
    after BETTER_AFTER seconds that were all better, and as gravely as the gravest. What comes back after it
    was gone begins anew.
    """
    said = standing.said
    begins = said in (None, Connection.GONE)
    if begins and now is Connection.GONE:
        return Standing(said)
    recent = (*standing.recent, now)[-BETTER_AFTER:]
    last = recent[-WORSE_AFTER:]
    if len(last) == WORSE_AFTER and (begins or all(_RANK[one] > _RANK[said] for one in last if said)):
        said = min(last, key=_RANK.__getitem__)
    elif said and len(recent) == BETTER_AFTER and all(_RANK[one] < _RANK[said] for one in recent):
        said = max(recent, key=_RANK.__getitem__)
    return Standing(said, () if said is Connection.GONE and not begins else recent)
