"""Whose connection is weak, the caller's or one's own: words and a shape, no chatter, by night and day."""

import socket
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from backend.model.ids import GrantId
from backend.model.people import Role
from backend.parts import build
from media.ports import FeedId, Level
from tests.backend.calls import calling
from tests.backend.house import PASSWORD, House, settings
from tests.pwa.agency import Agency
from tests.pwa.service import free_port
from tests.pwa.test_console import BELOW_DESK, OPEN, live
from tests.pwa.test_officer import HERE, assigned
from tests.pwa.visits import APP, PHONE, axe, fits, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

SESSION = "session"  # what the double's Location ends with


async def connection(agency: Agency, word: str) -> None:
    await agency.tell({"type": "connection", "incident_id": "inc_1", "feed_id": "fed_1", "connection": word})


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


async def test_the_service_tells_one_browser_of_its_own_picture_and_of_its_recovery(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port(socket.SOCK_STREAM)
    config = settings(tmp_path / "data", port=port, public_url=f"http://127.0.0.1:{port}")
    parts = build(config)
    await parts.store.migrate()
    for name in ("dana", "lee"):
        await parts.accounts.add(
            name=name, display_name=name, role=Role.DISPATCHER, call_sign=None, password=PASSWORD
        )
    await parts.store.close()
    async with House(config) as house, calling(house) as call:
        pages = {}
        for name in ("dana", "lee"):
            context = await browser.new_context(viewport={"width": 1280, "height": 720})
            cookie, _, value = (await house.staff(name)).cookie.partition("=")
            await context.add_cookies([{"name": cookie, "value": value, "url": house.url}])
            pages[name] = await context.new_page()
            await pages[name].goto(f"{house.url}/console#{call.incident['id']}")
            await expect(pages[name].locator(".chip.tone-live")).to_be_visible()
            await expect(pages[name].locator(".picture-who")).to_contain_text("connection")
        read = house.parts.engines.read

        async def nothing() -> None:
            return None

        monkeypatch.setattr(house.parts.engines, "read", nothing)  # or it would heal what is said next
        (engine,) = await house.parts.sfu.stats()
        (feed,) = [feed for feed in engine.feeds if feed.feed == call.feed]
        async with house.parts.store.read() as tx:
            grants = {
                str(viewer.holder): await tx.grants.get(GrantId(viewer.holder)) for viewer in feed.subscribers
            }
        for viewer in feed.subscribers:
            grant = grants[viewer.holder]
            assert grant is not None
            if grant.user_id == (await house.staff("lee")).user.id:
                await house.parts.feeds.subscriber_level(
                    FeedId(call.feed), viewer.session, viewer.holder, Level.STILLS
                )
        await says(pages["lee"], "Your connection is weak: still pictures only")
        await expect(pages["dana"].locator(".picture-own")).to_be_empty()
        monkeypatch.setattr(house.parts.engines, "read", read)  # the engine never said so
        await expect(pages["lee"].locator(".picture-own")).to_be_empty()
        await expect(pages["lee"].locator(".chip.tone-live")).to_be_visible()
        for page in pages.values():
            await page.context.close()
