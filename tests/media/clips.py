"""Photos and clips as phones make them, and as somebody might who means harm."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

UPRIGHT = 0x0112  # EXIF's orientation


def clip(path: Path, *, codec: str = "libx264", form: str = "mp4", seconds: int = 2, fps: int = 25) -> Path:
    """A clip of 320 by 180 in which a red bar grows, with a sound."""
    with av.open(str(path), "w", format=form) as out:
        video: Any = out.add_stream(codec, rate=fps)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        sound: Any = out.add_stream("aac" if form == "mp4" else "libopus", rate=48_000)
        for n in range(seconds * fps):
            picture = np.full((180, 320, 3), 90, np.uint8)
            picture[:, : 10 + n % 300] = (220, 20, 20)
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        quiet = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.int16), format="s16", layout="mono")
        quiet.sample_rate = 48_000
        out.mux(sound.encode(quiet))
        out.mux(video.encode(None))
        out.mux(sound.encode(None))
    return path


def sideways() -> bytes:
    """A JPEG of 800 by 600 that is to be shown turned, with a place in it: red on its left."""
    exif = Image.Exif()
    exif[UPRIGHT] = 6  # its left is up
    exif[0x010E] = "1 Main Street"
    picture = Image.new("RGB", (800, 600), (20, 20, 220))
    picture.paste((220, 20, 20), (0, 0, 200, 600))
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of so many pixels in few bytes; its header is true, and its picture says nothing for ever."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))

    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9) * 4
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
