"""Cameras that are asked for a keyframe: what is said by ONVIF and by RTCP, and what a camera makes of it."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onvif  # type: ignore[import-untyped]
import pytest
import zeep
import zeep.wsse.username
from lxml import etree  # type: ignore[import-untyped]

from media.connector import soap
from media.connector.addresses import AllowList, Pinned, parse
from media.connector.direct import Direct
from media.connector.keyframes import Keyframes
from media.connector.path import Counts
from media.connector.rtsp import connect
from media.connector.soap import Services
from tests.connector.desk import Connector, Desk, RtspCamera
from tests.connector.onvif_camera import OnvifCamera
from tests.connector.test_rtsp import Taker
from tests.peers import until

SECONDS_SINCE_1970 = 56 * 365 * 86400
GROUP_S = 60  # so long that who does not ask waits in vain
WSDL = Path(onvif.__file__).parent / "wsdl" / "media.wsdl"


def asking(
    url: str, user: str = "", password: str = "", *, at: str = "127.0.0.1"
) -> tuple[Keyframes, Counts]:
    """Of the camera at this address, whose services are said to be there."""
    counts, allowed = Counts(), AllowList(["127.0.0.0/8"])
    pinned = Pinned(parse(f"rtsp://{at}/live")[0], at)
    services = Services(
        device=f"{url}/onvif/device_service", media=f"{url}/onvif/media_service", profile="main"
    )
    return Keyframes(services, pinned, user, password, allowed, counts), counts


def test_what_is_asked_is_what_onvifs_own_description_says() -> None:
    library: Any = zeep
    token = library.wsse.username.UsernameToken("admin", "p&ss", use_digest=True)
    client = library.Client(str(WSDL), wsse=token)
    service = client.create_service(
        "{http://www.onvif.org/ver10/media/wsdl}MediaBinding", "http://127.0.0.1/"
    )
    theirs = client.create_message(service, "SetSynchronizationPoint", ProfileToken="a<b")
    security = soap.security("admin", "p&ss", datetime.now(UTC))
    ours = etree.fromstring(soap.synchronization_point("a<b", security).encode())
    assert shape(ours.find("{*}Body")) == shape(theirs.find("{*}Body"))
    proof, expected = (shape(each.find("{*}Header/{*}Security")) for each in (ours, theirs))
    assert sorted(proof[2][0][2]) == sorted(expected[2][0][2])


def shape(element: Any) -> tuple[str, str, tuple[Any, ...]]:
    """Names in their namespaces and what they hold, but for what is new each time."""
    name = etree.QName(element).localname
    text = "" if name in ("Password", "Nonce", "Created") else (element.text or "").strip()
    return str(element.tag), text, tuple(shape(each) for each in element)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("", None),
        ("<UTCDateTime><Year>2026</Year></UTCDateTime>", None),
        (
            "<t:UTCDateTime>\n<t:Time><t:Hour>4</t:Hour><t:Minute>5</t:Minute><t:Second>6</t:Second></t:Time>"
            "<t:Date><t:Year>1970</t:Year><t:Month>1</t:Month><t:Day>2</t:Day></t:Date></t:UTCDateTime>",
            datetime(1970, 1, 2, 4, 5, 6, tzinfo=UTC),
        ),
        (
            "<UTCDateTime><Hour>25</Hour><Minute>5</Minute><Second>6</Second>"
            "<Year>1970</Year><Month>1</Month><Day>2</Day></UTCDateTime>",
            None,
        ),
        ("<UTCDateTime>" * 5000, None),
    ],
)
def test_a_cameras_clock_is_read_or_is_none(answer: str, found: datetime | None) -> None:
    assert soap.read_time(answer) == found


@pytest.mark.parametrize("behind_s", [0, SECONDS_SINCE_1970])
async def test_a_camera_is_asked_with_its_password_by_its_own_clock(host: str, behind_s: float) -> None:
    made = list[str]()
    with OnvifCamera(
        "127.0.0.1", "rtsp://127.0.0.1/main", user="admin", password="r<ght", behind_s=behind_s,
        keyframe=lambda: made.append("keyframe"),
    ) as camera:  # fmt: skip
        keyframes, counts = asking(f"http://127.0.0.1:{camera.port}", "admin", "r<ght")
        keyframes.begin()
        keyframes.want()
        await until(lambda: made, "it makes one")
        keyframes.close()
    assert counts.total > 0


async def test_a_camera_that_refuses_is_left_in_peace(host: str) -> None:
    with OnvifCamera("127.0.0.1", "rtsp://127.0.0.1/main") as camera:
        keyframes, _ = asking(f"http://127.0.0.1:{camera.port}")
        for _ in range(5):
            keyframes.want()
            await until(lambda: not keyframes.asking, "it has answered")
        assert camera.asked == ["SetSynchronizationPoint"] * 3


async def test_nobody_but_the_camera_is_asked(host: str) -> None:
    with OnvifCamera("127.0.0.1", "rtsp://127.0.0.1/main") as camera:
        keyframes, _ = asking(f"http://127.0.0.1:{camera.port}", at="127.0.0.2")
        keyframes.want()
        await until(lambda: not keyframes.asking, "it has thought")
        assert camera.asked == []


async def test_a_camera_may_ask_for_its_password_by_http() -> None:
    heads = list[str]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        assert length is not None
        heads.append(head)
        said = (await reader.readexactly(int(length[1]))).decode()
        proved = 'authorization: Digest username="admin"' in head or "GetSystem" in said
        status = (
            "200 OK" if proved else '401 No\r\nWWW-Authenticate: Digest realm="cam", nonce="1", qop="auth"'
        )
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        keyframes, _ = asking(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "admin", "right")
        keyframes.want()
        await until(lambda: any("uthorization: Digest" in head for head in heads), "it proves it")
        await until(lambda: not keyframes.asking, "it is answered")
    assert "right" not in "".join(heads)


async def test_a_picture_begins_at_once_where_keyframes_are_a_minute_apart(
    host: str, service: Desk, connector: Connector, rtsp: None
) -> None:
    camera = RtspCamera(warm=["/running"], group_s=GROUP_S).start()
    try:
        with OnvifCamera("127.0.0.1", camera.url("/running"), keyframe=camera.keyframe) as found:
            added = await connector.do("add", f"onvif://127.0.0.1:{found.port}", "--name", "camera")
            assert added.returncode == 0, added.stderr
            connector.run()
            await service.until(lambda: service.sources(), "it has told its sources")
            await service.start("fed_a", "camera")
            viewer = await service.watch("fed_a")
            await service.until(lambda: viewer.frames["video"] > 5, "the picture moves")
            assert "SetSynchronizationPoint" in found.asked
            await viewer.close()
    finally:
        camera.kill()


async def test_a_camera_that_listens_to_rtcp_makes_a_keyframe(rtsp: None) -> None:
    camera = RtspCamera(warm=["/baseline"], group_s=GROUP_S, listens=True).start()
    taker, session = Taker(), None
    try:
        place = parse(camera.url("/baseline"))[0]
        connection, described = await connect(Pinned(place, "127.0.0.1"), "", "")
        assert described.video is not None
        session = Direct(connection, described, described.video, taker)
        taker.opened = lambda facts, extradata: None  # type: ignore[method-assign]
        session.start()
        await until(lambda: len(taker.pictures) > 5, "it plays")
        seen = len(taker.pictures)
        session.want_keyframe()
        await until(lambda: any(picture.keyframe for picture in taker.pictures[seen:]), "one comes")
    finally:
        if session is not None:
            session.stop()
        camera.kill()
