"""The story of docs/a-call.md, from end to end: a dispatcher, a caller and an officer in real browsers.

The service is a process of its own with a real database and engine; the text goes through the real client to
a double of the carrier. Grows with every step that the story gets.
"""

import asyncio
import contextlib
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from backend.tlog.notes import Signer
from tests.connector.desk import Connector, RtspCamera
from tests.notifications.twilio_double import StoredMessage, TwilioDouble
from tests.premises import lend
from tests.pwa.caller import CHROMIUM
from tests.pwa.owners import sign_in
from tests.pwa.service import PASSWORD, Service

NUMBER = "+13139432241"
CALLER_AT = {"latitude": 42.3223, "longitude": -83.1763, "accuracy": 12.0}
OFFICER_AT = {"latitude": 42.3313, "longitude": -83.1763, "accuracy": 5.0}  # one kilometre north

REMEMBERS_STANDINGS = """
window.standings = [];
new MutationObserver(() => {
  const word = document.querySelector(".link .standing span:last-child")?.textContent;
  if (word && window.standings.at(-1) !== word) window.standings.push(word);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""

# Decoded frames so far, and a fingerprint of the one on screen.
LOOK = """() => {
  const video = document.querySelector("figure video");
  if (!video || video.videoWidth === 0) return { frames: 0, seen: "" };
  const canvas = document.createElement("canvas");
  canvas.width = 64; canvas.height = 36;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 64, 36);
  const pixels = pen.getImageData(0, 0, 64, 36).data;
  let sum = 0;
  for (const value of pixels) sum = (sum * 31 + value) >>> 0;
  return { frames: video.getVideoPlaybackQuality().totalVideoFrames, seen: String(sum) };
}"""


# How many connections the page has made, and how many of them still stand.
COUNTS_CONNECTIONS = """
window.connections = [];
const Connection = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Connection {
  constructor(...given) { super(...given); window.connections.push(this); }
};
"""
CONNECTIONS = """() => [
  window.connections.length,
  window.connections.filter((pc) => pc.connectionState !== "closed").length,
]"""


class Cast:
    """The people of the story, each with a browser of their own."""

    def __init__(self, browser: Browser, service: Service, twilio: TwilioDouble) -> None:
        self.service, self.twilio = service, twilio
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    async def _page(self, size: tuple[int, int], place: dict[str, float], script: str = "") -> Page:
        context = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            geolocation={
                "latitude": place["latitude"],
                "longitude": place["longitude"],
                "accuracy": place["accuracy"],
            },
            permissions=["camera", "geolocation"],
        )
        self._contexts.append(context)
        if script:
            await context.add_init_script(script)
        return await context.new_page()

    async def staff(self, name: str, *, phone: bool = False) -> Page:
        """Signed in, on the page that belongs to the role."""
        page = await self._page((390, 844) if phone else (1440, 900), OFFICER_AT, REMEMBERS_STANDINGS)
        await page.goto(self.service.url)
        await page.get_by_role("textbox", name="Name").fill(name)
        await page.get_by_role("textbox", name="Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/officer*" if phone else "**/console*")
        if phone:
            await page.get_by_role("button", name="Sign on to Unit 12").click()
        return page

    async def owner(self, name: str) -> Page:
        """An owner of cameras, on a phone."""
        page = await self._page((390, 844), OFFICER_AT)
        await sign_in(page, self.service, name)
        return page

    async def phone(self) -> Page:
        """A phone that has never been here."""
        return await self._page((390, 844), CALLER_AT, COUNTS_CONNECTIONS)

    async def leave(self) -> None:
        for context in self._contexts:
            await context.close()


@pytest.fixture(scope="session")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service's folder with a dispatcher and an officer in it, to be copied."""
    folder = tmp_path_factory.mktemp("staffed")
    service = Service(folder)
    service.add_user("dana", "--role", "dispatcher", "--display-name", "Dana Reyes")
    service.add_user("sam", "--role", "officer", "--unit", "Unit 12", "--display-name", "Sam Ortiz")
    return folder


