"""What the levels of a feed take."""

from media.ports import Level
from media.rates import RateMeter


def test_rates_follow_within_two_seconds() -> None:
    meter, now = RateMeter(), 0.0
    for _ in range(60):
        now += 0.05
        for tid, octets in enumerate((2500, 1250, 1250)):
            meter.take(tid, octets)
        meter.take_sound(250)
        meter.tick(now)
    rates = meter.rates
    assert rates.layered
    assert 380_000 < rates.quarter <= 400_000
    assert rates.quarter < rates.half < rates.full
    assert rates.of(Level.KEYFRAMES) == rates.sound > 35_000
