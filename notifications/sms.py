"""Twilio: the carrier that takes a link to a caller's phone, and the reports that it sends back.

Stands behind step 2 of the story. The only home of `twilio`, with `aiohttp` (its own dependency) below it.

The client runs on asyncio, through an HTTP client of ours, and not as the blocking one in a thread: a call
can then be given up for good after `timeout_s`, socket and all, where a thread would stay behind in a
stalled read (requests bounds each read, not the whole) and hold up the process at its end. Of the library's
own asyncio client nothing is left to use: it logs addresses, keeps the last request, body included, and has
no deadline of its own.

Twilio knows no idempotency key. So each POST goes out once, on a fresh connection, never followed to
another address, and ends as Sent, NotSent (nothing went out) or Unknown (it may have). Nothing here logs:
addresses hold numbers, bodies hold tokens.
"""

import asyncio
import base64
import contextlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from notifications.ports import CarrierId, CarrierState, Delivery, Message, NotSent, Sent, Unknown

API = "https://api.twilio.com"  # the client's own default
_ANSWER_BYTES = 1_000_000  # a page of 100 messages is some 100 kB
_PAGE_MESSAGES = 100
_SEARCHED_MESSAGES = 300  # to one number: more than anybody is ever sent
_CLOCKS_APART = timedelta(minutes=2)  # how far ours may be ahead of Twilio's
_FORM_BYTES = 16_384
_FORM_FIELDS = 100

_ACCOUNT_SID = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
_SERVICE_SID = re.compile(r"MG[0-9a-f]{32}", re.ASCII)
_MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.ASCII)
_FROM = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}", re.ASCII)
_STATUS = re.compile(r"[a-z][a-z_-]{0,31}", re.ASCII)
_CODE = re.compile(r"[1-9]\d{2,5}", re.ASCII)

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values; what is missing here is
# on its way, or new: neither moves a message back.
_STATES = {
    "sent": CarrierState.SENT,
    "delivered": CarrierState.DELIVERED,
    "read": CarrierState.DELIVERED,
    "failed": CarrierState.FAILED,
    "undelivered": CarrierState.FAILED,
    "canceled": CarrierState.FAILED,
}


class _Why(NamedTuple):
    reason: str
    retryable: bool = False


_CREDENTIALS = _Why("Twilio refused our account's credentials. Tell the administrator.")
_SENDER = _Why("Our sending number cannot send this text. Tell the administrator.")
_BUSY = _Why("Too many texts at once.", retryable=True)
_NOT_MOBILE = _Why("This number is not a mobile phone and cannot receive texts.")
_NOT_VALID = _Why("This is not a valid phone number.")
_UNREGISTERED = _Why("Carriers block our sending number until it is registered. Tell the administrator.")
_UNEXPLAINED = _Why("The text was not delivered; the carrier does not say why.")

# https://www.twilio.com/docs/api/errors. Retryable: the same text may be taken a moment later, unchanged.
_WHY = {
    "429": _BUSY,
    "14107": _BUSY,
    "20003": _CREDENTIALS,
    "20005": _Why("Our Twilio account is not active. Tell the administrator."),
    "20404": _CREDENTIALS,
    "20429": _BUSY,
    "21211": _NOT_VALID,
    "21212": _SENDER,
    "21214": _Why("This number cannot be reached."),
    "21217": _NOT_VALID,
    "21265": _Why("This is a short code, not a phone."),
    "21266": _Why("This is our own sending number."),
    "21408": _Why("Texts to this country are not enabled on our account. Tell the administrator."),
    "21602": _Why("The text was empty."),
    "21603": _SENDER,
    "21604": _Why("The number is missing."),
    "21606": _SENDER,
    "21608": _Why(
        "Our Twilio account is a trial and may only text verified numbers. Tell the administrator."
    ),
    "21609": _Why("Twilio cannot use our public address for its reports. Tell the administrator."),
    "21610": _Why(
        "This phone has opted out of our texts. The caller can text START to our number to undo that."
    ),
    "21611": _BUSY,
    "21612": _Why("Our sending number cannot reach this phone."),
    "21614": _NOT_MOBILE,
    "21617": _Why("The text is too long."),
    "21635": _NOT_MOBILE,
    "21659": _SENDER,
    "21660": _SENDER,
    "21661": _SENDER,
    "21703": _SENDER,
    "21704": _SENDER,
    "21705": _SENDER,
    "30001": _Why("Too many texts were waiting."),
    "30002": _Why("Our Twilio account is suspended. Tell the administrator."),
    "30003": _Why("The phone cannot be reached: switched off, without signal, or barred from texts."),
    "30004": _Why("The phone or its carrier blocks texts from us."),
    "30005": _Why("The carrier does not know this number; it may be out of service."),
    "30006": _Why("This is a landline, or a carrier that cannot be reached."),
    "30007": _Why("The carrier filtered the text as spam."),
    "30008": _UNEXPLAINED,
    "30022": _Why("Too many texts at once for our sending number's registration."),
    "30023": _Why("The day's limit of our sending number's registration is reached. Tell the administrator."),
    "30032": _UNREGISTERED,
    "30034": _UNREGISTERED,
    "30036": _Why("The text could not be delivered before its link expired."),
}

