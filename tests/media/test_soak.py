"""Short calls in numbers leave nothing behind in a live engine (`make soak` runs two thousand)."""

from tests.bench.soak import MOST_GROWTH, soak


async def test_a_hundred_calls_leave_nothing_behind() -> None:
    done = await soak(100, dead_after_s=1.0, idle_dead_after_s=2.0)
    assert done.after.fds <= done.before.fds
    assert done.after.threads <= done.before.threads
    assert done.after.tasks <= done.before.tasks
    assert done.growth <= MOST_GROWTH
