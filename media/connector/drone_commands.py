"""What `sightline connector drone …` does: add, list, remove. Loads nothing that flies."""

import argparse
import asyncio
import importlib.util
import re
from pathlib import Path

from media.connector import inputs
from media.connector.addresses import AllowList, parse
from media.connector.folder import FLIGHTS, Camera, Drone, Folder, FolderError
from media.connector.radio import BadAddress
from media.connector.radio import parse as parse_address

MISSING = "Drones are spoken to by pymavlink, which is not installed here: pip install 'sightline[drone]'"
_NAME = re.compile(r"[0-9A-Za-z_.-]{1,56}")


def is_installed() -> bool:
    return importlib.util.find_spec("pymavlink") is not None


def run(options: argparse.Namespace, folder: Folder, password: str, allowed: AllowList) -> int:
    """Raises FolderError and NotAllowed; nothing was changed then."""
    if options.drone == "add":
        return _add(options, folder, password, allowed)
    if options.drone == "remove":
        return _remove(options.name, folder)
    return _list(folder)


def _add(options: argparse.Namespace, folder: Folder, password: str, allowed: AllowList) -> int:
    if not is_installed():
        raise FolderError(MISSING)
    if _NAME.fullmatch(options.name) is None:
        raise FolderError("A drone's name is of letters, digits and _.-, at most 56: dock-3.")
    if not 0 <= options.system <= 254:
        raise FolderError("--system is a MAVLink system id, from 1 to 254.")
    try:
        parse_address(options.address)
    except BadAddress as error:
        raise FolderError(str(error)) from error
    label = (options.label or options.name)[:120]
    if not label.isprintable():
        raise FolderError("--label has letters in it that cannot be shown.")
    drone = Drone(
        name=options.name,
        label=label,
        address=options.address,
        system=options.system,
        key=_key(options.key_file),
        record=options.record,
    )
    pictures = [
        _picture(url, name, f"{label}, {what}"[:120], options.user, password, allowed)
        for url, name, what in zip(
            (options.colour, options.thermal), drone.pictures, ("colour", "thermal"), strict=True
        )
        if url
    ]
    folder.add_drone(drone, pictures)
    signed = "signed with its key" if drone.key else "not signed: whoever reaches that link can fly the drone"
    kept = f" Its flights are kept in {folder.path / FLIGHTS}." if drone.record else ""
    print(f"Added {label} as {drone.name}, {signed}.{kept} What the service may do with it is set there.")
    return 0


def _key(file: str | None) -> str:
    if not file:
        return ""
    from media.mavlink import BadKey, read_key  # pymavlink's, which is there by now

    try:
        return read_key(Path(file)).hex()
    except (BadKey, OSError) as error:
        raise FolderError(str(error)) from error


def _picture(url: str, name: str, label: str, user: str, password: str, allowed: AllowList) -> Camera:
    if inputs.read(url) is not None:  # nothing to connect to: who sends there is looked at as it comes
        return Camera(name=name, label=label, url=url, kind="drone")
    place, user_there, password_there = parse(url)
    asyncio.run(allowed.pin(place))
    return Camera(
        name=name,
        label=label,
        url=place.url(place.host),
        kind="drone",
        user=user or user_there,
        password=password or password_there,
    )


def _remove(name: str, folder: Folder) -> int:
    if all(drone.name != name for drone in folder.read().drones):
        raise FolderError(f"There is no drone {name}. `sightline connector drone list` names them.")
    folder.write(folder.without_drone(name))
    print(f"Forgot {name}, its key and its pictures.")
    return 0


def _list(folder: Folder) -> int:
    state = folder.read()
    status = folder.read_status() if folder.is_running() else None
    told = {drone.name: drone for drone in status.drones} if status else {}
    for drone in state.drones:
        known = told.get(drone.name)
        now = "not running: sightline connector run"
        if status:
            now = (known.trouble or f"heard: {known.autopilot}") if known else "just added"
        pictures = [name for name in drone.pictures if state.camera(name)]
        print(f"{drone.name:20} {drone.label}{', signed' if drone.key else ', not signed'}")
        print(f"{'':20} {drone.address}{''.join(f', {name}' for name in pictures)}\n{'':20} {now}")
    if not state.drones:
        print("No drones yet: sightline connector drone add NAME udp://192.168.1.30:14550")
    return 0