@pytest_asyncio.fixture
async def cast(tmp_path: Path, staffed: Path) -> AsyncIterator[Cast]:
    shutil.copytree(staffed, tmp_path, dirs_exist_ok=True)
    async with TwilioDouble() as twilio, async_playwright() as playwright:
        service = Service(
            tmp_path,
            media_processes="2",
            log_cadence_s="5",  # so that there is a proof to see
            twilio_account_sid=twilio.account_sid,
            twilio_auth_token=twilio.auth_token,
            twilio_sender=twilio.sender,
            twilio_api_url=twilio.url,
        )
        service.start()
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        cast = Cast(browser, service, twilio)
        try:
            yield cast
        finally:
            await cast.leave()
            await browser.close()
            service.kill()


async def sees_motion(page: Page, timeout_s: float = 30) -> None:
    """Frames are decoded one after the other, and they differ."""
    before = await page.evaluate(LOOK)
    await page.wait_for_function(
        f"before => {{ const now = ({LOOK})(); "
        "return now.frames > before.frames + 5 && now.seen !== before.seen; }",
        arg=before,
        timeout=timeout_s * 1000,
    )


def link_of(text: StoredMessage) -> str:
    """The address in a text: its last word."""
    return text.body.split()[-1]


def standing(console: Page) -> Locator:
    """How the link in front stands, in a word."""
    return console.locator(".link .standing span").last


async def open_incident(console: Page, words: str) -> None:
    """One line: type, number, words, Enter. Texts a live link at once."""
    await console.keyboard.press("n")
    await console.get_by_label("Type of incident").select_option("Break-in")
    await console.get_by_label("Caller's number, if known").fill("(313) 943-2241")
    await console.get_by_label("What happened, in a few words").fill(words)
    await console.keyboard.press("Enter")


async def share(phone: Page) -> None:
    await phone.get_by_role("button", name="Share camera and place").click()
    await expect(phone.get_by_text("911 can see your camera and where you are.")).to_be_visible()


