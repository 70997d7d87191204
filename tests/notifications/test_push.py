"""Web Push against a push service of this process: sealed, signed, in time, and to known services only."""

import base64
import json
import time
from collections.abc import AsyncIterator

import http_ece  # type: ignore[import-untyped]
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifications import push
from notifications.ports import PushAddress, PushOutcome, PushWords
from notifications.push import WebPush
from tests.notifications.autopush import Autopush, never

SEED = bytes(range(32))
WORDS = PushWords(payload=b'{"ask":"ask_1","seconds":58}', topic="t" * 32, valid_for_s=58)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """The keys of one subscription."""

    def __init__(self, endpoint: str) -> None:
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), bytes(range(16))
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.address = PushAddress(endpoint=endpoint, p256dh=b64(point), auth=b64(self.auth))

    def opened(self, sealed: bytes) -> bytes:
        plain: bytes = http_ece.decrypt(sealed, private_key=self.key, auth_secret=self.auth)
        return plain


@pytest.fixture
async def service() -> AsyncIterator[Autopush]:
    async with Autopush() as service:
        service.status = 201
        yield service


@pytest.fixture
async def pusher(service: Autopush) -> AsyncIterator[WebPush]:
    pusher = WebPush(SEED, "https://see.example.gov", [service.origin])
    yield pusher
    await pusher.aclose()


async def test_only_that_browser_can_read_it_and_the_push_service_knows_who_sent_it(
    service: Autopush, pusher: WebPush
) -> None:
    browser = Browser(f"{service.origin}/wpush/a")
    assert await pusher.push(browser.address, WORDS) is PushOutcome.TAKEN
    headers, sealed = service.posts[0]
    assert WORDS.payload not in sealed
    assert browser.opened(sealed) == WORDS.payload
    wanted = {"ttl": "58", "urgency": "high", "topic": "t" * 32, "content-encoding": "aes128gcm"}
    assert {name: headers[name] for name in wanted} == wanted
    scheme, _, rest = headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = parts["t"].split(".")
    said = json.loads(unb64(claims))
    assert (scheme.lower(), parts["k"]) == ("vapid", pusher.key)
    assert (said["aud"], said["sub"]) == (service.origin, "https://see.example.gov")
    assert 0 < said["exp"] - time.time() <= 24 * 3600
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(parts["k"]))
    raw = unb64(signature)
    proof = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(proof, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))


def test_the_same_seed_is_the_same_key_and_another_is_another() -> None:
    keys = [WebPush(seed, "mailto:a@example.gov").key for seed in (SEED, SEED, SEED[::-1], b"\xff" * 32)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, PushOutcome.TAKEN),
        (404, PushOutcome.GONE),
        (410, PushOutcome.GONE),
        (400, PushOutcome.FAILED),
        (413, PushOutcome.FAILED),
        (429, PushOutcome.FAILED),
        (500, PushOutcome.FAILED),
        (301, PushOutcome.FAILED),
        (307, PushOutcome.FAILED),
    ],
)
async def test_what_a_push_service_says_is_taken_as_it_is_and_no_redirect_is_followed(
    service: Autopush, pusher: WebPush, status: int, outcome: PushOutcome
) -> None:
    service.status = status
    assert await pusher.push(Browser(f"{service.origin}/wpush/a").address, WORDS) is outcome
    assert len(service.posts) == 1


async def test_a_push_service_that_says_nothing_costs_seconds_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(push, "TIMEOUT_S", 0.2)
    app = web.Application()
    app.router.add_post("/{rest:.*}", never)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    pusher = WebPush(SEED, "mailto:a@example.gov", [origin])
    assert await pusher.push(Browser(f"{origin}/x").address, WORDS) is PushOutcome.FAILED
    await runner.cleanup()
    assert await pusher.push(Browser(f"{origin}/x").address, WORDS) is PushOutcome.FAILED
    await pusher.aclose()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
        "https://fcm.googleapis.com:443/abc",
    ],
)
def test_the_browsers_there_are_can_be_told(endpoint: str) -> None:
    assert WebPush(SEED, "mailto:a@example.gov").misfit(Browser(endpoint).address) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "fcm.googleapis.com/abc",
        "http://fcm.googleapis.com/abc",
        "https://fcm.googleapis.com.evil.example/abc",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/abc",
        "https://a:b@fcm.googleapis.com/abc",
        "https://fcm.googleapis.com:8443/abc",
        "https://fcm.googleapis.com:99999/abc",
        "https://push.services.mozilla.com.evil.example/",
        "https://evilpush.apple.com/abc",
        "https://push.apple.com/abc",
        "https://127.0.0.1/abc",
        "https://[::1]/abc",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8800/api/owner",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/abc#x",
        "https://fcm.googleapis.com\\@evil.example/",
        "https://fcm.googleapis.com/" + "a" * 1024,
        "https://ｆcm.googleapis.com/abc",
        "https://[",
    ],
)
async def test_nothing_else_is_ever_posted_to(endpoint: str) -> None:
    pusher = WebPush(SEED, "mailto:a@example.gov")
    address = Browser(endpoint).address
    assert pusher.misfit(address) is not None
    assert await pusher.push(address, WORDS) is PushOutcome.GONE
    assert pusher._http is None


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", b64(bytes(16))),
        ("A", b64(bytes(16))),
        (b64(b"\x04" + bytes(64)), b64(bytes(16))),  # no point of the curve
        ("!" * 87, b64(bytes(16))),
        (None, ""),
        (None, b64(bytes(15))),
        (None, "é"),
    ],
)
def test_keys_that_seal_nothing_are_refused(p256dh: str | None, auth: str) -> None:
    pusher, browser = WebPush(SEED, "mailto:a@example.gov"), Browser("https://fcm.googleapis.com/abc")
    address = PushAddress(
        endpoint=browser.address.endpoint,
        p256dh=browser.address.p256dh if p256dh is None else p256dh,
        auth=auth,
    )
    assert "keys" in (pusher.misfit(address) or "")


@pytest.mark.parametrize(
    "service",
    [
        "",
        "*",
        "push.example",
        "http://push.example",
        "https://",
        "https://*",
        "https://*.",
        "https://a/b",
        "ftp://a",
    ],
)
def test_what_is_no_push_service_cannot_be_set(service: str) -> None:
    with pytest.raises(ValueError):
        WebPush(SEED, "mailto:a@example.gov", [service])


def test_an_address_shows_nothing_of_itself() -> None:
    assert "fcm" not in repr(Browser("https://fcm.googleapis.com/abc").address)
