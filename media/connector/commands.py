"""What `sightline connector …` does: enrol, allow, add, cameras, discover, drone, locator, run."""

import argparse
import asyncio
import getpass
import logging
import os
import socket
import sys
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec

from media.connector import drone_commands, find, wire
from media.connector.addresses import AllowList, NotAllowed, networks, parse
from media.connector.folder import Camera, Folder, FolderError, State, default_folder, public_text


class CommandError(Exception):
    """Nothing was changed; the message says why."""


def run(options: argparse.Namespace) -> int:
    """0 when it did what was asked, 2 when that cannot be."""
    folder = Folder(default_folder())
    try:
        folder.prepare()
        return _COMMANDS[options.what](options, folder)
    except (CommandError, FolderError, NotAllowed) as error:
        print(f"sightline connector: {error}", file=sys.stderr)
        return 2


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise CommandError("The service's address looks like https://video.example.org.")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise CommandError("The service's address must begin with https://, or its orders could be anyone's.")
    return f"{parts.scheme}://{parts.netloc}"


def _locator(options: argparse.Namespace, _: Folder) -> int:
    from media.connector import locator  # what reads a receiver is loaded for it alone

    server = _address(options.url)
    try:
        token = Path(options.token_file).read_text().split()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise CommandError(f"{options.token_file} holds no token.") from error
    if options.serial:
        read = partial(locator.read_serial, options.serial, options.baud)
    else:
        host, _, port = options.udp.rpartition(":")
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise CommandError("--udp is a port, or an address and a port: 10110, 192.168.1.5:10110.")
        read = partial(locator.read_udp, host.strip("[]") or "127.0.0.1", int(port))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asyncio.run(locator.run(read, server, token, options.trust))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        raise CommandError(f"Nothing can be read: {error}") from error
    return 0


def _enrol(options: argparse.Namespace, folder: Folder) -> int:
    server = _address(options.url)
    if folder.is_running():
        raise CommandError("A connector is running in this folder. Stop it first.")
    key = folder.make_key()
    ask = wire.Enrol(
        code=options.code.strip()[:32],
        key=public_text(key),
        name=(options.name or socket.gethostname())[:80],
        version="0.1.0",
    )
    try:
        verify = httpx.create_ssl_context(verify=options.trust or True)
        answer = httpx.post(
            server + wire.ENROL,
            content=msgspec.json.encode(ask),
            headers={"Content-Type": "application/json"},
            verify=verify,
            timeout=15,
        )
    except (httpx.HTTPError, OSError) as error:
        raise CommandError(f"{server} cannot be reached: {error}") from error
    if not answer.is_success:
        raise CommandError(_said(answer))
    try:
        enrolled = msgspec.json.decode(answer.content, type=wire.Enrolled)
    except msgspec.MsgspecError as error:
        raise CommandError(f"What answers at {server} is not the service.") from error
    before = folder.read()
    trust = str(Path(options.trust).resolve()) if options.trust else ""
    folder.write(
        msgspec.structs.replace(
            before,
            server=server,
            connector=enrolled.connector,
            site=enrolled.site,
            agency=enrolled.agency,
            trust=trust,
        )
    )
    print(f"Joined {enrolled.site}, for {enrolled.agency}. If that is not where you stand, stop here.")
    return 0


def _said(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem.get("title"))
    except ValueError:
        return f"The service answers with HTTP {answer.status_code}."


def _add(options: argparse.Namespace, folder: Folder) -> int:
    state = folder.read()
    password = _password(options)
    if options.url.lower().startswith("onvif://"):
        camera = _by_onvif(options, state, folder, password)
    else:
        place, user, in_url = parse(options.url)
        asyncio.run(_allow_list(state).pin(place))
        label = options.name or f"Camera at {place.host}"
        camera = Camera(
            name=folder.free_name(label),
            label=label[:120],
            url=place.url(place.host),
            user=options.user or user,
            password=password or in_url,
        )
    folder.add_camera(camera)
    print(
        f"Added {camera.label} as {camera.name}. Its owner places it on the map; until then nothing opens it."
    )
    return 0


