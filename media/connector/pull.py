"""Reads one camera: libav's RTSP over TCP in a thread of its own, whole pictures out.

libav is told which protocols there are (rtsp, rtp, tcp, tls: no files, no HTTP) and gets an address that is
resolved and allowed already. The thread reads, cuts and hands on; it decodes nothing of the picture. What it
hands on is bounded by its taker: `offer` says whether there was room, and when not, everything up to the next
keyframe is dropped here. Lives in the camera's process, so that a crash of libav is that camera's alone.
"""

import threading
import time
from urllib.parse import quote

import av
import av.error
import av.logging

from media.connector import h264
from media.connector.addresses import AllowList, NotAllowed, Pinned, plain
from media.connector.describe import Trouble
from media.connector.pictures import FIRST_PICTURE_S, READ_S, Facts, Pictures, Taker
from media.connector.timeline import Timeline
from media.connector.traffic import connections

OPEN_S = 8.0
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

av.logging.set_level(None)  # its lines hold the camera's whole address


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
        self._pictures = Pictures(taker, self._timeline)
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends within a frame; a camera that sends none is left at its timeout."""
        self._stopped.set()

    def want_keyframe(self) -> None:
        """libav asks for none."""

    def join(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def traffic(self) -> int:
        """Bytes that the session's sockets have carried both ways, by the kernel's count."""
        port, address = self._pinned.place.port, plain(self._pinned.address)
        return sum(count for peer, count in connections() if peer[1] == port and plain(peer[0]) == address)

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
            pictures, has_sound = self._pictures, bool(container.streams.audio)
            extradata = bytes(context.extradata) if context.extradata else b""
            if context.name != "h264":
                pictures.found(Facts(context.name, context.width, context.height, has_sound), extradata)
            else:
                pictures.expect(h264.units(memoryview(extradata)), has_sound=has_sound)
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
                    pictures.put(h264.units(memoryview(bytes(packet))), seconds, arrived, packet.size)
                else:
                    self._taker.coded(packet, self._timeline.at("picture", seconds, arrived))
                if arrived - began > FIRST_PICTURE_S:
                    pictures.must_be_known()

    def _check_sockets(self) -> None:
        """No connection of this process leads where the list does not allow: a second look."""
        strangers = [peer for peer, _ in connections() if peer[1] == self._pinned.place.port]
        for address, port in strangers:
            if plain(address) == plain(self._pinned.address):
                continue
            try:
                self._allowed.check(address, port)
            except NotAllowed as error:
                raise Trouble(str(error), lasting=True) from error


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