_T = TypeVar("_T")


class TwilioSender:
    """Sends through one Twilio account. Makes no connection until the first call.

    `sender` is a number in E.164, a short code, an alphanumeric sender or a Messaging Service's SID (MG…).
    `base_url` replaces Twilio's own address: a regional edge (https://api.dublin.ie1.twilio.com), or a
    double in tests, which alone may be reached without TLS, on loopback. `proxy_url` is the way out of a
    network that has no other; the environment's proxy settings are not read. `timeout_s` bounds each call.
    Raises ValueError for settings that cannot work.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        base_url: str = API,
        proxy_url: str | None = None,
        timeout_s: float = 5.0,
    ) -> None:
        if not _ACCOUNT_SID.fullmatch(account_sid):
            raise ValueError("a Twilio account SID is AC and 32 hexadecimal digits")
        if not re.fullmatch(r"[!-~]{16,128}", auth_token):
            raise ValueError("that is no Twilio auth token")
        if not (_FROM.fullmatch(sender) or _SERVICE_SID.fullmatch(sender)):
            raise ValueError("a Twilio sender is a number in E.164, a short code, a name or an MG… SID")
        self._from = {"messaging_service_sid" if _SERVICE_SID.fullmatch(sender) else "from_": sender}
        self._timeout_s = timeout_s
        self._http = _HttpClient(_checked_base(base_url), proxy_url, timeout_s)
        self._client = Client(account_sid, auth_token, http_client=self._http)
        self._account_sid = account_sid
        self._validator = RequestValidator(auth_token)

    def __repr__(self) -> str:
        return f"TwilioSender({self._account_sid})"

    @property
    def kind(self) -> Literal["sms"]:
        """Reaches phones."""
        return "sms"

    async def send(self, message: Message) -> Sent:
        """One POST to Messages.json. Raises NotSent or Unknown, and never with the number in its words."""
        optional = {} if message.status_callback is None else {"status_callback": message.status_callback}
        try:
            async with asyncio.timeout(self._timeout_s):
                created = await self._client.messages.create_async(
                    to=message.to,
                    body=message.text,
                    validity_period=min(max(message.valid_for_s, 1), 36_000),
                    **self._from,
                    **optional,
                )
                return _sent(created)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError):
            raise NotSent("Twilio cannot be reached.", retryable=True) from None  # no byte of it left us
        except _Refusal as refusal:
            raise refusal.means() from None
        except TimeoutError:
            raise Unknown(f"Twilio did not answer within {self._timeout_s:g} s.") from None
        except (aiohttp.ClientError, OSError):
            raise Unknown("The connection to Twilio broke before it answered.") from None
        except Exception:  # an answer that is none: whatever it is, the request is out
            raise Unknown("Twilio's answer made no sense.") from None

    async def find(self, message: Message, *, taken: Collection[CarrierId] = ()) -> Sent | None:
        """Looks through the messages to that number since this one was written, the oldest match first.

        By number only, and by date here: Twilio filters by DateSent, which a queued message has not got yet.
        """
        since = message.created_at.astimezone(UTC) - _CLOCKS_APART

        async def search() -> Sent | None:
            found: list[tuple[datetime, Sent]] = []
            seen = 0
            stream = await self._client.messages.stream_async(
                to=message.to, limit=_SEARCHED_MESSAGES, page_size=_PAGE_MESSAGES
            )
            async for listed in stream:
                seen += 1
                if not _same_text(listed.body, message.text):
                    continue
                if listed.date_created >= since and listed.sid not in taken:
                    found.append((listed.date_created, _sent(listed)))
            if found:
                return min(found, key=lambda pair: pair[0])[1]
            if seen >= _SEARCHED_MESSAGES:
                raise Unknown("There are too many texts to this number to look through.")
            return None

        return await self._ask(search)

    async def delivery_of(self, carrier_id: CarrierId) -> Delivery:
        """One GET of Messages/{sid}.json."""
        if not _MESSAGE_SID.fullmatch(carrier_id):
            raise ValueError("a Twilio message SID is SM or MM and 32 hexadecimal digits")

        async def fetch() -> Delivery:
            return _sent(await self._client.messages(carrier_id).fetch_async()).delivery

        return await self._ask(fetch)

    async def _ask(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """Asks Twilio something that changes nothing: whatever goes wrong, the answer is unknown."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await question()
        except Unknown:
            raise
        except _Refusal as refusal:
            raise Unknown(refusal.means().reason, code=refusal.code) from None
        except TimeoutError:
            raise Unknown(f"Twilio did not answer within {self._timeout_s:g} s.") from None
        except (aiohttp.ClientError, OSError):
            raise Unknown("Twilio cannot be reached.") from None
        except Exception:
            raise Unknown("Twilio's answer made no sense.") from None

    def verify_callback(self, url: str, params: Sequence[tuple[str, str]], signature: str | None) -> bool:
        """Is X-Twilio-Signature that of our account, over this address and all these pairs?

        `url` is the public one that Twilio was given as status_callback, not the one behind a proxy.
        """
        if not signature:
            return False
        try:
            return bool(self._validator.validate(url, _Form(params), signature))
        except ValueError:  # a lone surrogate, or a port that is none
            return False

    def parse_callback(self, params: Sequence[tuple[str, str]]) -> tuple[CarrierId, Delivery]:
        """Which message a report is about, and how far that is.

        A status that we do not know counts as accepted, and an error code that we do not know is given as it
        is. Raises ValueError for a report without a message, without a status, of another account, or that
        says a thing twice.
        """
        fields = dict(params)
        for name in ("MessageSid", "MessageStatus", "ErrorCode", "AccountSid"):
            if sum(1 for key, _ in params if key == name) > 1:
                raise ValueError(f"{name} stands there twice")
        sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
        if not _MESSAGE_SID.fullmatch(sid):
            raise ValueError("MessageSid is no message's")
        if not _STATUS.fullmatch(status):
            raise ValueError("MessageStatus is no status")
        if fields.get("AccountSid", self._account_sid) != self._account_sid:
            raise ValueError("AccountSid is not ours")
        return CarrierId(sid), _delivery(status, fields.get("ErrorCode"))

    async def aclose(self) -> None:
        """Lets go of the connection that a call may still hold."""
        await self._http.aclose()


