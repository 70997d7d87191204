"""The process that draws and encodes what one drone's cameras see. OpenCV and x264 live here only.

`python -m media.simulator.render SETTINGS`, a JSON object: views come in on its input, pictures go out, until
the input closes. It draws what it is asked for and nothing else, so it never falls behind.
"""

import fractions
import os
import struct
import sys
from typing import Any, BinaryIO

import msgspec

from media.simulator.gimbal import View

HEAD = struct.Struct("<BBdI")  # which camera, whether a keyframe, its time, bytes that follow
SIZE = struct.Struct("<I")
COLOUR, THERMAL = 0, 1
_RATE = 90_000
_GROUP_S = 2
_MOST = 4096  # of one request


class Settings(msgspec.Struct, frozen=True):
    sizes: tuple[tuple[int, int], tuple[int, int]]  # of colour and thermal: across and down
    fps: int
    bitrates_bps: tuple[int, int]
    seed: int = 911


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """One moment, and of which cameras; a keyframe of those in `keyframes`."""

    view: View
    cameras: tuple[int, ...]
    keyframes: tuple[int, ...]


def run(settings: Settings, given: BinaryIO, made: BinaryIO) -> None:
    import av
    import cv2

    from media.connector import convert
    from media.simulator.scene import City

    cv2.setNumThreads(1)
    city = City(settings.seed)
    encoders: dict[int, Any] = {}
    last: dict[int, int] = {}
    decoder = msgspec.msgpack.Decoder(Wanted)
    while size := given.read(SIZE.size):
        (length,) = SIZE.unpack(size)
        if length > _MOST:
            return
        wanted = decoder.decode(given.read(length))
        for camera in wanted.cameras:
            width, height = settings.sizes[camera]
            if camera not in encoders:
                encoders[camera] = convert.x264(
                    width, height, settings.fps, settings.bitrates_bps[camera], _GROUP_S
                )
            if camera == COLOUR:
                frame = av.VideoFrame.from_ndarray(city.colour(wanted.view, width, height), format="bgr24")
            else:
                frame = av.VideoFrame.from_ndarray(city.heat(wanted.view, width, height), format="gray")
            frame = frame.reformat(format="yuv420p")
            frame.pts = max(round(wanted.view.at_s * _RATE), last.get(camera, -1) + 1)
            frame.time_base = fractions.Fraction(1, _RATE)
            last[camera] = frame.pts
            if camera in wanted.keyframes:
                frame.pict_type = av.video.frame.PictureType.I
            for packet in encoders[camera].encode(frame):
                data = bytes(packet)
                made.write(HEAD.pack(camera, packet.is_keyframe, wanted.view.at_s, len(data)) + data)
        made.write(HEAD.pack(255, 0, 0.0, 0))  # this moment is done
        made.flush()


if __name__ == "__main__":
    try:
        run(msgspec.json.decode(sys.argv[1], type=Settings), sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:  # whoever watched is gone
        os._exit(0)  # what is still buffered is nobody's
