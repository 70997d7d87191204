"""Short forms of `make campaign-kills`: the writer killed with -9, and each of its system calls failed."""

import os
import random

import pytest

from tests.tlog import calls, kills, power


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


def test_a_power_cut_loses_nothing_that_was_acknowledged(counts: dict[str, int]) -> None:
    done = power.campaign(60, seed=3)
    assert done["cuts"] == 60
    assert done["acknowledged"] > 60


@pytest.mark.parametrize("sync", ["fdatasync", "fsync"])
def test_a_log_that_did_not_sync_would_be_found_out(
    counts: dict[str, int], sync: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, sync, lambda file: None)
    with pytest.raises(calls.Wrong):
        power.campaign(60, seed=3)
