"""Cameras that are opened by no connection: a UDP port that a drone sends to, a camera of this computer.

Only what their addresses mean; nothing is bound or opened here.
"""

import ipaddress
import re
from urllib.parse import urlsplit

import msgspec

from media.connector.addresses import NotAllowed

_DEVICE = re.compile(r"/dev/(video\d{1,3}|v4l/by-(id|path)/[0-9A-Za-z_.:+-]{1,200})")


class Port(msgspec.Struct, frozen=True):
    """Where pictures arrive: an address of this computer, and a UDP port there."""

    address: str
    port: int


class Device(msgspec.Struct, frozen=True):
    """A camera that the system has under this path."""

    path: str


def read(url: str) -> Port | Device | None:
    """None for what has another scheme. Raises NotAllowed."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "v4l2":
        if _DEVICE.fullmatch(rest) is None:
            raise NotAllowed("A camera of this computer looks like v4l2:/dev/video0.")
        return Device(rest)
    if scheme.lower() != "udp":
        return None
    try:
        parts = urlsplit(url)
        address, port = ipaddress.ip_address(parts.hostname or ""), parts.port or 0
    except ValueError:
        parts, address, port = urlsplit(""), ipaddress.IPv4Address(0), 0
    if not port or parts.username is not None or parts.path.strip("/") or parts.query:
        raise NotAllowed(
            "A picture by UDP arrives at an address of this computer: udp://192.168.1.5:5600, or "
            "udp://0.0.0.0:5600 for all that it has."
        )
    if address.is_multicast:
        raise NotAllowed(f"{address} is a multicast address. Let the drone send to this computer's own.")
    return Port(str(address), port)
