"""A stand-in for Twilio's Messages API: it stores, refuses what Twilio refuses, and misbehaves on demand.

    async with TwilioDouble() as twilio:
        sender = TwilioSender(**twilio.account, base_url=twilio.url)
        twilio.stall_next()                               # the next request is stored and never answered
        …
        message = await twilio.arrived("+12125550123")    # waits for a POST
        await twilio.callback(message.sid, "delivered", to_url=ours)

It signs callbacks by itself (HMAC-SHA1 over the address and the sorted pairs), not with the library.
"""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple, Self
from urllib.parse import urlencode, urlsplit

import aiohttp
from aiohttp import web

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_ORDER = ("accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled")
_FINAL = _ORDER[4:]
_STATUS_OF = {20003: 401, 20404: 404, 20429: 429, 20500: 500, 20503: 503}  # all other codes: 400
_SAYS = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service Unavailable",
    21211: "The 'To' number {to} is not a valid phone number.",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number provided is not a valid message-capable Twilio phone number",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number {to} is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
}


@dataclass
class StoredMessage:
    """A message that the double has taken. `form` is what was posted."""

    sid: str
    to: str
    from_: str
    body: str
    form: dict[str, str]
    created_at: datetime
    status: str = "queued"
    error_code: int | None = None
    sent_at: datetime | None = None
    status_callback: str | None = None


class SignedCallback(NamedTuple):
    """A report as Twilio would post it: `signature` covers `url` and `params`."""

    url: str
    params: list[tuple[str, str]]
    signature: str


@dataclass
class _Fault:
    """What becomes of the next request. It is handled first when `after_storing`, and ignored otherwise."""

    after_storing: bool = False
    answer: web.Response | None = None
    stall: bool = False
    late_s: float | None = None
    drop: bool = False
    report_first: Sequence[str] = ()
    report_url: str | None = None


