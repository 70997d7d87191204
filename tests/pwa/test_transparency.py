"""The public page in a real browser: what it verifies, and each lie that it finds.

The service is one for all tests; what lies is put between it and the browser, file by file.
"""

import asyncio
import gzip
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from backend.tlog import checkpoints, merkle
from backend.tlog.folder import Folder
from backend.tlog.notes import Signer
from backend.tlog.tiles import ENTRIES, tiles_of, unbundle
from tests.backend.house import PLAIN
from tests.pwa import published
from tests.pwa.service import Service
from tests.pwa.visits import DESK, PHONE, RULES, with_axe
from tests.tlog import trees

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPENINGS = 150  # and as many ends: more than one bundle
SOON = "const later = setTimeout; setTimeout = (what, ms) => later(what, ms === 6000 ? 50 : ms);"
MOST_BYTES = 60_000  # of the page and all that it loads, before data
LANGUAGES = ("en", "es", "ar")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
VERDICT = "#check[data-state='{}']"
PATIENCE_MS = 60_000


class City:
    """The service, with where its log lies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.service = Service(folder, timezone="Europe/Helsinki", log_cadence_s="1")

    @property
    def url(self) -> str:
        return f"{self.service.url}/transparency"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def signer(self) -> Signer:
        return Signer.parse((self.folder / "keys" / "log.key").read_text().strip())

    def leaves(self) -> list[bytes]:
        """All that the checkpoint covers."""
        size = checkpoints.read((self.log / "checkpoint").read_bytes(), self.signer.verifier).checkpoint.size
        stored = Folder(self.log, size)
        return [
            leaf for tile in tiles_of(size) if tile.level == ENTRIES for leaf in unbundle(stored.tile(tile))
        ]

    def wait(self, size: int) -> None:
        """Until that many entries are shown and their files are written."""
        until = time.monotonic() + 90
        while time.monotonic() < until:
            reply = httpx.get(f"{self.url}/statistics.json", verify=PLAIN)
            if reply.status_code == 200 and reply.json()["size"] == size:
                last = httpx.get(f"{self.service.url}/log/disclosures/{(size - 1) // 256}.json", verify=PLAIN)
                if last.status_code == 200 and last.json()["entries"][-1]["index"] == size - 1:
                    return
            time.sleep(0.2)
        raise TimeoutError("the log's entries were not published")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    city = City(tmp_path_factory.mktemp("city"))
    city.service.add_person("dana", "dispatcher")
    published.write_now(city.folder / "sightline.db", OPENINGS)
    city.service.start()
    city.wait(2 * OPENINGS)
    yield city
    city.service.kill()


async def visit(
    browser: Browser, size: tuple[int, int] = DESK, **more: object
) -> tuple[BrowserContext, Page]:
    """A citizen's browser that remembers nothing yet."""
    given: dict[str, object] = {"locale": "en-US", "reduced_motion": "reduce", **more}
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        **given,  # type: ignore[arg-type]
    )
    await context.add_init_script(SOON)
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return context, page


async def reaches(page: Page, state: str) -> str:
    """Wait for a verdict: what the banner says."""
    await page.wait_for_selector(VERDICT.format(state), timeout=PATIENCE_MS)
    return await page.inner_text("#said")


Change = Callable[[str, bytes], bytes | None]


async def lying(context: BrowserContext, change: Change) -> None:
    """From now on the log's files come as this makes them; None is as they are."""

    async def answer(route: Route) -> None:
        path = route.request.url.split("/log/", 1)[1]
        reply = await route.fetch()
        made = change(path, await reply.body()) if reply.status == 200 else change(path, b"")
        if made is None:
            await route.fulfill(response=reply)
        else:
            await route.fulfill(status=200, body=made)

    await context.route("**/log/**", answer)


def served(folder: Path) -> Change:
    """Another log, out of a folder."""

    def change(path: str, _: bytes) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.is_file() else None

    return change


async def test_a_first_visit_verifies_all_and_the_second_that_nothing_has_gone(
    browser: Browser, city: City
) -> None:
    context, page = await visit(browser)
    await page.goto(city.url)
    said = await reaches(page, "ok")
    assert "everything that is shown here stands in it" in said
    counted = await page.get_attribute("#page", "data-openings")
    assert f"in the entries themselves: {counted}, as the page says" in said
    assert await page.locator("li[data-index]").count() == 25
    assert await page.locator(".mark.holds").count() == 25
    await page.get_by_role("link", name="Older entries").click()
    said = await reaches(page, "ok")
    assert re.search(r"since your visit on \w+ \d+, \d{4}", said)
    assert await page.locator(".mark.holds").count() == 25
    await context.close()


