"""What is said to an ONVIF camera without ONVIF's libraries: send a keyframe, and what time is it?

Text only. The libraries take a second to load and parse what strangers send, which finding cameras can afford
(media.connector.find, in a process of its own) and a picture that somebody waits for cannot. So of an answer
its status is taken, and the digits of the camera's clock, by their names; nothing of it is parsed as XML.
"""

import base64
import hashlib
import re
import secrets
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import msgspec

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    "{header}<s:Body>{body}</s:Body></s:Envelope>"
)
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_PARTS = ("Year", "Month", "Day", "Hour", "Minute", "Second")


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """Where a camera is spoken to, by http or https at the address where it was found, and of what."""

    device: str
    media: str
    profile: str  # the token of the one that is shown


def synchronization_point(profile: str, security: str) -> str:
    """Ask for a keyframe at once (ONVIF Media Service, SetSynchronizationPoint)."""
    body = (
        '<SetSynchronizationPoint xmlns="http://www.onvif.org/ver10/media/wsdl">'
        f"<ProfileToken>{escape(profile)}</ProfileToken></SetSynchronizationPoint>"
    )
    return _ENVELOPE.format(header=security, body=body)


def date_and_time() -> str:
    """Ask what time it is there, which nobody needs a password for."""
    body = '<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>'
    return _ENVELOPE.format(header="", body=body)


def read_time(answer: str) -> datetime | None:
    """The camera's clock in UTC; None where that is not said, or is no time."""
    utc = re.search(
        r"<(?:[\w.-]+:)?UTCDateTime\b[^>]*>(.{1,2000}?)</(?:[\w.-]+:)?UTCDateTime>", answer, re.DOTALL
    )
    if utc is None:
        return None
    said = [re.search(rf"<(?:[\w.-]+:)?{part}\b[^>]*>\s*(\d{{1,4}})\s*<", utc[1]) for part in _PARTS]
    try:
        year, month, day, hour, minute, second = (int(each[1]) for each in said if each is not None)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def security(user: str, password: str, at: datetime) -> str:
    """The header that proves the password to a camera whose clock says `at` (UsernameToken 1.1)."""
    nonce, created = secrets.token_bytes(16), f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return (
        f'<s:Header><Security s:mustUnderstand="1" xmlns="{_WSS}-wssecurity-secext-1.0.xsd"><UsernameToken>'
        f"<Username>{escape(user)}</Username>"
        f'<Password Type="{_WSS}-username-token-profile-1.0#PasswordDigest">{_text(digest)}</Password>'
        f'<Nonce EncodingType="{_WSS}-soap-message-security-1.0#Base64Binary">{_text(nonce)}</Nonce>'
        f'<Created xmlns="{_WSS}-wssecurity-utility-1.0.xsd">{created}</Created>'
        "</UsernameToken></Security></s:Header>"
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
