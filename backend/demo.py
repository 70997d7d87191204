"""`sightline demo`: a demonstration agency with people, an open incident and a caller who is no person.

Made anew at each start, in a folder of its own, by the same steps that the pages take.
"""

import argparse
import asyncio
import datetime
import ipaddress
import shutil
import socket
import sys
from pathlib import Path

import ifaddr
import msgspec
import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backend.app import Parts, build
from backend.config import Config, ConfigError
from backend.model.cameras import ParticipationLevel, View
from backend.model.ids import CameraId, IncidentId, LinkId, SiteId
from backend.model.links import LinkKind
from backend.model.people import Role, User
from backend.model.positions import Point
from backend.model.sites import SiteKind
from backend.supervisor import Supervisor

PASSWORD = "sightline-demo"  # noqa: S105  printed on the screen; nothing in a demonstration is secret
PEOPLE = (
    ("dana", "Dana Reyes", Role.DISPATCHER, None),
    ("lee", "Lee Carter", Role.SUPERVISOR, None),
    ("sam", "Sam Ortiz", Role.OFFICER, "Unit 12"),
    ("kim", "Kim Novak", Role.OFFICER, "Unit 7"),
    ("rosa", "Rosa Marin", Role.OWNER, None),
)
SHOP = Point(latitude=42.32271, longitude=-83.17622)  # across the street from where the caller walks
CAMERAS = (  # name, metres north and east of the shop, view, indoor, level
    ("Front door", (-6, 0), View(heading_deg=190.0, field_deg=100.0), False, ParticipationLevel.NEARBY),
    (
        "Parking lot",
        (14, 22),
        View(heading_deg=60.0, field_deg=80.0, height_m=5.0),
        False,
        ParticipationLevel.ASK,
    ),
    ("Counter", (2, 4), View(heading_deg=270.0), True, ParticipationLevel.OWN_CALLS),
    ("Oven room", (4, 10), View(), True, ParticipationLevel.REGISTRY),
)
NUMBERS = ("+13135550141", "+13135550130")  # for stories only: no telephone has them
BASEMAP = Path(__file__).with_name("demo.pmtiles")  # central Helsinki, where the simulated caller walks
MARK = "demonstration"  # a file that says: this folder may be emptied
CERTIFICATE_LASTS = datetime.timedelta(days=30)


class Stage(msgspec.Struct, frozen=True):
    """Where the demonstration stands; `trust` is its own certificate when it is served by TLS."""

    config: Config
    trust: Path | None


def prepare(options: argparse.Namespace) -> Stage:
    """An empty stage. Raises ConfigError when this machine has no address on a local network."""
    folder = Path(options.folder)
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ConfigError(f"{folder} is not empty and no demonstration's: name another --folder")
    if folder.exists():
        shutil.rmtree(folder)
    anchor = folder.with_name(f"{folder.name}-anchor")
    for old in anchor.glob("*.checkpoint"):  # of the logs that were emptied
        old.unlink()
    folder.mkdir(mode=0o700, parents=True)
    (folder / MARK).touch()
    on_lan = _lan_address()
    if options.lan and on_lan is None:
        raise ConfigError("this machine has no address on a local network; make demo works without one")
    address = on_lan if options.lan and on_lan is not None else "127.0.0.1"
    port = options.port or _free_port(address)
    certificate, key = _certificate(folder, address) if options.lan else (None, None)
    config = Config(
        agency="Demo City 911",
        timezone="Europe/Helsinki",
        basemap=BASEMAP,
        host=address,
        port=port,
        public_url=f"{'https' if options.lan else 'http'}://{address}:{port}",
        data_dir=folder,
        log_anchor=anchor,
        log_cadence_s=60,
        tls_cert=certificate,
        tls_key=key,
        media_host="0.0.0.0",  # noqa: S104  Firefox takes no candidate on loopback
        media_port=0,
        media_advertise=tuple(known for known in (on_lan, "127.0.0.1") if known is not None),
    )
    return Stage(config, certificate)


