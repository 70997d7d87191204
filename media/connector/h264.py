"""H.264 as a camera sends it: where its units begin, what its parameter sets say, and RTP payloads of it.

ITU-T H.264 sections 7.3 and B.1, RFC 6184. Bytes in, values out: nothing is decoded and nothing is copied
but what a packet needs in front. Raises Unreadable, and nothing else, on what a camera may send.
"""

from collections.abc import Sequence

import msgspec

MAX_PAYLOAD = 1180  # bytes of RTP payload: with headers and SRTP's tag it passes a path of 1280
MAX_SIDE, MAX_PIXELS = 8192, 64_000_000
_IDR, _SEI, _SPS, _PPS, _DELIMITER, _END, _FILLER = 5, 6, 7, 8, 9, 10, 12
_STAP_A, _FU_A = 24, 28
_BASELINE, _MAIN, _HIGH = 66, 77, 100
_DETAILED = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
MAX_UNITS = 512  # in one picture; a slice for every row of macroblocks of the largest
# The seven bits after a first_mb_in_slice of 0 that begin with slice_type 1 or 6.
_B_FIRST = frozenset(range(0b0100000, 0b0110000)) | frozenset(range(0b0011100, 0b0100000))
_MAX_ZEROS = 31  # of an exponential Golomb code

SLICES, KEYFRAME, SETS = 0b111110, 1 << _IDR, 1 << _SPS | 1 << _PPS  # of `kinds`

Unit = memoryview  # one NAL unit without its start code
Payload = tuple[bytes, memoryview]  # what stands in front, and the camera's own bytes


class Unreadable(ValueError):
    """Not what H.264 allows."""


def is_absurd(width: int, height: int) -> bool:
    """No camera's picture is so large, and none can be shown."""
    return max(width, height) > MAX_SIDE or width * height > MAX_PIXELS


class Sps(msgspec.Struct, frozen=True):
    """What of a sequence parameter set decides how it is sent."""

    profile: int  # profile_idc
    constraints: int
    level: int
    width: int
    height: int
    eight_bit_420: bool
    reorders: bool | None  # frames leave the decoder in another order; None when it does not say

    @property
    def profile_level_id(self) -> str:
        """For SDP (RFC 6184 section 8.1), by the profiles that browsers know: the odd bits are left out."""
        middle = 0
        if self.profile == _BASELINE:
            middle = 0xE0 if self.constraints & 0x40 else 0
        return f"{self.profile:02x}{middle:02x}{self.level:02x}"

    @property
    def plays_in_browsers(self) -> bool:
        """Whether it may pass untouched, as far as this tells."""
        return self.profile in (_BASELINE, _MAIN, _HIGH) and self.eight_bit_420 and not self.reorders


class ParameterSets(msgspec.Struct, frozen=True):
    sps: bytes
    pps: bytes


def units(data: memoryview) -> list[Unit]:
    """The NAL units of one access unit in the byte stream format (annex B), its delimiter and filler gone."""
    found: list[Unit] = []
    whole = data.obj if isinstance(data.obj, bytes) and len(data.obj) == len(data) else bytes(data)
    at = whole.find(b"\0\0\1")
    view = memoryview(whole)
    while at >= 0:
        start = at + 3
        at = whole.find(b"\0\0\1", start)
        end = len(whole) if at < 0 else at
        while end > start and whole[end - 1] == 0:  # trailing zeros, and a longer start code
            end -= 1
        if end > start and is_content(whole[start]):
            found.append(view[start:end])
        if len(found) > MAX_UNITS:
            raise Unreadable("a picture of too many pieces")
    return found


def is_content(header: int) -> bool:
    """Whether a unit that begins with this byte says anything: no delimiter, no end and no filler."""
    return header & 0x1F not in (_DELIMITER, _END, _END + 1, _FILLER)


def kinds(access_unit: Sequence[Unit]) -> int:
    """Which kinds of unit there are, a bit for each."""
    found = 0
    for unit in access_unit:
        found |= 1 << (unit[0] & 0x1F)
    return found


def is_keyframe(access_unit: Sequence[Unit]) -> bool:
    """Whether a decoder may begin here: it has an IDR slice."""
    return kinds(access_unit) & KEYFRAME != 0


def goes_on(access_unit: Sequence[Unit]) -> bool:
    """Whether its first slice is not a picture's first: first_mb_in_slice is above 0 (7.3.3)."""
    for unit in access_unit:
        if 1 <= unit[0] & 0x1F <= _IDR:
            return len(unit) > 1 and not unit[1] & 0x80
    return False


def has_b_slices(access_unit: Sequence[Unit]) -> bool:
    """Whether a slice is bidirectional: read from the slices themselves (7.3.3), whatever the camera says."""
    for unit in access_unit:
        if unit[0] & 0x1F == 1 and len(unit) > 2:
            if unit[1] & 0x80:  # the first of its picture, as nearly all: the type is in the next bits
                return unit[1] & 0x7F in _B_FIRST
            bits = _Bits(bytes(unit[1:16]))
            try:
                bits.golomb()
                return bits.golomb() % 5 == 1
            except Unreadable:
                return False
    return False


def parameter_sets(access_unit: Sequence[Unit], known: ParameterSets | None) -> ParameterSets | None:
    """Those that this access unit brings, or else the known ones."""
    sps = pps = None
    for unit in access_unit:
        of = unit[0] & 0x1F
        if of == _SPS and sps is None:
            sps = bytes(unit)
        elif of == _PPS and pps is None:
            pps = bytes(unit)
    if sps is None and pps is None:
        return known
    sps = sps or (known.sps if known else None)
    pps = pps or (known.pps if known else None)
    return ParameterSets(sps, pps) if sps and pps else known


