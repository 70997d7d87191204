"""Finds cameras: WS-Discovery, then ONVIF Profile S of what answered. `python -m media.connector.find`.

A process of its own: XML of strangers is parsed here, by libraries that bring much and keep much. One JSON
object in, one out. Devices are asked at the address that they answered from and nowhere else: addresses in
their answers are rewritten to it. WS-Security's digest is of the camera's own time, which is asked first, so
a camera whose clock stands in 1970 takes its password all the same.
"""

import asyncio
import contextlib
import logging
import os
import re
import sys
from urllib.parse import urlsplit

import msgspec

from media.connector.addresses import AllowList, NotAllowed, parse
from media.connector.soap import Services

SEARCH_S = 3.0
_DEVICE_S = 10.0
_MOST = 64
_PROFILES = 4  # of one device are looked at
_WIDTH = 1920  # wider ones only when there is no other
_TYPE = ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
NEEDS_PASSWORD = (
    "It wants a name and a password. Beside the connector: sightline connector add onvif://{} --user NAME"  # noqa: S105
)


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask. `xaddr` is its device service, http://192.168.1.20/onvif/device_service."""

    xaddr: str
    user: str = ""
    password: str = ""
    label: str = ""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: search the network, ask the devices named, or both."""

    search_s: float = 0.0
    devices: tuple[Device, ...] = ()
    networks: tuple[str, ...] = ()
    server: tuple[str, int] | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One camera: with `url` it can be opened, with `trouble` not yet."""

    xaddr: str
    host: str
    label: str
    url: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    onvif: Services | None = None
    trouble: str | None = None


async def search(search: Search) -> tuple[Found, ...]:
    """Run it in a process of its own; empty when that fails."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "media.connector.find",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(search.search_s + 3 * _DEVICE_S):
            out, _ = await child.communicate(msgspec.json.encode(search))
        return msgspec.json.decode(out, type=tuple[Found, ...])
    except (TimeoutError, msgspec.MsgspecError):
        return ()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _find(search: Search) -> tuple[Found, ...]:
    allowed = AllowList(search.networks, search.server)
    devices = {device.xaddr: device for device in search.devices}
    if search.search_s > 0:
        for device in await asyncio.to_thread(_probe, search.search_s):
            devices.setdefault(device.xaddr, device)
    asked = (_ask(device, allowed) for device in list(devices.values())[:_MOST])
    return tuple(found for found in await asyncio.gather(*asked) if found is not None)


def _probe(seconds: float) -> list[Device]:
    """Multicast a Probe on every network, and take who answers with a device service of http(s)."""
    from wsdiscovery import QName  # type: ignore[import-untyped]
    from wsdiscovery.discovery import ThreadedWSDiscovery  # type: ignore[import-untyped]

    discovery = ThreadedWSDiscovery()
    discovery.start()
    try:
        services = discovery.searchServices(types=[QName(*_TYPE)], timeout=seconds)
        found = []
        for service in services[:_MOST]:
            xaddr = next((x for x in service.getXAddrs() if re.match(r"https?://", x)), None)
            if xaddr is not None and len(xaddr) < 300:
                found.append(Device(xaddr=xaddr, label=_name(service.getScopes())))
        return found
    finally:
        discovery.stop()


def _name(scopes: object) -> str:
    for scope in scopes if isinstance(scopes, list) else []:
        said = re.search(r"onvif://www\.onvif\.org/name/([^/]+)", str(scope.getValue()))
        if said is not None:
            return _plain(said[1].replace("%20", " "))
    return ""


def _plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)[:100].strip()


async def _ask(device: Device, allowed: AllowList) -> Found | None:
    parts = urlsplit(device.xaddr)
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        place, _, _ = parse(f"rtsp://{f'[{host}]' if ':' in host else host}:{port}/")
        pinned = await allowed.pin(place)
    except (NotAllowed, ValueError):
        return None  # whoever answers from elsewhere is no camera of this network
    known = Found(
        xaddr=device.xaddr, host=pinned.address, label=device.label or f"Camera at {pinned.address}"
    )
    try:
        async with asyncio.timeout(_DEVICE_S):
            return await _profile_s(device, known, pinned.address, port)
    except TimeoutError:
        trouble = "It answers a search, and then no more."
    except Exception as error:  # zeep, lxml and aiohttp raise many kinds on what a device may say
        said = str(error).lower()
        refused = any(word in said for word in ("authoriz", "authenticat", "401", "notauthorized"))
        if refused and device.user:
            trouble = "The camera does not take this name and password. Set them again."
        elif refused:
            trouble = NEEDS_PASSWORD.format(pinned.address)
        else:
            trouble = "It answers a search, and then not as ONVIF asks."
    return msgspec.structs.replace(known, trouble=trouble)


async def _profile_s(device: Device, known: Found, address: str, port: int) -> Found:
    """The profile that suits best, and its stream: H.264 first, then the largest that is not too large."""
    from onvif import ONVIFCamera  # type: ignore[import-untyped]

    shown = f"[{address}]" if ":" in address else address
    camera = ONVIFCamera(
        shown,
        port,
        device.user,
        device.password,
        no_cache=True,
        adjust_time=True,
        nat_override=True,
    )
    try:
        await camera.update_xaddrs()
        media = await camera.create_media_service()
        profiles = list(await media.GetProfiles())[: 4 * _PROFILES]
        best = max(profiles, key=_merit)
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = await media.GetStreamUri({"StreamSetup": setup, "ProfileToken": best.token})
        place, _, _ = parse(str(answer.Uri))
        codec, width, height = _picture(best)
        services = Services(
            device=_at(device.xaddr, shown, port),
            media=_at(str(media.xaddr), shown, port),
            profile=str(best.token)[:200],
        )
        return msgspec.structs.replace(
            known, url=place.url(address), codec=codec, width=width, height=height, onvif=services
        )
    finally:
        with contextlib.suppress(Exception):
            await camera.close()


def _at(url: str, host: str, port: int) -> str:
    """One of its services, where the device itself was asked and nowhere else."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{host}:{port}{parts.path or '/'}"[:300]


def _picture(profile: object) -> tuple[str, int, int]:
    encoder = getattr(profile, "VideoEncoderConfiguration", None)
    size = getattr(encoder, "Resolution", None)
    codec = re.sub(r"[^a-z0-9]", "", str(getattr(encoder, "Encoding", "")).lower())[:16]
    return codec, int(getattr(size, "Width", 0) or 0), int(getattr(size, "Height", 0) or 0)


def _merit(profile: object) -> tuple[bool, bool, int]:
    codec, width, _ = _picture(profile)
    return codec == "h264", width <= _WIDTH, width if width <= _WIDTH else -width


def main() -> None:
    """Devices are strangers: nothing of what they say is logged."""
    wanted = msgspec.json.decode(sys.stdin.buffer.read(1 << 20), type=Search)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]  # cameras are in this network
    logging.disable(logging.CRITICAL)
    found = asyncio.run(_find(wanted))
    sys.stdout.buffer.write(msgspec.json.encode(found))
    sys.stdout.flush()
    os._exit(0)  # its threads would end in five seconds


if __name__ == "__main__":
    main()