async def test_a_call_from_the_first_word_to_the_close(cast: Cast) -> None:
    dana = await cast.staff("dana")
    cast.twilio.stall_next(answer_after_s=0.5)  # long enough for a person to see the word

    # 1, 2: an incident is opened and a link goes out
    await open_incident(dana, "Somebody at the back door")
    await expect(standing(dana)).to_have_text("Queued")
    text = await cast.twilio.arrived(NUMBER)
    assert "Dearborn Police" in text.body
    assert len(text.body) <= 160
    await expect(standing(dana)).to_have_text("Sent")
    assert await cast.twilio.callback(text.sid, "delivered") < 300
    await expect(standing(dana)).to_have_text("Delivered")

    # 3: the caller taps; nothing is spent, not even by a message app that runs the page's script first
    preview = await cast.phone()
    await preview.goto(link_of(text))
    await expect(preview.get_by_role("button", name="Share camera and place")).to_be_visible()
    phone = await cast.phone()
    await phone.goto(link_of(text))
    await expect(standing(dana)).to_have_text("Opened")

    # 4 to 8: the caller presses Share; the dispatcher sees the picture move, and where it is
    await share(phone)
    await expect(standing(dana)).to_have_text("Sharing")
    await sees_motion(dana)
    await expect(dana.get_by_text("Camera on", exact=False).first).to_be_visible()
    await expect(dana.locator(".facts")).to_contain_text("12 m")
    shown = await dana.evaluate("window.standings")
    assert shown == ["Queued", "Sent", "Delivered", "Opened", "Sharing"]

    # 4a: the forwarded copy is refused, and the dispatcher knows
    await preview.get_by_role("button", name="Share camera and place").click()
    await expect(preview.get_by_text("This link is already used on another phone.")).to_be_visible()
    await expect(dana.get_by_text("Another phone opened this link and wants in.")).to_be_visible()
    await sees_motion(dana)
    await preview.close()

    # 9 to 12: the officer's unit is assigned; both are on the officer's phone
    sam = await cast.staff("sam", phone=True)
    await expect(sam.get_by_text("No incident now")).to_be_visible()
    await dana.get_by_role("button", name="Assign Unit 12").click()
    await sees_motion(sam)
    await expect(sam.get_by_text("within 12 m")).to_be_visible()
    assert NUMBER not in await sam.content()
    await expect(sam.get_by_text("1.0 km south")).to_be_visible()  # on duty, so the phone says where it is
    await expect(dana.locator(".unit", has_text="Unit 12")).to_contain_text("1.0 km")

    # the caller walks on; everyone sees it, and how far the unit is by one press each
    await sam.get_by_role("button", name="I am en route").click()
    await phone.context.set_geolocation({"latitude": 42.3241, "longitude": -83.1763, "accuracy": 8})
    await expect(dana.locator(".unit", has_text="Unit 12")).to_contain_text("En route")
    await expect(sam.get_by_text("800 m south")).to_be_visible()
    await expect(dana.locator(".facts")).to_contain_text("8 m")
    await sam.get_by_role("button", name="I am on scene").click()
    await expect(dana.locator(".unit", has_text="Unit 12")).to_contain_text("On scene")

    # 8e: a question goes by one press, and so does its answer
    talk = dana.locator(".talk-panel")
    await talk.get_by_role("button", name="Ask", exact=True).click()
    await talk.get_by_role("button", name="Does anybody have a weapon?").click()
    await expect(phone.locator(".asked")).to_contain_text("Does anybody have a weapon?")
    await phone.locator(".asked").get_by_role("button", name="No", exact=True).click()
    await expect(talk.locator(".from-caller").last).to_contain_text("No")

    # 13: the incident is closed, and nothing flows
    await dana.get_by_role("button", name="Close", exact=True).click()
    await dana.get_by_role("button", name="Close incident").click()
    await expect(phone.get_by_text("911 has ended this. Nothing is shared now.")).to_be_visible()
    await expect(sam.get_by_text("No incident now")).to_be_visible()
    await expect(dana.locator("figure video")).to_have_count(0)
    await expect(standing(dana)).to_have_text("Ended")
    made, standing_still = await phone.evaluate(CONNECTIONS)
    await phone.wait_for_timeout(1000)
    assert standing_still == 0
    assert await phone.evaluate(CONNECTIONS) == [made, 0]  # and no new one is tried
    await expect(phone.get_by_text("A dispatcher, for")).to_be_visible()
    await expect(phone.get_by_text("An officer, for")).to_be_visible()
    dead = await cast.phone()
    await dead.goto(link_of(text))
    await expect(dead.get_by_text("Tell 911, and ask for a new link or for six digits.")).to_be_visible()

    # 13b: under the same link the caller sees who saw it, and takes the proof along; another phone does not
    await expect(dead.get_by_text("A dispatcher, for")).to_have_count(0)
    await published(phone.reload, phone.get_by_role("button", name="Save the proof"))
    async with phone.expect_download() as download:
        await phone.get_by_role("button", name="Save the proof").click()
    said = holds(cast.service, await (await download.value).path())
    assert "by a dispatcher" in said
    assert "by an officer" in said

    # 14: all of it is on record, and the record is whole
    happened = recorded(cast.service)
    for action in (
        "incident.open",
        "link.issue",
        "link.send",
        "link.delivery",
        "link.open",
        "link.redeem",
        "feed.publish",
        "caller.status",
        "caller.rung",
        "feed.live",
        "feed.watch",
        "feed.subscribe",
        "unit.sign-on",
        "unit.assign",
        "unit.alert",
        "unit.acknowledge",
        "unit.status",
        "talk.say",
        "caller.say",
        "incident.close",
        "feed.unsubscribe",
        "feed.end",
    ):
        assert action in happened, action
    assert "link.redeem link-bound" in happened
    assert happened.count("feed.unsubscribe") == happened.count("feed.subscribe")
    assert happened.index("link.redeem") < happened.index("feed.publish") < happened.index("feed.live")
    assert "intact" in cast.service.run("audit", "verify")


