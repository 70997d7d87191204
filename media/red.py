"""Packets that carry earlier ones as well, so that one loss costs no speech (RFC 2198).

Read where they come in: what goes on along a feed's line is plain Opus, without a gap where one could be
closed. Bytes only; nothing here raises on hostile bytes.
"""

MAX_BLOCKS = 8  # in one packet; browsers send two or three


def read(payload: bytes) -> list[tuple[int, bytes]] | None:
    """The blocks in order, each as how far its timestamp lies before the packet's, and its payload.

    The last is the packet's own, 0 before. None when the lengths do not fit.
    """
    heads = list[tuple[int, int]]()
    at, size = 0, len(payload)
    while True:
        if at >= size or len(heads) >= MAX_BLOCKS:
            return None
        if not payload[at] & 0x80:
            break
        if at + 4 > size:
            return None
        both = int.from_bytes(payload[at + 1 : at + 4])
        heads.append((both >> 10, both & 0x3FF))
        at += 4
    at += 1
    blocks = list[tuple[int, bytes]]()
    for before, length in heads:
        if at + length > size:
            return None
        blocks.append((before, payload[at : at + length]))
        at += length
    blocks.append((0, payload[at:]))
    return blocks
