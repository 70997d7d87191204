"""The process of one upload: `python -m media.upload_worker IN OUT`, started by media.uploads.

Its kind is what its first bytes say, never its name. How many pixels it has is read from its header before a
decoder sees it. A photo is decoded and encoded by OpenCV, upright and without anything beside its pixels; of
a clip libav decodes the pictures, CLIP_S seconds of them at most, and H.264 comes out, without sound.

JSON on its output; exit code 2 when it was nothing that can be shown. All bytes here are hostile.
"""

import contextlib
import fractions
import os
import struct
import sys
from pathlib import Path
from typing import Any

import msgspec

from media.confined import bound
from media.uploads import PHOTO_PIXELS, Cleaned, UploadKind

SIDE = 16_384  # pixels across or down
CLIP_PIXELS = 4096 * 2304
CLIP_S = 60
OUT_BYTES = 16 * 1024 * 1024
_PHOTO_LONGEST, _PHOTO_BYTES, _QUALITIES = 1920, 2 * 1024 * 1024, (85, 70, 50)
_CLIP_LONGEST, _CLIP_FPS, _CLIP_BPS = 1280, 15, 1_500_000
_CPU_S = 150
_NOTHING = 2
_HEAD = 1 << 20  # bytes in which a header has to say how large a photo is