async def test_the_picture_returns_by_itself_after_the_server_was_killed(cast: Cast) -> None:
    dana = await cast.staff("dana")
    await open_incident(dana, "Somebody at the back door")
    phone = await cast.phone()
    await phone.goto(link_of(await cast.twilio.arrived(NUMBER)))
    await share(phone)
    await sees_motion(dana)

    cast.service.kill()
    await expect(dana.locator("figure .chip", has_text="Still")).to_be_visible()
    cast.service.start()

    await sees_motion(dana)
    await expect(phone.get_by_text("911 can see your camera and where you are.")).to_be_visible()
    assert "intact" in cast.service.run("audit", "verify")


async def test_the_picture_does_not_notice_that_the_web_process_was_killed(cast: Cast) -> None:
    dana = await cast.staff("dana")
    await open_incident(dana, "Somebody at the back door")
    phone = await cast.phone()
    await phone.goto(link_of(await cast.twilio.arrived(NUMBER)))
    await share(phone)
    await sees_motion(dana)

    cast.service.kill_one("web")
    await expect(dana.get_by_text("Connection lost, trying again")).to_be_visible()
    await sees_motion(dana)
    await expect(dana.locator(".line").get_by_text("Connected")).to_be_visible()

    # everything goes on: positions, assignments, and the way to end it
    await phone.context.set_geolocation({"latitude": 42.3241, "longitude": -83.1763, "accuracy": 8})
    await expect(dana.locator(".facts")).to_contain_text("8 m")
    sam = await cast.staff("sam", phone=True)
    await dana.get_by_role("button", name="Assign Unit 12").click()
    await sees_motion(sam)
    await expect(phone.get_by_text("911 can see your camera and where you are.")).to_be_visible()
    await phone.get_by_role("button", name="Stop").click()
    await expect(standing(dana)).to_have_text("Ended")
    assert "feed.end" in recorded(cast.service)
    assert "intact" in cast.service.run("audit", "verify")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["died", "hangs"])
async def test_the_picture_returns_by_itself_from_a_media_process_that(
    cast: Cast, number: signal.Signals
) -> None:
    dana = await cast.staff("dana")
    await open_incident(dana, "Somebody at the back door")
    phone = await cast.phone()
    await phone.goto(link_of(await cast.twilio.arrived(NUMBER)))
    await share(phone)
    await sees_motion(dana)
    made, _ = await phone.evaluate(CONNECTIONS)

    for name in ("media-0", "media-1"):  # the picture is on one of them, and then on the other
        cast.service.kill_one(name, number)
        await sees_motion(dana)
    await phone.wait_for_function(f"() => ({CONNECTIONS})()[0] > {made}")
    await sees_motion(dana)
    await expect(phone.get_by_text("911 can see your camera and where you are.")).to_be_visible()
    assert "intact" in cast.service.run("audit", "verify")


async def test_a_spoken_code_is_the_way_in_when_texts_fail(cast: Cast) -> None:
    dana = await cast.staff("dana")
    cast.twilio.refuse_number(NUMBER, 21610)
    await open_incident(dana, "Somebody at the back door")
    await expect(standing(dana)).to_have_text("Text failed")

    await dana.get_by_role("region", name="Picture").get_by_role("button", name="Spoken code").click()
    digits = (await dana.locator(".code-digits").inner_text()).replace(" ", "")
    phone = await cast.phone()
    await phone.goto(f"{cast.service.url}/c")
    await phone.get_by_label("Six digits").fill(digits)  # the sixth digit sends them
    await share(phone)
    await sees_motion(dana)


