"""What real stacks sent: datagrams in tests/packets (RFC 4571), offers there and in tests/offers."""

import struct
from collections.abc import Iterable
from pathlib import Path

import msgspec

from media.tcp import split

TESTS = Path(__file__).parent.parent
PACKETS, OFFERS = TESTS / "packets", TESTS / "offers"

STUN, DTLS, SRTP, SRTCP = "stun", "dtls", "srtp", "srtcp"  # as they came
RTP, RTCP = "rtp", "rtcp"  # the same, decrypted


class Captures(msgspec.Struct, frozen=True):
    datagrams: list[bytes]  # STUN, DTLS, SRTP and SRTCP
    dtls: list[bytes]
    rtp: list[bytes]
    rtcp: list[bytes]
    offers: list[str]


def load() -> Captures:
    """All that is recorded."""

    def of(*kinds: str) -> list[bytes]:
        files = sorted(path for kind in kinds for path in PACKETS.glob(f"*-{kind}.rfc4571"))
        return [datagram for path in files for datagram in read(path)]

    return Captures(
        datagrams=of(STUN, DTLS, SRTP, SRTCP),
        dtls=of(DTLS),
        rtp=of(RTP),
        rtcp=of(RTCP),
        offers=[
            path.read_bytes().decode() for path in sorted([*OFFERS.glob("*.sdp"), *PACKETS.glob("*.sdp")])
        ],
    )


def read(path: Path) -> list[bytes]:
    frames = split(path.read_bytes())
    assert frames is not None
    assert frames[-1] == b""
    return frames[:-1]


def write(path: Path, datagrams: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(struct.pack("!H", len(datagram)) + datagram for datagram in datagrams))
