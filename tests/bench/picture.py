"""What the benchmark's publisher sends: RTP packets of VP8, made up or recorded.

Made-up ones are as large as browsers make them, in frames of three temporal layers, and end with the time at
which they were made; nobody decodes them. Recorded ones are a real, small picture, for a server that does.
"""

import struct
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

SSRC = 77
SIZE = 1100  # bytes of payload: what browsers fill
FPS = 30
MARK = b"TIME"  # before the stamp, so that a repeat or another's packet is not taken for one
STAMP_SIZE = 8
_LAYERS = (0, 2, 1, 2)  # temporal layer of each frame in turn (L1T3)
_WIDE_ID = 3  # of the transport-wide sequence number's header extension


def packets_per_frame(per_second: int) -> int:
    return max(1, round(per_second / FPS))


def _header(number: int, timestamp: int, *, marker: bool) -> bytes:
    return struct.pack(
        "!BBHIIHHBHx", 0x90, 96 | marker << 7, number & 0xFFFF, timestamp & 0xFFFFFFFF, SSRC,
        0xBEDE, 1, _WIDE_ID << 4 | 1, number & 0xFFFF,
    )  # fmt: skip


def synthetic(per_second: int, keyframe_asked: Callable[[], bool]) -> Iterator[bytes]:
    """Packets without end. A frame is a keyframe when one was asked for, and the first is."""
    size = packets_per_frame(per_second)
    filler = bytes(SIZE - 6 - len(MARK) - STAMP_SIZE)  # after a descriptor of six bytes
    number = frame = base = 0
    while True:
        keyframe = frame == 0 or keyframe_asked()
        layer = 0 if keyframe else _LAYERS[frame % 4]
        base += layer == 0
        for at in range(size):
            descriptor = struct.pack(
                "!BBHBB",
                0x80 | (0x10 if at == 0 else 0) | (0x20 if layer == 2 else 0),  # X, S, N
                0xE0,  # I, L, T
                0x8000 | frame & 0x7FFF,
                base & 0xFF,
                layer << 6 | 0x20,  # TID, Y
            )
            # the first byte after the descriptor tells a keyframe by its lowest bit (RFC 7741 section 4.3)
            body = (b"\x00" if keyframe else b"\x01") + filler[1:]
            stamp = MARK + struct.pack("!Q", time.time_ns())
            yield _header(number, frame * 3000, marker=at == size - 1) + descriptor + body + stamp
            number += 1
        frame += 1


def recorded(frames: int = 60, width: int = 640, height: int = 480) -> Iterator[bytes]:
    """Two seconds of a moving picture by libvpx, again and again; begins with a keyframe each time."""
    from aiortc.codecs.vpx import Vp8Encoder
    from av import VideoFrame

    encoder = Vp8Encoder()
    encoder.target_bitrate = 1_000_000
    clip: list[list[bytes]] = []
    for at in range(frames):
        image = VideoFrame(width, height, "yuv420p")
        for plane in image.planes:
            row = bytes((x * 7 + at * 5) & 0xFF for x in range(plane.line_size))
            plane.update(b"".join(row[(y * 3) % 64 :] + row[: (y * 3) % 64] for y in range(plane.height)))
        image.pts, image.time_base = at * 3000, Fraction(1, 90_000)
        clip.append(encoder.encode(image, force_keyframe=at == 0)[0])
    number = frame = 0
    while True:
        payloads = clip[frame % frames]
        for at, payload in enumerate(payloads):
            yield _header(number, frame * 3000, marker=at == len(payloads) - 1) + payload
            number += 1
        frame += 1
