"""Web Push (RFC 8030, 8291, 8292): a sealed message to a browser, by the push service of whoever made it.

Browsers name the address that we post to, so only addresses of known push services are posted to, redirects
are not followed and answers are not read. Nothing here may log an address.
"""

import base64
import binascii
import logging
import time
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02  # type: ignore[import-untyped]
from pywebpush import WebPusher  # type: ignore[import-untyped]

from notifications.ports import PushAddress, PushOutcome, PushWords

log = logging.getLogger(__name__)

# The push services of the browsers there are: Chromium's, Mozilla's, Apple's and Microsoft's.
SERVICES = (
    "https://fcm.googleapis.com",
    "https://*.push.services.mozilla.com",
    "https://*.push.apple.com",
    "https://*.notify.windows.com",
)
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})  # where a test's own push service may be, without TLS
TIMEOUT_S = 5.0
PROOF_LASTS_S = 3600  # at most a day (RFC 8292, section 2)
ENDPOINT_CHARS = 1024
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-4, D.1.2.3)


class WebPush:
    """`seed` is 32 secret bytes, the same for as long as its subscriptions shall work. `contact` is a
    https: or mailto: address of who runs this, as push services want it. `services` may be told besides
    SERVICES: origins, with `*.` for one or more labels.

    Raises ValueError for a service that is not an origin, or not https.
    """

    def __init__(self, seed: bytes, contact: str, services: Iterable[str] = ()) -> None:
        private = ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, ec.SECP256R1())
        self._vapid = Vapid02()
        self._vapid.private_key = private
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._key = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
        self._contact = contact
        self._services = tuple(_service(text) for text in (*SERVICES, *services))
        self._http: httpx.AsyncClient | None = None

    @property
    def key(self) -> str:
        return self._key

    def misfit(self, address: PushAddress) -> str | None:
        if len(address.endpoint) > ENDPOINT_CHARS or not address.endpoint.isascii():
            return "This push address is too long."
        if not self._is_known(address.endpoint):
            return "This browser's push service is not one that messages are sent to here."
        if not (_is_point(_decoded(address.p256dh)) and len(_decoded(address.auth)) == 16):
            return "This browser's push keys cannot be used."
        return None

    async def push(self, address: PushAddress, words: PushWords) -> PushOutcome:
        if self.misfit(address) is not None:  # kept since before the list was made shorter
            return PushOutcome.GONE
        parts = urlsplit(address.endpoint)
        try:
            keys = {"p256dh": address.p256dh, "auth": address.auth}
            sealed = WebPusher({"endpoint": address.endpoint, "keys": keys}).encode(words.payload)["body"]
            claims = {  # made anew each time: py_vapid writes into what it is given
                "aud": f"{parts.scheme}://{parts.netloc}",
                "sub": self._contact,
                "exp": int(time.time()) + PROOF_LASTS_S,
            }
            headers = {
                **self._vapid.sign(claims),
                "Content-Encoding": "aes128gcm",
                "TTL": str(words.valid_for_s),
                "Urgency": "high" if words.urgent else "normal",
                "Topic": words.topic,
            }
            status = await self._post(address.endpoint, sealed, headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("a push service did not answer: %s", type(error).__name__)
            return PushOutcome.FAILED
        except Exception:  # a library's own, about one browser's keys: no other owner's push may suffer
            log.exception("a push could not be sealed")
            return PushOutcome.FAILED
        if 200 <= status < 300:
            return PushOutcome.TAKEN
        if status in (404, 410):
            return PushOutcome.GONE
        log.warning("a push service at %s answered %d", parts.hostname, status)
        return PushOutcome.FAILED

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _post(self, endpoint: str, sealed: bytes, headers: dict[str, str]) -> int:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False)
        async with self._http.stream("POST", endpoint, content=sealed, headers=headers) as reply:
            return reply.status_code  # its body is nobody's business, however long

    def _is_known(self, endpoint: str) -> bool:
        try:
            parts = urlsplit(endpoint)
            origin = parts.scheme, parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None or parts.fragment:
            return False
        return any(_matches(service, *origin) for service in self._services)


def _service(text: str) -> SplitResult:
    parts = urlsplit(text)
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL)
    if not safe or host.removeprefix("*.") in ("", "*") or parts.path not in ("", "/") or parts.username:
        raise ValueError(f"{text!r} is no push service: https:// and a host name")
    _ = parts.port  # raises ValueError too
    return parts


def _matches(service: SplitResult, scheme: str, host: str, port: int | None) -> bool:
    wanted = service.hostname or ""
    usual = 443 if scheme == "https" else 80
    if (service.scheme, service.port or usual) != (scheme, port or usual):
        return False
    return host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_point(raw: bytes) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return False
    return len(raw) == 65
