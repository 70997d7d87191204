"""What a camera's pictures are, whoever reads them: facts told once, whole pictures from a keyframe on.

Between a reader (direct on the loop, pull in a thread) and its taker (source). Raises Trouble for what cannot
be shown. What is handed on is bounded by the taker: `offer` says whether there was room, and when not,
everything up to the next keyframe is dropped here.
"""

from typing import Any, Protocol

import msgspec

from media.connector import h264
from media.connector.describe import Trouble
from media.connector.timeline import Timeline

READ_S = 6.0  # a camera that is silent for so long has stopped
FIRST_PICTURE_S = 15.0


class Facts(msgspec.Struct, frozen=True):
    """What the camera turned out to send."""

    codec: str
    width: int
    height: int
    has_sound: bool
    sps: h264.Sps | None = None
    pixels: str = ""  # how those of rawvideo are laid out, in libav's words


class Picture(msgspec.Struct, frozen=True):
    """One access unit. `at`: seconds on the camera's running line."""

    units: list[h264.Unit]
    at: float
    keyframe: bool
    size: int


class Taker(Protocol):
    """Called where the reader is: in its thread, or on the loop."""

    def opened(self, facts: Facts, extradata: bytes) -> None:
        """`extradata`: parameter sets as libav's decoders want them; empty when they come with the film."""
        ...

    def offer(self, picture: Picture) -> bool: ...
    def waits(self) -> None:
        """A picture was left out, because nothing can be shown before the next keyframe."""
        ...

    def coded(self, packet: Any, at: float) -> None:
        """Video that is no H.264, as libav has it."""
        ...

    def sound(self, packet: Any, at: float) -> None: ...
    def over(self, trouble: Trouble | None) -> None: ...


class Pictures:
    def __init__(self, taker: Taker, timeline: Timeline) -> None:
        self._taker = taker
        self._timeline = timeline
        self._has_sound = False
        self._extradata = b""
        self._sets: h264.ParameterSets | None = None
        self._facts: Facts | None = None
        self._dropping = True  # until the first keyframe

    def expect(self, units: list[h264.Unit], *, has_sound: bool) -> None:
        """What the camera said of its H.264 beforehand: its parameter sets, if it did."""
        self._has_sound = has_sound
        self._sets = h264.parameter_sets(units, None)
        self._extradata = b"".join(b"\0\0\0\1" + bytes(unit) for unit in units)

    def put(self, units: list[h264.Unit], seconds: float | None, arrived: float, size: int) -> None:
        """One access unit of H.264 with the camera's own time. Raises Trouble, or h264.Unreadable."""
        kinds = h264.kinds(units)
        if kinds & h264.SETS:
            before, self._sets = self._sets, h264.parameter_sets(units, self._sets)
            if before is None or self._sets is None or before.sps != self._sets.sps:
                self._facts = None
        if self._sets is None:  # they come with a keyframe, where the camera did not say them before
            if kinds & h264.SLICES:
                self._taker.waits()
            return
        if self._facts is None:
            sps = h264.read_sps(self._sets.sps)
            self.found(Facts("h264", sps.width, sps.height, self._has_sound, sps), self._extradata)
        if not kinds & h264.SLICES:
            return
        at = self._timeline.at("picture", seconds, arrived)
        keyframe = bool(kinds & h264.KEYFRAME)
        if self._dropping and not keyframe:
            self._taker.waits()
            return
        if keyframe:
            units = h264.complete(units, self._sets)
        self._dropping = not self._taker.offer(Picture(units, at, keyframe, size))

    def found(self, facts: Facts, extradata: bytes) -> None:
        """Raises Trouble."""
        if h264.is_absurd(facts.width, facts.height):
            raise Trouble(
                f"The camera's picture of {facts.width} by {facts.height} is larger than can be shown. "
                "Choose a smaller one in its settings.",
                lasting=True,
            )
        self._facts = facts
        self._taker.opened(facts, extradata)

    def must_be_known(self) -> None:
        """Raises Trouble where nothing was found."""
        if self._facts is None:
            raise Trouble("The camera's stream never says what its picture is (no parameter sets).")
