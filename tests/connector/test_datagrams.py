"""Video that is sent to a UDP port, and a camera of this computer: through the source to decoded pictures."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from media.connector import convert, datagrams, inputs, local, wire
from media.connector.addresses import AllowList, NotAllowed
from media.connector.datagrams import Datagrams, h264_in_rtp, is_transport_stream
from media.connector.inputs import Device, Port
from media.connector.local import Local
from media.connector.orders import Opened
from media.connector.sending import Frame
from media.connector.source import Pulling, Source
from tests.connector.desk import Connector, Desk
from tests.connector.sender import FPS, LEVELS, SIZE, encode, free_port, is_bound, sending
from tests.connector.test_h264 import reassembled
from tests.peers import until


class Watched:
    """A source with one who watches it: `levels` is how bright each decoded picture was."""

    def __init__(self, make: Callable[[Source], Pulling]) -> None:
        self.told = list[Opened]()
        self.levels = list[int]()
        self.sizes = set[tuple[int, int]]()
        self.source = Source(self, transcode=False)
        self.source.publishers = {"viewer": self}  # type: ignore[dict-item]
        self._decoder: Any = av.CodecContext.create("h264", "r")
        self.with_sound = False
        self.pull = make(self.source)
        self.pull.start()

    async def stop(self) -> None:
        self.pull.stop()
        assert await asyncio.to_thread(self.pull.join, 5)
        self.source.close()

    def put(self, frame: Frame) -> None:
        units = reassembled(list(frame.payloads))
        coded = b"".join(b"\0\0\0\1" + unit for unit in units)
        for picture in self._decoder.decode(av.Packet(coded)):
            self.sizes.add((picture.width, picture.height))
            line = sorted(bytes(picture.planes[0])[: SIZE[0]])
            self.levels.append(line[len(line) // 2])

    def opened(self, opened: Opened, _: str) -> None:
        self.told.append(opened)

    def still(self, _: bytes | None) -> None: ...
    def fell_behind(self) -> None: ...
    def want_keyframe(self) -> None: ...

    def shows(self, level: int, since: int = 0) -> bool:
        return any(is_near(seen, level) for seen in self.levels[since:])


def is_near(seen: int, level: int) -> bool:
    """JPEG counts from 0, video from 16: 60 becomes 67."""
    return abs(seen - level) < 10


def at(port: int, *networks: str) -> Callable[[Source], Pulling]:
    allowed = AllowList(networks)
    return lambda source: Datagrams(Port("127.0.0.1", port), allowed, source)


@pytest.mark.parametrize(
    ("kind", "how"),
    [("mpegts", {}), ("mpegts", {"size": 1472, "lose": 15}), ("rtp", {}), ("rtp", {"lose": 15})],
    ids=["mpegts", "mpegts-unaligned-with-loss", "rtp", "rtp-with-loss"],
)
async def test_what_a_drone_sends_is_shown_though_some_is_lost(kind: str, how: dict[str, int]) -> None:
    port = free_port()
    watched = Watched(at(port, "127.0.0.0/8"))
    await until(lambda: is_bound(port), "the port")
    async with sending(kind, port, **how) as sender:
        await until(lambda: watched.levels and (sender.lost > 1 or not how), "a picture, and what is lost")
        since = len(watched.levels)
        await until(
            lambda: all(watched.shows(level, since) for level in LEVELS),
            "two seconds, as bright as they were",
        )
    assert watched.sizes == {SIZE}
    assert (watched.told[0].codec, watched.told[0].transcodes) == ("h264", False)
    await until(lambda: watched.pull.traffic() == sender.bytes, "each byte is counted")
    await watched.stop()
    assert not is_bound(port)


async def test_garbage_and_a_second_sender_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    watched = Watched(at(port, "127.0.0.0/8"))
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    await until(lambda: is_bound(port), "the port")
    for garbage in (
        b"",
        b"\x47",
        b"\x80",
        bytes(1316),
        b"\x80\xe0" + b"\xff" * 40,
        b"GET / HTTP/1.1\r\n" * 40,
    ):
        other.sendto(garbage, ("127.0.0.1", port))
    async with sending("rtp", port) as sender:
        await until(lambda: watched.levels, "the first sender's pictures")
        before = watched.pull.traffic()
        stranger = b"\x80\x60\0\1" + bytes(4) + b"\1\2\3\4" + b"\x65" + b"\xff" * 200
        for _ in range(50):
            other.sendto(stranger, ("127.0.0.1", port))
            sender.socket.sendto(b"\x80\x60" + b"\xff" * 9, ("127.0.0.1", port))  # of its own, broken
            sender.socket.sendto(bytes(1316), ("127.0.0.1", port))
        since = len(watched.levels)
        await until(lambda: len(watched.levels) > since + FPS, "it goes on")
        assert all(any(is_near(seen, level) for level in LEVELS) for seen in watched.levels[since:])
        assert watched.pull.traffic() > before + 50 * len(stranger)  # counted, though not read
    monkeypatch.setattr(datagrams, "_SILENT_S", 0.0)
    other.sendto(stranger, ("127.0.0.1", port))
    await until(watched.source.over_future.done, "the first is silent, and another sends")
    trouble = watched.source.over_future.result()
    assert trouble is not None
    assert "Another sends" in trouble.words
    await watched.stop()
    other.close()


async def test_who_is_not_allowed_is_not_read_and_its_owner_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "READ_S", 1.0)
    port = free_port()
    watched = Watched(at(port))  # loopback is allowed by hand only
    async with sending("mpegts", port):
        await until(watched.source.over_future.done, "nothing that may be read has come")
    trouble = watched.source.over_future.result()
    assert trouble is not None
    assert "sightline connector allow 127.0.0.1" in trouble.words
    assert watched.told == []
    await until(lambda: not is_bound(port), "the port is closed")
    await watched.stop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", port))
        second = Watched(at(port))
        await until(second.source.over_future.done, "the port is another's")
        trouble = second.source.over_future.result()
        assert trouble is not None
        assert "Another program" in trouble.words


def test_the_first_bytes_tell_what_it_is() -> None:
    packet = b"\x47" + bytes(187)
    assert is_transport_stream(memoryview(packet))
    assert is_transport_stream(memoryview((packet * 9)[100:1400]))  # ffmpeg cuts where it likes
    assert not is_transport_stream(memoryview(bytes(188 * 7)))
    assert not is_transport_stream(memoryview(b""))
    front = b"\x80\xe1" + bytes(10)
    assert h264_in_rtp(memoryview(front + b"\x7c\x85")) == 97
    assert h264_in_rtp(memoryview(b"\x80\x21" + bytes(10) + b"\x47\x40")) is None  # RTP, but no dynamic type
    assert h264_in_rtp(memoryview(front + b"\xfc\x85")) is None
    assert h264_in_rtp(memoryview(b"\x9f" + front[1:] + b"\x7c\x85")) is None


def test_what_is_no_address_is_refused_in_words() -> None:
    assert inputs.read("udp://0.0.0.0:5600") == Port("0.0.0.0", 5600)
    assert inputs.read("udp://[fd00::5]:5600") == Port("fd00::5", 5600)
    assert inputs.read("v4l2:/dev/video2") == Device("/dev/video2")
    assert inputs.read("rtsp://10.0.0.1/") is None
    wrong = (
        "udp://:5600",
        "udp://10.0.0.5",
        "udp://dock:5600",
        "udp://10.0.0.5:5600/x",
        "udp://239.1.1.1:5600",
    )
    for url in (*wrong, "udp://10.0.0.5:99999", "v4l2:/etc/passwd", "v4l2:/dev/video0/../sda", "v4l2:"):
        with pytest.raises(NotAllowed):
            inputs.read(url)


@pytest.mark.parametrize("kind", ["mjpeg", "yuv4mpegpipe", "h264"])
async def test_a_local_camera_is_read_and_encoded_where_it_must_be(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device is a file in the form that one would send: JPEG, plain pixels, H.264."""
    device = tmp_path / "video0"
    codec = {"mjpeg": "mjpeg", "yuv4mpegpipe": "rawvideo", "h264": "libx264"}[kind]
    with av.open(str(device), "w", format=kind) as out:
        options = convert.x264(*SIZE, FPS, 600_000, 1).options if kind == "h264" else {}
        stream: Any = out.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if kind == "mjpeg" else "yuv420p"
        for n, packet in enumerate(encode(stream.encode)):
            out.mux(packet)
            if n == len(LEVELS) * FPS:
                break
    monkeypatch.setattr(local, "_FORMAT", kind)
    monkeypatch.setattr(local, "_WISHES", ({},))  # a file has no sizes to choose from
    watched = Watched(lambda source: Local(Device(str(device)), source))
    await until(lambda: watched.levels, "its picture")
    await until(watched.source.over_future.done, "its end")
    assert watched.sizes == {SIZE}
    assert watched.shows(LEVELS[0])
    assert watched.told[0].transcodes == (kind != "h264")
    assert watched.pull.traffic() > 5_000
    await watched.stop()


