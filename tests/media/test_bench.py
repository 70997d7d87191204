"""The benchmark itself runs, for a moment, and what it forwards arrives."""

from tests.bench.forward import measure


async def test_forwarding_is_measured_on_packets_that_arrive() -> None:
    result = await measure(runs=1, seconds=0.5, subscribers=2, per_second=200, settle=0.2)
    assert result.delivered > 0
    assert result.packets_per_s > 0
    assert result.cpu_us_per_packet > 0
