"""Stills: the picture of a camera that only its owner sees. Known by its header; nothing here decodes one."""

STILL_BYTES = 320 * 1024
STILL_PIXELS = 8192  # across and down
_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what browsers show


def check_still(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG (ITU-T T.81, annex B) that browsers show. Raises ValueError in words."""
    if len(jpeg) > STILL_BYTES:
        raise ValueError(f"a still is at most {STILL_BYTES // 1024} kB")
    if not (jpeg.startswith(_SOI) and jpeg.rstrip(b"\x00").endswith(_EOI)):
        raise ValueError("this is no JPEG")
    at = 2
    while at + 9 <= len(jpeg):
        if jpeg[at] != 0xFF:
            break
        marker = jpeg[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker in _FRAMES:
            height, width = int.from_bytes(jpeg[at + 5 : at + 7]), int.from_bytes(jpeg[at + 7 : at + 9])
            if not (0 < width <= STILL_PIXELS and 0 < height <= STILL_PIXELS):
                raise ValueError(f"a still is 1 to {STILL_PIXELS} pixels wide and high")
            return width, height
        length = int.from_bytes(jpeg[at + 2 : at + 4])
        if marker == 0xDA or length < 2:  # the picture's data, before anything said how large it is
            break
        at += 2 + length
    raise ValueError("this is no JPEG")
