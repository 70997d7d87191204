"""Rungs: how much of a caller's situation reaches us, from live video down to words, and why no more.

The phone chooses its rung and says which; what the server sees for itself decides how far that is believed.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import LinkId
from backend.model.incidents import FeedState


class Rung(StrEnum):
    """The best first. Each one keeps what those below it have."""

    LIVE = "live"  # video by WebRTC
    STILLS = "stills"  # a picture a second over HTTPS
    SINGLE_STILLS = "single-stills"  # a picture every few seconds, as small as the line is slow
    UPLOAD = "upload"  # photos and clips that the caller chooses
    POSITION = "position"
    TEXT = "text"


class RungReason(StrEnum):
    """Why the phone is on this rung and on none above it."""

    STARTING = "starting"  # it tries this one
    WORKING = "working"  # nothing stands in the way
    PERMISSION_REFUSED = "permission-refused"
    NO_CAMERA = "no-camera"
    CAMERA_TAKEN = "camera-taken"  # by another app, or the phone stopped it
    HIDDEN = "hidden"  # the page is not in front, or the screen is off
    BLOCKED = "udp-and-tcp-blocked"  # WebRTC does not get through
    TOO_SLOW = "too-slow"  # under 60 kbit/s for WebRTC; of stills, not one in two seconds
    CHOSEN = "chosen"  # by the caller
    ASKED = "asked"  # the link asks for no more
    RELOADED = "reloaded"  # the page was loaded anew, and Share was not pressed since
    NO_SCRIPT = "no-script"  # the page's script cannot run, or did not arrive: a plain form
    UNHEARD = "unheard"  # the server's own word: the phone thinks so, and nothing arrives


PICTURES = frozenset((Rung.LIVE, Rung.STILLS, Rung.SINGLE_STILLS))
_ORDER = tuple(Rung)


class RungChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change, kept without anything about a person."""

    link_id: LinkId
    at: datetime
    rung: Rung
    reason: RungReason


def within(highest: Rung, rung: Rung, reason: RungReason) -> tuple[Rung, RungReason]:
    """What a phone may say of itself: no rung above what its link is for, and no word of the server's."""
    if _ORDER.index(rung) < _ORDER.index(highest):
        return highest, RungReason.ASKED
    return rung, RungReason.STARTING if reason is RungReason.UNHEARD else reason


def believed(rung: Rung | None, reason: RungReason | None, feed: FeedState | None) -> RungReason | None:
    """The reason that is shown: a picture that the phone believes to send and that does not come is unheard.

    `feed` is the state of its feed as the engine has it; None where that is not known.
    """
    if rung in PICTURES and reason is RungReason.WORKING and feed not in (FeedState.LIVE, None):
        return RungReason.UNHEARD
    return reason
