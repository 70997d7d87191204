"""Which addresses are a camera's: the list, the pin, and what a camera may answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from media.connector.addresses import AllowList, NotAllowed, Pinned, parse
from media.connector.describe import Trouble
from media.connector.rtsp import connect
from media.connector.timeline import Timeline


@pytest.mark.parametrize("address", ["10.1.2.3", "172.16.0.9", "172.31.255.1", "192.168.1.20", "fd12::1"])
async def test_a_private_address_is_a_camera_s(address: str) -> None:
    AllowList().check(address, 554)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "169.254.169.254", "fe80::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "8.8.8.8",
        "172.32.0.1", "100.100.100.200", "::ffff:169.254.169.254", "::ffff:127.0.0.1", "fd00:ec2::254",
        "2002:a9fe:a9fe::1", "64:ff9b::a9fe:a9fe", "255.255.255.255",
    ],
)  # fmt: skip
def test_everything_else_is_refused(address: str) -> None:
    with pytest.raises(NotAllowed):
        AllowList().check(address, 554)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "224.0.0.1", "0.0.0.0", "fe80::1", "::ffff:169.254.1.1"]
)
def test_no_hand_allows_metadata_services_or_multicast(address: str) -> None:
    with pytest.raises(NotAllowed):
        AllowList(["0.0.0.0/0", "::/0"]).check(address, 554)


def test_a_network_is_widened_by_hand_alone() -> None:
    AllowList(["127.0.0.0/8"]).check("127.0.0.1", 554)
    with pytest.raises(NotAllowed):
        AllowList(["not a network"])


def test_the_service_itself_is_no_camera() -> None:
    with pytest.raises(NotAllowed, match="service itself"):
        AllowList([], ("10.0.0.5", 443)).check("10.0.0.5", 554, ["10.0.0.5"])
    with pytest.raises(NotAllowed, match="service itself"):
        AllowList(["10.0.0.0/8"], ("10.0.0.5", 443)).check("10.0.0.5", 443, ["10.0.0.5"])


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.2/", "file:///etc/passwd", "rtmp://192.168.1.2/", "rtsp://", "rtsp:///x",
        "rtsp://192.168.1.2:99999/", "rtsp://[::1", "concat:rtsp://a|rtsp://b", "rtsp://a/\nx", "rtspu://192.168.1.2/",
        "rtsp+http://192.168.1.2/", "x" * 2000,
    ],
)  # fmt: skip
def test_other_schemes_and_what_cannot_be_read_are_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        parse(url)


def test_names_and_passwords_are_taken_out_of_an_address() -> None:
    place, user, password = parse("rtsp://ad%40min:p%3Aw@192.168.1.2/live?ch=1")
    assert (user, password) == ("ad@min", "p:w")
    assert place.url("192.168.1.2") == "rtsp://192.168.1.2:554/live?ch=1"


async def test_a_name_that_means_two_things_is_no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: one allowed answer beside one that is not; and what is pinned is asked for once."""
    asked = []

    async def answers(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", (address, port)) for address in names[host]]

    names = {"honest.lan": ["192.168.1.20"], "double.lan": ["192.168.1.20", "169.254.169.254"]}
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answers)
    pinned = await AllowList().pin(parse("rtsp://honest.lan/live")[0])
    assert pinned.url == "rtsp://192.168.1.20:554/live"
    with pytest.raises(NotAllowed):
        await AllowList().pin(parse("rtsp://double.lan/live")[0])
    assert asked == ["honest.lan", "double.lan"]


@contextlib.asynccontextmanager
async def answering(*answers: str) -> AsyncIterator[Pinned]:
    """A camera that says these, one for each request."""
    left, served = list(answers), list[asyncio.Task[None] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while left:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(left.pop(0).encode())
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Pinned(parse(f"rtsp://127.0.0.1:{port}/live")[0], "127.0.0.1")
    await asyncio.gather(*(task for task in served if task is not None))


@pytest.mark.parametrize(
    ("answer", "words", "lasting"),
    [
        ("RTSP/1.0 302 Moved\r\nLocation: rtsp://169.254.169.254/\r\n\r\n", "not followed", True),
        ("RTSP/1.0 401 Unauthorized\r\n\r\n", "wants a name", True),
        ("RTSP/1.0 404 Not Found\r\n\r\n", "no stream at this path", True),
        ("RTSP/1.0 503 Busy\r\n\r\n", "too busy", False),
        ("HTTP/1.1 200 OK\r\n\r\n", "does not speak RTSP", False),
        ("RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", "does not speak RTSP", False),
        ("RTSP/1.0 200 OK\r\nContent-Length: x\r\n\r\n", "does not speak RTSP", False),
        ("x" * 40000, "does not speak RTSP", False),
    ],
)
async def test_what_a_camera_answers_becomes_a_sentence(answer: str, words: str, lasting: bool) -> None:
    async with answering(answer) as camera:
        with pytest.raises(Trouble, match=words) as found:
            await connect(camera, "", "")
    assert found.value.lasting is lasting


async def test_a_camera_that_is_not_there_is_said() -> None:
    async with answering() as camera:
        pass
    with pytest.raises(Trouble, match="cannot be reached"):
        await connect(camera, "", "")


def test_a_clock_that_starts_in_1970_or_jumps_changes_nothing() -> None:
    line = Timeline()
    assert [round(line.at("picture", n / 10, 100 + n / 10), 3) for n in range(3)] == [0.0, 0.1, 0.2]
    assert round(line.at("picture", 1.7e9, 100.3), 3) == 0.3  # it was set
    assert round(line.at("picture", 1.7e9 + 0.1, 100.4), 3) == 0.4
    assert round(line.at("picture", 0.0, 100.5), 3) == 0.5  # it started again
    assert round(line.at("picture", None, 100.6), 3) == 0.6
    assert line.jumps == 2
