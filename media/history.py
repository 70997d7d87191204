"""What a feed carried lately, for the viewers that missed some of it (RFC 4585 section 6.2.1, RFC 4588).

One for each line of a feed, shared by all of its subscribers: a packet is kept once, whoever watches, and
each subscriber writes its own header around it again. Bounded by count.
"""

from media.rtp import Packet

SLOTS = 2048  # about eight seconds of 2.5 Mbit/s; a power of two


class History:
    def __init__(self) -> None:
        self._slots: list[Packet | None] = [None] * SLOTS

    def put(self, packet: Packet) -> None:
        """The packet that stood SLOTS places before on the line is forgotten."""
        self._slots[packet.sequence & (SLOTS - 1)] = packet

    def clear(self) -> None:
        self._slots = [None] * SLOTS

    def get(self, place: int) -> Packet | None:
        """The packet at this place of the line."""
        packet = self._slots[place & (SLOTS - 1)]
        return packet if packet is not None and packet.sequence == place else None
