"""What a camera says that it has: the answer to DESCRIBE (RFC 2326 appendix C, RFC 8866, RFC 6184 section 8).

A stranger's text in, values out. Also `Trouble`, which everything here ends in that a camera can do wrong.
"""

import base64
import binascii
import re
from urllib.parse import urlsplit

import msgspec

_MAX_SETS = 4096  # bytes of parameter sets


class Trouble(Exception):
    """A camera that cannot be had; the message is for its owner. `lasting`: trying again changes nothing."""

    def __init__(self, words: str, *, lasting: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.lasting = lasting


class Track(msgspec.Struct, frozen=True):
    """One stream of a camera. `control`: the URL of its SETUP."""

    control: str
    payload_type: int
    codec: str  # lower case
    clock_rate: int
    parameters: dict[str, str]

    @property
    def cuts_plainly(self) -> bool:
        """H.264 whose packets come in the order of their bytes: packetization modes 0 and 1."""
        return self.codec == "h264" and self.parameters.get("packetization-mode", "0") in ("0", "1")

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """NAL units of sprop-parameter-sets; none where they cannot be read."""
        try:
            said = self.parameters.get("sprop-parameter-sets", "")[:_MAX_SETS].split(",")
            return tuple(found for each in said if (found := base64.b64decode(each + "=" * (-len(each) % 4))))
        except (binascii.Error, ValueError):
            return ()


class Described(msgspec.Struct, frozen=True):
    """`control`: the URL that PLAY and TEARDOWN name."""

    control: str
    video: Track | None
    has_sound: bool


def read(sdp: str, base: str) -> Described:
    """`base`: what its relative addresses are relative to. What cannot be read is not there."""
    above, *sections = re.split(r"^(?=m=)", sdp, flags=re.MULTILINE)
    video = next((track for track in (_track(part, base) for part in sections) if track is not None), None)
    return Described(_control(above, base), video, any(part.startswith("m=audio") for part in sections))


def _track(section: str, base: str) -> Track | None:
    said = re.match(r"m=video \d+(?:/\d+)? RTP/AVP(?:F)? (\d{1,3})\b", section)
    if said is None:
        return None
    kind = said[1]
    coded = re.search(rf"^a=rtpmap:{kind} ([\w.+-]+)/(\d{{1,7}})", section, re.MULTILINE)
    format_ = re.search(rf"^a=fmtp:{kind} (.*?)\s*$", section, re.MULTILINE)
    parameters = {}
    for each in format_[1].split(";") if format_ else ():
        name, _, value = each.partition("=")
        parameters[name.strip().lower()] = value.strip()
    if coded is None or not int(coded[2]):
        return None
    return Track(_control(section, base), int(kind), coded[1].lower(), int(coded[2]), parameters)


def _control(part: str, base: str) -> str:
    """As cameras mean it: put behind the base, not resolved by the rules of HTTP.

    Named on the connection that is open and on no other, so it may say what it likes.
    """
    said = re.search(r"^a=control:(\S+)", part, re.MULTILINE)
    if said is None or said[1] == "*":
        return base
    return said[1] if urlsplit(said[1]).scheme else f"{base}{'' if base.endswith('/') else '/'}{said[1]}"
