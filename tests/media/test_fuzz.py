"""The fuzz campaign in short: hurt datagrams, offers and control frames, and the call goes on."""

from pathlib import Path

from tests.fuzz.campaign import Plan, run

MOST_MB = 50.0


async def test_a_call_goes_on_among_hurt_datagrams_and_offers(tmp_path: Path) -> None:
    plan = Plan(
        datagrams=12_000,
        offers=100,
        control_frames=1_000,
        datagrams_per_s=2_000,
        settle_s=1.0,
        browser=False,
    )
    found = await run(plan, tmp_path, print)
    assert found.exceptions == 0, found.said
    assert found.datagrams >= plan.datagrams
    assert found.frames > 5
    assert found.memory_mb < MOST_MB
    for drop in (
        "not-webrtc",
        "stranger",
        "stun-malformed",
        "srtp-forged",
        "rtcp-malformed",
        "tcp-malformed",
    ):
        assert found.drops.get(drop), f"nothing was dropped as {drop}"
