"""What was sent lately, for the receiver that missed some of it (RFC 4585 section 6.2.1).

Bounded by count; payloads are shared with the feed's other subscribers, so a slot costs a header and two
references. A later retransmission stream (RFC 4588) starts from here too: header and payload stay apart.
"""

SLOTS = 512  # about two seconds of 2.5 Mbit/s; a power of two


class History:
    def __init__(self) -> None:
        self._slots: list[tuple[int, bytes, bytes] | None] = [None] * SLOTS

    def put(self, sequence: int, header: bytes, payload: bytes) -> None:
        """`sequence` modulo 2**16. The packet that stood 512 numbers before is forgotten."""
        self._slots[sequence & (SLOTS - 1)] = (sequence, header, payload)

    def get(self, sequence: int) -> bytes | None:
        """The packet as it was before encryption, so that a repeat is encrypted to the same bytes."""
        slot = self._slots[sequence & (SLOTS - 1)]
        if slot is None or slot[0] != sequence:
            return None
        return slot[1] + slot[2]