def parse_form(body: bytes) -> list[tuple[str, str]]:
    """A callback's body as pairs, in order, empty values kept. Raises ValueError for what is no such form."""
    if len(body) > _FORM_BYTES:
        raise ValueError("the form is too large")
    return parse_qsl(
        body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FORM_FIELDS
    )


def _same_text(listed: object, text: str) -> bool:
    """A trial account's texts have a sentence of Twilio's in front; the link at the end is only ours."""
    return isinstance(listed, str) and bool(text) and listed.endswith(text)


def _sent(instance: object) -> Sent:
    """A Message resource, as the client parsed it. Raises ValueError when it is none."""
    sid, status = getattr(instance, "sid", None), getattr(instance, "status", None)
    if not (isinstance(sid, str) and _MESSAGE_SID.fullmatch(sid) and isinstance(status, str)):
        raise ValueError("no message")
    code = getattr(instance, "error_code", None)
    return Sent(carrier_id=CarrierId(sid), delivery=_delivery(status, None if code is None else str(code)))


def _delivery(status: str, code: str | None) -> Delivery:
    state = _STATES.get(status, CarrierState.ACCEPTED)
    if state is not CarrierState.FAILED:
        return Delivery(state=state)
    if code is None or not _CODE.fullmatch(code):
        why, code = (_Why("The text was cancelled.") if status == "canceled" else _UNEXPLAINED), None
    else:
        why = _WHY.get(code) or _Why(f"The text was not delivered (Twilio error {code}).")
    return Delivery(state=state, reason=why.reason, code=code)


