"""Whose connection is weak: the caller's or one's own, in words and a shape, without chatter, by night and by day."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pwa.agency import Agency
from tests.pwa.test_console import BELOW_DESK, OPEN, live
from tests.pwa.test_officer import HERE, assigned
from tests.pwa.visits import APP, PHONE, axe, fits, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

SESSION = "session"  # what the double's Location ends with


async def connection(agency: Agency, word: str) -> None:
    await agency.tell(
        {"type": "connection", "incident_id": "inc_1", "feed_id": "fed_1", "connection": word}
    )


async def level(agency: Agency, word: str, session: str = SESSION) -> None:
    await agency.tell({"type": "level", "session": session, "feed_id": "fed_1", "level": word})


async def says(page: Page, words: str) -> None:
    await expect(page.locator(".picture-said").get_by_role("status").filter(has_text=words)).to_be_visible()


@pytest.mark.parametrize("day", [False, True], ids=["night", "day"])
async def test_the_dispatcher_is_told_how_the_caller_is_connected_and_what_to_ask(
    browser: Browser, day: bool
) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN, size=BELOW_DESK, day=day) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await says(page, "Caller: good connection")
        for word, words in (
            ("weak", "Caller: weak connection, the picture may stutter"),
            ("very-weak", "Caller: very weak connection, ask the caller to move"),
        ):
            await connection(agency, word)
            await says(page, words)
            assert await axe(page) == []
            assert await fits(page)
        await expect(page.locator(".picture-own")).to_be_empty()
        await connection(agency, "gone")
        feed = {**agency.incidents["inc_1"]["feeds"][0], "state": "silent", "connection": "gone"}
        await agency.freeze()
        await agency.change(feeds=[feed])
        await says(page, "Caller: no connection, it comes back by itself")
        assert await axe(page) == []


@pytest.mark.parametrize("day", [False, True], ids=["night", "day"])
@pytest.mark.parametrize("size", [PHONE, (320, 568)], ids=str)
async def test_an_officer_whose_own_connection_is_weak_is_told_that_the_stills_are_stills(
    browser: Browser, size: tuple[int, int], day: bool
) -> None:
    agency = assigned()
    async with visiting(browser, agency, "/officer", size=size, day=day, **HERE) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await connection(agency, "very-weak")
        await says(page, "Caller: very weak connection")
        await level(agency, "quarter")  # fewer frames need no words
        await level(agency, "stills", session="ses_of_somebody_else")
        await connection(agency, "weak")
        await says(page, "Caller: weak connection")
        await expect(page.locator(".picture-own")).to_be_empty()
        await level(agency, "stills")
        await says(page, "Your connection is weak: still pictures only")
        await says(page, "Still, ")
        await expect(page.locator(".chip.tone-live")).to_have_count(0)
        await expect(page.locator("figure.is-still")).to_have_count(0)  # a fresh still is not dimmed
        assert await axe(page) == []
        assert await fits(page)
        await level(agency, "full")
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await expect(page.locator(".picture-own")).to_be_empty()


async def test_the_words_are_said_once_for_each_change(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await says(page, "Caller: good connection")
        await page.evaluate(
            """() => {
              window.said = [];
              new MutationObserver((changes) => said.push(...changes.map((one) => one.target.textContent)))
                .observe(document.querySelector('.picture-who'), {characterData: true, subtree: true});
            }"""
        )
        for word in ("weak", "weak", "weak", "good"):
            await connection(agency, word)
        await says(page, "Caller: good connection")
        said = await page.evaluate("window.said")
        assert said in (
            ["Caller: weak connection, the picture may stutter", "Caller: good connection"],
            [],  # all four came before the page was drawn again
        )
