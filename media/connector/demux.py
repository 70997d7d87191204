"""What libav reads, in a thread of its own: whole pictures out, whatever they come from.

The thread reads, cuts and hands on; it decodes nothing of the picture. What it hands on is bounded by its
taker: `offer` says whether there was room, and when not, everything up to the next keyframe is dropped there.
Lives in the camera's process, so that a crash of libav is that camera's alone.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import av.error
import av.logging

from media.connector import h264
from media.connector.describe import Trouble
from media.connector.pictures import FIRST_PICTURE_S, Facts, Pictures, Taker
from media.connector.timeline import Timeline

av.logging.set_level(None)  # its lines hold the camera's whole address


class Reader:
    """From `start` until `stop` or its trouble, of which `over` is told exactly once, in the thread."""

    def __init__(self, taker: Taker, over: Callable[[Trouble | None], None] | None = None) -> None:
        self._taker = taker
        self._over = over or taker.over
        self._stopped = threading.Event()
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
        self._over(None if self._stopped.is_set() else trouble or Trouble("The camera hung up."))

    def _read(self) -> None:
        """Open, and `_hand_on` until it ends. Raises what `_run` puts into words."""
        raise NotImplementedError

    def _took(self, size: int) -> None:
        """A packet of so many bytes was read."""

    def _hand_on(self, container: Any, *, sound: bool = False) -> None:
        """Everything of an open container, until it ends or `stop`."""
        if not container.streams.video:
            raise Trouble("The camera's stream has no picture.", lasting=True)
        video = container.streams.video[0]
        audio = container.streams.audio[0] if container.streams.audio and sound else None
        context = video.codec_context
        timeline = Timeline()
        pictures, has_sound = Pictures(self._taker, timeline), bool(container.streams.audio)
        extradata = bytes(context.extradata) if context.extradata else b""
        if context.name != "h264":
            pixels = context.pix_fmt or "" if context.name == "rawvideo" else ""
            facts = Facts(context.name, context.width, context.height, has_sound, pixels=pixels)
            pictures.found(facts, extradata)
        else:
            pictures.expect(h264.units(memoryview(extradata)), has_sound=has_sound)
        began = time.monotonic()
        chosen = [stream for stream in (video, audio) if stream is not None]
        for packet in container.demux(*chosen):
            if self._stopped.is_set():
                return
            if packet.size == 0:
                continue
            self._took(packet.size)
            arrived = time.monotonic()
            stamp = packet.pts if packet.pts is not None else packet.dts
            seconds = float(stamp * packet.time_base) if stamp is not None and packet.time_base else None
            if packet.stream is audio:
                self._taker.sound(packet, timeline.at("sound", seconds, arrived))
            elif context.name == "h264":
                pictures.put(h264.units(memoryview(bytes(packet))), seconds, arrived, packet.size)
            else:
                self._taker.coded(packet, timeline.at("picture", seconds, arrived))
            if arrived - began > FIRST_PICTURE_S:
                pictures.must_be_known()


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
