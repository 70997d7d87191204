"""Our own RTSP session with a camera that is a script: what it may ask, say in pieces, refuse and forget."""

import asyncio
import contextlib
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from media import rtc
from media.connector import direct
from media.connector.addresses import Pinned, parse
from media.connector.describe import Trouble, read
from media.connector.direct import Direct
from media.connector.pictures import Facts, Picture
from media.connector.rtsp import connect
from tests.connector.test_depacketize import film, slice_of
from tests.peers import until

SPS = bytes.fromhex("6742c01eda0280bfe5c0440000030004000003007a3c58ba80")
SDP = (
    "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"
    "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtoCgL/lwEQAAAMABAAAAwB6PFi6gA==,aM48gA==\r\n"
    "m=audio 0 RTP/AVP 8\r\n"
)
Script = Callable[[str, dict[str, str]], str | None]


class ScriptedCamera:
    """`script` may answer a request itself; `film` goes out after PLAY, a few bytes at a time."""

    def __init__(self, script: Script, film: bytes, piece: int) -> None:
        self.asked: list[tuple[str, str]] = []
        self.said: list[str] = []
        self._script, self._film, self._piece = script, film, piece

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first = await reader.readexactly(1)
                if first == b"$":
                    _, size = await reader.readexactly(1), await reader.readexactly(2)
                    await reader.readexactly(int.from_bytes(size))
                    self.said.append("report")
                    continue
                head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
                line, *rest = head.split("\r\n")
                if line.startswith("RTSP/"):
                    self.said.append(line)
                    continue
                headers = dict(each.split(": ", 1) for each in rest if each)
                method, url, _ = line.split()
                self.asked.append((method, url))
                answer = self._script(method, headers) or self._answer(method)
                writer.write(answer.replace("\r\n", f"\r\nCSeq: {headers['CSeq']}\r\n", 1).encode())
                if method == "PLAY" and answer.startswith("RTSP/1.0 200"):
                    for at in range(0, len(self._film), self._piece):
                        writer.write(self._film[at : at + self._piece])
                        await writer.drain()
                        await asyncio.sleep(0)
        writer.close()

    def _answer(self, method: str) -> str:
        extra, body = "", ""
        if method == "DESCRIBE":
            extra, body = f"Content-Length: {len(SDP)}\r\n", SDP
        elif method == "SETUP":
            extra = "Transport: RTP/AVP/TCP;interleaved=4-5\r\nSession: 12345;timeout=60\r\n"
        return f"RTSP/1.0 200 OK\r\n{extra}\r\n{body}"


class Taker:
    def __init__(self) -> None:
        self.facts: list[Facts] = []
        self.pictures: list[Picture] = []
        self.ended: list[Trouble | None] = []
        self.left_out = 0

    def opened(self, facts: Facts, extradata: bytes) -> None:
        assert extradata.startswith(b"\0\0\0\1" + SPS)
        self.facts.append(facts)

    def offer(self, picture: Picture) -> bool:
        self.pictures.append(picture)
        return True

    def waits(self) -> None:
        self.left_out += 1

    def coded(self, packet: Any, at: float) -> None: ...
    def sound(self, packet: Any, at: float) -> None: ...

    def over(self, trouble: Trouble | None) -> None:
        self.ended.append(trouble)


def interleaved(packets: list[bytes], channel: int = 4) -> bytes:
    return b"".join(bytes((36, channel)) + len(packet).to_bytes(2) + packet for packet in packets)


FILM = interleaved(film([[slice_of(5000, key=True)], [slice_of(900)], [slice_of(3000)]]))


def nothing(_method: str, _headers: dict[str, str]) -> str | None:
    return None