async def test_a_lent_camera_opens_for_a_call_and_closes_when_its_owner_pauses_it(
    cast: Cast, tmp_path: Path, rtsp: None
) -> None:
    camera = RtspCamera(warm=["/baseline"]).start()  # it films for a watcher of its own all the time
    connector = Connector(tmp_path / "connector")
    try:
        rosa, _ = await lend(cast.service, connector, camera)
        alone = camera.connections()
        dana = await cast.staff("dana")
        await dana.keyboard.press("n")
        await dana.get_by_label("Type of incident").select_option("Break-in")
        await dana.get_by_label("Place, if known").fill(f"{CALLER_AT['latitude']}, {CALLER_AT['longitude']}")
        await dana.keyboard.press("Enter")

        # 9: what else can see this place? And until somebody presses, nothing of the camera is touched
        await expect(dana.get_by_text("Business · 55 m · looks there")).to_be_visible()
        assert camera.connections() == alone

        # 11, 12: one press opens it for who pressed; the officer opens it too, by the same connection
        await dana.get_by_role("button", name="Open Bakery door").click()
        await sees_motion(dana)
        assert camera.connections() == alone + 1
        sam = await cast.staff("sam", phone=True)
        await dana.get_by_role("button", name="Assign Unit 12").click()
        await sam.get_by_role("button", name="Open Bakery door").click()
        await sees_motion(sam)
        assert camera.connections() == alone + 1
        watching = rosa.view()["sites"][0]["cameras"][0]["watching"]
        assert {(one["role"], one["reason"]) for one in watching} == {
            ("dispatcher", "see-scene"),
            ("officer", "see-scene"),
        }

        # 13: its owner pauses it, and nothing flows: neither to them nor from the camera
        page = await cast.owner("rosa")
        await page.get_by_role("button", name="Pause Bakery door").click()
        await page.get_by_role("button", name="An hour").click()
        await expect(dana.locator("figure video")).to_have_count(0)
        await expect(sam.locator("figure video")).to_have_count(0)
        await expect(dana.get_by_text("Bakery door closed: its owner paused it").first).to_be_visible()
        for _ in range(100):
            if camera.connections() == alone:
                break
            await asyncio.sleep(0.1)
        assert camera.connections() == alone
        await expect(dana.get_by_role("button", name="Open Bakery door")).to_have_count(0)

        # 13b: her receipts say who it was by role and for how long, and a file proves each offline
        receipts = page.get_by_role("region", name="Who opened your cameras")
        await expect(receipts.get_by_role("button", name="Bakery door")).to_have_count(2)

        async def look() -> None:
            await page.reload()
            await receipts.get_by_role("button", name="Bakery door").last.click()

        await published(look, receipts.get_by_role("link", name="Save the proof"))
        await expect(receipts.get_by_text("A dispatcher, to judge what is happening")).to_be_visible()
        await expect(receipts.get_by_text("you paused the camera")).to_be_visible()
        async with page.expect_download() as download:
            await receipts.get_by_role("link", name="Save the proof").click()
        said = holds(cast.service, await (await download.value).path())
        assert "by a dispatcher, to judge what is happening; the emergency: Break-in" in said
        assert "paused by the owner" in said
        assert "watched    0 s" not in said

        happened = recorded(cast.service)
        for action in ("connector.enrol", "camera.register", "camera.open", "camera.close", "camera.pause"):
            assert action in happened, action
        assert happened.count("camera.open") == happened.count("camera.close") == 2
        assert "intact" in cast.service.run("audit", "verify")
    finally:
        connector.kill()
        camera.kill()


async def published(look: Callable[[], Awaitable[object]], sign: Locator) -> None:
    """Look again until the public log has grown, and the page says so."""
    for _ in range(30):
        with contextlib.suppress(AssertionError):
            await expect(sign).to_be_visible(timeout=2000)
            return
        await look()
    raise AssertionError("the log has not been published")


def holds(service: Service, receipt: Path) -> str:
    """What a receipt says, checked offline by our command and by a reader in another language."""
    home = Path(service.settings["SIGHTLINE_DATA_DIR"])
    key = Signer.parse((home / "keys" / "log.key").read_text().strip()).verifier.vkey
    reader = Path(__file__).parent / "tlog" / "reader.mjs"
    read = subprocess.run(
        ["node", reader, "receipt", key, receipt], capture_output=True, text=True, check=False
    )
    assert '"ok":true' in read.stdout, read.stdout
    said = service.run("audit", "receipt", str(receipt), "--key", key)
    assert "receipt holds" in said
    return said


def recorded(service: Service) -> list[str]:
    """Every audit entry as `action` or `action refusal`, oldest first."""
    return [line.split(maxsplit=2)[2].strip() for line in service.run("audit", "list").splitlines()]


@pytest.fixture(autouse=True)
def needs_chromium() -> None:
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