async def run(stage: Stage) -> int:
    """Serve until interrupted, with people on stage and a caller who shares. Returns the exit code."""
    shared, yours = await _set_the_scene(build(stage.config))
    service = Supervisor(stage.config, log_level="WARNING")
    serving = asyncio.create_task(service.run())
    begun = asyncio.create_task(service.ready.wait())
    await asyncio.wait((serving, begun), return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    if serving.done():
        return await serving
    phone = await _phone(shared, stage.trust)
    _tell(stage, yours)
    try:
        return await serving
    finally:
        if phone.returncode is None:
            phone.terminate()
        await phone.wait()


async def _set_the_scene(parts: Parts) -> tuple[str, str]:
    """People, two incidents, and a link for each: the simulated caller's and one for a phone of yours."""
    await parts.store.migrate()
    users: list[User] = []
    for name, display_name, role, unit in PEOPLE:
        user = await parts.accounts.add(
            name=name, display_name=display_name, role=role, call_sign=unit, password=PASSWORD
        )
        users.append(user)
    dana, _, sam, _, rosa = users
    await _lend(parts, rosa)
    links = []
    for number, kind, words in (
        (NUMBERS[0], "Traffic collision", "Send yourself this link: your phone is the caller"),
        (NUMBERS[1], "Break-in", "Somebody at the back door; the caller hides upstairs"),
    ):
        incident = await parts.incidents.open(
            dana, incident_type=kind, words=words, callback_number=number, position=None
        )
        if kind == "Break-in" and sam.unit_id is not None:
            await parts.incidents.assign(dana, IncidentId(incident.id), sam.unit_id)
        link = await parts.links.issue(dana, IncidentId(incident.id), number, LinkKind.LIVE)
        url, _ = await parts.links.handout(dana, LinkId(link.id))
        links.append(url)
    await parts.store.close()
    yours, shared = links
    return shared, yours


async def _lend(parts: Parts, rosa: User) -> None:
    """A bakery with cameras for everything that a camera may be used for."""
    site = await parts.sites.add(
        rosa,
        kind=SiteKind.BUSINESS,
        name="Rosa's Bakery",
        address="13615 Michigan Ave",
        point=SHOP,
        numbers=(NUMBERS[0],),
    )
    for name, (north_m, east_m), view, indoor, level in CAMERAS:
        point = Point(latitude=SHOP.latitude + north_m / 111_195, longitude=SHOP.longitude + east_m / 82_200)
        camera = await parts.cameras.register(
            rosa, SiteId(site.id), name=name, point=point, view=view, indoor=indoor
        )
        await parts.cameras.amend(rosa, CameraId(camera.id), level=level, radius_m=500)


async def _phone(link: str, trust: Path | None) -> asyncio.subprocess.Process:
    """The simulated caller, in a process of its own: encoding video is not the service's work."""
    more = ["--trust", str(trust)] if trust else []
    phone = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "media.connector.phone",
        *more,
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the service; the phone follows it
    )
    if phone.stdin is not None:  # left open: the phone ends when this process does, however that happens
        phone.stdin.write(f"{link}\n".encode())
        await phone.stdin.drain()
    return phone


def _tell(stage: Stage, yours: str) -> None:
    base = stage.config.public_url
    print(
        f"\n  {stage.config.agency} is running. Ctrl-C ends it.\n\n"
        f"  1  Dispatcher   {base}/console   name dana   password {PASSWORD}\n"
        f"  2  Officer      {base}/officer   name sam    password {PASSWORD}\n"
        f"  3  Caller       {yours}\n"
        f"  4  Owner        {base}/owner   name rosa   password {PASSWORD}\n",
        flush=True,
    )
    print("  A simulated caller is sharing already: open the break-in at 1 or 2 and see it.", flush=True)
    if stage.trust:
        print(
            "  The certificate is this demonstration's own: the browser warns once; go on from there.\n"
            "  Scan this with a phone on the same network to be the caller:\n",
            flush=True,
        )
        segno.make(yours, error="m").terminal(compact=True)
    else:
        print(
            "  1 and 2 want two browsers (or a private window): one browser holds one sign-in.\n"
            "  With a phone on the same network as the caller: make demo LAN=1\n",
            flush=True,
        )


def _lan_address() -> str | None:
    """An IPv4 address that phones on the same network can reach, if there is one."""
    for adapter in ifaddr.get_adapters():
        for held in adapter.ips:
            if isinstance(held.ip, str):
                address = ipaddress.ip_address(held.ip)
                if address.is_private and not address.is_loopback and not address.is_link_local:
                    return held.ip
    return None


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def _certificate(folder: Path, address: str) -> tuple[Path, Path]:
    """A certificate for this address, signed by its own key; browsers warn of it once."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sightline demonstration")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + CERTIFICATE_LASTS)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "demo.crt", folder / "demo.key"
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.touch(mode=0o600)
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path