def complete(access_unit: list[Unit], known: ParameterSets | None) -> list[Unit]:
    """A keyframe with its parameter sets in front, whether the camera repeats them or not."""
    present = {unit[0] & 0x1F for unit in access_unit}
    if known is None or _IDR not in present or {_SPS, _PPS} <= present:
        return access_unit
    rest = [unit for unit in access_unit if unit[0] & 0x1F not in (_SPS, _PPS)]
    return [memoryview(known.sps), memoryview(known.pps), *rest]


def payloads(access_unit: Sequence[Unit], most: int = MAX_PAYLOAD) -> list[Payload]:
    """RTP payloads of packetization mode 1: STAP-A for small units side by side, FU-A for large ones."""
    found: list[Payload] = []
    waiting: list[Unit] = []
    size = 1
    for unit in access_unit:
        length = len(unit)
        if length + 3 <= most and unit[0] & 0x1F in (_SPS, _PPS, _SEI):
            if length + 2 + size > most:
                found.append(_together(waiting))
                waiting, size = [], 1
            waiting.append(unit)
            size += 2 + length
            continue
        if waiting:
            found.append(_together(waiting))
            waiting, size = [], 1
        if length <= most:
            found.append((b"", unit))
        else:
            found += _fragments(unit, most)
    if waiting:
        found.append(_together(waiting))
    return found


def _together(waiting: list[Unit]) -> Payload:
    if len(waiting) == 1:
        return b"", waiting[0]
    importance = max(unit[0] & 0x60 for unit in waiting)
    body = b"".join(len(unit).to_bytes(2, "big") + bytes(unit) for unit in waiting)
    return bytes((importance | _STAP_A,)), memoryview(body)


def _fragments(unit: Unit, most: int) -> list[Payload]:
    """Of equal size but for the last, so that the kernel can cut a run of them."""
    indicator, of = unit[0] & 0x60 | _FU_A, unit[0] & 0x1F
    room = most - 2
    middle = bytes((indicator, of))
    found = [(middle, unit[at : at + room]) for at in range(1, len(unit), room)]
    found[0] = bytes((indicator, 0x80 | of)), found[0][1]
    found[-1] = bytes((indicator, 0x40 | of)), found[-1][1]
    return found


def read_sps(unit: bytes) -> Sps:
    """Section 7.3.2.1.1. Raises Unreadable."""
    bits = _Bits(unit[1:].replace(b"\0\0\3", b"\0\0"))
    profile, constraints, level = bits.read(8), bits.read(8), bits.read(8)
    bits.golomb()
    chroma, depth = 1, 8
    if profile in _DETAILED:
        chroma = bits.golomb()
        if chroma == 3:
            bits.read(1)
        depth = 8 + max(bits.golomb(), bits.golomb())
        bits.read(1)
        if bits.read(1):
            for n in range(8 if chroma != 3 else 12):
                if bits.read(1):
                    _skip_scaling_list(bits, 16 if n < 6 else 64)
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.read(1)
        bits.signed()
        bits.signed()
        cycle = bits.golomb()
        if cycle > 255:
            raise Unreadable("a parameter set that cannot be")
        for _ in range(cycle):
            bits.signed()
    bits.golomb()
    bits.read(1)
    width, height = 16 * (bits.golomb() + 1), 16 * (bits.golomb() + 1)
    frames_only = bits.read(1)
    height *= 2 - frames_only
    if not frames_only:
        bits.read(1)
    bits.read(1)
    if bits.read(1):
        across, down = (2 if chroma in (1, 2) else 1), (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= across * (bits.golomb() + bits.golomb())
        height -= down * (bits.golomb() + bits.golomb())
    if width <= 0 or height <= 0:
        raise Unreadable("a picture without a size")
    reorders: bool | None = False if profile == _BASELINE or order == 2 else None
    if bits.left() and bits.read(1):
        said = _reorder_of_vui(bits)
        reorders = reorders if said is None else said > 0
    return Sps(profile, constraints, level, width, height, chroma == 1 and depth == 8, reorders)


def _reorder_of_vui(bits: "_Bits") -> int | None:
    """max_num_reorder_frames (annex E.1.1); None when it is not there, or the set is cut off."""
    try:
        if bits.read(1) and bits.read(8) == 255:
            bits.read(32)
        if bits.read(1):
            bits.read(1)
        if bits.read(1):
            bits.read(4)
            if bits.read(1):
                bits.read(24)
        if bits.read(1):
            bits.golomb()
            bits.golomb()
        if bits.read(1):
            bits.read(65)
        with_hrd = False
        for _ in range(2):
            if bits.read(1):
                with_hrd = True
                count = bits.golomb() + 1
                bits.read(8)
                for _ in range(min(count, 32)):
                    bits.golomb()
                    bits.golomb()
                    bits.read(1)
                bits.read(20)
        if with_hrd:
            bits.read(1)
        bits.read(1)
        if not bits.read(1):
            return None
        bits.read(1)
        for _ in range(4):
            bits.golomb()
        return bits.golomb()
    except Unreadable:
        return None


def _skip_scaling_list(bits: "_Bits", size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def left(self) -> int:
        return self._left

    def read(self, count: int) -> int:
        if count > self._left:
            raise Unreadable("a parameter set that is cut off")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > _MAX_ZEROS:
                raise Unreadable("a parameter set that cannot be")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)
