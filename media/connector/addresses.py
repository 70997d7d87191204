"""Which addresses a camera may have: an allow-list for each connector, resolved once and pinned.

By default the private networks of RFC 1918 and RFC 4193, which are where cameras are. Loopback and everything
else is refused until somebody beside the connector widens the list (`sightline connector allow`); link-local
with the clouds' metadata services, multicast and the unspecified address are refused even then. A server's
word never reaches this list.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
_SCHEMES = {"rtsp": 554, "rtsps": 322}
_RESOLVE_S = 5.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAllowed(ValueError):
    """An address that is no camera's; the message is a sentence for the owner."""


class Place(msgspec.Struct, frozen=True):
    """A camera's address, taken apart: no name and no password are in `url`."""

    scheme: str
    host: str
    port: int
    path: str  # with its query

    def url(self, host: str) -> str:
        shown = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{shown}:{self.port}{self.path}"


class Pinned(msgspec.Struct, frozen=True):
    """A place with the one address that is connected to."""

    place: Place
    address: str

    @property
    def url(self) -> str:
        return self.place.url(self.address)


def parse(url: str) -> tuple[Place, str, str]:
    """Place, user and password of an RTSP URL. Raises NotAllowed."""
    if len(url) > 1024 or not url.isprintable() or " " in url:
        raise NotAllowed("The camera's address is not an address. It looks like rtsp://192.168.1.20/stream.")
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise NotAllowed("The camera's address cannot be read. Check its port and brackets.") from error
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES:
        raise NotAllowed("A camera's address begins with rtsp:// or rtsps://; nothing else is opened.")
    if not host:
        raise NotAllowed("The camera's address names no host.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Place(scheme, host, port or _SCHEMES[scheme], path), user, password


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Raises NotAllowed for what is no network."""
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise NotAllowed(f"{error}: a network looks like 192.168.1.0/24.") from error


class AllowList:
    """`widened`: what was allowed by hand. `server`: host and port of the service, which is no camera."""

    def __init__(self, widened: Sequence[str] = (), server: tuple[str, int] | None = None) -> None:
        self._private = networks(_PRIVATE)
        self._widened = networks(widened)
        self._server = server

    def check(self, address: str, port: int, server_addresses: Sequence[str] = ()) -> None:
        """Raises NotAllowed with the reason."""
        found = plain(address)
        if (
            found.is_link_local
            or found.is_multicast
            or found.is_unspecified
            or str(found) in ("255.255.255.255", "fd00:ec2::254")
        ):
            raise NotAllowed(f"{found} can be no camera's address, so nothing is opened there.")
        by_hand = _within(found, self._widened)
        if str(found) in server_addresses:
            of_server = self._server[1] if self._server else port
            if not by_hand or port == of_server:
                raise NotAllowed("That is the address of the service itself and no camera's.")
        if by_hand or _within(found, self._private):
            return
        raise NotAllowed(
            f"{found} is not in the local network, so the connector does not open it. If a camera really is "
            f"there, allow it beside the connector: sightline connector allow {found}"
        )

    async def pin(self, place: Place) -> Pinned:
        """Resolve the name now and allow what it means now; whoever connects uses that and asks no more.

        Raises NotAllowed: also when one of a name's addresses is not allowed, for that is no honest name.
        """
        addresses = await _resolve(place.host, place.port)
        of_server: list[str] = []
        if self._server is not None:
            try:
                of_server = await _resolve(*self._server)
            except NotAllowed:
                of_server = []  # the service cannot be found at present, so it is not this
        for address in addresses:
            self.check(address, place.port, of_server)
        return Pinned(place, addresses[0])


def plain(address: str) -> Address:
    """An address without scope and without the mapping of IPv4 into IPv6. Raises NotAllowed."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError as error:
        raise NotAllowed("The camera's address cannot be read.") from error
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and found in ipaddress.IPv6Network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        return inner or found
    return found


def _within(address: Address, of: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in of)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        async with asyncio.timeout(_RESOLVE_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError) as error:
        raise NotAllowed(f"The name {host} is not known in this network.") from error
    return list(dict.fromkeys(str(plain(str(item[4][0]))) for item in found))