@contextlib.asynccontextmanager
async def playing(
    script: Script = nothing,
    film: bytes = FILM,
    piece: int = 1400,
    user: str = "",
    password: str = "",
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[tuple[ScriptedCamera, Taker]]:
    camera, taker = ScriptedCamera(script, film, piece), Taker()
    async with await asyncio.start_server(camera.serve, "127.0.0.1", 0, ssl=tls) as server:
        port = server.sockets[0].getsockname()[1]
        scheme = "rtsps" if tls is not None else "rtsp"
        pinned = Pinned(parse(f"{scheme}://127.0.0.1:{port}/live")[0], "127.0.0.1")
        connection, described = await connect(pinned, user, password)
        assert described.has_sound
        assert described.video is not None
        session = Direct(connection, described, described.video, taker)
        session.start()
        try:
            yield camera, taker
        finally:
            session.stop()
            await until(lambda: taker.ended, "it has ended")
            assert len(taker.ended) == 1
            assert session.traffic() > 0


@pytest.mark.parametrize("piece", [1, 3, 1400, 1 << 20])
async def test_pictures_come_whole_however_the_bytes_come(piece: int) -> None:
    async with playing(piece=piece) as (camera, taker):
        await until(lambda: len(taker.pictures) == 3, "all are there")
    assert [bytes(picture.units[-1]) for picture in taker.pictures] == [
        slice_of(5000, key=True), slice_of(900), slice_of(3000)
    ]  # fmt: skip
    assert bytes(taker.pictures[0].units[0]) == SPS  # of which only the SDP spoke
    assert (taker.facts[0].width, taker.facts[0].height) == (640, 360)
    methods = [method for method, _ in camera.asked]
    assert methods[:3] == ["DESCRIBE", "SETUP", "PLAY"]
    assert camera.asked[1][1].endswith("/live/trackID=1")


async def test_a_camera_that_signs_its_own_certificate_is_read_over_tls(tmp_path: Path) -> None:
    certificate = rtc.Certificate().rtc
    both = tmp_path / "camera.pem"
    both.write_bytes(
        certificate._cert.public_bytes(Encoding.PEM)
        + certificate._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(both)
    async with playing(tls=tls) as (_, taker):
        await until(lambda: len(taker.pictures) == 3, "all are there")


async def test_a_camera_is_told_goodbye() -> None:
    async with playing() as (camera, taker):
        await until(lambda: taker.pictures, "it plays")
    await until(lambda: camera.asked[-1][0] == "TEARDOWN", "it hears goodbye")
    assert taker.ended == [None]


@pytest.mark.parametrize("algorithm", ["", "MD5", "SHA-256"])
async def test_each_request_proves_the_password_and_never_tells_it(algorithm: str) -> None:
    heads, nonces = list[str](), ["one", "two"]  # the second from SETUP on: the first has grown old

    def script(method: str, headers: dict[str, str]) -> str | None:
        nonce = nonces[method != "DESCRIBE"]
        proof = headers.get("Authorization", "")
        heads.append(proof)
        said = dict(re.findall(r'(\w+)="?([^",]*)', proof))
        name = "sha256" if algorithm == "SHA-256" else "md5"

        def digest(text: str) -> str:
            return hashlib.new(name, text.encode()).hexdigest()

        def right() -> str:
            request = digest(f"{method}:{said['uri']}")
            middle = f"{nonce}:{said['nc']}:{said['cnonce']}:auth" if algorithm else nonce
            return digest(f"{digest('owner:cam:s3cret')}:{middle}:{request}")

        if said.get("nonce") == nonce and said["response"] == right():
            return None
        asked = f'Digest realm="cam", nonce="{nonce}"'
        asked += f', qop="auth", algorithm={algorithm}' if algorithm else ""
        return f"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: {asked}\r\n\r\n"

    async with playing(script, user="owner", password="s3cret") as (_, taker):
        await until(lambda: len(taker.pictures) == 3, "it plays")
    assert "s3cret" not in "".join(heads)


async def test_a_camera_that_sends_by_udp_only_says_what_to_do() -> None:
    def script(method: str, _: dict[str, str]) -> str | None:
        return "RTSP/1.0 461 Unsupported Transport\r\n\r\n" if method == "SETUP" else None

    async with playing(script) as (_, taker):
        await until(lambda: taker.ended, "it is over")
    assert taker.ended[0] is not None
    assert "TCP" in taker.ended[0].words
    assert taker.ended[0].lasting


async def test_a_redirect_of_a_later_request_is_not_followed() -> None:
    def script(method: str, _: dict[str, str]) -> str | None:
        moved = "RTSP/1.0 302 Moved\r\nLocation: rtsp://169.254.169.254/\r\n\r\n"
        return moved if method == "PLAY" else None

    async with playing(script) as (_, taker):
        await until(lambda: taker.ended, "it is over")
    assert taker.ended[0] is not None
    assert "not followed" in taker.ended[0].words


async def test_a_camera_may_ask_too_and_others_channels_are_not_ours() -> None:
    question = b"SET_PARAMETER rtsp://x RTSP/1.0\r\nCSeq: 9\r\nContent-Length: 3\r\n\r\nabc"
    other = interleaved([b"\x80\xc8" + bytes(26)], 5)
    async with playing(film=other + FILM[: len(FILM) // 2] + FILM[len(FILM) // 2 :] + question) as (
        camera,
        taker,
    ):
        await until(lambda: camera.said, "it is answered")
        assert camera.said == ["RTSP/1.0 501 Not Implemented"]
        assert len(taker.pictures) == 3


@pytest.mark.parametrize(
    ("film", "words"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "does not speak RTSP"),
        (b"\xff" * 40_000, "does not speak RTSP"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", "does not speak RTSP"),
    ],
)
async def test_a_camera_that_says_something_else_ends_with_a_sentence(film: bytes, words: str) -> None:
    async with playing(film=film) as (_, taker):
        await until(lambda: taker.ended, "it is over")
    assert taker.ended[0] is not None
    assert words in taker.ended[0].words


async def test_a_session_is_kept_alive_and_silence_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "_LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(direct, "_REPORT_EVERY_S", 0.2)
    monkeypatch.setattr(direct, "_MIN_SESSION_S", 0.3)
    monkeypatch.setattr(direct, "READ_S", 1.5)

    def script(method: str, _: dict[str, str]) -> str | None:
        told = "Transport: RTP/AVP/TCP;interleaved=4-5\r\nSession: 1;timeout=0\r\n"
        return f"RTSP/1.0 200 OK\r\n{told}\r\n" if method == "SETUP" else None

    async with playing(script) as (camera, taker):
        await until(lambda: taker.ended, "it is over")
    assert ("OPTIONS", camera.asked[2][1]) in camera.asked
    assert "report" in camera.said
    assert taker.ended[0] is not None
    assert "stopped sending" in taker.ended[0].words


def test_what_a_description_says_is_read_and_the_rest_is_not_there() -> None:
    found = read(SDP, "rtsp://10.0.0.1/live?x=1")
    assert found.control == "rtsp://10.0.0.1/live?x=1"
    assert found.video is not None
    assert found.video.control == "rtsp://10.0.0.1/live?x=1/trackID=1"
    assert found.video.cuts_plainly
    assert found.video.parameter_sets == (SPS, b"\x68\xce\x3c\x80")
    odd = read(
        SDP.replace("=Z0L", "=!Z0L").replace("packetization-mode=1", "packetization-mode=2"), "rtsp://a"
    )
    assert odd.video is not None
    assert not odd.video.cuts_plainly
    for text in ("", "m=video 0 RTP/AVP 96", "m=video x RTP/AVP 96\r\n", SDP.replace("90000", "0")):
        assert read(text, "rtsp://a").video is None
