"""One WHIP session's HTTP (RFC 9725): an offer out, an answer in, DELETE at the end.

TLS is verified, and proxies of the environment are used, as httpx does both. The bearer is never logged.
"""

import contextlib
import importlib
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from media.connector.exchange import exchange, trusting
from media.connector.path import Counts
from media.offer import Fingerprint

PICTURE, RTX, OPUS = 96, 97, 111  # payload types


class Refused(Exception):
    """The service does not take this picture; asking again with this bearer changes nothing."""


class Unreachable(Exception):
    """The service could not answer; asking again may help."""


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """What one session sends and by which names."""

    profile_level_id: str  # of H.264; empty for VP8
    sound: bool
    listens: bool  # a keyframe can be asked for
    ufrag: str
    password: str
    video_ssrc: int
    repair_ssrc: int
    sound_ssrc: int


def new_sending(profile_level_id: str, *, sound: bool, listens: bool) -> Sending:
    video, repair, speech = (secrets.randbits(31) | 1 for _ in range(3))
    return Sending(
        profile_level_id=profile_level_id,
        sound=sound,
        listens=listens,
        ufrag=secrets.token_hex(4),
        password=secrets.token_hex(16),
        video_ssrc=video,
        repair_ssrc=repair,
        sound_ssrc=speech,
    )


def offer(sending: Sending, fingerprint: Fingerprint) -> str:
    """Send only, one transport, candidates none: the engine is ICE-lite and only answers (RFC 8445 2.5)."""
    shared = [
        "c=IN IP4 0.0.0.0",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=ice-ufrag:{sending.ufrag}",
        f"a=ice-pwd:{sending.password}",
        f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
        "a=setup:actpass",
        "a=msid:connector connector",
    ]
    lines = [
        "v=0",
        f"o=- {secrets.randbits(62)} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE 0{' 1' if sending.sound else ''}",
        f"m=video 9 UDP/TLS/RTP/SAVPF {PICTURE} {RTX}",
        "a=mid:0",
        *shared,
        *_codec(sending.profile_level_id),
        f"a=rtcp-fb:{PICTURE} nack",
        *((f"a=rtcp-fb:{PICTURE} nack pli", f"a=rtcp-fb:{PICTURE} ccm fir") if sending.listens else ()),
        f"a=rtpmap:{RTX} rtx/90000",
        f"a=fmtp:{RTX} apt={PICTURE}",
        f"a=ssrc-group:FID {sending.video_ssrc} {sending.repair_ssrc}",
        f"a=ssrc:{sending.video_ssrc} cname:connector",
        f"a=ssrc:{sending.repair_ssrc} cname:connector",
    ]
    if sending.sound:
        lines += [
            f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}",
            "a=mid:1",
            *shared,
            f"a=rtpmap:{OPUS} opus/48000/2",
            f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
            f"a=rtcp-fb:{OPUS} nack",
            f"a=ssrc:{sending.sound_ssrc} cname:connector",
        ]
    return "\r\n".join(lines) + "\r\n"


def _codec(profile_level_id: str) -> tuple[str, ...]:
    if not profile_level_id:
        return (f"a=rtpmap:{PICTURE} VP8/90000",)
    return (
        f"a=rtpmap:{PICTURE} H264/90000",
        f"a=fmtp:{PICTURE} level-asymmetry-allowed=1;packetization-mode=1;"
        f"profile-level-id={profile_level_id}",
    )


def warm() -> None:
    """Do what takes time and depends on no order: read the certificates, load what httpx loads when used."""
    trusting(None)
    for name in ("anyio._backends._asyncio", "httpcore", "h11"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


class Endpoint:
    """The service's WHIP endpoint, as one bearer sees it. `counts`: of the connections it makes."""

    def __init__(self, url: str, bearer: str, counts: Counts, trust: str | None = None) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {bearer}"}
        self._counts = counts
        self._verify = trusting(trust)

    async def publish(self, sdp: str) -> tuple[str, str]:
        """The answer, and the session's URL on the same server. Raises Refused or Unreachable."""
        headers = {**self._headers, "Content-Type": "application/sdp"}
        answer, body = await self._send("POST", self._url, content=sdp, headers=headers)
        if answer.status_code != HTTPStatus.CREATED:
            self._raise(answer)
        session = urljoin(self._url, answer.headers.get("Location", ""))
        if urlsplit(session)[:2] != urlsplit(self._url)[:2]:
            raise Unreachable("a session on another server")
        return body.decode(errors="replace"), session

    async def delete(self, session: str) -> None:
        """Best effort: the engine notices silence too."""
        try:
            await self._send("DELETE", session, headers=self._headers)
        except Unreachable:
            return

    async def _send(self, method: str, url: str, **request: Any) -> tuple[httpx.Response, bytes]:
        try:
            return await exchange(method, url, self._counts, verify=self._verify, **request)
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error

    def _raise(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in (401, 403, 404, 410):
            raise Refused("The service has ended this picture.")
        if status in (400, 406, 415, 422):
            raise Refused(f"The service does not take this picture (HTTP {status}).")
        raise Unreachable(f"HTTP {status}")
