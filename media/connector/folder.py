"""What a connector keeps, in one folder that is its own: key, cameras, drones, unsent minutes.

Everything is for its owner's eyes (mode 600 in a folder of mode 700), written whole or not at all. Passwords
and drones' signing keys are here and nowhere else: never sent, never logged, never on a command line.
"""

import base64
import fcntl
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Annotated

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media.connector import wire
from media.connector.drone_frames import MOST_DRONES, DroneReport
from media.connector.soap import Services

FLIGHTS = "flights"  # a folder in it: telemetry logs of drones that are recorded
_KEY, _STATE, _STATUS, _LOCK = "key.pem", "connector.json", "status.json", "lock"
TEST_PICTURE = "test-picture:"


class FolderError(Exception):
    """The folder cannot be used as it is; the message says what to do."""


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    """One source. `url` without name and password. `transcode`: it was seen that browsers cannot show it."""

    name: wire.Name
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    url: str
    kind: str = "rtsp"
    user: str = ""
    password: str = ""
    onvif: Services | None = None
    transcode: bool = False
    codec: str = ""
    width: int = 0
    height: int = 0
    has_sound: bool = False

    def __repr__(self) -> str:
        return f"Camera({self.name})"


class Drone(msgspec.Struct, frozen=True, kw_only=True):
    """One that stands in a dock beside the connector. `key` signs its MAVLink: 64 hexadecimal digits.

    Its pictures are cameras, named after it: `<name>-colour` and `<name>-thermal`.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=56, pattern=r"^[0-9A-Za-z_.-]+\Z")]
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    address: str
    key: str = ""
    system: Annotated[int, msgspec.Meta(ge=0, le=254)] = 0  # 0: whoever is heard there first
    record: bool = False  # each flight is kept as a telemetry log

    def __repr__(self) -> str:
        return f"Drone({self.name})"

    @property
    def pictures(self) -> tuple[str, str]:
        """Names of its cameras: colour, thermal."""
        return f"{self.name}-colour", f"{self.name}-thermal"


class State(msgspec.Struct, frozen=True, kw_only=True):
    server: str = ""  # https://…
    connector: str = ""  # con_…
    site: str = ""
    agency: str = ""
    trust: str = ""  # a file with certificates of the operator's own
    networks: tuple[str, ...] = ()  # allowed beside the private ones
    cameras: tuple[Camera, ...] = ()
    drones: tuple[Drone, ...] = ()

    def camera(self, name: str) -> Camera | None:
        return next((camera for camera in self.cameras if camera.name == name), None)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the running connector last said, for `sightline connector cameras`."""

    connected: bool
    words: str
    running: tuple[str, ...] = ()
    sources: tuple[wire.SourceReport, ...] = ()
    drones: tuple[DroneReport, ...] = ()


