"""The control socket: who is let in, what is refused, and that nothing said there harms the engine."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop

from media import control
from media.backlog import Backlog
from media.config import SfuConfig
from media.control import Channel, Hello, ProtocolError
from media.ports import EndReason, FeedId, Holder, Level, SessionId
from media.serving import Server
from tests.peers import KEYS, Engine, until

FEED, SESSION = FeedId("fed_1"), SessionId("ses_1")


class Place:
    """An engine behind a control socket, in this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.backlog = Backlog()
        self.sfu = Engine(SfuConfig(host="127.0.0.1"), self.backlog, KEYS)
        self.server = Server(self.sfu, self.backlog, Hello(run="this", index=0, pid=1))
        self._channels: list[Channel[control.ToWeb]] = []

    async def raw(self) -> tuple[Channel[control.ToWeb], asyncio.StreamReader, asyncio.StreamWriter]:
        """Connected."""
        reader, writer = await asyncio.open_unix_connection(sock=control.connect(self.path))
        self._channels.append(
            Channel(reader, writer, control.TO_WEB, control.TO_WEB_BYTES, control.TO_ENGINE_BYTES)
        )
        return self._channels[-1], reader, writer

    async def channel(self) -> Channel[control.ToWeb]:
        """Connected and greeted."""
        channel, _, _ = await self.raw()
        await channel.greet(Hello(run="this"))
        return channel

    async def close(self) -> None:
        for channel in self._channels:
            await channel.closed()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path / "media-0.sock")
    await place.sfu.start()
    await place.server.start(place.path)
    yield place
    await place.close()
    await place.sfu.stop()
    await place.server.stop()


async def state(channel: Channel[control.ToWeb]) -> control.State:
    """What is open, after all the news, which is acknowledged."""
    while not isinstance(message := await receive(channel), control.State):
        await channel.send(control.Heard(message.number))
    return message


async def receive(channel: Channel[control.ToWeb]) -> Any:
    return await asyncio.wait_for(channel.receive(), 20)


async def answers(place: Place) -> None:
    """The engine is there for the next one."""
    channel = await place.channel()
    await state(channel)
    await channel.send(control.Count(7))
    counted = await receive(channel)
    assert isinstance(counted, control.Counted)
    assert counted.id == 7
    channel.close()


async def test_the_socket_is_for_this_user_alone(place: Place) -> None:
    assert place.path.stat().st_mode & 0o777 == 0o600
    with control.connect(place.path) as connected:
        assert control.is_ours(connected)


@pytest.mark.parametrize(
    ("hello", "words"),
    [
        (Hello(version=control.VERSION + 1, run="this"), "version"),
        (Hello(run="another"), "another run"),
    ],
)
async def test_those_who_do_not_fit_are_told_why_and_not_served(
    place: Place, hello: Hello, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    channel, _, _ = await place.raw()
    with pytest.raises(ProtocolError, match=words):
        await channel.greet(hello)
    assert await receive(channel) is None
    assert words in caplog.text
    await answers(place)


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\0\0\3abc",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack("!I", control.GREETING_BYTES + 1),
        struct.pack("!I", 2) + b"\x90\x90",
        struct.pack("!I", 900) + b"\x91" * 900,
        b"",
    ],
)
async def test_garbage_instead_of_a_greeting_ends_that_connection_only(place: Place, sent: bytes) -> None:
    _, reader, writer = await place.raw()
    writer.write(sent)
    writer.write_eof()
    await asyncio.wait_for(reader.read(), 20)  # its hello, then the end
    await answers(place)


@pytest.mark.parametrize(
    "body",
    [
        b"\xc1",
        msgspec.msgpack.encode({"type": "Shutdown"}),
        msgspec.msgpack.encode({"type": "Publish", "id": "one"}),
        msgspec.msgpack.encode({"type": "EndFeed", "id": 1, "feed": "f", "reason": "bored"}),
        b"\x91" * 100_000,
        b"a" * (control.TO_ENGINE_BYTES + 1),
    ],
)
async def test_a_bad_message_ends_that_connection_only(place: Place, body: bytes) -> None:
    channel, _, writer = await place.raw()
    await channel.greet(Hello(run="this"))
    await state(channel)
    writer.write(struct.pack("!I", len(body)) + body)
    assert await receive(channel) is None
    await answers(place)


