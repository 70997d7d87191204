"""Reads one camera: libav's RTSP over TCP in a thread of its own, whole pictures out.

libav is told which protocols there are (rtsp, rtp, tcp, tls: no files, no HTTP) and gets an address that is
resolved and allowed already. The thread reads, cuts and hands on; it decodes nothing of the picture. What it
hands on is bounded by its taker: `offer` says whether there was room, and when not, everything up to the next
keyframe is dropped here. Lives in the camera's process, so that a crash of libav is that camera's alone.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import av
import av.error
import av.logging
import msgspec

from media.connector import h264
from media.connector.addresses import AllowList, NotAllowed, Pinned, plain
from media.connector.describe import Trouble
from media.connector.timeline import Timeline

OPEN_S, READ_S = 8.0, 6.0
_FIRST_PICTURE_S = 15.0
_OPTIONS = {
    "rtsp_transport": "tcp",
    "protocol_whitelist": "rtsp,rtp,tcp,tls",
    "reorder_queue_size": "0",
    "max_delay": "0",
    "probesize": "32",  # what is sent is in the SDP; libav need not watch before it begins
    "analyzeduration": "0",
    "timeout": str(int(READ_S * 1e6)),
    "user_agent": "Sightline",
}
_PATIENCE = 256 * 1024  # bytes asked of the kernel for a thread that waits its turn

av.logging.set_level(None)  # its lines hold the camera's whole address


class Facts(msgspec.Struct, frozen=True):
    """What the camera turned out to send."""

    codec: str
    width: int
    height: int
    has_sound: bool
    sps: h264.Sps | None = None


class Picture(msgspec.Struct, frozen=True):
    """One access unit. `at`: seconds on the camera's running line."""

    units: list[h264.Unit]
    at: float
    keyframe: bool
    size: int


class Taker(Protocol):
    """Called in the reading thread."""

    def opened(self, facts: Facts, stream: Any) -> None: ...
    def offer(self, picture: Picture) -> bool: ...
    def coded(self, packet: Any, at: float) -> None:
        """Video that is no H.264, as libav has it."""
        ...

    def sound(self, packet: Any, at: float) -> None: ...
    def over(self, trouble: Trouble | None) -> None: ...


