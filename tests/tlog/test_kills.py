"""Short forms of `make campaign-kills`: the writer killed with -9, and each of its system calls failed."""

import random

import pytest

from tests.tlog import calls, kills


def test_a_hundred_kills_lose_nothing() -> None:
    done = kills.campaign(100, seed=7)
    assert done["kills"] == 100
    assert done["acknowledged"] > 100
    assert done["opened"] > 40


@pytest.fixture(scope="module")
def counts() -> dict[str, int]:
    if not calls.there():
        pytest.skip("strace is not installed (Debian: strace)")
    try:
        return calls.baseline()
    except OSError as error:
        pytest.skip(f"strace may not be used here: {error}")


@pytest.mark.parametrize("call", calls.CALLS)
def test_a_system_call_that_fails_once_loses_nothing(counts: dict[str, int], call: str) -> None:
    some = calls.every({call: counts[call]}, random.Random(call), 2)
    for name, fault, when in some:
        calls.fail(name, fault, when)


def test_the_log_makes_all_of_those_calls(counts: dict[str, int]) -> None:
    assert [call for call in calls.CALLS if not counts[call]] == []