def container(head: bytes) -> str:
    """By its first bytes: jpeg, png, webp, or libav's name of a clip's format. Raises ValueError."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    raise ValueError("it is neither a photo nor a clip")


def pixels(kind: str, head: bytes) -> tuple[int, int]:
    """Width and height of a photo as its header says, before anything decodes it. Raises ValueError."""
    try:
        width, height = {"jpeg": _jpeg, "png": _png, "webp": _webp}[kind](head)
    except (struct.error, IndexError) as error:
        raise ValueError("its header is cut short") from error
    if not (0 < width <= SIDE and 0 < height <= SIDE and width * height <= PHOTO_PIXELS):
        raise ValueError("it has too many pixels")
    return width, height


def _jpeg(head: bytes) -> tuple[int, int]:
    """ITU-T T.81, annex B: the first frame header."""
    at = 2
    while True:
        marker, length = struct.unpack_from("!HH", head, at)
        if marker == 0xFFFF:  # fill
            at += 1
            continue
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            height, width = struct.unpack_from("!HH", head, at + 5)
            return width, height
        if marker < 0xFF00 or marker == 0xFFDA or length < 2:
            raise ValueError("it is no JPEG")
        at += 2 + length


def _png(head: bytes) -> tuple[int, int]:
    """IHDR comes first (ISO/IEC 15948)."""
    if head[12:16] != b"IHDR":
        raise ValueError("it is no PNG")
    width, height = struct.unpack_from("!II", head, 16)
    return width, height


def _webp(head: bytes) -> tuple[int, int]:
    """RFC 9649: of VP8, VP8L and VP8X."""
    chunk = head[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("it is no WebP")


def anew(given: Path, made: Path) -> Cleaned:
    """Raises ValueError."""
    with given.open("rb") as file:
        head = file.read(_HEAD)
    kind = container(head)
    if kind in ("jpeg", "png", "webp"):
        pixels(kind, head)
        return _photo(given, made)
    return _clip(given, made, kind)


def _photo(given: Path, made: Path) -> Cleaned:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    try:
        # upright as EXIF says; an alpha channel is left out
        picture = cv2.imdecode(np.frombuffer(given.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            raise ValueError("it is no picture")
        scale = _PHOTO_LONGEST / max(picture.shape[:2])
        if scale < 1:
            size = (max(1, int(picture.shape[1] * scale)), max(1, int(picture.shape[0] * scale)))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        for quality in _QUALITIES:
            fits, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
            if fits and len(jpeg) <= _PHOTO_BYTES:
                made.write_bytes(bytes(jpeg))
                height, width = picture.shape[:2]
                return Cleaned(kind=UploadKind.PHOTO, width=width, height=height)
    except cv2.error as error:
        raise ValueError("it is no picture") from error
    raise ValueError("it does not become small enough")


def _clip(given: Path, made: Path, kind: str) -> Cleaned:
    import av

    # one file, opened here: nothing that it names is opened or asked for
    allowed = {"protocol_whitelist": "file", "enable_drefs": "0", "use_absolute_path": "0"}
    try:
        with given.open("rb") as file, av.open(file, format=kind, options=allowed) as source:
            stream = next((one for one in source.streams.video), None)
            if stream is None or not 0 < stream.width * stream.height <= CLIP_PIXELS:
                raise ValueError("it shows nothing, or has too many pixels")
            stream.thread_count = 1
            return _encoded(source, stream, made)
    except (av.error.FFmpegError, OSError) as error:
        raise ValueError("it is no clip") from error


def _encoded(source: Any, stream: Any, made: Path) -> Cleaned:
    """The pictures of one stream as H.264 in MP4, as long as there are any that can be decoded."""
    import av

    target: Any = None
    count, begun, last, size = 0, None, 0.0, (0, 0)
    with av.open(str(made), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        for frame in _frames(source, stream):
            begun = frame.time if begun is None else begun
            if frame.time - begun > CLIP_S:
                break
            if (frame.time - begun) * _CLIP_FPS < count - 0.05:
                continue  # there are more pictures a second than are kept
            upright = _upright(frame)
            if target is None:
                size = _bounded(upright.shape[1], upright.shape[0])
                target = _h264(out, size)
            picture = av.VideoFrame.from_ndarray(upright, format="rgb24")
            picture = picture.reformat(width=size[0], height=size[1], format="yuv420p")
            picture.pts, picture.time_base = round((frame.time - begun) * 1000), fractions.Fraction(1, 1000)
            out.mux(target.encode(picture))
            count = int((frame.time - begun) * _CLIP_FPS) + 1
            last = frame.time - begun
        if target is None:
            raise ValueError("it shows nothing")
        out.mux(target.encode(None))
    return Cleaned(kind=UploadKind.CLIP, width=size[0], height=size[1], seconds=round(last, 1))


def _frames(source: Any, stream: Any) -> Any:
    """Pictures with their times, until the file ends or breaks off."""
    import av

    last = -1.0
    with contextlib.suppress(av.error.FFmpegError):
        for packet in source.demux(stream):
            try:
                decoded = packet.decode()
            except av.error.FFmpegError:
                continue  # damaged: the next keyframe mends it
            for frame in decoded:
                if frame.width * frame.height > CLIP_PIXELS:
                    raise ValueError("it has too many pixels")
                if frame.time is not None and frame.time > last:
                    last = frame.time
                    yield frame


def _upright(frame: Any) -> Any:
    """Height by width by 3, turned as the file says."""
    import numpy as np

    turns = round((frame.rotation or 0) / 90) % 4
    scale = min(1.0, _CLIP_LONGEST / max(frame.width, frame.height))
    small = frame.reformat(
        width=max(16, int(frame.width * scale) & ~1),
        height=max(16, int(frame.height * scale) & ~1),
        format="rgb24",
    )
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), turns))


def _bounded(width: int, height: int) -> tuple[int, int]:
    return width & ~1, height & ~1


def _h264(out: Any, size: tuple[int, int]) -> Any:
    target = out.add_stream("libx264", rate=_CLIP_FPS)
    target.width, target.height, target.pix_fmt = *size, "yuv420p"
    target.time_base = target.codec_context.time_base = fractions.Fraction(1, 1000)
    target.bit_rate = _CLIP_BPS
    target.codec_context.thread_count = 1
    target.options = {"preset": "veryfast", "profile": "main"}
    return target


if __name__ == "__main__":
    os.nice(10)
    bound(cpu_s=_CPU_S, file_bytes=OUT_BYTES)
    try:
        sys.stdout.buffer.write(msgspec.json.encode(anew(Path(sys.argv[1]), Path(sys.argv[2]))))
    except (ValueError, MemoryError, OSError):
        sys.exit(_NOTHING)