class _Refusal(Exception):
    """An answer other than success, before the client makes an exception of it that quotes the number."""

    def __init__(self, status: int, body: str) -> None:
        self.status = status
        self.code = str(status)
        with contextlib.suppress(Exception):  # an answer from something in between, say
            code = str(json.loads(body)["code"])
            self.code = code if _CODE.fullmatch(code) else self.code
        super().__init__(f"{status} {self.code}")

    def means(self) -> NotSent | Unknown:
        """Only 3xx and 4xx are a definite no; 408 says that the request came late, which is none."""
        if not 300 <= self.status < 500 or self.status == 408:
            return Unknown(f"Twilio has trouble of its own (error {self.code}).", code=self.code)
        why = _WHY.get(self.code)
        if why is None and self.status == 429:
            why = _BUSY
        if why is None and self.status in (401, 403):
            why = _CREDENTIALS
        if why is None:
            why = _Why(f"Twilio refused the text (error {self.code}).")
        return NotSent(why.reason, code=self.code, retryable=why.retryable)


def _checked_base(url: str) -> str:
    parts = urlsplit(url)
    loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        raise ValueError("Twilio's base URL must be https, for the account's secret travels there")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise ValueError("Twilio's base URL is a scheme and a host, nothing more")
    return f"{parts.scheme}://{parts.netloc}"


class _Form:
    """Pairs as the validator wants a form: it sorts each name's values itself."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = pairs

    def __iter__(self) -> Iterator[str]:
        return iter(name for name, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def getall(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]


def _silent() -> logging.Logger:
    logger = logging.Logger("notifications.sms.silent")  # not in the hierarchy: nobody can turn it up
    logger.disabled = True
    return logger


class _HttpClient(AsyncHttpClient):  # type: ignore[misc]  # twilio is untyped
    """The client's requests, to `base_url` and nowhere else: no redirects, cookies, retries or logs."""

    def __init__(self, base_url: str, proxy_url: str | None, timeout_s: float) -> None:
        super().__init__(_silent(), True, timeout_s)
        self._base_url = base_url
        self._proxy_url = proxy_url
        # Less time to connect than there is in all, so that a call that never got through is known as such.
        self._timeout = aiohttp.ClientTimeout(total=None, connect=timeout_s * 0.6)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request. The host in `uri` is dropped, also when a page of Twilio's names the next one."""
        parts = urlsplit(uri)
        target = self._base_url + parts.path + (f"?{parts.query}" if parts.query else "")
        sent_headers = dict(headers or {})
        if auth is not None:
            basic = base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode("ascii")
            sent_headers["Authorization"] = f"Basic {basic}"
        async with self._opened().request(
            method,
            target,
            params={name: str(value) for name, value in (params or {}).items()} or None,
            data={name: str(value) for name, value in (data or {}).items()} or None,
            headers=sent_headers,
            allow_redirects=False,
            proxy=self._proxy_url,
        ) as response:
            body = b""
            async for chunk in response.content.iter_chunked(65_536):
                body += chunk
                if len(body) > _ANSWER_BYTES:
                    raise aiohttp.ClientPayloadError("the answer is too long")
            text = body.decode("utf-8", "replace")
            if not 200 <= response.status < 300:
                raise _Refusal(response.status, text)
            return Response(response.status, text, dict(response.headers))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # A fresh connection each time: a POST on one that Twilio has just closed would be Unknown.
                connector=aiohttp.TCPConnector(force_close=True, limit=20),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                trust_env=False,
            )
        return self._session

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