def _by_onvif(options: argparse.Namespace, state: State, folder: Folder, password: str) -> Camera:
    parts = urlsplit(options.url)
    if not parts.hostname:
        raise CommandError("An ONVIF camera's address looks like onvif://192.168.1.20.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path if parts.path not in ("", "/") else "/onvif/device_service"
    xaddr = f"http://{host}:{parts.port or 80}{path}"
    device = find.Device(xaddr=xaddr, user=options.user, password=password, label=options.name)
    asked = find.Search(devices=(device,), networks=state.networks, server=_server(state))
    found = asyncio.run(find.search(asked))
    if not found:
        asyncio.run(_allow_list(state).pin(parse(f"rtsp://{host}/")[0]))  # says why, when it is not allowed
        raise CommandError("No ONVIF camera answers there.")
    if found[0].trouble or not found[0].url:
        raise CommandError(found[0].trouble or "The camera names no stream.")
    label = options.name or found[0].label
    return Camera(
        name=folder.free_name(label),
        label=label[:120],
        url=found[0].url,
        kind="onvif",
        user=options.user,
        password=password,
        codec=found[0].codec,
        width=found[0].width,
        height=found[0].height,
        onvif=found[0].onvif,
    )


def _password(options: argparse.Namespace) -> str:
    """From a file, or asked for; a command line can be read by everyone on the machine."""
    if options.password_file:
        try:
            return Path(options.password_file).read_text().splitlines()[0]
        except (OSError, IndexError) as error:
            raise CommandError(f"{options.password_file} has no password in its first line.") from error
    if not options.user:
        return ""
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {options.user} at the camera: ")
    return sys.stdin.readline().rstrip("\n")


def _remove(options: argparse.Namespace, folder: Folder) -> int:
    state = folder.read()
    camera = state.camera(options.name)
    if camera is None:
        raise CommandError(f"There is no camera {options.name}. `sightline connector cameras` lists them.")
    if camera.kind == "drone":
        raise CommandError(f"{options.name} is a drone's: sightline connector drone remove.")
    rest = tuple(camera for camera in state.cameras if camera.name != options.name)
    folder.write(msgspec.structs.replace(state, cameras=rest))
    print(f"Forgot {options.name}, and its password.")
    return 0


def _allow(options: argparse.Namespace, folder: Folder) -> int:
    (network,) = networks([options.network])
    if network.num_addresses > 1 << 24 and network.version == 4:
        raise CommandError(f"{network} is most of the internet. Allow the network that the cameras are in.")
    state = folder.read()
    folder.write(
        msgspec.structs.replace(state, networks=tuple(dict.fromkeys((*state.networks, str(network)))))
    )
    print(f"Cameras may be in {network} now, beside the private networks.")
    return 0


def _cameras(_: argparse.Namespace, folder: Folder) -> int:
    state, running = folder.read(), folder.is_running()
    status = folder.read_status() if running else None
    words = status.words if status else "Not running: sightline connector run"
    print(f"{state.site or 'Not enrolled'}: {words}")
    told = {source.name: source for source in status.sources} if status else {}
    for camera in state.cameras:
        source = told.pop(camera.name, None)
        if status and camera.name in status.running:
            now = "open: its picture is being sent"
        else:
            now = (source.trouble if source else None) or "closed: nothing is sent"
        again = ", converted for browsers, which costs this machine's CPU" if camera.transcode else ""
        size = f", {camera.codec} {camera.width}x{camera.height}" if camera.width else ""
        print(f"{camera.name:20} {camera.label}{size}{again}\n{'':20} {camera.url}\n{'':20} {now}")
    for source in told.values():
        print(f"{source.name:20} {source.label}\n{'':20} {source.trouble}")
    if not state.cameras and not told:
        print("No cameras yet: sightline connector discover, or sightline connector add rtsp://…")
    return 0


def _discover(_: argparse.Namespace, folder: Folder) -> int:
    state = folder.read()
    print("Searching the local network.")
    found = asyncio.run(
        find.search(find.Search(search_s=find.SEARCH_S, networks=state.networks, server=_server(state)))
    )
    for each in found:
        size = f", {each.codec} {each.width}x{each.height}" if each.width else ""
        print(f"{each.label}{size}\n    {each.trouble or f'sightline connector add {each.url}'}")
    if not found:
        print("No ONVIF camera answered. Add one by its address: sightline connector add rtsp://…")
    return 0


def _drone(options: argparse.Namespace, folder: Folder) -> int:
    password = _password(options) if options.drone == "add" else ""
    return drone_commands.run(options, folder, password, _allow_list(folder.read()))


def _run(options: argparse.Namespace, folder: Folder) -> int:
    import uvloop

    from media.connector.agent import Agent

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for name in ("httpx", "httpcore", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)

    async def until_stopped() -> None:
        agent = Agent(folder, discover=os.environ.get("SIGHTLINE_CONNECTOR_DISCOVER", "1") != "0")
        running = asyncio.create_task(agent.run())
        closed = asyncio.create_task(_input_closed()) if options.until_closed else None
        await asyncio.wait((running, closed) if closed else (running,), return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        await running

    uvloop.run(until_stopped())
    return 0


async def _input_closed() -> None:
    """Returns when nobody holds the other end of standard input any more."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.read(1024):
        pass


def _server(state: State) -> tuple[str, int] | None:
    parts = urlsplit(state.server)
    if not parts.hostname:
        return None
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _allow_list(state: State) -> AllowList:
    return AllowList(state.networks, _server(state))


_COMMANDS = {
    "enrol": _enrol,
    "add": _add,
    "remove": _remove,
    "allow": _allow,
    "cameras": _cameras,
    "discover": _discover,
    "drone": _drone,
    "locator": _locator,
    "run": _run,
}