def default_folder() -> Path:
    """SIGHTLINE_CONNECTOR_DIR, or a folder in the home of whoever runs it."""
    named = os.environ.get("SIGHTLINE_CONNECTOR_DIR")
    return Path(named) if named else Path.home() / ".sightline-connector"


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[bytes] | None = None

    def prepare(self) -> None:
        """Raises FolderError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except OSError as error:
            raise FolderError(
                f"{self.path}: {error.strerror}. SIGHTLINE_CONNECTOR_DIR says where it is."
            ) from error

    def lock(self) -> None:
        """One connector runs in a folder. Raises FolderError when one does already."""
        self.prepare()
        self._lock = (self.path / _LOCK).open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FolderError(f"A connector is running in {self.path} already.") from error

    def is_running(self) -> bool:
        try:
            with (self.path / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    # What is configured

    def read(self) -> State:
        """Raises FolderError when the file is damaged."""
        try:
            return msgspec.json.decode((self.path / _STATE).read_bytes(), type=State)
        except FileNotFoundError:
            return State()
        except (OSError, msgspec.MsgspecError) as error:
            raise FolderError(
                f"{self.path / _STATE} cannot be read: {error}. Mend it or enrol again."
            ) from error

    def write(self, state: State) -> None:
        self.save(_STATE, msgspec.json.format(msgspec.json.encode(state)))

    def changed_at(self) -> float:
        try:
            return (self.path / _STATE).stat().st_mtime_ns
        except OSError:
            return 0.0

    def add_camera(self, camera: Camera) -> None:
        """Add it, or put it in the place of the one with its name. Raises FolderError: too many."""
        state = self.read()
        others = tuple(c for c in state.cameras if c.name != camera.name)
        if len(others) >= wire.MAX_SOURCES:
            raise FolderError(f"A connector has at most {wire.MAX_SOURCES} cameras.")
        self.write(msgspec.structs.replace(state, cameras=(*others, camera)))

    def add_drone(self, drone: Drone, pictures: Sequence[Camera]) -> None:
        """Add it with its cameras, or put it in the place of the one with its name. Raises FolderError."""
        state = self.without_drone(drone.name)
        if len(state.drones) >= MOST_DRONES:
            raise FolderError(f"A connector has at most {MOST_DRONES} drones.")
        if taken := {camera.name for camera in state.cameras} & {*drone.pictures}:
            raise FolderError(f"There is a camera {min(taken)} already. Give the drone another name.")
        cameras = (*state.cameras, *pictures)
        if len(cameras) > wire.MAX_SOURCES:
            raise FolderError(f"A connector has at most {wire.MAX_SOURCES} cameras.")
        self.write(msgspec.structs.replace(state, cameras=cameras, drones=(*state.drones, drone)))

    def without_drone(self, name: str) -> State:
        """What is configured, but for this drone and its cameras."""
        state = self.read()
        drone = next((drone for drone in state.drones if drone.name == name), None)
        if drone is None:
            return state
        return msgspec.structs.replace(
            state,
            cameras=tuple(c for c in state.cameras if c.kind != "drone" or c.name not in drone.pictures),
            drones=tuple(each for each in state.drones if each is not drone),
        )

    def add_test_picture(self, name: str, label: str) -> None:
        """A camera that is none, for demonstrations: code that starts a connector may add it, nobody else."""
        self.add_camera(Camera(name=name, label=label, url=TEST_PICTURE))

    def free_name(self, label: str) -> str:
        """A short name for a source, unlike any that there is."""
        plain = re.sub(r"[^0-9a-z]+", "-", label.lower()).strip("-")[:40] or "camera"
        taken = {camera.name for camera in self.read().cameras}
        return next(name for name in (plain, *(f"{plain}-{n}" for n in range(2, 200))) if name not in taken)

    # The key

    def make_key(self) -> Ed25519PrivateKey:
        """A new one, in the place of any that was."""
        key = Ed25519PrivateKey.generate()
        self.save(
            _KEY,
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        return key

    def key(self) -> Ed25519PrivateKey:
        """Raises FolderError."""
        try:
            key = serialization.load_pem_private_key((self.path / _KEY).read_bytes(), None)
        except (OSError, ValueError) as error:
            raise FolderError(
                f"{self.path / _KEY} is missing or damaged: enrol this connector again."
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise FolderError(f"{self.path / _KEY} is no Ed25519 key: enrol this connector again.")
        return key

    # What is running

    def write_status(self, status: Status) -> None:
        self.save(_STATUS, msgspec.json.encode(status), durable=False)

    def read_status(self) -> Status | None:
        try:
            return msgspec.json.decode((self.path / _STATUS).read_bytes(), type=Status)
        except (OSError, msgspec.MsgspecError):
            return None

    def save(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Whole or not at all."""
        target = self.path / name
        part = target.with_suffix(".part")
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, 0o600)
            file.write(data)
            file.flush()
            if durable:
                os.fsync(fd)
        part.replace(target)

    def file(self, name: str) -> Path:
        return self.path / name


def public_text(key: Ed25519PrivateKey) -> str:
    return base64url(key.public_key().public_bytes_raw())


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(key: Ed25519PrivateKey, text: bytes) -> str:
    return base64url(key.sign(text))
