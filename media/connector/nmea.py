"""What a receiver says (NMEA 0183), as fixes. Reads text and nothing else.

A fix is a valid RMC sentence; how sure it is comes from the GGA before it.
"""

import msgspec
from pynmeagps import NMEAMessage, NMEAParseError, NMEAReader  # type: ignore[import-untyped]
from pynmeagps.exceptions import NMEAMessageError, NMEATypeError  # type: ignore[import-untyped]

MOST_BYTES = 128  # NMEA 0183 says 82; some receivers say more
METRES_OF_HDOP = 5.0  # what a receiver without corrections is good for under an open sky
UNSURE_M = 25.0  # before it has said
KNOT_MPS = 0.514444
SLOW_KNOTS = 2.0  # standing still, a receiver's course is noise


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """Where the receiver is: WGS 84, metres, metres a second."""

    latitude: float
    longitude: float
    accuracy_m: float
    heading_deg: float | None
    speed_mps: float | None


class Receiver:
    """One receiver's sentences, in order."""

    def __init__(self) -> None:
        self.bad = 0  # lines that were nothing of the kind
        self._accuracy_m = UNSURE_M

    def hear(self, line: bytes) -> Fix | None:
        """The fix that this line makes known; None for every other line."""
        try:
            said = NMEAReader.parse(line.strip()) if 0 < len(line) <= MOST_BYTES else None
        except (NMEAParseError, NMEAMessageError, NMEATypeError, ValueError, UnicodeDecodeError):
            said = None
        if said is None:
            self.bad += 1
            return None
        if said.msgID == "GGA":
            self._sure(said)
        return self._fix(said) if said.msgID == "RMC" else None

    def _sure(self, said: NMEAMessage) -> None:
        try:
            hdop = float(getattr(said, "HDOP", ""))
        except (TypeError, ValueError):
            return
        self._accuracy_m = max(1.0, METRES_OF_HDOP * hdop) if 0 < hdop < 100 else UNSURE_M

    def _fix(self, said: NMEAMessage) -> Fix | None:
        latitude, longitude, knots, course = (_number(said, name) for name in ("lat", "lon", "spd", "cog"))
        if getattr(said, "status", "") != "A" or latitude is None or longitude is None:
            return None
        moving = knots is not None and knots >= SLOW_KNOTS
        return Fix(
            latitude=latitude,
            longitude=longitude,
            accuracy_m=self._accuracy_m,
            heading_deg=course % 360 if moving and course is not None else None,
            speed_mps=knots * KNOT_MPS if knots is not None else None,
        )


def _number(said: NMEAMessage, name: str) -> float | None:
    """A field, which a short sentence may lack."""
    held = getattr(said, name, None)
    return float(held) if isinstance(held, int | float) else None