class Pull:
    """One RTSP session, from `start` until `stop` or its trouble, of which `over` tells exactly once."""

    def __init__(
        self, pinned: Pinned, user: str, password: str, *, sound: bool, allowed: AllowList, taker: Taker
    ) -> None:
        self._pinned = pinned
        self._login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        self._sound = sound
        self._allowed = allowed
        self._taker = taker
        self._stopped = threading.Event()
        self._timeline = Timeline()
        self._has_sound = False
        self._sets: h264.ParameterSets | None = None
        self._facts: Facts | None = None
        self._dropping = True  # until the first keyframe
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends within a frame; a camera that sends none is left at its timeout."""
        self._stopped.set()

    def join(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def traffic(self) -> int:
        """Bytes that the session's sockets have carried both ways, by the kernel's count."""
        return sum(carried for _, carried in _sockets(self._pinned))

    def _run(self) -> None:
        trouble: Trouble | None = None
        try:
            self._read()
        except Trouble as found:
            trouble = found
        except h264.Unreadable as error:
            trouble = Trouble(f"The camera's stream is broken: {error}.")
        except (av.error.FFmpegError, OSError, ValueError) as error:
            trouble = _in_words(error)
        except Exception as error:  # whatever libav may do, the owner gets a sentence and the thread an end
            trouble = Trouble(f"The camera's stream is broken ({type(error).__name__}).")
        self._taker.over(None if self._stopped.is_set() else trouble or Trouble("The camera hung up."))

    def _read(self) -> None:
        scheme, _, rest = self._pinned.url.partition("://")
        options = {**_OPTIONS, "allowed_media_types": "video+audio" if self._sound else "video"}
        with av.open(
            f"{scheme}://{self._login}{rest}", options=options, timeout=(OPEN_S, READ_S)
        ) as container:
            self._check_sockets()
            if not container.streams.video:
                raise Trouble("The camera's stream has no picture.", lasting=True)
            video = container.streams.video[0]
            audio = container.streams.audio[0] if container.streams.audio and self._sound else None
            context = video.codec_context
            if context.extradata and video.codec_context.name == "h264":
                self._sets = h264.from_extradata(context.extradata)
            self._has_sound = bool(container.streams.audio)
            if video.codec_context.name != "h264":
                self._found(Facts(context.name, context.width, context.height, self._has_sound), video)
            began = time.monotonic()
            chosen = [stream for stream in (video, audio) if stream is not None]
            for packet in container.demux(*chosen):
                if self._stopped.is_set():
                    return
                if packet.size == 0:
                    continue
                arrived = time.monotonic()
                stamp = packet.pts if packet.pts is not None else packet.dts
                seconds = float(stamp * packet.time_base) if stamp is not None and packet.time_base else None
                if packet.stream is audio:
                    self._taker.sound(packet, self._timeline.at("sound", seconds, arrived))
                elif context.name == "h264":
                    self._picture(packet, seconds, arrived, video)
                else:
                    self._taker.coded(packet, self._timeline.at("picture", seconds, arrived))
                if self._facts is None and arrived - began > _FIRST_PICTURE_S:
                    raise Trouble("The camera's stream never says what its picture is (no parameter sets).")

    def _picture(self, packet: Any, seconds: float | None, arrived: float, stream: Any) -> None:
        units = h264.units(memoryview(bytes(packet)))
        before, self._sets = self._sets, h264.parameter_sets(units, self._sets)
        if self._sets is None:
            return
        if self._facts is None or before is None or before.sps != self._sets.sps:
            sps = h264.read_sps(self._sets.sps)
            if sps.absurd:
                raise Trouble(
                    f"The camera's picture of {sps.width} by {sps.height} is larger than can be shown. "
                    "Choose a smaller one in its settings.",
                    lasting=True,
                )
            self._found(Facts("h264", sps.width, sps.height, self._has_sound, sps), stream)
        if not h264.is_picture(units):
            return
        at = self._timeline.at("picture", seconds, arrived)
        keyframe = h264.is_keyframe(units)
        if self._dropping and not keyframe:
            return
        if keyframe:
            units = h264.complete(units, self._sets)
        self._dropping = not self._taker.offer(Picture(units, at, keyframe, packet.size))

    def _found(self, facts: Facts, stream: Any) -> None:
        if max(facts.width, facts.height) > h264.MAX_SIDE or facts.width * facts.height > h264.MAX_PIXELS:
            raise Trouble(
                f"The camera's picture of {facts.width} by {facts.height} is larger than can be shown. "
                "Choose a smaller one in its settings.",
                lasting=True,
            )
        self._facts = facts
        self._taker.opened(facts, stream)

    def _check_sockets(self) -> None:
        """No connection of this process leads where the list does not allow: a second look."""
        strangers = [peer for peer, _ in _sockets(None) if peer[1] == self._pinned.place.port]
        for address, port in strangers:
            if plain(address) == plain(self._pinned.address):
                continue
            try:
                self._allowed.check(address, port)
            except NotAllowed as error:
                raise Trouble(str(error), lasting=True) from error


def _sockets(of: Pinned | None) -> Iterator[tuple[tuple[str, int], int]]:
    """This process's TCP connections, to a camera or all: where to, and bytes carried (Linux' TCP_INFO)."""
    for entry in Path("/proc/self/fd").iterdir() if Path("/proc/self/fd").exists() else ():
        try:
            if not str(entry.readlink()).startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(entry.name))) as copy:
                if copy.type != socket.SOCK_STREAM or copy.family not in (socket.AF_INET, socket.AF_INET6):
                    continue
                peer = copy.getpeername()[:2]
                if of is None or (peer[1] == of.place.port and plain(peer[0]) == plain(of.address)):
                    yield (peer[0], peer[1]), carried(copy)
        except OSError:
            continue


def carried(sock: socket.socket) -> int:
    """Bytes that a TCP connection has sent, repeats included, and received (tcp_info, linux/tcp.h)."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(info) < 136:
        return 0
    received = int.from_bytes(info[128:136], "little")
    sent = info[200:208] if len(info) >= 208 else info[120:128]
    return received + int.from_bytes(sent, "little")


def _in_words(error: Exception) -> Trouble:
    words: list[tuple[type[Exception], str, bool]] = [
        (
            av.error.HTTPUnauthorizedError,
            "The camera does not take this name and password. Set them again.",
            True,
        ),
        (
            av.error.HTTPForbiddenError,
            "The camera does not take this name and password. Set them again.",
            True,
        ),
        (
            av.error.HTTPNotFoundError,
            "The camera knows no stream at this path. Check the end of its address.",
            True,
        ),
        (av.error.ExitError, "The camera has stopped sending.", False),
        (av.error.TimeoutError, "The camera has stopped sending.", False),
        (av.error.EOFError, "The camera hung up.", False),
        (av.error.InvalidDataError, "The camera's stream is broken: it is none that can be read.", False),
        (OSError, "The camera cannot be reached any more.", False),
    ]
    return next(
        (Trouble(text, lasting=lasting) for kind, text, lasting in words if isinstance(error, kind)),
        Trouble("The camera's stream is broken."),
    )
