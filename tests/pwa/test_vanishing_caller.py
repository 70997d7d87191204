"""A caller whose phone is cut off for a while, in a network of its own: who watches keeps the connection."""

import pytest
from playwright.async_api import async_playwright

from tests.bench import network
from tests.bench.fault import address_changes
from tests.pwa.caller import CHROMIUM


@pytest.mark.skipif(not network.possible(), reason="no network namespaces here: root is needed")
async def test_a_caller_who_vanishes_for_two_seconds_costs_the_console_no_connection() -> None:
    """The console's machine has two networks here, of which one does not reach the engine."""
    async with async_playwright() as playwright:
        desk = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        try:
            kept = await address_changes(playwright, desk, 2, [], between_s=2.0)
        finally:
            await desk.close()
    assert kept.one_feed, kept