async def test_a_local_camera_that_is_not_there_is_said() -> None:
    watched = Watched(lambda source: Local(Device("/dev/video999"), source))
    await until(watched.source.over_future.done, "it says so")
    trouble = watched.source.over_future.result()
    assert trouble is not None
    assert trouble.words == "There is no camera at /dev/video999. Is it plugged in?"


async def test_a_docked_drones_udp_picture_is_published_by_whip(service: Desk, connector: Connector) -> None:
    colour, thermal, link = free_port(), free_port(), free_port()
    added = await connector.do(
        "drone", "add", "dock-3", f"udpin://127.0.0.1:{link}",
        "--colour", f"udp://127.0.0.1:{colour}", "--thermal", f"udp://127.0.0.1:{thermal}",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    connector.run()
    await service.until(lambda: len(service.sources()) == 2, "it has told its sources")
    assert not is_bound(colour)
    async with sending("mpegts", colour), sending("rtp", thermal):
        for name in ("colour", "thermal"):
            await service.start(f"fed_{name}", f"dock-3-{name}")
        await service.until(lambda: len(service.all(wire.Running)) == 2, "both are on the way")
        viewers = [await service.watch(f"fed_{name}") for name in ("colour", "thermal")]
        await service.until(lambda: all(v.frames["video"] > 10 for v in viewers), "both pictures move")
        assert is_bound(colour)
        for name in ("colour", "thermal"):
            await service.say(wire.Stop(run=f"fed_{name}"))
        await service.until(lambda: not is_bound(colour) and not is_bound(thermal), "the ports are closed")
        for viewer in viewers:
            await viewer.close()
    told = service.sources()["dock-3-colour"]
    assert (told.kind, told.codec, told.trouble) == ("drone", "h264", None)