async def test_a_flipped_bit_in_a_tile_is_said(browser: Browser, city: City) -> None:
    for wanted in ("tile/0/001.p/", "tile/0/000", "tile/entries/001.p/"):
        context, page = await visit(browser)

        def flip(path: str, body: bytes, wanted: str = wanted) -> bytes | None:
            hurt = bytearray(body)
            if not path.startswith(wanted) or not body:
                return None
            hurt[len(hurt) // 2] ^= 1
            return bytes(hurt)

        await lying(context, flip)
        await page.goto(city.url)
        said = await reaches(page, "bad")
        assert "This page does not hold" in said
        assert "is not what was signed" in said
        await context.close()


async def test_a_changed_value_is_said_with_its_entry_and_what_to_do(browser: Browser, city: City) -> None:
    context, page = await visit(browser)

    def change(path: str, body: bytes) -> bytes | None:
        if path != "disclosures/1.json":
            return None
        held = json.loads(body)
        held["entries"][-2]["fields"]["category"][0] = "Other"
        return json.dumps(held).encode()

    await lying(context, change)
    await page.goto(city.url)
    said = await reaches(page, "bad")
    index = 2 * OPENINGS - 2
    assert f"Entry {index} shows something else than what was written down: Emergency." in said
    assert "keep both files below" in said
    await expect(page.locator(f"#entry-{index} .mark")).to_have_text("does not hold")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Save today’s checkpoint").click()
    saved = await (await download.value).path()
    assert checkpoints.read(await asyncio.to_thread(Path(saved).read_bytes), city.signer.verifier)
    await context.close()


async def test_what_the_page_itself_says_is_held_against_the_log(browser: Browser, city: City) -> None:
    for change, words in (
        (('data-openings="', 'data-openings="1'), "and the log’s entries say"),
        (('data-value="see-scene"', 'data-value="follow-suspect"'), "than what was written down: Reason."),
        (('data-kind="open"', 'data-kind="seal"'), "is not what stands in the signed log"),
        (('data-size="', 'data-size="9'), "entries, and the signed log has"),
    ):
        context, page = await visit(browser)

        await context.route("**/transparency", partial(_saying, change))
        await page.goto(city.url)
        assert words in await reaches(page, "bad")
        await context.close()


async def _saying(change: tuple[str, str], route: Route) -> None:
    """The page, with something else in it."""
    reply = await route.fetch()
    await route.fulfill(response=reply, body=(await reply.text()).replace(*change))


async def remembered(browser: Browser, city: City) -> tuple[BrowserContext, Page]:
    """A browser that has been here, and found all well."""
    context, page = await visit(browser)
    await page.goto(city.url)
    await reaches(page, "ok")
    return context, page


async def test_another_key_is_said_loudly_and_trusted_only_by_a_press(
    browser: Browser, city: City, tmp_path: Path
) -> None:
    context, page = await remembered(browser, city)
    other = Signer.generate(city.signer.verifier.name)
    trees.grow(tmp_path, 0, city.leaves(), other)
    (tmp_path / "key").write_text(f"{other.verifier.vkey}\n")
    await lying(context, served(tmp_path))
    await page.goto(city.url)
    assert "The log has another key than on your visit on" in await reaches(page, "bad")
    assert await page.get_by_role("link", name="Save the checkpoint of your last visit").count() == 1
    await page.reload()
    await reaches(page, "bad")  # it does not get used to it
    await page.get_by_role("button", name="Forget my last visit").click()
    assert "everything that is shown here stands in it" in await reaches(page, "ok")
    await context.close()


async def test_a_checkpoint_that_another_key_signed_is_said(browser: Browser, city: City) -> None:
    context, page = await visit(browser)
    other = Signer.generate(city.signer.verifier.name)

    def change(path: str, _: bytes) -> bytes | None:
        return f"{other.verifier.vkey}\n".encode() if path == "key" else None

    await lying(context, change)
    await page.goto(city.url)
    assert "is not signed by the log’s key" in await reaches(page, "bad")
    await context.close()


async def test_a_log_that_was_rolled_back_is_said(browser: Browser, city: City, tmp_path: Path) -> None:
    context, page = await remembered(browser, city)
    trees.grow(tmp_path, 0, city.leaves()[:-4], city.signer)
    await lying(context, served(tmp_path))
    change = (f'data-size="{2 * OPENINGS}"', f'data-size="{2 * OPENINGS - 4}"')
    await context.route("**/transparency", partial(_saying, change))
    await page.goto(city.url)
    said = await reaches(page, "bad")
    assert "The log has become shorter" in said
    assert f"{2 * OPENINGS} entries, and now {2 * OPENINGS - 4}" in said
    await context.close()


async def test_a_log_that_was_written_anew_is_said_also_when_it_has_grown(
    browser: Browser, city: City, tmp_path: Path
) -> None:
    for more in (0, 5):
        context, page = await remembered(browser, city)
        leaves = city.leaves()
        shutil.rmtree(tmp_path)
        trees.grow(tmp_path, 0, [b"{}", *leaves[1:], *leaves[:more]], city.signer)
        await lying(context, served(tmp_path))
        await page.goto(city.url)
        assert "The log was written anew" in await reaches(page, "bad")
        await context.close()


async def test_what_does_not_load_is_no_lie(browser: Browser, city: City) -> None:
    context, page = await visit(browser)
    await context.route("**/log/checkpoint", lambda route: route.abort())
    await page.goto(city.url)
    assert "could not check this page: checkpoint did not load" in await reaches(page, "wait")
    await context.unroute_all()
    await page.get_by_role("button", name="Check again").click()
    await reaches(page, "ok")
    await context.close()


async def test_a_browser_without_ed25519_checks_all_the_same(browser: Browser, city: City) -> None:
    context, page = await visit(browser)
    await context.add_init_script(
        "crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'));"
    )
    await page.goto(city.url)
    await reaches(page, "ok")
    await context.close()


async def test_the_log_grows_and_the_page_follows(browser: Browser, city: City) -> None:
    context, page = await remembered(browser, city)
    before = merkle.root_of(city.leaves())
    await published.write(city.folder / "sightline.db", 3, datetime.now(UTC))
    await asyncio.to_thread(city.wait, 2 * OPENINGS + 6)
    assert merkle.root_of(city.leaves()[: 2 * OPENINGS]) == before
    await page.reload()  # which may be half a minute old otherwise
    assert "nothing has been changed or taken away since your visit" in await reaches(page, "ok")
    assert await page.get_attribute("#page", "data-size") == str(2 * OPENINGS + 6)
    await context.close()


async def test_without_javascript_the_page_is_whole(browser: Browser, city: City) -> None:
    context, page = await visit(browser, size=PHONE, java_script_enabled=False)
    await page.goto(city.url)
    assert "when JavaScript is on" in await page.inner_text("#said")
    assert await page.locator("li[data-index]").count() == 25
    await page.get_by_text("Search").first.click()
    await page.get_by_label("Emergency").select_option("Fire")
    await page.get_by_role("button", name="Search").click()
    assert "category=Fire" in page.url
    found = page.locator("li[data-index]")
    assert await found.count() > 0
    assert await page.locator("li[data-index] .of-category", has_text="Fire").count() == await found.count()
    await context.close()


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_axe_finds_nothing_in_any_language_or_state(browser: Browser, city: City, lang: str) -> None:
    context, page = await visit(browser)
    address = f"{city.url}?lang={lang}"
    await page.goto(address)
    await reaches(page, "ok")
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    await _flawless(page, "html")
    looked = asyncio.Event()
    await context.route("**/log/disclosures/**", partial(_after, looked))
    await page.goto(address)
    for state in ("busy", "wait"):
        await reaches(page, state)
        await _flawless(page, "#check")
        looked.set()
    await context.unroute_all()
    await lying(context, lambda path, body: body[:-1] + b"x" if path.startswith("tile/entries") else None)
    await page.goto(address)
    await reaches(page, "bad")
    await _flawless(page, "#check")
    await context.close()


async def _flawless(page: Page, where: str) -> None:
    """By day and by night, on a phone and at a desk."""
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        for width, height in (PHONE, DESK):
            await page.set_viewport_size({"width": width, "height": height})
            assert await _axe(page, where) == [], (scheme, width)
            assert await page.evaluate("document.scrollingElement.scrollWidth") <= width


async def _after(looked: asyncio.Event, route: Route) -> None:
    await looked.wait()
    await route.abort()


async def _axe(page: Page, where: str = "html") -> list[str]:
    await with_axe(page)
    found = await page.evaluate(
        "async ([where, rules]) => (await axe.run(where, {runOnly: rules})).violations", [where, RULES]
    )
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


class Traffic:
    """What a page loads, and how many bytes each takes on the wire."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self.sizes: dict[str, float] = {}

    async def listen(self, context: BrowserContext, page: Page) -> None:
        session = await context.new_cdp_session(page)
        await session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._done)

    def _sent(self, told: Any) -> None:
        self.urls[told["requestId"]] = told["request"]["url"]

    def _done(self, told: Any) -> None:
        self.sizes[self.urls[told["requestId"]]] = told["encodedDataLength"]


async def test_the_page_weighs_at_most_60_kilobytes_before_data(browser: Browser, city: City) -> None:
    """As it comes over the wire; and it asks nobody but this server."""
    for lang in LANGUAGES:
        context, page = await visit(browser)
        traffic = Traffic()
        await traffic.listen(context, page)
        await page.goto(f"{city.url}?lang={lang}")
        await reaches(page, "ok")
        assert all(url.startswith(city.service.url) for url in traffic.urls.values())
        before_data = {url: size for url, size in traffic.sizes.items() if "/log/" not in url}
        assert len([url for url in before_data if "/assets/" in url]) == 2
        assert sum(before_data.values()) <= MOST_BYTES, before_data
        await context.close()


async def test_all_of_it_is_small_even_before_it_is_compressed(city: City) -> None:
    plain = {"Accept-Encoding": "identity"}
    async with httpx.AsyncClient(base_url=city.service.url, headers=plain) as http:
        page = await http.get("/transparency")
        built = [await http.get(path) for path in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)]
    assert len(built) == 2
    assert len(gzip.compress(page.content)) < 20_000
    assert len(page.content) + sum(len(each.content) for each in built) <= 2 * MOST_BYTES