async def test_an_acknowledgement_of_what_was_never_told_is_ignored(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    channel = await place.channel()
    await place.backlog.ended(FEED, EndReason.SILENT, SESSION)
    await channel.send(control.Heard(10**6))
    await channel.send(control.Count(1))
    while not isinstance(await receive(channel), control.Counted):
        pass
    assert "never told" in caplog.text
    assert len(place.backlog) == 1


@pytest.mark.parametrize("bytes_out", [2**70, -(2**70)])
async def test_figures_that_cannot_be_packed_are_a_failed_answer_and_no_end(
    place: Place, monkeypatch: pytest.MonkeyPatch, bytes_out: int
) -> None:
    counted = (msgspec.structs.replace((await place.sfu.stats())[0], packets_out=bytes_out),)

    async def stats() -> Any:
        return counted

    channel = await place.channel()
    await state(channel)
    monkeypatch.setattr(place.sfu, "stats", stats)
    await channel.send(control.Count(3))
    failed = await receive(channel)
    assert (failed.id, failed.kind) == (3, "fault")
    await channel.send(control.EndFeed(4, FEED, EndReason.CLOSED))
    assert await receive(channel) == control.Done(4)


async def test_an_answer_that_is_too_long_is_a_failed_answer_and_no_end(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = (msgspec.structs.replace((await place.sfu.stats())[0], drops={"d" * control.TO_WEB_BYTES: 1}),)

    async def stats() -> Any:
        return counted

    channel = await place.channel()
    await state(channel)
    monkeypatch.setattr(place.sfu, "stats", stats)
    await channel.send(control.Count(3))
    assert (await receive(channel)).kind == "fault"
    await channel.send(control.EndFeed(4, FEED, EndReason.CLOSED))
    assert await receive(channel) == control.Done(4)


async def test_of_two_web_processes_the_later_is_served_whichever_comes_last(place: Place) -> None:
    older, newer = Hello(run="this", born=1), Hello(run="this", born=2)
    first, _, _ = await place.raw()
    await first.greet(older)
    await state(first)
    second, _, _ = await place.raw()
    await second.greet(newer)
    await state(second)
    assert await receive(first) == control.Displaced()
    again, _, _ = await place.raw()
    await again.greet(older)
    assert await receive(again) == control.Displaced()
    await second.send(control.EndFeed(4, FEED, EndReason.CLOSED))
    assert await receive(second) == control.Done(4)


async def test_a_fault_in_the_engine_is_an_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret words")

    channel = await place.channel()
    await state(channel)
    monkeypatch.setattr(place.sfu, "end_feed", broken)
    await channel.send(control.EndFeed(3, FEED, EndReason.CLOSED))
    failed = await receive(channel)
    assert (failed.id, failed.kind) == (3, "fault")
    assert "secret" not in failed.words


async def test_news_is_told_in_order_until_it_is_acknowledged(place: Place) -> None:
    await place.backlog.went_live(FEED)
    await place.backlog.went_silent(FEED)  # nobody listens: what is open is told as a whole
    await place.backlog.ended(FEED, EndReason.SILENT, SESSION)
    for _ in range(2):
        channel = await place.channel()
        told = [await receive(channel) for _ in range(2)]
        assert [type(news) for news in told] == [control.WentLive, control.Ended]
        assert isinstance(await receive(channel), control.State)
        channel.close()
        await until(lambda: not place.backlog.listened, "it has left")
    channel = await place.channel()
    first = await receive(channel)
    await channel.send(control.Heard(first.number))
    await until(lambda: len(place.backlog) == 1, "it is acknowledged")
    assert isinstance(await receive(channel), control.Ended)


async def test_one_who_does_not_read_is_not_read_from_and_harms_nobody(place: Place) -> None:
    slow = control.connect(place.path)
    slow.setblocking(True)
    hello = msgspec.msgpack.encode(Hello(run="this"))
    slow.sendall(struct.pack("!I", len(hello)) + hello)
    slow.setblocking(False)
    asked = msgspec.msgpack.encode(control.EndHolder(1, Holder("h" * 60_000), EndReason.HUNG_UP))
    frame = struct.pack("!I", len(asked)) + asked
    await until(lambda: place.backlog.listened, "it is let in")
    for number in range(control.WINDOW + 500):
        await place.backlog.ended(FeedId(f"fed_{number}"), EndReason.HUNG_UP, SESSION)
        await place.backlog.subscriber_level(FEED, SessionId("s"), Holder("h"), Level.HALF)
    frames = 0
    while frames < 100_000:  # until neither side takes any more
        try:
            frames += slow.send(frame) == len(frame)
        except BlockingIOError:
            break
        await asyncio.sleep(0)
    assert len(place.backlog) >= control.WINDOW + 500  # ends are kept; of the levels some are not
    await answers(place)  # a newer one takes its place
    slow.close()


async def test_passing_news_is_dropped_when_too_much_waits_and_what_ended_is_not(place: Place) -> None:
    backlog = place.backlog
    backlog.begin()
    backlog.restate = False
    for number in range(5000):
        await backlog.went_silent(FeedId(f"fed_{number}"))
    assert len(backlog) < 5000
    assert backlog.restate
    kept = len(backlog)
    for _ in range(5000):
        await backlog.ended(FEED, EndReason.HUNG_UP, SESSION)
    assert len(backlog) == kept + 5000
    with pytest.raises(ValueError, match="never told"):
        backlog.heard(10**9)


@pytest.mark.parametrize("greeted", [False, True])
async def test_a_word_that_is_no_text_ends_that_connection_quietly(
    place: Place, caplog: pytest.LogCaptureFixture, greeted: bool
) -> None:
    channel, reader, writer = await place.raw()
    if greeted:
        await channel.greet(Hello(run="this"))
        frame = msgspec.msgpack.encode(control.EndFeed(id=1, feed=FeedId("word"), reason=EndReason.CLOSED))
    else:
        frame = msgspec.msgpack.encode(Hello(run="word"))
    frame = frame.replace(b"word", b"wo\xa6\xff")
    writer.write(control._LENGTH.pack(len(frame)) + frame)
    while await asyncio.wait_for(reader.read(4096), 20):
        pass
    assert not [record for record in caplog.records if record.exc_info]
    await place.channel()  # and the next one is let in


def test_what_is_sent_to_a_connection_that_is_gone_is_dropped_and_said(tmp_path: Path) -> None:
    """On the media process's own kind of loop, whose transports are not as forgiving as asyncio's."""

    async def run() -> None:
        place = Place(tmp_path / "media-0.sock")
        await place.server.start(place.path)
        channel, _, _ = await place.raw()
        channel.close()
        channel.post(control.Count(1))
        with pytest.raises(ConnectionError):
            await channel.send(control.Count(2))
        await place.close()
        await place.server.stop()

    uvloop.run(run())
