"""What one wake-up has placed on a line of a feed: read once, and then written for each of its viewers.

Between step 8 and step 12 of the story. Values only, shared by all viewers, so never changed.
"""

from collections.abc import Sequence

from media.rtp import Codec, Packet


class Burst:
    """Packets in the order in which they came; at least one."""

    __slots__ = ("ascending", "codec", "first", "last", "octets", "packets", "turns")

    def __init__(self, packets: Sequence[Packet]) -> None:
        self.packets = packets
        self.first, self.last = packets[0], packets[-1]
        self.codec: Codec | None = self.first.codec  # None when it is not the same for all
        self.ascending = True  # each stands behind the one before: none came late
        self.octets = 0  # of payload
        self.turns = {packet.orientation for packet in packets}
        before = self.first.sequence - 1
        for packet in packets:
            if packet.codec is not self.codec:
                self.codec = None
            if packet.sequence <= before:
                self.ascending = False
            before = packet.sequence
            self.octets += len(packet.payload)
