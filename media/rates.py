"""What the levels of one feed take now, measured once for all of its subscribers.

    meter.take(tid, octets); rates = meter.tick(now)          # one RateMeter for each feed

Says what there is; what of it a subscriber gets is media/downlink's. Pure arithmetic: no clocks, no sockets.
"""

import msgspec

from media.ports import Level

_LAYERED_S = 10.0  # without the highest layer until a source counts as one without layers


class Rates(msgspec.Struct, frozen=True):
    """What the levels of one feed take now, in bit/s."""

    full: int = 0
    half: int = 0
    quarter: int = 0
    sound: int = 0
    layered: bool = False  # else only FULL moves

    def of(self, level: Level) -> int:
        """With the sound; 0 for the picture below motion."""
        picture = {Level.FULL: self.full, Level.HALF: self.half, Level.QUARTER: self.quarter}.get(level, 0)
        return picture + self.sound


class RateMeter:
    """Counts what comes in by layer, once for all subscribers of a feed."""

    def __init__(self) -> None:
        self.rates = Rates()
        self._octets = [0, 0, 0, 0]  # of the three layers and of the sound
        self._smooth = [0.0, 0.0, 0.0, 0.0]  # bit/s
        self._since: float | None = None
        self._layered_at = float("-inf")

    def take(self, tid: int, octets: int) -> None:
        """Packet path. `tid` 0 where there are no layers."""
        self._octets[tid if tid < 2 else 2] += octets

    def take_sound(self, octets: int) -> None:
        self._octets[3] += octets

    def tick(self, now: float) -> Rates:
        """Call often; the rates are renewed twice a second and follow within two."""
        if self._since is None:
            self._since = now
        passed = now - self._since
        if passed < 0.5:
            return self.rates
        self._since = now
        share = min(1.0, passed / 1.0)
        for at, octets in enumerate(self._octets):
            self._smooth[at] += share * (8 * octets / passed - self._smooth[at])
            self._octets[at] = 0
        base, first, second, sound = self._smooth
        if second > 1000:
            self._layered_at = now
        self.rates = Rates(
            full=int(base + first + second),
            half=int(base + first),
            quarter=int(base),
            sound=int(sound),
            layered=now - self._layered_at < _LAYERED_S,
        )
        return self.rates
