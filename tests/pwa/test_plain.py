"""The caller's page where no script runs, in real Chromium: switched off, stalled, or too old for it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.media import clips
from tests.pwa import caller
from tests.pwa.caller import SMALL, Phones
from tests.pwa.seen import TOO_SMALL
from tests.pwa.service import Dispatcher, Issued, Service
from tests.pwa.test_caller_call import until
from tests.pwa.test_caller_page import BELOW, OVERFLOW
from tests.pwa.test_ladder import newest, stands
from tests.pwa.visits import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "He is in the kitchen"
NO_KEYS = "Object.defineProperty(crypto, 'subtle', {value: undefined});"


class Stalling:
    """A way to the service on which pages stop after so many bytes and stay open; the rest gets through."""

    def __init__(self, bytes_: int) -> None:
        self.bytes_, self.port, self.behind = bytes_, 0, 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Stalling"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readline()
        there, back = await asyncio.open_connection("127.0.0.1", self.behind)
        back.write(first)
        is_page = re.match(rb"GET /[cn] ", first) is not None
        tasks = [
            asyncio.create_task(_pump(reader, back, None)),
            asyncio.create_task(_pump(there, writer, self.bytes_ if is_page else None)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for end in (writer, back):
            end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None) -> None:
    left = most
    while piece := await reader.read(1 << 16):
        writer.write(piece if left is None else piece[:left])
        await writer.drain()
        left = None if left is None else max(0, left - len(piece))
        if left == 0:
            await asyncio.Event().wait()


@pytest.fixture
def link(dispatcher: Dispatcher) -> Issued:
    return dispatcher.issue_link(dispatcher.open_incident())


def said(dispatcher: Dispatcher, link: Issued) -> list[str]:
    return [word["text"] or word["phrase"] for word in dispatcher.talk(link)]


async def looks_right(page: Page) -> None:
    """Where no script runs nothing can be measured, so the same page is looked at by one that runs some."""
    assert await page.evaluate(OVERFLOW) == 0
    assert await page.evaluate(TOO_SMALL) == []
    assert await page.locator("h1").count() == 1
    assert await axe(page) == []


async def test_without_script_a_caller_types_digits_writes_answers_and_sends_a_photo(
    phones: Phones, dispatcher: Dispatcher, service: Service, link: Issued, tmp_path: Path
) -> None:
    page = await phones.new(size=SMALL, javascript=False)
    await page.goto(link.url)
    await page.get_by_text("Stay on the phone").wait_for()
    await page.get_by_role("button", name="Write to 911").click()
    await page.get_by_label("Six digits").fill(dispatcher.code(link))
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Write to 911").fill(TEXT)
    await page.get_by_role("button", name="Send").first.click()
    await page.get_by_role("listitem").filter(has_text=TEXT).wait_for()
    assert said(dispatcher, link) == [TEXT]
    await stands(dispatcher, link, "upload: no-script")
    await page.reload()
    await page.get_by_role("listitem").filter(has_text=TEXT).wait_for()
    assert said(dispatcher, link) == [TEXT]
    dispatcher.ask(link, "ask.weapon")
    await page.get_by_role("button", name="Look for an answer").click()
    await page.get_by_role("button", name="Yes").click()
    await page.get_by_role("listitem").filter(has_text="Yes").wait_for()
    assert said(dispatcher, link) == [TEXT, "ask.weapon", "answer.yes"]
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(clips.sideways())
    await page.set_input_files("input[type=file]", photo)
    await page.get_by_role("button", name="Send").last.click()
    await page.get_by_role("status").wait_for()
    await until(lambda: newest(dispatcher, link)["state"] == "ready")


async def test_its_pages_fit_the_smallest_phone_by_day_and_by_night_in_every_direction(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    for language in ("en-US", "uk", "ar-EG"):
        page = await phones.new(size=SMALL, language=language)
        link = dispatcher.issue_link(dispatcher.open_incident())
        await page.goto(f"{service.url}/c/plain")
        await looks_right(page)
        await page.locator("[name=code]").fill(dispatcher.code(link))
        await page.locator("button").click()
        await page.locator("textarea").fill(TEXT)
        await page.locator("button.main").click()
        dispatcher.ask(link, "ask.floor")
        await page.locator("[name=look]").click()
        await page.locator("[name=answer]").first.wait_for()
        await looks_right(page)
        await page.emulate_media(color_scheme="dark")
        await looks_right(page)


@pytest.fixture
def stalled(tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """A service behind a line on which its pages stop half-way."""
    services: list[Service] = []

    def start(url: str) -> Service:
        (tmp_path / "data").mkdir()
        service = Service(tmp_path / "data", public_url=url)
        service.add_person("dana", "dispatcher")
        services.append(service.start())
        return service

    yield start
    for service in services:
        service.kill()


@pytest.mark.parametrize(
    ("manner", "field", "button"), [("open", None, "Write to 911"), ("covert", "textarea", "Save")]
)
async def test_a_script_that_stalls_half_way_leaves_a_form_that_knows_its_link(
    manner: str, field: str | None, button: str, phones: Phones, stalled: Callable[[str], Service]
) -> None:
    async with Stalling(12_000).open() as line:
        service = stalled(f"http://127.0.0.1:{line.port}")
        line.behind = int(service.url.rpartition(":")[2])
        dispatcher = Dispatcher(service, "dana")
        link = dispatcher.issue_link(dispatcher.open_incident(), manner=manner)
        page = await phones.new(size=SMALL)
        page.set_default_timeout(20_000)
        # the first 12 kB as they are: the styles and the form, and less than half of the script
        await page.route(re.compile("/[cn]$"), _plainly)
        await page.goto(link.url, wait_until="commit")
        if field is not None:
            await page.locator(field).fill(TEXT)
        await page.get_by_role("button", name=button).click()
        if manner == "open":
            await page.get_by_label("Write to 911").fill(TEXT)
            await page.get_by_role("button", name="Send").first.click()
            await page.get_by_role("listitem").filter(has_text=TEXT).wait_for()
        else:
            await page.get_by_text("Saved").wait_for()
            assert "911" not in await page.locator("body").inner_text()
        assert said(dispatcher, link) == [TEXT]
        await stands(dispatcher, link, "upload: no-script")
        await looks_right(page)
        line.bytes_ = 1 << 30  # the line is back
        if manner == "open":
            await page.get_by_role("button", name="Share camera and place").click()
            await caller.reaches(page, "ask")
            await caller.press_share(page)
            await stands(dispatcher, link, "live: working")
        dispatcher.close()


async def _plainly(route: Any) -> None:
    """Without compression, which a half of cannot be read."""
    await route.continue_(headers={**route.request.headers, "accept-encoding": "identity"})


async def test_a_browser_that_is_too_old_to_share_can_write(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    page = await phones.new(size=SMALL, script=NO_KEYS)
    await page.goto(link.url)
    await caller.reaches(page, "cannot")
    assert await page.evaluate(BELOW) == 0
    await page.get_by_role("button", name="Write to 911").click()
    await page.get_by_label("Write to 911").fill(TEXT)
    await page.get_by_role("button", name="Send").first.click()
    await page.get_by_role("listitem").filter(has_text=TEXT).wait_for()
    assert said(dispatcher, link) == [TEXT]
