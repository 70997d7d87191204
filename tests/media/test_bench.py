"""The benchmarks themselves: one runs for a moment, and what they judge by can fail."""

import msgspec

from tests.bench import fault
from tests.bench.fault import Kept, Runs
from tests.bench.forward import measure


async def test_forwarding_is_measured_on_packets_that_arrive() -> None:
    result = await measure(runs=1, seconds=0.5, subscribers=2, per_second=200, settle=0.2)
    assert result.delivered > 0
    assert result.packets_per_s > 0
    assert result.cpu_us_per_packet > 0


def test_timestamps_that_begin_anew_have_strayed_and_those_that_wrap_have_not() -> None:
    begins = (1 << 32) - 9000
    running = [(33.3 * n, (begins + 3000 * n) % (1 << 32)) for n in range(60)]
    anew = [(at, (timestamp + 900_000) % (1 << 32)) for at, timestamp in running[30:]]
    assert fault._strayed(running) < 0.01
    assert 9.9 < fault._strayed(running[:30] + anew) < 10.1


def test_frames_that_did_not_arrive_are_counted_whatever_the_engine_adds_to_their_timestamps() -> None:
    sent = [(1 << 32) - 6000 + 3000 * n for n in range(20)]
    got = [(frame + 123_456) % (1 << 32) for frame in sent]
    assert fault._missing(sent, got) == 0
    assert fault._missing(sent, got[:7] + got[9:]) == 2


def test_a_feed_is_one_only_where_nobody_noticed() -> None:
    good = Kept(feeds=1, same_feed=True, console_connections=0, ssrcs=1, lost=3, received=900, strayed_s=0.1)
    changes = ({"feeds": 2}, {"same_feed": False}, {"console_connections": 1}, {"ssrcs": 2})
    bad = [
        msgspec.structs.replace(good, **change) for change in (*changes, {"lost": 300}, {"strayed_s": 9.0})
    ]
    assert Runs(reconnects=[good]).figures()["reconnects_one_feed"]
    for kept in bad:
        assert not Runs(reconnects=[good, kept]).figures()["reconnects_one_feed"]
    assert not Runs(addresses=[good, bad[2]]).figures()["one_feed"]


def test_a_percentile_is_one_of_the_values_that_were_measured() -> None:
    values = [float(n) for n in range(50, 0, -1)]
    assert [fault.percentile(values, part) for part in (0.5, 0.95, 0.99)] == [25.0, 48.0, 50.0]