def sign(auth_token: str, url: str, params: Sequence[tuple[str, str]]) -> str:
    """X-Twilio-Signature, as https://www.twilio.com/docs/usage/security describes it."""
    text = url + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class TwilioDouble:
    """One account at one address. All times are UTC; all faults are used up by one request each."""

    def __init__(self, *, sender: str = "+12125550100", trial: bool = False) -> None:
        self.account_sid = "AC" + secrets.token_hex(16)
        self.auth_token = secrets.token_hex(16)
        self.sender = sender
        self.trial = trial  # Twilio puts a sentence of its own in front of a trial account's texts
        self.messages: list[StoredMessage] = []
        self.requests: list[str] = []  # "POST /2010-04-01/…", whatever became of them
        self.url = ""
        self._faults: deque[_Fault] = deque()
        self._refused: dict[str, int] = {}
        self._news = asyncio.Condition()
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def account(self) -> dict[str, str]:
        """What a TwilioSender is built with, `base_url` included."""
        return {
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "sender": self.sender,
            "base_url": self.url,
        }

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._closing.set()
        assert self._session is not None
        assert self._runner is not None
        await self._session.close()
        await self._runner.cleanup()

    # Misbehaviour

    def fail_next(self, code: int, *, status: int | None = None, after_storing: bool = False) -> None:
        """The next request gets Twilio's error JSON. `status` follows from the code unless given."""
        self._faults.append(_Fault(after_storing=after_storing, answer=_error(code, status)))

    def answer_next(
        self,
        status: int,
        text: str,
        *,
        headers: dict[str, str] | None = None,
        after_storing: bool = False,
    ) -> None:
        """The next request gets exactly this: a proxy's page, half a JSON, a redirect."""
        answer = web.Response(status=status, text=text, headers=headers, content_type="text/html")
        self._faults.append(_Fault(after_storing=after_storing, answer=answer))

    def stall_next(self, *, answer_after_s: float | None = None, after_storing: bool = True) -> None:
        """The next request is not answered, or only later: then it is stored unless it was before."""
        self._faults.append(_Fault(after_storing=after_storing, stall=True, late_s=answer_after_s))

    def drop_next(self, *, after_storing: bool) -> None:
        """The next request's connection is reset."""
        self._faults.append(_Fault(after_storing=after_storing, drop=True))

    def report_before_answering_next(self, *statuses: str, to_url: str | None = None) -> None:
        """The next POST is stored, its callbacks go out, and only then is it answered."""
        self._faults.append(_Fault(after_storing=True, report_first=statuses, report_url=to_url))

    def refuse_number(self, number: str, code: int) -> None:
        """Every message to that number gets this error: 21610, say."""
        self._refused[number] = code

    # What has come

    async def arrived(
        self, to: str | None = None, *, count: int = 1, timeout_s: float = 5.0
    ) -> StoredMessage:
        """The `count`th message (to that number); waits for it. Raises TimeoutError."""

        def theirs() -> list[StoredMessage]:
            return [m for m in self.messages if to in (None, m.to)]

        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: len(theirs()) >= count)
        return theirs()[count - 1]

    def message(self, sid: str) -> StoredMessage:
        """A stored message. Raises StopIteration for none."""
        return next(m for m in self.messages if m.sid == sid)

    # Callbacks

    def signed(
        self, sid: str, status: str, *, url: str | None = None, error_code: int | None = None
    ) -> SignedCallback:
        """What Twilio would post, signed for `url` (the message's own StatusCallback unless given)."""
        message = self.message(sid)
        signed_url = url or message.status_callback
        assert signed_url is not None, "this message has no StatusCallback"
        params = [
            ("AccountSid", self.account_sid),
            ("ApiVersion", "2010-04-01"),
            ("From", message.from_),
            ("MessageSid", sid),
            ("MessageStatus", status),
            ("SmsSid", sid),
            ("SmsStatus", status),
            ("To", message.to),
        ]
        if error_code is not None:
            params.append(("ErrorCode", str(error_code)))
        return SignedCallback(signed_url, params, sign(self.auth_token, signed_url, params))

    async def callback(
        self,
        sid: str,
        status: str,
        to_url: str | None = None,
        *,
        signed_url: str | None = None,
        error_code: int | None = None,
        signature: str | None = None,
        extra: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Posts one report and returns the HTTP status of the answer. Call it again to repeat it.

        `to_url` is where it goes and `signed_url` what is signed, each the message's StatusCallback unless
        given: a server behind a proxy is reached at another address than the public one. `signature`
        replaces the right one ("" leaves the header out), `extra` pairs go in after signing. Statuses may
        come in any order; only a later one changes what GET tells.
        """
        message = self.message(sid)
        if message.status not in _FINAL and status in _ORDER[_ORDER.index(message.status) :]:
            message.status, message.error_code = status, error_code
            if status in {"sent", "delivered", "undelivered"} and message.sent_at is None:
                message.sent_at = datetime.now(UTC)
        url, params, right = self.signed(sid, status, url=signed_url, error_code=error_code)
        headers = {"User-Agent": "TwilioProxy/1.1", "Content-Type": "application/x-www-form-urlencoded"}
        chosen = right if signature is None else signature
        if chosen:
            headers["X-Twilio-Signature"] = chosen
        return await self._post(to_url or url, urlencode([*params, *extra]), headers)

    async def _post(self, url: str, body: str, headers: dict[str, str]) -> int:
        assert self._session is not None
        timeout = aiohttp.ClientTimeout(total=15)  # Twilio's own
        async with self._session.post(
            url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer.status

    # The API

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        fault = self._faults.popleft() if self._faults else None
        await request.read()  # now: a client that gives up must not take a late answer's body with it
        if fault is None:
            return await self._answer(request)
        answer: web.StreamResponse | None = None
        if fault.after_storing:
            before = len(self.messages)
            answer = await self._answer(request)
            for status in fault.report_first if len(self.messages) > before else ():
                await self.callback(self.messages[-1].sid, status, fault.report_url)
        if fault.drop:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fault.stall:
            try:
                async with asyncio.timeout(fault.late_s):
                    await self._closing.wait()
            except TimeoutError:
                return answer or await self._answer(request)
            return web.Response(status=503)
        if fault.answer is not None:
            return fault.answer
        return answer or await self._answer(request)

    async def _answer(self, request: web.Request) -> web.Response:
        if not self._authorised(request):
            return _error(20003)
        base = f"/2010-04-01/Accounts/{self.account_sid}/Messages"
        if request.path == f"{base}.json" and request.method == "POST":
            return await self._create(request)
        if request.path == f"{base}.json" and request.method == "GET":
            return self._list(request)
        single = re.fullmatch(re.escape(base) + r"/((?:SM|MM)[0-9a-f]{32})\.json", request.path)
        if single and request.method == "GET":
            found = [m for m in self.messages if m.sid == single[1]]
            return web.json_response(self._resource(found[0])) if found else _error(20404)
        return _error(20404)

    def _authorised(self, request: web.Request) -> bool:
        right = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {right}"

    async def _create(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            return _error(20001, 400)
        form = {name: str(value) for name, value in (await request.post()).items()}
        code = self._refusal(form)
        if code is not None:
            return _error(code, to=form.get("To", ""))
        service = form.get("MessagingServiceSid")
        message = StoredMessage(
            sid="SM" + secrets.token_hex(16),
            to=form["To"],
            from_=form.get("From", self.sender),
            body=("Sent from your Twilio trial account - " if self.trial else "") + form["Body"],
            form=form,
            created_at=datetime.now(UTC),
            status="accepted" if service else "queued",
            status_callback=form.get("StatusCallback"),
        )
        self.messages.append(message)
        async with self._news:
            self._news.notify_all()
        return web.json_response(self._resource(message), status=201)

    def _refusal(self, form: dict[str, str]) -> int | None:
        """Twilio's error code for a form that it would not take."""
        to, body, callback = form.get("To", ""), form.get("Body", ""), form.get("StatusCallback")
        service, from_ = form.get("MessagingServiceSid"), form.get("From")
        if not to:
            return 21604
        if not service and not from_:
            return 21603
        if (service or from_) != self.sender:
            return 21606
        if not _E164.fullmatch(to):
            return 21211
        if not body:
            return 21602
        if len(body) > 1600:
            return 21617
        if callback is not None and not _is_url(callback):
            return 21609
        validity = form.get("ValidityPeriod", "36000")
        if not validity.isdecimal() or not 1 <= int(validity) <= 36_000:
            return 20001
        return self._refused.get(to)

    def _list(self, request: web.Request) -> web.Response:
        query = request.query
        chosen = [
            m
            for m in sorted(self.messages, key=lambda m: m.created_at, reverse=True)
            if query.get("To", m.to) == m.to
            and query.get("From", m.from_) == m.from_
            and ("DateSent>" not in query or _on_or_after(m.sent_at, query["DateSent>"]))
        ]
        size, page = min(int(query.get("PageSize", "50")), 1000), int(query.get("Page", "0"))
        shown = chosen[page * size : (page + 1) * size]
        more = len(chosen) > (page + 1) * size
        again = {name: value for name, value in query.items() if name not in ("Page", "PageSize")}
        following = urlencode({**again, "PageSize": size, "Page": page + 1, "PageToken": "PA" + "0" * 32})
        return web.json_response(
            {
                "messages": [self._resource(m) for m in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
                "uri": request.path_qs,
                "first_page_uri": f"{request.path}?PageSize={size}&Page=0",
                "previous_page_uri": None,
                "next_page_uri": f"{request.path}?{following}" if more else None,
            }
        )

    def _resource(self, message: StoredMessage) -> dict[str, object]:
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": message.body,
            "date_created": _rfc2822(message.created_at),
            "date_sent": None if message.sent_at is None else _rfc2822(message.sent_at),
            "date_updated": _rfc2822(message.sent_at or message.created_at),
            "direction": "outbound-api",
            "error_code": message.error_code,
            "error_message": None,
            "from": message.from_,
            "messaging_service_sid": message.form.get("MessagingServiceSid"),
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }


def _error(code: int, status: int | None = None, *, to: str = "+12125550123") -> web.Response:
    http = status or _STATUS_OF.get(code, 400)
    return web.json_response(
        {
            "code": code,
            "message": _SAYS.get(code, "Unable to create record").format(to=to),
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": http,
        },
        status=http,
    )


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")


def _on_or_after(sent_at: datetime | None, text: str) -> bool:
    """A message that is still queued has no date to compare."""
    return sent_at is not None and sent_at + timedelta(seconds=1) > datetime.fromisoformat(text)


def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment)  # whole seconds, "+0000"
