"""Requests, and the answers that are no model value: bounded, strict, nothing optional by accident."""

from typing import Annotated

import msgspec

from backend.model.links import Capture, LinkFor, LinkKind, Manner
from backend.model.positions import PositionReport
from backend.model.rungs import Rung, RungReason
from backend.model.sessions import SessionEnd
from backend.model.views import IncidentView, LinkView
from notifications.templates import LANGUAGES

Text = Annotated[str, msgspec.Meta(max_length=128)]
ID = r"^[a-z]{3}_[0-9A-Za-z]{22}\Z"
LINE = r"^[^\x00-\x1f\x7f]*\Z"  # no control characters: PostgreSQL refuses NUL, and terminals obey the rest
LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\Z"


# -- staff ----------------------------------------------------------------------------------------


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=LINE)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Unlock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Idle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long nobody has used any page of this browser, and which incident this one has in front."""

    idle_ms: Annotated[int, msgspec.Meta(ge=0, le=31 * 24 * 3600 * 1000)]
    incident_id: Annotated[str, msgspec.Meta(pattern=ID)] | None = None


class EndSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: SessionEnd


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point that a dispatcher gives."""

    latitude: float
    longitude: float
    accuracy_m: float = 50.0

    def reported(self) -> PositionReport:
        """As if a phone had said so just now."""
        return PositionReport(latitude=self.latitude, longitude=self.longitude, accuracy_m=self.accuracy_m)


class OpenIncident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=LINE)]
    words: Annotated[str, msgspec.Meta(max_length=500, pattern=LINES)] = ""
    callback_number: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    position: Place | None = None


class AmendIncident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is null stays. `over_caller`: the dispatcher means to replace what the caller's phone said."""

    words: Annotated[str, msgspec.Meta(max_length=500, pattern=LINES)] | None = None
    position: Place | None = None
    over_caller: bool = False


class AssignUnit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`only_free`: not when it is on another incident by now."""

    unit_id: Annotated[str, msgspec.Meta(pattern=ID)]
    only_free: bool = False


TextLanguage = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(LANGUAGES)})\\Z")]


class IssueLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To a number, an e-mail address or both; or `shown` and not sent, to whoever is at hand.

    `language` of the message; left out, it is the one that this caller's page is known to be in.
    """

    kind: LinkKind
    number: Annotated[str, msgspec.Meta(max_length=32)] = ""
    email: Annotated[str, msgspec.Meta(max_length=254, pattern=LINE)] = ""
    shown: bool = False
    whom: LinkFor = LinkFor.CALLER
    manner: Manner = Manner.OPEN
    language: TextLanguage | None = None


class SendLinkAlso(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a link goes too that it did not go: a number, an e-mail address or both."""

    number: Annotated[str, msgspec.Meta(max_length=32)] = ""
    email: Annotated[str, msgspec.Meta(max_length=254, pattern=LINE)] = ""
    language: TextLanguage | None = None


class HungUpCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number of a call that ended before anybody knew why."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    words: Annotated[str, msgspec.Meta(max_length=500, pattern=LINES)] = ""
    position: Place | None = None
    manner: Manner = Manner.OPEN
    language: TextLanguage | None = None


class IssuedLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`handout` is there only when nothing takes the link anywhere: it must be shown."""

    link: LinkView
    handout: "Handout | None"


class OpenedHungUp(IssuedLink, frozen=True, kw_only=True):
    incident: IncidentView


class Handout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The link itself, for the dispatcher to show: an address and its QR code as an SVG document."""

    url: str
    qr_svg: str


class SpokenCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str  # six digits
    seconds_left: int


class WatchGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and with what to POST a WHEP offer."""

    whep: str
    bearer: str
    seconds_left: int


# -- the caller's page ----------------------------------------------------------------------------


class OpenLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`network` is what the browser believes of it, where it says so (effectiveType)."""

    token: Text
    network: Annotated[str, msgspec.Meta(max_length=16)] | None = None


class Invitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the caller is told before anything is asked. No incident data."""

    agency: str
    kind: LinkKind
    manner: Manner
    seconds_left: int
    challenge: str
    used: bool  # some browser has redeemed this link before


class PublicKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A P-256 key as the JWK members x and y, base64url without padding."""

    x: Annotated[str, msgspec.Meta(max_length=64)]
    y: Annotated[str, msgspec.Meta(max_length=64)]


class RedeemLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`signature`: ECDSA P-256 with SHA-256, r and s of 32 bytes each, base64url without padding, over
    the ASCII text `sightline-redeem`, the challenge and the token, joined by line feeds.
    """

    token: Text
    challenge: Text
    key: PublicKey
    signature: Text


class CallerGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`whip` is None for a link that asks for no camera."""

    bearer: str
    kind: LinkKind
    whip: str | None
    seconds_left: int


class EnterCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}\Z")]


class EnteredCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: str


class CallerStatus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of the camera and the position, and which rung of the ladder the phone is on."""

    camera: Capture
    position: Capture
    rung: Rung | None = None  # as before
    reason: RungReason = RungReason.WORKING


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457. `type` is /problems/ and one of the codes in backend.model.refusals."""

    type: str
    title: str
    status: int
    detail: str = ""
